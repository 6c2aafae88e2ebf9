using System.Text;
using Passpack.EndToEnd.Tests.Model;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Repair;
using Passpack.Sync.Session;
using Passpack.Transfer.Importing;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>
/// The clock of a machine, of the server, or of both jumps in the middle of something, and later back. Both sides stay sound, nothing is
/// lost, nothing is there twice, and the next sync goes on.
/// </summary>
public sealed class ClockTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    private const double Year = 365;

    /// <summary>In days.</summary>
    private static readonly Dictionary<string, double> s_jumps = new()
    {
        ["a second back"] = -1.0 / 86400,
        ["a second on"] = 1.0 / 86400,
        ["an hour back"] = -1.0 / 24,
        ["an hour on"] = 1.0 / 24,
        ["a day back"] = -1,
        ["a day on"] = 1,
        ["past the memory of pushes, back"] = -31,
        ["past the memory of pushes, on"] = 31,
        ["past the retention, back"] = -Year - 35,
        ["past the retention, on"] = Year + 35,
        ["to 1970"] = -(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalDays + 0.001,
        ["to 2100"] = (new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UtcNow).TotalDays,
    };

    public enum Whose
    {
        Machine = 1,
        Server = 2,
        Both = 3,
    }

    public static TheoryData<string, Whose> EveryJump()
    {
        var data = new TheoryData<string, Whose>();
        foreach (string jump in s_jumps.Keys)
        {
            foreach (Whose whose in Enum.GetValues<Whose>())
                data.Add(jump, whose);
        }
        return data;
    }

    public static TheoryData<string> JumpsBack() => new(s_jumps.Where(jump => jump.Value < 0).Select(jump => jump.Key));

    [Theory]
    [MemberData(nameof(EveryJump))]
    public async Task Before_and_after_every_request_of_a_sync(string jump, Whose whose)
    {
        await HonestAgainAsync();
        int round = 0;
        for (int request = 1, requests = request; request <= requests; request++)
        {
            foreach (bool after in new[] { false, true })
            {
                round++;
                Friend.Edit(Changed, new EntryEdit { Notes = $"friend {round}" });
                Friend.Edit(Added, new EntryEdit { Notes = $"friend {round}" });
                await Friend.SyncAsync();
                Victim.Edit(Changed, new EntryEdit { Url = $"https://victim{round}.example/" });
                Victim.Edit(Own, new EntryEdit { Notes = $"victim {round}" });
                Guid added = Victim.Add($"victim {round}").Id;

                SyncResult result = await JumpingAsync(jump, whose, request, after, Busy($"friend {round}"), () => Victim.SyncAsync());

                requests = result.Requests;
                Assert.DoesNotContain(result.Changes, change => change.Action is SyncAction.Conflict or SyncAction.Damaged);
                Assert.Equal(
                    new[] { (Changed, SyncAction.Merged), (Added, SyncAction.Pulled), (Own, SyncAction.Pushed), (added, SyncAction.Pushed) }.Order(),
                    result.Changes.Select(change => (change.Id, change.Action)).Order());
                await AssertAgreedAsync();
                Return();
                await AssertAgreedAsync();
                Assert.Equal(4 + round, Friend.Vault.List(new EntryQuery()).Count());
                FullEntry merged = Friend.Get(Changed);
                Assert.Equal(($"friend {round}", $"https://victim{round}.example/", $"friend {round}"), (merged.Secret.Notes, merged.Summary.Url, merged.Secret.SharedNotes));
                Assert.Equal($"victim {round}", Friend.Get(Own).Secret.Notes);
                // What the sync itself replaced, on either side.
                Assert.Contains(round == 1 ? "notes of added" : $"friend {round - 1}", LocalNotes(Added));
                Assert.Contains(round == 1 ? "notes of the victim" : $"victim {round - 1}", await OnlineNotesAsync(Own));
            }
        }
        Assert.InRange(round, 10, 14);
        AssertNothingLeaked();
    }

    [Theory]
    [MemberData(nameof(EveryJump))]
    public async Task Between_a_push_whose_answer_is_lost_and_its_repeat(string jump, Whose whose)
    {
        foreach (bool overtaken in new[] { false, true })
        {
            Victim.Edit(Own, new EntryEdit { Notes = $"notes of the victim{(overtaken ? ", again" : "")}" });
            Victim.Edit(Own, new EntryEdit { Email = $"{overtaken}@victim.example" });
            Hostile.Lie = Lies.About(Routes.Pushes, async exchange =>
            {
                await exchange.HonestAsync();
                return null;
            });
            Assert.Equal(ErrorCodes.ServerUnreachable, (await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync())).ErrorId);
            Hostile.Lie = null;
            Jump(jump, whose);
            await Server.SweepAsync();
            if (overtaken)
            {
                Friend.Edit(Added, new EntryEdit { Notes = "overtakes" });
                await Friend.SyncAsync();
            }

            SyncResult plan = await Victim.SyncAsync(whatIf: true), run = await Victim.SyncAsync();

            // Its answer is remembered for 30 days. Later it is a conflict, and its records come down like any others.
            bool isForgotten = s_jumps[jump] > 30 && whose.HasFlag(Whose.Server);
            Assert.Equal(isForgotten ? 0 : 1, run.Changes.Count(change => change.Id == Own));
            if (!isForgotten)
                Assert.Equal(plan.Changes, run.Changes, (one, other) => (one.Id, one.Action, one.Reason) == (other.Id, other.Action, other.Reason));
            await AssertAgreedAsync();
            Return();
            await AssertAgreedAsync();
        }
        Victim.Edit(Own, new EntryEdit { Notes = "notes of the victim" });
        await HonestAgainAsync();
    }

    [Theory]
    [MemberData(nameof(EveryJump))]
    public async Task In_a_sync_that_settles_a_conflict(string jump, Whose whose)
    {
        await HonestAgainAsync();
        foreach (ConflictPolicy policy in new[] { ConflictPolicy.Newest, ConflictPolicy.PreferLocal, ConflictPolicy.PreferOnline, ConflictPolicy.KeepBoth })
        {
            foreach (bool editedThen in new[] { false, true })
            {
                string mark = $"{policy} {editedThen}";
                Friend.Edit(Changed, new EntryEdit { Notes = $"friend, {mark}" });
                await Friend.SyncAsync();
                if (editedThen)
                    Jump(jump, whose);
                Victim.Edit(Changed, new EntryEdit { Notes = $"victim, {mark}" });
                if (editedThen)
                    Return();

                SyncResult result = await JumpingAsync(jump, editedThen ? 0 : whose, 1, true, null, () => Victim.SyncAsync(policy));

                Assert.Equal(SyncAction.Conflict, Assert.Single(result.Changes, change => change.Id == Changed).Action);
                await AssertAgreedAsync();
                Return();
                await AssertAgreedAsync();
                // Winner and loser, on every machine.
                string[] everywhere = [Friend.Get(Changed).Secret.Notes, .. await OnlineNotesAsync(Changed), .. Friend.Vault.ListFull(new EntryQuery()).Select(entry => entry.Secret.Notes)];
                Assert.Contains($"friend, {mark}", everywhere);
                Assert.Contains($"victim, {mark}", everywhere);
            }
        }
        Assert.Equal(6, Friend.Vault.List(new EntryQuery()).Count());
    }

    [Theory]
    [MemberData(nameof(EveryJump))]
    public async Task In_an_online_edit_a_deletion_and_a_restore(string jump, Whose whose)
    {
        await HonestAgainAsync();
        for (int request = 1; request <= 2; request++)
        {
            foreach (bool after in new[] { false, true })
            {
                string mark = $"{request} {after}";
                var values = new EntryEdit { Name = $"online {mark}", Notes = mark, Tags = [mark], Favorite = true };
                EntrySummary made = await JumpingAsync(jump, whose, request, after, null, () => Victim.OnlineAsync(new OnlineEdit { Values = values }));
                await AssertAgreedAsync();
                Return();
                await JumpingAsync(jump, whose, request, after, null,
                    () => Victim.OnlineAsync(new OnlineEdit { Id = made.Id, Values = new EntryEdit { Notes = $"edited {mark}", Tags = ["other"], Favorite = false } }));
                await AssertAgreedAsync();
                Return();
                Assert.Equal(($"edited {mark}", "other", false),
                    (Friend.Get(made.Id).Secret.Notes, Assert.Single(Friend.Get(made.Id).Summary.Tags), Friend.Get(made.Id).Summary.Favorite));
                Assert.Contains(mark, await OnlineNotesAsync(made.Id));
                await JumpingAsync(jump, whose, request, after, null, () => Victim.OnlineAsync(new OnlineEdit { Id = made.Id, Delete = true }));
                await AssertAgreedAsync();
                Return();
                Assert.True(Friend.HasInTrash(made.Id) && Victim.HasInTrash(made.Id));
                await JumpingAsync(jump, whose, request, after, null, () => OnlineVault.RestoreAsync(Victim.Vault, made.Id));
                await AssertAgreedAsync();
                Return();
                Assert.Equal($"edited {mark}", Friend.Get(made.Id).Secret.Notes);
            }
        }
        Assert.Equal(8, Friend.Vault.List(new EntryQuery()).Count());
    }

    [Theory]
    [MemberData(nameof(EveryJump))]
    public async Task In_an_import_and_between_a_plan_and_its_run(string jump, Whose whose)
    {
        foreach (bool back in new[] { false, true })
        {
            using var rows = new MemoryStream(Encoding.UTF8.GetBytes(Worker.Rows));
            foreach (ImportResult _ in new EntryImporter(Victim.Vault).Import(rows, "rows.csv"))
                Jump(jump, whose);
            if (back)
                Return();
            Assert.Single(Victim.Vault.List(new EntryQuery { Name = "imported one" }));
            Assert.Single(Victim.Vault.List(new EntryQuery { Name = "imported two" }));
        }

        string before = Victim.DumpVault();
        SyncResult plan = await JumpingAsync(jump, whose, 1, true, null, () => Victim.SyncAsync(whatIf: true));
        Assert.Equal(before, Victim.DumpVault());
        Return();
        SyncResult run = await JumpingAsync(jump, whose, 2, false, null, () => Victim.SyncAsync());
        Assert.Equal(plan.Details(), run.Details());
        await AssertAgreedAsync();
        Return();
        await AssertAgreedAsync();
        Assert.Single(Friend.Vault.List(new EntryQuery { Name = "imported one" }));
        Assert.Single(Friend.Vault.List(new EntryQuery { Name = "imported two" }));
    }

    [Theory]
    [MemberData(nameof(JumpsBack))]
    public async Task What_was_replaced_while_a_clock_was_behind_is_not_old_once_it_is_right_again(string jump)
    {
        await HonestAgainAsync();
        Jump(jump, Whose.Both);
        await Friend.OnlineAsync(new OnlineEdit { Id = Own, Delete = true });
        foreach (string notes in new[] { "one", "two" })
        {
            Friend.Edit(Added, new EntryEdit { Notes = notes });
            await Friend.SyncAsync();
            await Victim.SyncAsync();
        }
        Return();
        await Server.SweepAsync();
        Friend.Edit(Added, new EntryEdit { Notes = "three" });
        await Friend.SyncAsync();
        await Victim.SyncAsync();

        Assert.Equal(["two", "one", "notes of added"], LocalNotes(Added));
        Assert.Equal(["two", "one", "notes of added"], await OnlineNotesAsync(Added));
        Assert.Equal("notes of the victim", (await OnlineNotesAsync(Own))[0]);
        await OnlineVault.RestoreAsync(Friend.Vault, Own);
        await AssertAgreedAsync();
        Assert.Equal("notes of the victim", Victim.Get(Own).Secret.Notes);
    }

    [Theory]
    [InlineData("past the retention, on")]
    [InlineData("to 2100")]
    public async Task What_has_outlived_its_time_goes_and_what_is_there_stays(string jump)
    {
        Jump(jump, Whose.Server);
        await Server.SweepAsync();
        // Deleted before the jump: its content is gone online, its deletion is not, and a machine that had it has it.
        await HonestAgainAsync();
        Assert.Empty(await OnlineNotesAsync(Deleted));
        Assert.NotEmpty(await OnlineNotesAsync(Changed));
        Return();
        await Server.SweepAsync();
        await AssertAgreedAsync();
        Victim.Restore(Deleted);
        Assert.Equal((Deleted, SyncAction.Pushed), Assert.Single((await Victim.SyncAsync()).Changes.Select(change => (change.Id, change.Action))));
        await AssertAgreedAsync();
        Assert.Equal("notes of deleted", Friend.Get(Deleted).Secret.Notes);
    }

    [Fact]
    public async Task Daily_copies_go_on_after_a_clock_that_was_ahead()
    {
        await HonestAgainAsync();
        AccountFolder folder = Victim.Vault.Folder;
        Jump("to 2100", Whose.Machine);
        for (int day = 0; day < VaultCopies.MostCopies; day++)
        {
            Victim.Add($"ahead {day}");
            Clock.Off += (long)TimeSpan.FromDays(1).TotalMilliseconds;
            Assert.NotNull(VaultCopies.CopyDaily(folder, Clock));
        }
        Return();
        for (int day = 0; day < 3; day++)
        {
            Victim.Add($"right again {day}");
            string made = Assert.IsType<string>(VaultCopies.CopyDaily(folder, Clock));
            Assert.True(File.Exists(made));
            Assert.Null(VaultCopies.CopyDaily(folder, Clock));
            Clock.Off += (long)TimeSpan.FromDays(1).TotalMilliseconds;
        }
        Assert.Equal(VaultCopies.MostCopies, Victim.Vault.Describe().Backups.Count);
    }

    private void Jump(string jump, Whose whose)
    {
        var off = (long)TimeSpan.FromDays(s_jumps[jump]).TotalMilliseconds;
        if (whose.HasFlag(Whose.Machine))
            Clock.Off = off;
        if (whose.HasFlag(Whose.Server))
            Server.Clock.Off = off;
    }

    private void Return() => Clock.Off = Server.Clock.Off = 0;

    /// <summary>Does something, and jumps before or after one of its requests.</summary>
    private async Task<T> JumpingAsync<T>(string jump, Whose whose, int request, bool after, Lie? honest, Func<Task<T>> action)
    {
        bool met = false;
        Hostile.Requests = 0;
        Hostile.Lie = async exchange =>
        {
            met |= exchange.Number == request;
            if (exchange.Number == request && !after)
                Jump(jump, whose);
            Answer? answer = honest is null ? await exchange.HonestAsync() : await honest(exchange);
            if (exchange.Number == request && after)
                Jump(jump, whose);
            return answer;
        };
        try
        {
            return await action();
        }
        finally
        {
            Hostile.Lie = null;
            Assert.True(met);
        }
    }

    private async Task AssertAgreedAsync()
    {
        AssertSound();
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Assert.Empty((await Friend.SyncAsync()).Changes);
        Assert.Empty((await Victim.SyncAsync()).Changes);
        Assert.Equal(Friend.Dump(), Victim.Dump());
        Assert.Empty(VaultTest.Find(Victim.Vault));
    }

    private string[] LocalNotes(Guid id) => [.. Victim.Vault.History(id).Where(version => version.IsData).Select(version => Victim.Vault.ReadSecret(version).Notes)];

    private async Task<string[]> OnlineNotesAsync(Guid id) =>
        [.. (await OnlineVault.HistoryAsync(Friend.Vault, id)).Where(version => version.Entry is not null).Select(version => version.ReadSecret().Notes)];
}
