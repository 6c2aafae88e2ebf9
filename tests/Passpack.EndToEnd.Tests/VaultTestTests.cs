using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Repair;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

[Trait("Pace", "Quick")]
public sealed class VaultTestTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Fact]
    public async Task A_sound_vault_has_no_findings()
    {
        await Victim.SyncAsync();
        Assert.Empty(VaultTest.Find(Victim.Vault));
        Assert.Empty(VaultTest.Find(Friend.Vault));
    }

    [Theory]
    [InlineData("head")]
    [InlineData("tail")]
    [InlineData("digest")]
    public async Task A_damaged_record_of_the_mirror_is_found_and_comes_from_online_again(string column)
    {
        await Victim.SyncAsync();
        string before = Victim.Dump();
        Break(Victim, $"UPDATE mirror SET {column} = zeroblob(length({column})) WHERE stream = 1 AND id = $1", Changed);
        List<VaultFinding> findings = [.. VaultTest.Find(Victim.Vault)];
        Assert.Contains(findings, finding => finding.Kind == VaultFindingKind.OnlineRecord && finding.Id == Changed);
        // Its digest is what the manifest vouches for: with another one the sums do not add up either.
        Assert.Equal(column == "digest", findings.Exists(finding => finding.Kind == VaultFindingKind.Manifest));
        IReadOnlyList<VaultFinding> repaired = await VaultRepair.RunAsync(Victim.Vault, findings);
        if (column == "digest")
            return; // Nothing that the server sends fits that digest: only a reset helps, and the finding says so.
        Assert.Equal("its record online", Assert.Single(repaired).Repaired);
        Assert.Empty(VaultTest.Find(Victim.Vault));
        Assert.Equal(before, Victim.Dump());
        Assert.Contains(AccountInspector.Describe(Victim.Vault.Folder).Backups, path => path.EndsWith("before-repair.db", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(RecordStream.Data, true)]
    [InlineData(RecordStream.Data, false)]
    [InlineData(RecordStream.Tags, true)]
    [InlineData(RecordStream.Tags, false)]
    [InlineData(RecordStream.Favorite, true)]
    [InlineData(RecordStream.Favorite, false)]
    public async Task A_damaged_record_of_which_online_has_a_later_version_waits_for_it(RecordStream stream, bool repair)
    {
        foreach (int turn in new[] { 1, 2, 3 })
        {
            await Friend.SyncAsync();
            Friend.Edit(Changed, new EntryEdit { Password = $"password {turn}" });
            await Friend.SyncAsync();
            await Friend.OnlineAsync(new OnlineEdit { Id = Changed, Values = new EntryEdit { Tags = [$"tag {turn}"], Favorite = turn % 2 == 1 } });
            if (turn < 3)
                await Victim.SyncAsync();
        }
        Break(Victim, $"UPDATE mirror SET head = zeroblob(length(head)) WHERE stream = {(int)stream} AND id = $1", Changed);
        if (repair)
        {
            VaultFinding left = Assert.Single(await VaultRepair.RunAsync(Victim.Vault, [.. VaultTest.Find(Victim.Vault)]));
            Assert.Null(left.Repaired);
            Assert.EndsWith("Online has a later version of it, which Sync-PasspackVault brings.", left.Description, StringComparison.Ordinal);
        }
        SyncResult result = await Victim.SyncAsync();
        Assert.DoesNotContain(result.Changes, change => change.Action is SyncAction.Conflict or SyncAction.Merged or SyncAction.Pushed);
        Assert.Equal("password 3", Victim.Vault.ReadSecret(Changed).Password);
        EntrySummary entry = Victim.Vault.Get(Changed);
        Assert.Equal(("tag 3", true), (Assert.Single(entry.Tags), entry.Favorite));
        Assert.Empty(VaultTest.Find(Victim.Vault));
    }

    [Fact]
    public async Task A_damaged_local_change_comes_from_the_history_or_is_given_up_for_what_online_has()
    {
        await Victim.SyncAsync();
        Victim.Edit(Changed, new EntryEdit { Notes = "first edit", Tags = ["edited"] });
        Victim.Edit(Changed, new EntryEdit { Notes = "second edit" });
        Break(Victim, "UPDATE local_data SET head = zeroblob(length(head)) WHERE id = $1", Changed);
        Break(Victim, "UPDATE local_tags SET body = zeroblob(length(body)) WHERE id = $1", Changed);
        List<VaultFinding> findings = [.. VaultTest.Find(Victim.Vault)];
        Assert.Equal([VaultFindingKind.LocalRecord, VaultFindingKind.LocalRecord], findings.Select(finding => finding.Kind));
        IReadOnlyList<VaultFinding> repaired = await VaultRepair.RunAsync(Victim.Vault, findings);
        Assert.All(repaired, finding => Assert.NotNull(finding.Repaired));
        Assert.StartsWith("the version that was replaced on", repaired[0].Repaired, StringComparison.Ordinal);
        Assert.Equal("first edit", Victim.Vault.ReadSecret(Changed).Notes);
        // The damaged values did not go to the history.
        Assert.Empty(VaultTest.Find(Victim.Vault));
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        Assert.Equal("first edit", Friend.Vault.ReadSecret(Changed).Notes);
    }

    [Fact]
    public async Task Damaged_tags_that_are_nowhere_else_go_and_that_is_said()
    {
        Guid id = Victim.Add("alone", new EntryEdit { Tags = ["lost"], Favorite = true }).Id;
        Break(Victim, "UPDATE local_tags SET body = zeroblob(length(body)) WHERE id = $1", id);
        Break(Victim, "UPDATE local_favorites SET body = zeroblob(length(body)) WHERE id = $1", id);
        IReadOnlyList<VaultFinding> repaired = await VaultRepair.RunAsync(Victim.Vault, [.. VaultTest.Find(Victim.Vault)]);
        Assert.Equal(2, repaired.Count);
        Assert.All(repaired, finding => Assert.Contains("lost", finding.Repaired, StringComparison.Ordinal));
        Assert.Empty(VaultTest.Find(Victim.Vault));
        EntrySummary entry = Victim.Vault.Get(id);
        Assert.Equal(("alone", 0, false), (entry.Name, entry.Tags.Count, entry.Favorite));
    }

    [Fact]
    public async Task A_damaged_entry_that_is_nowhere_else_stays_a_finding()
    {
        Guid id = Victim.Add("alone").Id;
        Break(Victim, "UPDATE local_data SET tail = zeroblob(length(tail)) WHERE id = $1", id);
        Assert.Null(Assert.Single(await VaultRepair.RunAsync(Victim.Vault, [.. VaultTest.Find(Victim.Vault)])).Repaired);
        Assert.Single(VaultTest.Find(Victim.Vault));
        Assert.Single(Victim.Vault.List(new EntryQuery { Name = "alone" }));
    }

    [Fact]
    public async Task A_damaged_earlier_version_is_removed_and_the_server_is_not_asked_for_it()
    {
        await Victim.SyncAsync();
        Assert.Equal([RecordStream.Data, RecordStream.Tags], Victim.Vault.History(Changed).Select(version => version.Stream).Order());
        // The very version is online, whole; but no manifest vouches for what a server says is an earlier version.
        Assert.Contains(await OnlineVault.HistoryAsync(Victim.Vault, Changed), version => version is { IsVerified: true, IsDamaged: false });
        Break(Victim, "UPDATE history SET tail = zeroblob(length(tail)) WHERE stream = 1 AND id = $1", Changed);
        Assert.DoesNotContain(await OnlineVault.HistoryAsync(Victim.Vault, Changed), version => version.IsVerified);
        bool asked = false;
        Hostile.Lie = Lies.About(Routes.Versions, _ =>
        {
            asked = true;
            return Task.FromResult<Answer?>(null);
        });

        VaultFinding repaired = Assert.Single(await VaultRepair.RunAsync(Victim.Vault, [.. VaultTest.Find(Victim.Vault)]));

        Assert.Contains("lost", repaired.Repaired, StringComparison.Ordinal);
        Assert.False(asked);
        Assert.Empty(VaultTest.Find(Victim.Vault));
        Assert.Equal(RecordStream.Tags, Assert.Single(Victim.Vault.History(Changed)).Stream);
    }

    [Fact]
    public async Task What_an_edit_was_made_on_comes_out_of_the_mirror_without_the_server()
    {
        await Victim.SyncAsync();
        Victim.Edit(Changed, new EntryEdit { Notes = "edited" });
        Break(Victim, "UPDATE history SET head = zeroblob(length(head)) WHERE seq = (SELECT base FROM local_data WHERE id = $1)", Changed);
        Unreachable(Victim);
        Assert.Equal("the same version, which online has", Assert.Single(await VaultRepair.RunAsync(Victim.Vault, [.. VaultTest.Find(Victim.Vault)])).Repaired);
        Assert.Empty(VaultTest.Find(Victim.Vault));
    }

    [Fact]
    public async Task A_lost_earlier_version_is_removed_after_a_copy_and_an_edit_on_it_syncs()
    {
        await Victim.SyncAsync();
        Victim.Edit(Changed, new EntryEdit { Notes = "first edit" });
        Victim.Edit(Changed, new EntryEdit { Email = "of@victim.example" });
        Break(Victim, "UPDATE history SET head = x'00', tail = x'00' WHERE seq = (SELECT base FROM local_data WHERE id = $1)", Changed);
        Break(Victim, "UPDATE history SET tail = zeroblob(length(tail)) WHERE seq = (SELECT max(seq) FROM history WHERE id = $1)", Changed);
        Friend.Edit(Changed, new EntryEdit { Url = "https://of.friend.example/" });
        await Friend.SyncAsync();
        int versions = Victim.Vault.History(Changed).Count;
        List<VaultFinding> findings = [.. VaultTest.Find(Victim.Vault)];
        Assert.Equal(2, findings.Count);

        Assert.All(await VaultRepair.RunAsync(Victim.Vault, findings), finding => Assert.Contains("lost", finding.Repaired, StringComparison.Ordinal));
        Assert.Empty(VaultTest.Find(Victim.Vault));
        Assert.Equal(versions - 2, Victim.Vault.History(Changed).Count);
        Assert.Contains(AccountInspector.Describe(Victim.Vault.Folder).Backups, path => path.EndsWith("before-repair.db", StringComparison.Ordinal));
        Assert.DoesNotContain((await Victim.SyncAsync()).Changes, change => change.Action == SyncAction.Damaged);
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Assert.Equal(Friend.Dump(), Victim.Dump());
        EntrySummary entry = Friend.Vault.Get(Changed);
        Assert.Equal(("of@victim.example", "first edit"), (entry.Email, Friend.Vault.ReadSecret(Changed).Notes));
    }

    [Fact]
    public async Task Without_the_server_a_record_of_the_mirror_comes_from_the_history()
    {
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        Friend.Edit(Changed, new EntryEdit { Notes = "of friend" });
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        string earlier = Victim.Vault.ReadSecret(Victim.Vault.History(Changed).First(version => version.IsData)).Notes;
        Break(Victim, "UPDATE mirror SET tail = zeroblob(length(tail)) WHERE stream = 1 AND id = $1", Changed);
        Unreachable(Victim);
        VaultFinding repaired = Assert.Single(await VaultRepair.RunAsync(Victim.Vault, [.. VaultTest.Find(Victim.Vault)]));
        Assert.StartsWith("the version that was replaced on", repaired.Repaired, StringComparison.Ordinal);
        Assert.Equal(earlier, Victim.Vault.ReadSecret(Changed).Notes);
    }

    [Fact]
    public void A_broken_reference_and_what_a_sync_did_are_found()
    {
        Break(Victim, "INSERT INTO sync_record (seq, started, body) VALUES (999, 1, $1)", Changed);
        using (VaultUse use = Victim.Vault.Use())
        {
            use.Connection.Execute("PRAGMA foreign_keys = OFF");
            use.Connection.Execute("INSERT INTO local_data (id, version, pending, base) VALUES ($1, 1, 0, 4711)", Guid.NewGuid());
            use.Connection.Execute("PRAGMA foreign_keys = ON");
        }
        Assert.Equal([VaultFindingKind.Other, VaultFindingKind.Reference], VaultTest.Find(Victim.Vault).Select(finding => finding.Kind).Order().Reverse().ToArray());
    }

    /// <summary>Every column of the account, as somebody who can write the file, but has no key, might change it.</summary>
    [Fact]
    public async Task Each_altered_value_of_the_account_is_found_and_nothing_is_sent_or_written()
    {
        await Victim.SyncAsync();
        string[] columns;
        using (VaultUse use = Victim.Vault.Use())
            columns = [.. use.Connection.Query("SELECT name FROM pragma_table_info('account') WHERE name NOT IN ('one', 'online_error')", row => row.GetString(0))];
        Assert.InRange(columns.Length, 23, 40);
        foreach (string column in columns)
        {
            object? kept;
            using (VaultUse use = Victim.Vault.Use())
            {
                kept = use.Connection.First($"SELECT {column} FROM account", row => row.IsDBNull(0) ? null : row.GetValue(0));
                use.Connection.Execute($"UPDATE account SET {column} = $1", kept switch { long number => number + 1, string text => text + "x", byte[] blob => Altered(blob), _ => TypeOf(use, column) });
            }
            string before = Victim.DumpVault();
            int requests = Hostile.Seen.Count;
            Assert.Contains(VaultTest.Find(Victim.Vault), finding => finding.Kind == VaultFindingKind.Account);
            Assert.Equal(ErrorCodes.VaultDamaged, (await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync())).ErrorId);
            Assert.Equal(ErrorCodes.VaultDamaged, Assert.Throws<PasspackException>(() => Victim.Vault.Configure(lockAfterMinutes: 3)).ErrorId);
            Assert.Equal(requests, Hostile.Seen.Count);
            Assert.Equal(before, Victim.DumpVault());
            using (VaultUse use = Victim.Vault.Use())
                use.Connection.Execute($"UPDATE account SET {column} = $1", kept);
            Assert.DoesNotContain(VaultTest.Find(Victim.Vault), finding => finding.Kind == VaultFindingKind.Account);
        }
        await Victim.SyncAsync();

        static byte[] Altered(byte[] blob) => [.. blob[..^1], (byte)(blob[^1] ^ 1)];

        static object TypeOf(VaultUse use, string column) =>
            use.Connection.Scalar<string>("SELECT type FROM pragma_table_info('account') WHERE name = $1", column) switch { "INTEGER" => 7L, "TEXT" => "x", _ => new byte[32] };
    }

    [Fact]
    public async Task A_token_is_only_for_the_server_and_the_User_ID_that_it_was_sealed_with()
    {
        await Victim.SyncAsync();
        using VaultUse use = Victim.Vault.Use();
        AccountRow account = AccountRow.Load(use.Connection, use.Keys);
        using (SecretBytes? token = SealedToken.Open(use.Keys, account))
            Assert.Equal(SealedToken.TokenBytes, token!.Length);
        Assert.Null(SealedToken.Open(use.Keys, account with { Server = "https://evil.example/" }));
        Assert.Null(SealedToken.Open(use.Keys, account with { UserId = account.UserId + "x" }));
        Assert.Null(SealedToken.Open(use.Keys, account with { DeviceId = Guid.NewGuid() }));
        Assert.Equal(ErrorCodes.NotConnected, Assert.Throws<PasspackException>(() => SyncRun.Connect(account with { Server = "https://evil.example/" }, use.Keys)).ErrorId);
    }

    /// <summary>The server is honest: it must not be blamed for what is damaged here.</summary>
    [Theory]
    [InlineData("UPDATE mirror SET digest = zeroblob(length(digest)) WHERE stream = 1 AND id = $1")]
    [InlineData("UPDATE mirror SET digest = x'00' WHERE stream = 1 AND id = $1")]
    [InlineData("UPDATE mirror SET version = version + 7 WHERE stream = 1 AND id = $1")]
    [InlineData("UPDATE mirror SET deleted = 1 - deleted WHERE stream = 1 AND id = $1")]
    [InlineData("DELETE FROM mirror WHERE stream = 1 AND id = $1")]
    [InlineData("UPDATE manifest_sum SET sum = randomblob(32) WHERE stream = 1 AND $1 IS NOT NULL")]
    [InlineData("UPDATE manifest_sum SET sum = x'00' WHERE stream = 1 AND $1 IS NOT NULL")]
    [InlineData("UPDATE manifest_sum SET count = count + 1 WHERE stream = 1 AND $1 IS NOT NULL")]
    [InlineData("DELETE FROM manifest_sum WHERE stream = 1 AND $1 IS NOT NULL")]
    [InlineData("UPDATE account SET revision = revision + 1 WHERE $1 IS NOT NULL")]
    [InlineData("UPDATE account SET revision = revision + 1000 WHERE $1 IS NOT NULL")]
    public async Task A_sync_over_damaged_bookkeeping_blames_the_vault_and_not_the_server(string sql)
    {
        await Victim.SyncAsync();
        Friend.Edit(Changed, new EntryEdit { Notes = "of friend" });
        await Friend.SyncAsync();
        Break(Victim, sql, Changed);
        string before = Victim.DumpVault();
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        Assert.Equal(ErrorCodes.VaultDamaged, refused.ErrorId);
        Assert.Equal(before, Victim.DumpVault());
    }

    private static void Unreachable(Machine machine)
    {
        using VaultUse use = machine.Vault.Use();
        AccountRow account = AccountRow.Load(use.Connection, use.Keys) with { Server = "http://127.0.0.1:1/" };
        using SecretBytes token = SecretBytes.Random(SealedToken.TokenBytes);
        (account with { DeviceToken = SealedToken.Seal(use.Keys, account.DeviceId!.Value, token.Span, account.Server, account.UserId) }).Save(use.Connection, use.Keys);
    }

    private static void Break(Machine machine, string sql, Guid id)
    {
        using VaultUse use = machine.Vault.Use();
        Assert.Equal(1, use.Connection.Execute(sql, id));
    }
}
