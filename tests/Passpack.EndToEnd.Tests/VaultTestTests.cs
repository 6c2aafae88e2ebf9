using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync;
using Passpack.Vault;

namespace Passpack.EndToEnd.Tests;

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
        Assert.Contains(VaultFiles.Describe(Victim.Vault.Folder).Backups, path => path.EndsWith("before-repair.db", StringComparison.Ordinal));
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
        // The damaged value itself is in the history now, and stays a finding there.
        Assert.All(VaultTest.Find(Victim.Vault), finding => Assert.Equal(VaultFindingKind.Version, finding.Kind));
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
        Break(Victim, "UPDATE account SET server = 'http://127.0.0.1:1/' WHERE one = 1 AND $1 IS NOT NULL", Changed);
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

    private static void Break(Machine machine, string sql, Guid id)
    {
        using VaultUse use = machine.Vault.Use();
        Assert.Equal(1, use.Connection.Execute(sql, id));
    }
}
