using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Manifests;
using Passpack.Vault.Account;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Repair;

/// <summary>What kind of thing is wrong with a vault.</summary>
public enum VaultFindingKind
{
    /// <summary>SQLite finds the file itself damaged.</summary>
    File,

    /// <summary>A row points to one that is not there.</summary>
    Reference,

    /// <summary>A record of the mirror does not open, or is not the one that the manifest vouches for.</summary>
    OnlineRecord,

    /// <summary>A record of the mirror came damaged; its content here is that of the version before.</summary>
    OwedRecord,

    /// <summary>The sums over the mirror are not those of the last verified manifest.</summary>
    Manifest,

    /// <summary>A local change does not open.</summary>
    LocalRecord,

    /// <summary>An earlier version does not open.</summary>
    Version,

    /// <summary>The account's row (server, device, keys, position, settings) is not as this module wrote it.</summary>
    Account,

    /// <summary>A record that only this machine keeps does not open: its token, or the record of a sync.</summary>
    Other,
}

/// <summary>Something that is wrong with a vault.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Stream">Of a record: its stream.</param>
/// <param name="Id">Of a record: the entry.</param>
/// <param name="Description">What is wrong, and what to do.</param>
public sealed record VaultFinding(VaultFindingKind Kind, RecordStream Stream, Guid? Id, string Description)
{
    /// <summary>Of an earlier version: its number.</summary>
    public long? Version { get; init; }

    /// <summary>The source of the repair. Null if the finding was not repaired.</summary>
    public string? Repaired { get; init; }
}

/// <summary>Checks a whole vault for damage.</summary>
public static class VaultTest
{
    /// <summary>
    /// Opens every record, adds the mirror up against the manifest that was last verified, and lets SQLite look through the file. Changes nothing.
    /// </summary>
    /// <returns>The findings, one by one.</returns>
    public static IEnumerable<VaultFinding> Find(LocalVault vault, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using VaultUse use = vault.Use();
        use.Connection.BeginRead();
        foreach (VaultFinding finding in FindInFile(use.Connection).Concat(FindInMirror(use, cancellationToken)).Concat(FindInLocal(use, cancellationToken)))
            yield return finding;
    }

    private static IEnumerable<VaultFinding> FindInFile(VaultConnection connection)
    {
        foreach (string found in connection.Query("PRAGMA integrity_check", row => row.GetString(0)).Where(found => found != "ok"))
        {
            yield return new VaultFinding(VaultFindingKind.File, RecordStream.None, null, $"{found}. Put a copy in the vault's place: " +
                "Get-PasspackBackup lists them.");
        }
        foreach ((string table, string parent) in connection.Query("PRAGMA foreign_key_check", row => (row.GetString(0), row.GetString(2))))
        {
            yield return new VaultFinding(VaultFindingKind.Reference, RecordStream.None, null, $"A row of {table} points " +
                $"to one of {parent} that is not there.");
        }
    }

