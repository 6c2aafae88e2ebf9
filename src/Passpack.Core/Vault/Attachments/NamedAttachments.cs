using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Attachments;

/// <summary>What of a vault names attachments. The summary says whether an entry has any, so that no other secret is opened.</summary>
internal static class NamedAttachments
{
    /// <summary>
    /// Of the entries in force and in the trash, here and online: each attachment with its entry. Null stands for an entry that does not open, so that nobody
    /// knows what it names.
    /// </summary>
    public static IEnumerable<(Guid Entry, Attachment Attachment)?> InForce(VaultUse use) => Read(use,
        """
        SELECT id, content_version, head, tail FROM mirror WHERE stream = 1 AND deleted = 0
        UNION ALL SELECT id, version, head, tail FROM local_data WHERE head IS NOT NULL
        """);

    /// <summary>The same of the earlier versions of one entry on this machine.</summary>
    public static IEnumerable<(Guid Entry, Attachment Attachment)?> InHistory(VaultUse use, Guid entry) =>
        Read(use, "SELECT id, version, head, tail FROM history WHERE stream = 1 AND id = $1 AND head IS NOT NULL", entry);

    /// <summary>What an opened summary's secret names. Null if it does not open.</summary>
    public static IReadOnlyList<Attachment>? Of(VaultUse use, Guid id, long version, byte[]? head, byte[]? tail)
    {
        if (head is null || SealedEntry.OrNull(() => SealedEntry.OpenSummary(use.Keys, id, version, head)) is not { } summary)
            return null;
        return summary.AttachmentCount == 0 ? [] : SealedEntry.OrNull(() => SealedEntry.OpenSecret(use.Keys, id, version, tail, summary))?.Attachments;
    }

    private static IEnumerable<(Guid Entry, Attachment Attachment)?> Read(VaultUse use, string sql, params object?[] values)
    {
        foreach ((Guid id, long? version, byte[]? head, byte[]? tail) in use.Connection.Query(
            sql, row => (row.GetId(0), row.GetInt64OrNull(1), row.GetBytesOrNull(2), row.GetBytesOrNull(3)), values))
        {
            IReadOnlyList<Attachment>? named = Of(use, id, version ?? 0, head, tail);
            if (named is null)
                yield return null;
            foreach (Attachment attachment in named ?? [])
                yield return (id, attachment);
        }
    }
}
