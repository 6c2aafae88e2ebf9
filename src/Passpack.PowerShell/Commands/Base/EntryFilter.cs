using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell;

/// <summary>Selects entries by name, tag, address, type, expiry and favorite; with wildcards, case-insensitively.</summary>
internal sealed class EntryFilter(string[]? names, string[]? tags, string? url, bool? favorite)
{
    private readonly WildcardPattern[] _names = Patterns(names);
    private readonly WildcardPattern[] _tags = Patterns(tags);
    private readonly WildcardPattern? _url = url is null ? null : Pattern(url);

    /// <summary>Types; any if empty.</summary>
    public WildcardPattern[] Types { get; init; } = [];

    /// <summary>Only entries that expire before. Null if that does not matter.</summary>
    public DateTimeOffset? ExpiresBefore { get; init; }

    /// <summary>Only entries with attachments, or only others. Null if that does not matter.</summary>
    public bool? HasAttachment { get; init; }

    /// <summary>Opens the further addresses of an entry whose summary says that it has some.</summary>
    public Func<EntrySummary, IEnumerable<string>> FurtherUrls { get; init; } = _ => [];

    public bool MatchesName(EntrySummary entry) => _names.Length == 0 || Any(_names, entry.Name);

    /// <summary>Whether an entry matches all conditions but the name.</summary>
    public bool MatchesRest(EntrySummary entry) =>
        (favorite is null || entry.Favorite == favorite)
        && (Types.Length == 0 || Any(Types, entry.Type))
        && (ExpiresBefore is null || entry.Expires < ExpiresBefore)
        && (HasAttachment is null || entry.Attachments > 0 == HasAttachment)
        && (_tags.Length == 0 || entry.Tags.Any(tag => Any(_tags, tag)))
        && (_url is null || Fits(_url, entry.Url) || entry.Flags.HasFlag(EntryFlags.Urls) && FurtherUrls(entry).Any(url => Fits(_url, url)));

    public static WildcardPattern Pattern(string pattern) =>
        WildcardPattern.Get(ComposedText.Of(pattern), WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);

    public static WildcardPattern[] Patterns(string[]? patterns) => patterns is null ? [] : [.. patterns.Select(Pattern)];

    private static bool Any(WildcardPattern[] patterns, string text) => Array.Exists(patterns, pattern => Fits(pattern, text));

    /// <summary>Whether a text fits a pattern that <see cref="Pattern"/> made.</summary>
    public static bool Fits(WildcardPattern pattern, string text) => pattern.IsMatch(ComposedText.Of(text));
}