    private static IEnumerable<VaultFinding> FindInMirror(VaultUse use, CancellationToken cancellationToken)
    {
        var sums = new ManifestSums();
        bool isWhole = true;
        foreach (var row in use.Connection.Query("SELECT stream, id, version, digest, owed, content_version, head, tail, deleted FROM mirror", row => (
            Stream: (byte)row.GetInt64(0), Id: row.GetId(1), Version: row.GetInt64(2), Digest: row.GetBytes(3), Owed: row.GetBoolean(4),
            ContentVersion: row.GetInt64OrNull(5), Head: row.GetBytesOrNull(6), Tail: row.GetBytesOrNull(7), Deleted: row.GetBoolean(8))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var stream = (RecordStream)row.Stream;
            isWhole &= sums.TryAdd(row.Stream, row.Id, row.Version, row.Deleted, row.Digest);
            if (row.Deleted)
                continue;
            if (row.Owed)
            {
                yield return new VaultFinding(VaultFindingKind.OwedRecord, stream, row.Id,
                    $"The online record of entry {row.Id} ({stream}) came damaged. The next sync, or -Repair, asks for it again.");
            }
            if (row.Head is { } head && !(IsVouchedFor(row.Owed, stream, row.Digest, head, row.Tail)
                && Open(use.Keys, new(stream, row.Id, row.ContentVersion ?? 0, head, row.Tail))))
            {
                yield return new VaultFinding(VaultFindingKind.OnlineRecord, stream, row.Id,
                    $"The record of entry {row.Id} ({stream}) is not what came from online. -Repair takes it from there again, or from the history.");
            }
        }
        if (AccountRow.Load(use.Connection).Checkpoint is not null && !(isWhole && sums.Equal(ManifestSums.Load(use.Connection))))
        {
            yield return new VaultFinding(VaultFindingKind.Manifest, RecordStream.None, null,
                "The mirror as a whole is not what the online account's manifest vouches for. Reset-PasspackLocalAccount " +
                "starts again from online, and loses nothing.");
        }
    }

    private static IEnumerable<VaultFinding> FindInLocal(VaultUse use, CancellationToken cancellationToken)
    {
        IEnumerable<VaultFinding> findings =
        [
            .. Damaged(use, "SELECT 1, id, version, head, tail, NULL, NULL FROM local_data WHERE head IS NOT NULL", VaultFindingKind.LocalRecord,
                "-Repair takes an earlier version, or what online has.", cancellationToken),
            .. Damaged(use, "SELECT 2, id, version, body, NULL, NULL, NULL FROM local_tags WHERE body IS NOT NULL", VaultFindingKind.LocalRecord,
                "-Repair takes earlier tags, or what online has.", cancellationToken),
            .. Damaged(use, "SELECT 3, id, version, body, NULL, NULL, NULL FROM local_favorites WHERE body IS NOT NULL", VaultFindingKind.LocalRecord,
                "-Repair takes the earlier flag, or what online has.", cancellationToken),
            .. Damaged(use,
                "SELECT stream, id, version, head, tail, seq, replaced_at FROM history WHERE stream IN (1, 2, 3) AND head IS NOT NULL",
                VaultFindingKind.Version,
                "-Repair takes it from online, or removes it where nobody has it any more; a backup may.", cancellationToken),
        ];
        foreach (VaultFinding finding in findings)
            yield return finding;
        foreach (VaultFinding finding in FindInContents(use, cancellationToken))
            yield return finding;
        foreach ((long seq, byte[] body) in use.Connection.Query("SELECT seq, body FROM sync_record", row => (row.GetInt64(0), row.GetBytes(1))))
        {
            if (!Opens(use.Keys, RecordPart.SyncRecord, use.Keys.VaultId, seq, body))
                yield return new VaultFinding(VaultFindingKind.Other, RecordStream.None, null, $"What sync {seq} did cannot be read. That harms nothing.");
        }
        AccountRow account = AccountRow.Load(use.Connection);
        using (SecretBytes? token = SealedToken.Open(use.Keys, account))
        {
            if (account.DeviceToken is not null && token is null)
            {
                yield return new VaultFinding(VaultFindingKind.Other, RecordStream.None, null,
                    "This machine's token is damaged, or not for the server that the account names. Connect-PasspackAccount gets a new one.");
            }
        }
        if (!AccountRow.IsAuthentic(use.Connection, use.Keys))
        {
            yield return new VaultFinding(VaultFindingKind.Account, RecordStream.None, null,
                "The account (server, device, keys, position, settings) is not as this module wrote it: " +
                "somebody or something else changed the file. Nothing is sent " +
                "and no setting is changed with it. Restore-PasspackVault puts a copy in its place; Reset-PasspackLocalAccount -Server ... " +
                "starts again from online, and loses nothing.");
        }
    }

    private static IEnumerable<VaultFinding> FindInContents(VaultUse use, CancellationToken cancellationToken)
    {
        AttachmentStore? store = null;
        PasspackException? damaged = null;
        try
        {
            store = AttachmentStore.Find(use.Folder, use.Keys.VaultId);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            damaged = e;
        }
        if (damaged is not null)
            yield return new VaultFinding(VaultFindingKind.Other, RecordStream.Attachment, null, damaged.Message);
        using AttachmentStore? open = store;
        foreach (Guid id in open?.Ids() ?? [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (open!.Body(id) is { } body && !AttachmentChunk.IsSound(use.Keys, id, body))
                yield return new VaultFinding(VaultFindingKind.Other, RecordStream.Attachment, null, AttachmentErrors.DamagedChunk(id).Message);
        }
    }

    private static IEnumerable<VaultFinding> Damaged(VaultUse use, string sql, VaultFindingKind kind, string next, CancellationToken cancellationToken)
    {
        foreach (var row in use.Connection.Query(sql, row => (Stream: (RecordStream)row.GetInt64(0), Id: row.GetId(1), Version: row.GetInt64(2),
            Head: row.GetBytes(3), Tail: row.GetBytesOrNull(4), Number: row.GetInt64OrNull(5), Replaced: row.GetInt64OrNull(6).ToTime())))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!Open(use.Keys, new(row.Stream, row.Id, row.Version, row.Head, row.Tail)))
            {
                string what = row.Replaced is { } replaced
                    ? $"The earlier version that was replaced on {replaced:yyyy-MM-dd HH:mm:ss} (UTC)"
                    : "The local change";
                yield return new VaultFinding(kind, row.Stream, row.Id, $"{what} of entry {row.Id} ({row.Stream}) does " +
                    $"not open. {next}") { Version = row.Number };
            }
        }
    }

    // A record of a stream that this version does not know is vouched for by its digest alone.
    internal static bool Open(VaultKeys keys, SealedVersion value) =>
        value.Stream is not (RecordStream.Data or RecordStream.Tags or RecordStream.Favorite) || Snapshot.TryOpen(keys, value) is not null;

    private static bool IsVouchedFor(bool owed, RecordStream stream, byte[] digest, byte[] head, byte[]? tail) =>
        owed || digest.AsSpan().SequenceEqual(stream == RecordStream.Data ? RecordBody.Digest(head, tail) : RecordBody.Digest(head));

    private static bool Opens(VaultKeys keys, RecordPart part, Guid id, long version, byte[] record)
    {
        if (!keys.TryOpen(RecordStream.None, part, id, version, record, out OpenedRecord plaintext))
            return false;
        plaintext.Dispose();
        return true;
    }
}
