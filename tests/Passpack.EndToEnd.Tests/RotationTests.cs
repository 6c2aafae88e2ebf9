using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Rotations;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Rotations;

namespace Passpack.EndToEnd.Tests;

/// <summary>Rotations between two machines over the real server.</summary>
[Trait("Pace", "Quick")]
public sealed class RotationTests(RealServer server) : TwoMachineTests(server)
{
    private Guid _id;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _id = await SharedAsync("service", new EntryEdit { UserId = "svc", Password = "old" });
    }

    [Fact]
    public async Task It_is_online_before_the_change_and_when_it_is_over()
    {
        await Rotation(A, async _ =>
        {
            await B.SyncAsync();
            UnfinishedRotation there = UnfinishedRotation.Find(B.Vault, _id)!;
            Assert.Equal(("old", "new", "prepared"), (there.Old, there.Pending.Value, there.Pending.Step));
            await RequireAsync(ErrorCodes.RotationPending, () => Rotation(B).RunAsync(_id, "another"));
        }).RunAsync(_id, "new");
        await B.SyncAsync();
        Assert.Equal("new", B.Get(_id).Secret.Password);
        Assert.Null(UnfinishedRotation.Find(B.Vault, _id));
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task One_that_another_machine_has_begun_is_met_without_a_sync_before()
    {
        await FailAsync(A, "new of a");
        await RequireAsync(ErrorCodes.RotationPending, () => Rotation(B).RunAsync(_id, "new of b"));
        // And the refused one has left nothing to send.
        Assert.DoesNotContain((await B.SyncAsync()).Changes, change => change.Action == SyncAction.Pushed);
        Assert.Equal("new of a", UnfinishedRotation.Find(B.Vault, _id)!.Pending.Value);
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task A_change_of_this_machine_goes_up_first_and_a_conflict_is_refused()
    {
        A.Edit(_id, new EntryEdit { Notes = "of a" });
        Assert.True((await Rotation(A).RunAsync(_id, "new")).IsCommitted);
        await B.SyncAsync();
        Assert.Equal(("new", "of a"), (B.Get(_id).Secret.Password, B.Get(_id).Secret.Notes));

        A.Edit(_id, new EntryEdit { Notes = "again of a" });
        B.Edit(_id, new EntryEdit { Notes = "of b" });
        await B.SyncAsync();
        await RequireAsync(ErrorCodes.SyncConflict, () => Rotation(A, _ => throw new InvalidOperationException("It ran.")).RunAsync(_id, "newer"));
        Assert.Equal("again of a", A.Get(_id).Secret.Notes);
        Assert.Null(UnfinishedRotation.Find(A.Vault, _id));
    }

    [Theory]
    [InlineData(ConflictPolicy.Newest, false)]
    [InlineData(ConflictPolicy.PreferLocal, false)]
    [InlineData(ConflictPolicy.PreferOnline, true)]
    [InlineData(ConflictPolicy.KeepBoth, true)]
    public async Task Of_two_that_meet_the_earlier_stays_and_the_other_is_readable_on_both(ConflictPolicy policy, bool isEarlierOnline)
    {
        (Machine earlier, Machine later) = isEarlierOnline ? (A, B) : (B, A);
        RotationSteps.Prepare(earlier.Vault, _id, new PendingPassword("the earlier", 1000, "x", "changed"));
        Clock.Pass();
        RotationSteps.Prepare(later.Vault, _id, new PendingPassword("the later", 2000, "y", "changed"));
        await A.SyncAsync();
        SyncResult result = await B.SyncAsync(policy);
        Assert.Contains(result.Notices, notice => notice.StartsWith("RotationConflict: ", StringComparison.Ordinal) && notice.Contains("prepared on y", StringComparison.Ordinal));
        Assert.DoesNotContain(result.Notices, notice => notice.Contains("the later", StringComparison.Ordinal));
        await AssertConvergedAsync();
        foreach (Machine machine in new[] { A, B })
        {
            Assert.Equal("the earlier", UnfinishedRotation.Find(machine.Vault, _id)!.Pending.Value);
            Assert.Contains("the later", await EverReadableAsync(machine));
        }
        // Whoever was at it learns that it gave way.
        await RequireAsync(ErrorCodes.RotationConflict, () => Rotation(later).ResumeAsync(_id, new PendingPassword("the later", 2000, "y", "changed")));
    }

    [Fact]
    public async Task Of_one_that_both_carried_on_the_further_side_stays()
    {
        await FailAsync(A, "new");
        await B.SyncAsync();
        PendingPassword pending = UnfinishedRotation.Find(B.Vault, _id)!.Pending;
        RotationSteps.Reach(A.Vault, _id, pending, PendingPassword.Verified);
        Clock.Pass();
        RotationSteps.Reach(B.Vault, _id, pending, PendingPassword.Changed);
        await A.SyncAsync();
        Assert.DoesNotContain((await B.SyncAsync()).Changes, change => change.Action == SyncAction.Conflict);
        Assert.Equal("verified", UnfinishedRotation.Find(B.Vault, _id)!.Pending.Step);

        RotationSteps.Commit(A.Vault, _id, pending);
        Clock.Pass();
        RotationSteps.Reach(B.Vault, _id, pending, PendingPassword.Prepared);
        await A.SyncAsync();
        SyncResult result = await B.SyncAsync();
        Assert.DoesNotContain(result.Changes, change => change.Action == SyncAction.Conflict);
        Assert.Empty(result.Notices);
        Assert.Equal("new", B.Get(_id).Secret.Password);
        Assert.Null(UnfinishedRotation.Find(B.Vault, _id));
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task One_that_gives_way_to_another_password_is_told_and_readable()
    {
        RotationSteps.Prepare(A.Vault, _id, new PendingPassword("new of a", 1000, "x", "changed"));
        Clock.Pass();
        B.Edit(_id, new EntryEdit { Password = "of b" });
        await B.SyncAsync();
        Assert.Contains((await A.SyncAsync()).Notices, notice => notice.StartsWith("RotationConflict: ", StringComparison.Ordinal));
        await AssertConvergedAsync();
        Assert.Equal("of b", A.Get(_id).Secret.Password);
        Assert.Contains("new of a", await EverReadableAsync(A));
        Assert.Contains("new of a", await EverReadableAsync(B));
    }

    [Fact]
    public async Task What_was_finished_elsewhere_is_met_before_anything_runs()
    {
        await FailAsync(A, "new");
        await B.SyncAsync();
        PendingPassword pending = UnfinishedRotation.Find(B.Vault, _id)!.Pending;
        await Rotation(A, _ => Task.CompletedTask).ResumeAsync(_id, pending);
        RotationOutcome outcome = await Rotation(B, _ => throw new InvalidOperationException("It ran.")).ResumeAsync(_id, pending);
        Assert.True(outcome.IsCommitted);
        Assert.Equal("new", B.Get(_id).Secret.Password);
    }

    private static PasswordRotation Rotation(Machine machine, Func<RotatedPassword, Task>? change = null) =>
        new(machine.Vault, new RotationBlocks { Change = change ?? (_ => Task.CompletedTask) }, new RotationOptions());

    private Task<PasspackException> FailAsync(Machine machine, string password) => RequireAsync(ErrorCodes.RotationFailed,
        () => Rotation(machine, _ => throw new PasspackException(ErrorCodes.RotationFailed, "down")).RunAsync(_id, password));

    /// <summary>Every password that a machine can read of the entry, in it, in its copies, or in its history here and online.</summary>
    private async Task<IReadOnlyList<string?>> EverReadableAsync(Machine machine) =>
    [
        .. machine.Vault.ListFull(new EntryQuery()).Select(entry => entry.Secret.Pending?.Value),
        .. machine.Vault.History(_id).Where(version => version.IsData).Select(version => machine.Vault.ReadSecret(version).Pending?.Value),
        .. (await Sync.OnlineEditing.OnlineVault.HistoryAsync(machine.Vault, _id)).Where(version => !version.IsDeletion).Select(version => version.ReadSecret()?.Pending?.Value),
    ];
}
