using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Repair;
using Passpack.Vault.Attachments;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>
/// A real client process ends by SIGKILL at every step of adding, sending, fetching, collecting and restoring attachments: no machine ever sees one whose
/// content is not online, an entry names a content that is whole or does not name it, and the same again does it.
/// </summary>
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

    [Fact]
    public async Task Killed_at_every_step_of_adding()
    {
        // Two transactions of chunks.
        byte[] content = Attachments.Content((17 * Limits.AttachmentChunkBytes) + 1);
        string file = Path.Combine(A.Home.Path, "image.bin");
        await File.WriteAllBytesAsync(file, content);
        await Worker.ForEachStepAsync(6, async step =>
        {
            Guid id = A.Add($"router {step}").Id;
            bool killed = await Worker.RunUntilAsync($"attach {id} {file}", Account, A, step);
            bool isNamed = A.AttachmentsOf(id).Count > 0;
            Assert.True(killed || isNamed);
            if (!isNamed)
                Assert.False(await Worker.RunUntilAsync($"attach {id} {file}", Account, A, 0));
            Assert.Equal(content, await A.ReadAsync(id, "image.bin"));
            Assert.Empty(VaultTest.Find(A.Vault));
            return killed;
        });
        await AssertConvergedAsync();
        Assert.Empty(B.NamedWithoutChunks());
    }

    [Fact]
    public async Task Killed_at_every_step_of_a_download()
    {
        Guid id = await SharedAsync("router");
        byte[] content = Attachments.Content();
        await Worker.ForEachStepAsync(8, async step =>
        {
            string name = $"image{step}.bin";
            Attachment attachment = A.Attach(id, name, content);
            await A.SyncAsync();
            await B.SyncAsync();
            bool killed = await Worker.RunUntilAsync($"fetch {id} {name}", Account, B, step);
            int missing = B.Vault.MissingChunks(attachment);
            Assert.True(killed || missing == 0);
            Assert.Empty(VaultTest.Find(B.Vault));
            Assert.Equal(content, await B.ReadAsync(id, name));
            return killed;
        });
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task Killed_at_every_step_of_collecting()
    {
        Guid id = await SharedAsync("router");
        byte[] stays = Attachments.Content();
        A.Attach(id, "stays.bin", stays);
        await A.SyncAsync();
        int upload = 1;
        await Worker.ForEachStepAsync(12, async step =>
        {
            // A chunk that went up, and whose entry never did. With nothing else to do, each upload has the same steps.
            await A.SyncAsync();
            Attachment lost = A.Attach(id, $"lost{step}.bin", Attachments.Content(10));
            while (await Worker.RunUntilAsync("sync", Account, A, upload) && !await HasOnlineAsync(lost))
                upload++;
            A.Vault.RemoveAttachment(id, lost.Name);
            Assert.True(await HasOnlineAsync(lost));
            Assert.DoesNotContain(B.AttachmentsOf(id), one => one.Name == lost.Name);

            bool killed = await Worker.RunUntilAsync("sync-in 31", Account, B, step);
            Assert.Equal(stays, await B.ReadAsync(id, "stays.bin"));
            Assert.Empty(VaultTest.Find(B.Vault));
            // Found to be unnamed at the latest by the first of these, and deleted by the second.
            foreach (int days in (int[])[63, 95])
            {
                Clock.Off = (long)TimeSpan.FromDays(days).TotalMilliseconds;
                await B.SyncAsync();
            }
            Clock.Off = 0;
            Assert.False(await HasOnlineAsync(lost));
            Assert.Empty(B.NamedWithoutChunks());
            return killed;
        });
        Assert.Equal(stays, await A.ReadAsync(id, "stays.bin"));
        await AssertConvergedAsync();
        Assert.Equal(A.ChunksOnline().Order(), B.ChunksOnline().Order());

        async Task<bool> HasOnlineAsync(Attachment attachment)
        {
            await B.SyncAsync();
            return B.ChunksOnline().Contains(AttachmentChunk.IdOf(attachment.Id, 0));
        }
    }

    [Fact]
    public async Task Killed_at_every_step_of_restoring()
    {
        byte[] content = Attachments.Content();
        Guid id = A.Add("router").Id;
        A.Attach(id, "image.bin", content);
        string file = Path.Combine(A.Home.Path, "contents.ppbackup");
        using (SecretBytes key = RealAccount.Secret(Worker.BackupKey))
            VaultBackup.Create(A.Vault, file, new BackupOptions { BackupKey = key });
        await Worker.ForEachStepAsync(4, async step =>
        {
            if (A.Has(id))
                A.Trash(id);
            A.Purge(id);
            File.Delete(A.Vault.Folder.AttachmentFile);
            bool killed = await Worker.RunUntilAsync($"restore {file}", Account, A, step);
            Assert.True(killed || A.Has(id));
            Assert.False(await Worker.RunUntilAsync($"restore {file}", Account, A, 0));
            Assert.Equal(content, await A.ReadAsync(id, "image.bin"));
            Assert.Empty(VaultTest.Find(A.Vault));
            return killed;
        });
    }
}
