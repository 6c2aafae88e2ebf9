using Passpack.Protocol;

namespace Passpack.Vault.Entries;

/// <summary>Lists of tags: compared without regard to case and Unicode composition, kept as first typed, in their order.</summary>
internal static class EntryTags
{
    public static IReadOnlyList<string> Apply(IReadOnlyList<string> tags, EntryEdit values)
    {
        if (values.Tags is null && values.AddTags is null && values.RemoveTags is null)
            return tags;
        IEnumerable<string> wanted = (values.Tags ?? tags).Concat(values.AddTags ?? []).Where(tag => tag is { Length: > 0 }); // A script's list may hold nulls.
        var removed = new HashSet<string>(values.RemoveTags ?? [], ComposedText.IgnoreCase);
        return [.. wanted.Where(tag => !removed.Contains(tag)).Distinct(ComposedText.IgnoreCase)];
    }

    /// <summary>Whether two lists hold the same tags, whatever their order and case.</summary>
    public static bool AreSame(IReadOnlyList<string> a, IReadOnlyList<string> b) => new HashSet<string>(a, ComposedText.IgnoreCase).SetEquals(b);
}
