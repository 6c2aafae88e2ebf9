using Passpack.Core.Tests.Vault;
using Passpack.Protocol;
using Passpack.Sync.Rotations;
using Passpack.Vault.Entries;
using Passpack.Vault.Rotations;

namespace Passpack.Core.Tests.Sync.Rotations;

/// <summary>The steps of a rotation on an offline account, over a password in force elsewhere that the blocks set.</summary>
public sealed class PasswordRotationTests : IDisposable
{
    private readonly TestVault _test = new();
    private readonly Guid _id;
    private readonly List<string> _ran = [];
    private string _inForce = "old 1";

    public PasswordRotationTests() => _id = _test.Add(new EntryEdit { Name = "service", UserId = "svc", Password = "old 1", Url = "x" }).Id;

    public void Dispose() => _test.Dispose();

    private RotationBlocks Blocks => new()
    {
        Change = passwords => DoAsync("change", () => _inForce = passwords.New),
        Verify = (_, asked) => Task.FromResult(Do("verify", () => _inForce == asked)),
        Undo = passwords => DoAsync("undo", () => _inForce = passwords.Old),
    };

    private static Func<RotatedPassword, Task> Failing => _ => throw new PasspackException(ErrorCodes.RotationFailed, "-Change failed");

    [Fact]
    public async Task A_rotation_goes_through_its_steps_and_leaves_the_old_password_in_the_history()
    {
        var steps = new List<string>();
        RotationBlocks blocks = Blocks with
        {
            Change = passwords =>
            {
                steps.Add(Unfinished()!.Pending.Step);
                Assert.Equal(("old 1", "new 2"), (passwords.Old, passwords.New));
                Assert.Equal("old 1", _test.Vault.ReadSecret(_id).Password);
                _inForce = passwords.New;
                return Task.CompletedTask;
            },
            Verify = (_, asked) =>
            {
                steps.Add(Unfinished()!.Pending.Step);
                return Task.FromResult(asked == _inForce);
            },
        };
        RotationOutcome outcome = await Rotation(blocks).RunAsync(_id, "new 2");
        Assert.Equal(["prepared", "changed"], steps);
        Assert.Equal((true, "verified"), (outcome.IsCommitted, outcome.Rotation.Step));
        Assert.Equal("new 2", _test.Vault.ReadSecret(_id).Password);
        Assert.Null(Unfinished());
        Assert.Equal(EntryFlags.None, _test.Vault.Get(_id).Flags);
        Assert.Contains("old 1", History());
    }

    [Fact]
    public async Task Steps_push_no_other_version_out_of_the_history()
    {
        _test.Vault.Configure(historyVersions: 3);
        _test.Write(writer => writer.Edit(_id, new EntryEdit { Url = "y" }));
        await Rotation(Blocks).RunAsync(_id, "new 2");
        // The url before, the old password alone, and the old one beside the new one.
        Assert.Equal(3, _test.Vault.History(_id).Count);
        Assert.Equal(["old 1", "old 1", "old 1"], History());
        _test.Vault.Configure(historyVersions: 1);
        await Rotation(Blocks).RunAsync(_id, "new 3");
        Assert.Equal(["new 2"], History());
    }

