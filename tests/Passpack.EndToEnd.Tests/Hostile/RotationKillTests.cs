using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync.Repair;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Rotations;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>
/// A real process that rotates a password ends by SIGKILL at every step, in its blocks, too. Whatever the moment, the old and the new password are in the
/// vault; on a connected account on the other machine as well, if the new one can be in force. Each machine can finish the rotation, or take it back.
/// </summary>
public sealed class RotationKillTests(RealServer server) : TwoMachineTests(server)
{
    private const string Old = "old-password", New = "new-password";

    private string _file = "";

    private RotatedService Service => new(_file);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _file = Path.Combine(Account.Root, "service");
    }

    [Theory]
    [InlineData("rotate", 12)]
    [InlineData("resume", 9)]
    [InlineData("undo", 9)]
    public async Task Killed_at_every_step_without_a_server(string job, int atLeast)
    {
        Machine alone = Account.OfflineMachine("alone");
        await Worker.ForEachStepAsync(atLeast, async step =>
        {
            Guid id = alone.Add($"service {step}", new EntryEdit { UserId = "svc", Password = Old }).Id;
            // From where the most is left to do.
            Service.InForce = job == "undo" ? New : Old;
            if (job != "rotate")
                RotationSteps.Prepare(alone.Vault, id, new PendingPassword(New, 1, "another", job == "undo" ? PendingPassword.Verified : PendingPassword.Changed));
            bool killed = await Worker.RunUntilAsync($"{job} {id} {_file} {New}", Account, alone, step);
            AssertNeitherIsLost(alone.Vault, id);
            await EndAsync(alone.Vault, id, isResumed: step % 2 == 0);
            AssertEnded(alone.Vault, id);
            return killed;
        });
        Assert.Empty(VaultTest.Find(alone.Vault));
    }

    [Fact]
    public async Task Killed_on_one_machine_and_ended_on_either()
    {
        // Every third step, each run from another one on; the long run takes each.
        int stride = Environment.GetEnvironmentVariable("PASSPACK_LONG") is not null ? 1 : 3;
        int step = stride == 1 ? 0 : Random.Shared.Next(stride) + 1 - stride, kills = 0, way = Random.Shared.Next(4);
        bool killed;
        do
        {
            step += stride;
            Guid id = await SharedAsync($"service {step}", new EntryEdit { UserId = "svc", Password = Old });
            Service.InForce = Old;
            killed = await Worker.RunUntilAsync($"rotate {id} {_file} {New}", Account, A, step);
            kills += killed ? 1 : 0;
            AssertNeitherIsLost(A.Vault, id);
            await B.SyncAsync();
            if (Service.InForce == New)
                AssertNeitherIsLost(B.Vault, id);
            // Either machine, finishing or taking back; what the killed one had not sent by then meets it afterwards.
            Machine ending = way % 2 == 0 ? A : B;
            await EndAsync(ending.Vault, id, isResumed: way++ % 4 < 2);
            await AssertConvergedAsync();
            // Killed before it knew that it was prepared: the next sync has sent it.
            if (UnfinishedRotation.Find(ending.Vault, id) is not null)
            {
                Assert.Equal(Old, Service.InForce);
                await EndAsync(ending.Vault, id, isResumed: way % 2 == 0);
                await AssertConvergedAsync();
            }
            AssertEnded(A.Vault, id);
            AssertEnded(B.Vault, id);
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {kills} steps, the last of them below {step}.");
        Assert.InRange(step, 30, 90);
    }

    private static void AssertNeitherIsLost(LocalVault vault, Guid id)
    {
        EntrySecret secret = vault.ReadSecret(id);
        IEnumerable<EntrySecret> all = vault.History(id).Where(version => version.IsData).Select(vault.ReadSecret).Prepend(secret);
        string[] readable = [.. all.SelectMany(version => new[] { version.Password, version.Pending?.Value ?? Old })];
        Assert.Contains(Old, readable);
        // Before it is prepared, there is no new one anywhere but in the memory of the process.
        if (secret.Pending is not null || secret.Password == New)
            Assert.Contains(New, readable);
    }

    /// <summary>Finishes a rotation, or takes it back, if it is unfinished.</summary>
    private async Task EndAsync(LocalVault vault, Guid id, bool isResumed)
    {
        if (UnfinishedRotation.Find(vault, id) is null)
        {
            Assert.Equal(Service.InForce, vault.ReadSecret(id).Password);
            return;
        }
        await (isResumed ? Service.ResumeAsync(vault, id) : Service.UndoAsync(vault, id));
        Assert.Equal(isResumed ? New : Old, Service.InForce);
    }

    private void AssertEnded(LocalVault vault, Guid id)
    {
        Assert.Null(UnfinishedRotation.Find(vault, id));
        Assert.Equal(Service.InForce, vault.ReadSecret(id).Password);
        AssertNeitherIsLost(vault, id);
    }
}
