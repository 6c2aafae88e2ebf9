using Passpack.EndToEnd.Tests.Support;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A real client process ends by SIGKILL at every step of sending an attachment: no machine ever sees one whose content is not online.</summary>
public sealed class AttachmentKillTests(RealServer server) : TwoMachineTests(server)
{
    [Fact]
    public async Task Killed_at_every_step_of_an_upload()
    {
        Guid id = await SharedAsync("router");
        // Two batches of chunks.
        byte[] content = Attachments.Content(4 * 256 << 10);
        A.Attach(id, "image.bin", content);
        int step = 0;
        bool killed;
        do
        {
            killed = await Worker.RunUntilAsync("sync", Account, A, ++step);
            await B.SyncAsync();
            Assert.Empty(B.NamedWithoutChunks());
            if (killed && step % 4 == 0)
            {
                // Each killed run got further; from the beginning again, so that later steps are met, too.
                A.Vault.RemoveAttachment(id, "image.bin");
                A.Attach(id, "image.bin", content = Attachments.Content(4 * 256 << 10));
            }
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step, 5, 60);
        Assert.Equal(content, await B.ReadAsync(id, "image.bin"));
        await AssertConvergedAsync();
        Assert.Empty(A.NamedWithoutChunks());
    }
}
