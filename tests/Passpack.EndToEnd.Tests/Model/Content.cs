using System.Collections.Immutable;
using System.Globalization;
using Passpack.Sync.Session;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>An entry's data as the model knows it: what is written in which field, and when that was. A field that is not there is empty.</summary>
internal sealed record Content(ImmutableSortedDictionary<string, string> Fields, ImmutableSortedDictionary<string, long> Times, long Created, long Modified)
{
    public const string Name = "name";

    /// <summary>User ID and Password, which are one.</summary>
    public const string Login = "login";
    public const string Extra = "extra:";

    private const long BelievedAhead = 10 * 60 * 1000;

    private static readonly ImmutableSortedDictionary<string, string> s_empty = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
    private static readonly ImmutableSortedDictionary<string, long> s_noTimes = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    public static Content New(IReadOnlyDictionary<string, string> values, long now) => new(With(s_empty, values), s_noTimes, now, now);

    public string this[string field] => Fields.GetValueOrDefault(field, "");

    public long TimeOf(string field) => Times.GetValueOrDefault(field, Created);

    /// <summary>Every field that changed gets the time <c>max(now, its time + 1 ms)</c>. The same object when nothing changed.</summary>
    public Content Edit(IReadOnlyDictionary<string, string> values, long now)
    {
        Content edited = this with { Fields = With(Fields, values) };
        IReadOnlyList<string> changed = Differences(edited);
        if (changed.Count == 0)
            return this;
        edited = edited with { Times = Times.SetItems(changed.Select(field => KeyValuePair.Create(field, Math.Max(now, TimeOf(field) + 1)))) };
        return edited with { Modified = Math.Max(Modified, changed.Max(edited.TimeOf)) };
    }

    public IReadOnlyList<string> Differences(Content other) => [.. Fields.Keys.Union(other.Fields.Keys).Where(field => this[field] != other[field])];

    /// <summary>What names this version in the name of its copy: the same on every machine.</summary>
    public string Digest => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{this.ToText()} {string.Join(' ', Times)}")))[..8];

    public string ToText() => $"{string.Join(' ', Fields.Select(field => $"{field.Key}={field.Value.Replace('\n', '/')}"))} made {Created} changed {Modified}";

    /// <summary>Rows 4, 5 and 20.</summary>
    public static Merge Merge(Content? original, Content local, Content online, ConflictPolicy policy, long now)
    {
        var fromLocal = new HashSet<string>();
        var conflicts = new List<string>();
        foreach (string field in local.Differences(online))
        {
            bool here = original is null || original[field] != local[field], there = original is null || original[field] != online[field];
            if (here && there)
                conflicts.Add(field);
            else if (here)
                fromLocal.Add(field);
        }
        bool wholeIsNewer = IsLocalNewer(conflicts);
        fromLocal.UnionWith(conflicts.Where(field => policy switch
        {
            ConflictPolicy.PreferLocal => true,
            ConflictPolicy.PreferOnline => false,
            ConflictPolicy.KeepBoth => wholeIsNewer,
            _ => IsLocalNewer([field]),
        }).ToList());
        HashSet<string> differ = [.. local.Differences(online)];
        Content merged = online with
        {
            Fields = With(online.Fields, fromLocal.ToDictionary(field => field, field => local[field])),
            Times = s_noTimes.AddRange(local.Times.Keys.Union(online.Times.Keys)
                .Select(field => KeyValuePair.Create(field, !differ.Contains(field) ? Math.Max(local.TimeOf(field), online.TimeOf(field))
                    : fromLocal.Contains(field) ? local.TimeOf(field) : online.TimeOf(field)))
                .Where(time => time.Value != online.Created)),
            Modified = Math.Max(local.Modified, online.Modified),
        };
        bool localLoses = conflicts.Exists(field => !fromLocal.Contains(field)), onlineLoses = conflicts.Exists(fromLocal.Contains);
        return new Merge(merged, conflicts.Count > 0, localLoses, policy == ConflictPolicy.KeepBoth && conflicts.Count > 0 ? localLoses ? local : online : null);

        bool IsLocalNewer(IReadOnlyList<string> fields) => fields.Count > 0 && fields.Max(field => Believed(local.TimeOf(field))) > fields.Max(field => Believed(online.TimeOf(field)));

        long Believed(long time) => time > now + BelievedAhead ? 0 : time;
    }

    /// <summary>The loser under KeepBoth: an entry of its own.</summary>
    public Content AsCopy() => this with
    {
        Fields = Fields.SetItem(Name, string.Create(CultureInfo.InvariantCulture,
            $"{this[Name]} (conflict {DateTimeOffset.FromUnixTimeMilliseconds(Modified):yyyy-MM-dd HH:mm:ss}Z)")),
    };

    private static ImmutableSortedDictionary<string, string> With(ImmutableSortedDictionary<string, string> fields, IReadOnlyDictionary<string, string> values)
    {
        foreach ((string field, string value) in values)
            fields = value.Length == 0 ? fields.Remove(field) : fields.SetItem(field, value);
        return fields;
    }
}

/// <summary>What comes of an entry that both sides changed.</summary>
internal sealed record Merge(Content Content, bool IsConflict, bool LocalLoses, Content? Loser);
