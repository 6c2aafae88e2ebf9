using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>All entries of a vault, opened one by one, with tags, favorite, earlier versions, and those in the trash.</summary>
internal static class VaultContents
{
    /// <param name="connection">In a transaction, if others may write meanwhile.</param>
    /// <param name="keys">The vault's.</param>
    /// <param name="damaged">Called for every record that does not open; only this record is missing from the result.</param>
    /// <param name="cancellationToken">Checked before every entry.</param>
    public static IEnumerable<BackupEntry> Read(
        VaultConnection connection, VaultKeys keys, Action<PasspackException> damaged, CancellationToken cancellationToken = default)
    {
        foreach (bool trashed in new[] { false, true })
        {
            foreach (EntryRow row in EntryRow.Query(connection, keys, new EntryQuery { Trashed = trashed }, withSecret: true))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return new BackupEntry(row.Id)
                {
                    Content = Try(() => row.OpenContent(keys), damaged),
                    Tags = row.Tags is null ? null : Try(() => row.OpenTags(keys), damaged),
                    Favorite = row.Favorite is null ? null : Try<object>(() => row.OpenFavorite(keys), damaged) as bool?,
                    Trashed = row.Trashed,
                    IsPending = row.IsPending,
                    Versions = ReadVersions(connection, keys, row.Id, damaged),
                };
            }
        }
    }

    /// <summary>Entries that are not in the trash, entries in it, and earlier versions.</summary>
    public static (long Entries, long Trashed, long Versions) Count(VaultConnection connection) => (
        connection.Scalar<long>("""
            SELECT (SELECT count(*) FROM mirror m WHERE stream = 1 AND deleted = 0 AND head IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM local_data l WHERE l.id = m.id))
                + (SELECT count(*) FROM local_data WHERE trashed IS NULL)
            """),
        connection.Scalar<long>("SELECT count(*) FROM local_data WHERE trashed IS NOT NULL AND purged = 0"),
        connection.Scalar<long>("SELECT count(*) FROM history"));

    private static List<BackupVersion> ReadVersions(VaultConnection connection, VaultKeys keys, Guid id, Action<PasspackException> damaged)
    {
        var versions = new List<BackupVersion>();
        foreach (var row in connection.Query(
            "SELECT stream, version, replaced_at, reason, head, tail FROM history WHERE stream IN (1, 2, 3) AND id = $1 ORDER BY seq",
            row => (Stream: (RecordStream)row.GetInt64(0), Version: row.GetInt64(1), At: row.GetInt64(2), Reason: (HistoryReason)row.GetInt64(3),
                Head: row.GetBytesOrNull(4), Tail: row.GetBytesOrNull(5)), id))
        {
            if (Snapshot.TryOpen(keys, new(row.Stream, id, row.Version, row.Head, row.Tail)) is { } value)
                versions.Add(new BackupVersion(row.Stream, row.At, row.Reason, value));
            else
                damaged(SealedEntry.Damaged(id, row.Stream, RecordPart.Whole));
        }
        return versions;
    }

    private static T? Try<T>(Func<T> open, Action<PasspackException> damaged)
        where T : class
    {
        try
        {
            return open();
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            damaged(e);
            return null;
        }
    }
}
