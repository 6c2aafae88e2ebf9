using Passpack.Vault.Entries;

namespace Passpack.Vault.Attachments;

/// <summary>Finds chunks that nothing in a vault names, once a day, and deletes from this machine those that nothing has named for long.</summary>
internal static class UnnamedChunks
{
    private static readonly long s_often = (long)TimeSpan.FromDays(1).TotalMilliseconds;

    // Copies of the vault name contents, too, and are kept for 90 days.
    private static readonly long s_kept = (long)TimeSpan.FromDays(91).TotalMilliseconds;

    /// <summary>Whether it is time to look. A date that is still to come is of a clock that was ahead.</summary>
    public static bool AreDue(AttachmentStore store, long now) =>
        store.Setting(AttachmentStore.Swept) is not { } swept || swept > now || now - swept >= s_often;

    /// <summary>Looks, if it is time, in a vault that was never online: what nothing has named for long is gone then.</summary>
    public static void RemoveOffline(VaultUse use, AttachmentStore store)
    {
        if (!AreDue(store, use.Now))
            return;
        IReadOnlyList<Guid> here = store.Ids();
        if (Find(use, store, here) is { } unnamed)
            Note(store, unnamed, here.ToHashSet(), use.Now);
        store.Set(AttachmentStore.Swept, use.Now);
    }

    /// <summary>Those of some chunks that nothing on this machine names. Null if an entry does not open: nobody knows what it names.</summary>
    public static HashSet<Guid>? Find(VaultUse use, AttachmentStore store, IEnumerable<Guid> ids)
    {
        HashSet<Guid> unnamed = [.. ids];
        if (use.Connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM mirror WHERE stream = 1 AND owed = 1)") != 0)
            return null;
        var named = new HashSet<(Guid Entry, Attachment Attachment)>();
        foreach ((Guid, Attachment)? found in NamedAttachments.InForce(use))
        {
            if (found is not { } one)
                return null;
            named.Add(one);
        }
        store.InTransaction(() =>
        {
            foreach ((Guid entry, Attachment attachment) in named)
            {
                foreach (Guid id in AttachmentChunk.IdsOf(attachment))
                {
                    // Remembered, so that its history is known later, without the content.
                    store.Note(id, entry, attachment.Id);
                    unnamed.Remove(id);
                }
            }
        });
        foreach (Guid entry in unnamed.SelectMany(store.OwnersOf).Distinct().ToList())
        {
            foreach ((Guid, Attachment Attachment)? found in NamedAttachments.InHistory(use, entry))
            {
                if (found is not { } one)
                    return null;
                unnamed.ExceptWith(AttachmentChunk.IdsOf(one.Attachment));
            }
        }
        return unnamed;
    }

    /// <summary>Notes since when nothing names each chunk, and deletes what is here and was not named for long.</summary>
    /// <param name="store">The machine's.</param>
    /// <param name="unnamed">All that nothing names.</param>
    /// <param name="here">All that this machine has.</param>
    /// <param name="now">In milliseconds since 1970.</param>
    /// <returns>For how long nothing has named each, in milliseconds.</returns>
    public static IReadOnlyDictionary<Guid, long> Note(AttachmentStore store, IReadOnlySet<Guid> unnamed, IReadOnlySet<Guid> here, long now)
    {
        IReadOnlyDictionary<Guid, long> since = store.Unnamed();
        // A date that is still to come counts from now.
        Dictionary<Guid, long> ages = unnamed.ToDictionary(id => id, id => since.TryGetValue(id, out long known) ? Math.Max(0, now - known) : 0);
        store.InTransaction(() =>
        {
            foreach (Guid named in since.Keys.Except(unnamed))
                store.SetNamed(named);
            foreach ((Guid id, long age) in ages)
            {
                if (age == 0)
                    store.SetUnnamed(id, now);
                else if (age >= s_kept && here.Contains(id))
                    store.Delete(id);
            }
        });
        return ages;
    }
}
