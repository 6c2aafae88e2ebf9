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
        foreach (Opened opened in SideBySide.InOrder(Rows(connection, keys), row => Open(keys, row), row => row.Bytes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (PasspackException error in opened.Errors)
                damaged(error);
            yield return opened.Entry;
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

    private static IEnumerable<Sealed> Rows(VaultConnection connection, VaultKeys keys)
    {
        foreach (bool trashed in new[] { false, true })
        {
            foreach (EntryRow row in EntryRow.Query(connection, keys, new EntryQuery { Trashed = trashed }, withSecret: true))
            {
                List<Version> versions = [.. connection.Query(
                    "SELECT stream, version, replaced_at, reason, head, tail FROM history WHERE stream IN (1, 2, 3) AND id = $1 ORDER BY seq",
                    version => new Version(version.GetInt64(2), (HistoryReason)version.GetInt64(3), new SealedVersion(
                        (RecordStream)version.GetInt64(0), row.Id, version.GetInt64(1), version.GetBytesOrNull(4), version.GetBytesOrNull(5))), row.Id)];
                yield return new Sealed(row, versions);
            }
        }
    }

    private static Opened Open(VaultKeys keys, Sealed whole)
    {
        EntryRow row = whole.Row;
        var errors = new List<PasspackException>();
        var entry = new BackupEntry(row.Id)
        {
            Content = Try(() => row.OpenContent(keys), errors.Add),
            Tags = row.Tags is null ? null : Try(() => row.OpenTags(keys), errors.Add),
            Favorite = row.Favorite is null ? null : Try<object>(() => row.OpenFavorite(keys), errors.Add) as bool?,
            Trashed = row.Trashed,
            IsPending = row.IsPending,
            Bytes = whole.Bytes,
            Versions = OpenVersions(keys, whole.Versions, errors.Add),
        };
        return new Opened(entry, errors);
    }

    private static List<BackupVersion> OpenVersions(VaultKeys keys, List<Version> versions, Action<PasspackException> damaged)
    {
        var opened = new List<BackupVersion>(versions.Count);
        foreach ((long replaced, HistoryReason reason, SealedVersion value) in versions)
        {
            if (Snapshot.TryOpen(keys, value) is { } snapshot)
                opened.Add(new BackupVersion(value.Stream, replaced, reason, snapshot));
            else
                damaged(SealedEntry.Damaged(value.Id, value.Stream, RecordPart.Whole));
        }
        return opened;
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

    private sealed record Version(long Replaced, HistoryReason Reason, SealedVersion Value);

    private sealed record Sealed(EntryRow Row, List<Version> Versions)
    {
        public int Bytes => Row.Head.Length + Length(Row.Tail) + Versions.Sum(version => Length(version.Value.Head) + Length(version.Value.Tail));

        private static int Length(byte[]? part) => part?.Length ?? 0;
    }

    private sealed record Opened(BackupEntry Entry, List<PasspackException> Errors);
}