    [Fact]
    public async Task What_fails_leaves_both_passwords_and_is_listed()
    {
        PasspackException error = await Errors.ThrowsAsync(ErrorCodes.RotationFailed,
            () => Rotation(Blocks with { Change = Failing, Undo = null }).RunAsync(_id, "new 2"));
        Assert.Contains("'service'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("new 2", error.Message, StringComparison.Ordinal);
        UnfinishedRotation rotation = Assert.Single(UnfinishedRotation.List(_test.Vault, new EntryQuery(), damaged => throw damaged));
        Assert.Equal(("old 1", "new 2", "prepared", Environment.MachineName),
            (rotation.Old, rotation.Pending.Value, rotation.Pending.Step, rotation.Pending.Machine));
        // Another one does not begin over it, whatever edits come meanwhile.
        _test.Write(writer => writer.Edit(_id, new EntryEdit { Url = "z", UserId = "svc2" }));
        await Errors.ThrowsAsync(ErrorCodes.RotationPending, () => Rotation(Blocks).RunAsync(_id, "new 3"));
        Assert.Empty(_ran);
        Assert.Equal("new 2", Unfinished()!.Pending.Value);
    }

    [Fact]
    public async Task A_verification_that_says_false_leaves_it_changed_or_has_it_put_back()
    {
        RotationBlocks denying = Blocks with { Verify = (_, asked) => Task.FromResult(Do("verify", () => asked == "old 1" && _inForce == asked)) };
        PasspackException error = await Errors.ThrowsAsync(ErrorCodes.RotationFailed, () => Rotation(denying).RunAsync(_id, "new 2"));
        Assert.Contains("-Undo put the old password back", error.Message, StringComparison.Ordinal);
        Assert.Equal(["change", "verify", "verify", "undo", "verify"], _ran);
        Assert.Equal("old 1", _inForce);
        Assert.Null(Unfinished());
        Assert.Contains("new 2", PendingInHistory());

        await Errors.ThrowsAsync(ErrorCodes.RotationFailed, () => Rotation(denying with { Undo = null }).RunAsync(_id, "new 3"));
        Assert.Equal("changed", Unfinished()!.Pending.Step);
    }

    [Fact]
    public async Task An_undo_that_fails_too_leaves_it_unfinished()
    {
        RotationBlocks blocks = Blocks with { Verify = (_, _) => Task.FromResult(false), Undo = Failing };
        await Errors.ThrowsAsync(ErrorCodes.RotationFailed, () => Rotation(blocks).RunAsync(_id, "new 2"));
        // No longer "changed": the undoing may have got anywhere.
        Assert.Equal("prepared", Unfinished()!.Pending.Step);
    }

    [Theory]
    [InlineData("prepared", true, "verify")]
    [InlineData("changed", true, "verify")]
    [InlineData("verified", true, "verify")]
    [InlineData("prepared", false, "verify verify change verify")]
    [InlineData("changed", false, "verify verify change verify")]
    [InlineData("verified", false, "verify verify change verify")]
    [InlineData("a step to come", false, "verify verify change verify")]
    public async Task A_resumption_asks_first_which_password_is_in_force(string step, bool isNew, string ran)
    {
        PendingPassword pending = Leave(step);
        _inForce = isNew ? "new 2" : "old 1";
        Assert.True((await Rotation(Blocks).ResumeAsync(_id, pending)).IsCommitted);
        Assert.Equal(ran, string.Join(' ', _ran));
        Assert.Equal(("new 2", "new 2"), (_inForce, _test.Vault.ReadSecret(_id).Password));
        Assert.Null(Unfinished());
    }

    [Theory]
    [InlineData("prepared", "change")]
    [InlineData("changed", "change")]
    [InlineData("verified", "")]
    public async Task A_resumption_that_cannot_ask_changes_again_what_was_not_verified(string step, string ran)
    {
        PendingPassword pending = Leave(step);
        await Rotation(Blocks with { Verify = null }).ResumeAsync(_id, pending);
        Assert.Equal(ran, string.Join(' ', _ran));
        Assert.Equal("new 2", _test.Vault.ReadSecret(_id).Password);
    }

    [Fact]
    public async Task A_resumption_runs_nothing_where_neither_password_is_in_force()
    {
        PendingPassword pending = Leave("prepared");
        _inForce = "another";
        await Errors.ThrowsAsync(ErrorCodes.RotationFailed, () => Rotation(Blocks).ResumeAsync(_id, pending));
        Assert.Equal(["verify", "verify"], _ran);
        Assert.Equal("new 2", Unfinished()!.Pending.Value);
    }

    [Theory]
    [InlineData("old 1", true, true, "verify")]
    [InlineData("new 2", true, true, "verify undo verify")]
    [InlineData("new 2", false, true, "undo")]
    [InlineData("old 1", true, false, "verify")]
    [InlineData("old 1", false, false, "")]
    public async Task An_undoing_puts_the_old_password_back(string inForce, bool canAsk, bool canUndo, string ran)
    {
        PendingPassword pending = Leave("verified");
        _inForce = inForce;
        RotationOutcome outcome = await Rotation(Blocks with { Verify = canAsk ? Blocks.Verify : null, Undo = canUndo ? Blocks.Undo : null })
            .UndoAsync(_id, pending);
        Assert.False(outcome.IsCommitted);
        Assert.Equal(ran, string.Join(' ', _ran));
        Assert.Equal(("old 1", "old 1"), (_inForce, _test.Vault.ReadSecret(_id).Password));
        Assert.Null(Unfinished());
        Assert.Contains("new 2", PendingInHistory());
    }

    [Fact]
    public async Task An_undoing_without_a_way_to_undo_stays_where_the_old_password_is_not_in_force()
    {
        PendingPassword pending = Leave("changed");
        _inForce = "new 2";
        await Errors.ThrowsAsync(ErrorCodes.RotationFailed, () => Rotation(Blocks with { Undo = null }).UndoAsync(_id, pending));
        Assert.Equal("changed", Unfinished()!.Pending.Step);
    }

    [Fact]
    public async Task What_ended_meanwhile_is_a_conflict_and_its_value_is_in_the_history()
    {
        PendingPassword pending = Leave("changed");
        RotationBlocks blocks = Blocks with
        {
            Verify = null,
            Change = _ =>
            {
                RotationSteps.TakeBack(_test.Vault, _id, pending);
                return Task.CompletedTask;
            },
        };
        await Errors.ThrowsAsync(ErrorCodes.RotationConflict, () => Rotation(blocks).ResumeAsync(_id, pending));
        Assert.Equal("old 1", _test.Vault.ReadSecret(_id).Password);
        Assert.Contains("new 2", PendingInHistory());
        await Errors.ThrowsAsync(ErrorCodes.RotationConflict, () => Rotation(Blocks).ResumeAsync(_id, pending));
        await Errors.ThrowsAsync(ErrorCodes.RotationConflict, () => Rotation(Blocks).UndoAsync(_id, pending));
        Assert.Empty(_ran);
    }

    [Fact]
    public async Task A_rotation_that_is_finished_already_is_only_told()
    {
        PendingPassword pending = Leave("changed");
        RotationSteps.Commit(_test.Vault, _id, pending);
        Assert.True((await Rotation(Blocks).ResumeAsync(_id, pending)).IsCommitted);
        await Errors.ThrowsAsync(ErrorCodes.RotationConflict, () => Rotation(Blocks).UndoAsync(_id, pending));
        Assert.Empty(_ran);
    }

    [Fact]
    public async Task Nothing_starts_of_what_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Rotation(Blocks).RunAsync(_id, "old 1"));
        await Assert.ThrowsAsync<ArgumentException>(() => Rotation(Blocks).RunAsync(_id, ""));
        await Assert.ThrowsAsync<ArgumentException>(() => Rotation(Blocks).RunAsync(_id, "half \ud83d"));
        await Errors.ThrowsAsync(ErrorCodes.RecordTooLarge, () => Rotation(Blocks).RunAsync(_id, new string('x', 20 << 20)));
        await Errors.ThrowsAsync(ErrorCodes.EntryNotFound, () => Rotation(Blocks).RunAsync(Guid.NewGuid(), "new 2"));
        _test.Write(writer =>
        {
            writer.Trash(_id);
            return 0;
        });
        await Errors.ThrowsAsync(ErrorCodes.EntryNotFound, () => Rotation(Blocks).RunAsync(_id, "new 2"));
        Assert.Empty(_ran);
    }

    [Fact]
    public async Task An_error_that_is_not_of_a_block_leaves_it_as_it_is()
    {
        await Assert.ThrowsAsync<OperationCanceledException>(() => Rotation(Blocks with { Change = _ => throw new OperationCanceledException() }).RunAsync(_id, "new 2"));
        Assert.Equal("prepared", Unfinished()!.Pending.Step);
        Assert.Empty(_ran);
    }

    private PasswordRotation Rotation(RotationBlocks blocks) => new(_test.Vault, blocks, new RotationOptions());

    private PendingPassword Leave(string step)
    {
        var pending = new PendingPassword("new 2", 1, "another machine", step);
        RotationSteps.Prepare(_test.Vault, _id, pending);
        return pending;
    }

    private UnfinishedRotation? Unfinished() => UnfinishedRotation.Find(_test.Vault, _id);

    private string[] History() => [.. _test.Vault.History(_id).Select(version => _test.Vault.ReadSecret(version).Password)];

    private string?[] PendingInHistory() => [.. _test.Vault.History(_id).Select(version => _test.Vault.ReadSecret(version).Pending?.Value)];

    private T Do<T>(string what, Func<T> does)
    {
        _ran.Add(what);
        return does();
    }

    private Task DoAsync(string what, Action does)
    {
        _ran.Add(what);
        does();
        return Task.CompletedTask;
    }
}
