using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Recovery;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Repair;

/// <summary>
/// Recovers damaged records: from the online account, or else from the entry's history. A record that is nowhere to be had, and is not an entry
/// itself, is removed.
/// </summary>
public static class VaultRepair
{
    /// <summary>Repairs what can be repaired, after a copy of the vault.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="findings">As <see cref="VaultTest.Find"/> gave them.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    /// <returns>The same findings, each with the source it was repaired from.</returns>
    /// <exception cref="PasspackException">
    /// Errors of vault and disk. If the online account cannot be asked, that is no error; the finding says so.
    /// </exception>
    public static async Task<IReadOnlyList<VaultFinding>> RunAsync(
        LocalVault vault, IReadOnlyList<VaultFinding> findings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(findings);
        if (!findings.Any(IsRecord))
            return findings;
        VaultCopies.CopySealed(vault.Folder, "before-repair", vault.Clock);
        (string? refused, IReadOnlySet<RecordKey> later) = findings.Any(finding => finding.Kind is VaultFindingKind.OnlineRecord or VaultFindingKind.OwedRecord)
            ? await FetchAsync(vault, findings, cancellationToken).ConfigureAwait(false)
            : (null, new HashSet<RecordKey>());
        var versions = new VersionRepair();
        versions.Search(vault, findings.Where(finding => finding.Kind == VaultFindingKind.Version));
        using VaultWriter writer = vault.BeginWrite();
        // Versions first: a sound one can replace a damaged record.
        Dictionary<VaultFinding, string?> done = findings.Where(IsRecord).OrderBy(finding => finding.Kind != VaultFindingKind.Version)
            .ToDictionary(finding => finding, RepairOne);
        writer.Commit();
        return [.. findings.Select(finding => done.TryGetValue(finding, out string? with) ? Told(finding, with) : finding)];

        string? RepairOne(VaultFinding finding)
        {
            if (finding.Kind == VaultFindingKind.Version)
                return versions.Repair(writer, finding);
            return IsLater(finding) ? null : Repair(writer, finding);
        }

        VaultFinding Told(VaultFinding finding, string? with)
        {
            if (with is not null)
                return finding with { Repaired = with };
            if (IsLater(finding))
                return finding with { Description = $"{finding.Description} Online has a later version of it, which Sync-PasspackVault brings." };
            return refused is null ? finding : finding with { Description = $"{finding.Description} Online could not be asked: {refused}" };
        }

        // If an earlier version were put in force while online has a later one, it would look like a new edit and conflict with that.
        bool IsLater(VaultFinding finding) => finding.Kind is VaultFindingKind.OnlineRecord or VaultFindingKind.OwedRecord
            && later.Contains(new RecordKey((byte)finding.Stream, finding.Id!.Value));
    }

    private static bool IsRecord(VaultFinding finding) => finding.Id is not null;

    /// <summary>
    /// Asks for the records again. Returns why that failed (null if it did not), and the records of which the server has a later version.
    /// </summary>
    private static async Task<(string? Refused, IReadOnlySet<RecordKey> Later)> FetchAsync(
        LocalVault vault, IReadOnlyList<VaultFinding> findings, CancellationToken cancellationToken)
    {
        var later = new HashSet<RecordKey>();
        try
        {
            using SyncRun run = await SyncRun.StartAsync(vault, new SyncOptions(), null, cancellationToken).ConfigureAwait(false);
            run.InTransaction(() =>
            {
                foreach (VaultFinding finding in findings.Where(finding => finding.Kind == VaultFindingKind.OnlineRecord))
                    Mirror.SetOwed(run.Connection, new((byte)finding.Stream, finding.Id!.Value));
            });
            while (await RecordRefetch.FetchAsync(run, cancellationToken, later).ConfigureAwait(false))
            {
            }
            return (null, later);
        }
        catch (PasspackException e)
        {
            return (e.Message, later);
        }
    }

    private static string? Repair(VaultWriter writer, VaultFinding finding)
    {
        Guid id = finding.Id!.Value;
        bool isMirror = finding.Kind is VaultFindingKind.OnlineRecord or VaultFindingKind.OwedRecord;
        if (isMirror && IsSoundInMirror(writer.Use, finding.Stream, id))
            return "its record online";
        // While a record's body is missing, its previous content is in force; and if a local change covers it, the user sees the local change.
        if (finding.Kind == VaultFindingKind.OwedRecord || (isMirror && IsCovered(writer.Use, finding.Stream, id)))
            return null;
        if (NewestVersion(writer.Use, finding.Stream, id) is { } version)
        {
            writer.PutInForce(id, version.Value);
            return $"the version that was replaced on {version.At.ToTime():yyyy-MM-dd HH:mm:ss} (UTC)";
        }
        if (isMirror || (finding.Stream == RecordStream.Data && !IsSoundInMirror(writer.Use, finding.Stream, id)))
            return null;
        bool isOnline = IsSoundInMirror(writer.Use, finding.Stream, id);
        writer.DropLocal(finding.Stream, id);
        return isOnline ? "what online has" : $"their removal: the entry's {(finding.Stream == RecordStream.Tags ? "tags" : "favorite flag")} " +
            "were nowhere else, and are lost";
    }

    private static bool IsSoundInMirror(VaultUse use, RecordStream stream, Guid id) =>
        Mirror.Find(use.Connection, new((byte)stream, id)) is { Deleted: false, Head: { } head, ContentVersion: { } version } record
        && version == record.Version
            && VaultTest.Open(use.Keys, new(stream, id, version, head, record.Tail));

    private static bool IsCovered(VaultUse use, RecordStream stream, Guid id) => stream switch
    {
        RecordStream.Data => EntryState.Find(use.Connection, id) is { HasOwnContent: true },
        RecordStream.Tags => LocalOverlay.Tags(use).HasOwn(id),
        _ => LocalOverlay.Favorites(use).HasOwn(id),
    };

    private static (Snapshot Value, long At)? NewestVersion(VaultUse use, RecordStream stream, Guid id)
    {
        foreach ((long version, long at, byte[] head, byte[]? tail) in use.Connection.Query(
            "SELECT version, replaced_at, head, tail FROM history WHERE stream = $1 AND id = $2 AND head IS NOT NULL ORDER BY seq DESC",
            row => (row.GetInt64(0), row.GetInt64(1), row.GetBytes(2), row.GetBytesOrNull(3)), (long)stream, id))
        {
            if (Snapshot.TryOpen(use.Keys, new(stream, id, version, head, tail)) is { } value)
                return (value, at);
        }
        return null;
    }
}
