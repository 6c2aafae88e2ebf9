using System.Collections.Immutable;

namespace Passpack.EndToEnd.Tests.Model;

internal enum Flag
{
    Tags,
    Favorite,
}

/// <summary>One version of an entry's data; without content it is a deletion.</summary>
internal sealed record Record(long Version, Content? Content)
{
    public bool IsLive => Content is not null;

    /// <summary>It lost a conflict, and was never what the entry was online.</summary>
    public bool IsLoser { get; init; }
}

/// <summary>The tags (one a line) or the favorite flag of an entry; the first version is 1.</summary>
internal sealed record FlagRecord(long Version, string Value);

/// <summary>Records as online has them, or as a machine last saw them there.</summary>
internal sealed record Records(long Revision, ImmutableSortedDictionary<string, Record> Data, ImmutableDictionary<(Flag, string), FlagRecord> Flags)
{
    public static readonly Records None = new(0, ImmutableSortedDictionary.Create<string, Record>(StringComparer.Ordinal), ImmutableDictionary<(Flag, string), FlagRecord>.Empty);

    public Content? Live(string id) => Data.GetValueOrDefault(id)?.Content;

    public long Version(string id) => Data.GetValueOrDefault(id)?.Version ?? 0;
}

/// <summary>What this machine has changed in an entry.</summary>
/// <param name="Own">Its content; null: trashed, with the content of the mirror.</param>
/// <param name="Base">What online had when the edit was made; null: nothing.</param>
internal sealed record Change(Content? Own, Record? Base)
{
    public bool IsTrashed { get; init; }

    public bool IsPurged { get; init; }

    /// <summary>Whether the next sync has something to do here.</summary>
    public bool IsPending { get; init; } = true;

    /// <summary>A version that lost a conflict, and goes up right before this one.</summary>
    public Content? Loser { get; init; }
}

/// <summary>Records on their way up; when they are accepted, the revision is one more.</summary>
internal sealed record Outbox(long BaseRevision, ImmutableArray<(string Id, Record Record, Content? Loser)> Data, ImmutableArray<(Flag Flag, string Id, FlagRecord Record)> Flags)
{
    public bool IsAccepted { get; init; }
}

/// <summary>One machine: the mirror, and its own changes over it.</summary>
internal sealed record MachineState
{
    public Records Mirror { get; init; } = Records.None;

    public ImmutableSortedDictionary<string, Change> Local { get; init; } = ImmutableSortedDictionary.Create<string, Change>(StringComparer.Ordinal);

    /// <summary>Its own tags and favorites where they may differ from online's; null: none.</summary>
    public ImmutableDictionary<(Flag, string), string?> Own { get; init; } = ImmutableDictionary<(Flag, string), string?>.Empty;

    public Outbox? Outbox { get; init; }

    /// <summary>What the user sees as an entry.</summary>
    public Content? Live(string id) => Local.TryGetValue(id, out Change? change) ? change.IsTrashed ? null : change.Own : Mirror.Live(id);

    /// <summary>What the user sees in the trash.</summary>
    public Content? Trashed(string id) =>
        Local.TryGetValue(id, out Change? change) && change is { IsTrashed: true, IsPurged: false } ? change.Own ?? Mirror.Live(id) : null;

    public string? Effective(Flag flag, string id) => Own.TryGetValue((flag, id), out string? own) ? own : Mirror.Flags.GetValueOrDefault((flag, id))?.Value;

    public IEnumerable<string> Ids => Local.Keys.Union(Mirror.Data.Keys).Order(StringComparer.Ordinal);

    public IEnumerable<string> LiveIds => Ids.Where(id => Live(id) is not null);

    public IEnumerable<string> TrashedIds => Ids.Where(id => Trashed(id) is not null);

    /// <summary>Everything that the user sees, a line an entry.</summary>
    public IEnumerable<(string Id, string Line)> Lines() =>
        Ids.Select(id => (Id: id, Content: Live(id) ?? Trashed(id), IsLive: Live(id) is not null)).Where(entry => entry.Content is not null).Select(entry =>
            (entry.Id, Line(entry.Content!, entry.IsLive, Effective(Flag.Tags, entry.Id), Effective(Flag.Favorite, entry.Id))));

    public static string Line(Content content, bool isLive, string? tags, string? favorite) =>
        $"{(isLive ? "" : "in the trash: ")}{content.ToText()} [{tags?.Replace('\n', ',')}]{(favorite is "yes" ? " favorite" : "")}";
}

/// <summary>The online account and its machines, as they can be at a moment.</summary>
internal sealed record AccountState(Records Online, ImmutableArray<MachineState?> Machines)
{
    /// <summary>Every version that was ever pushed of an entry, losers too, oldest first.</summary>
    public ImmutableDictionary<string, ImmutableList<Record>> Versions { get; init; } = ImmutableDictionary<string, ImmutableList<Record>>.Empty;

    public MachineState this[int machine] => Machines[machine]!;

    public AccountState With(int machine, MachineState state) => this with { Machines = Machines.SetItem(machine, state) };

    /// <summary>Two states that say the same behave the same from here on.</summary>
    public string ToText()
    {
        var lines = new List<string>();
        Add(Online);
        lines.AddRange(Versions.OrderBy(versions => versions.Key, StringComparer.Ordinal).SelectMany(versions =>
            versions.Value.Select(version => $"{versions.Key} {version.Version} {Text(version.Content)} {version.IsLoser}")));
        foreach (MachineState? machine in Machines)
        {
            lines.Add("");
            if (machine is null)
                continue;
            Add(machine.Mirror);
            lines.AddRange(machine.Local.Select(change => $"{change.Key} {ChangeText(machine, change.Value)}"));
            lines.AddRange(machine.Own.OrderBy(own => own.Key).Select(own => $"{own.Key} {own.Value ?? "none"}"));
            if (machine.Outbox is { } outbox)
                lines.Add($"{outbox.BaseRevision} {outbox.IsAccepted} {string.Join(' ', outbox.Data.Select(sent => $"{sent.Id} {sent.Record.Version} {Text(sent.Record.Content)}"))} {string.Join(' ', outbox.Flags)}");
        }
        return string.Join('\n', lines);

        void Add(Records records)
        {
            lines.Add($"{records.Revision}");
            lines.AddRange(records.Data.Select(record => $"{record.Key} {record.Value.Version} {Text(record.Value.Content)}"));
            lines.AddRange(records.Flags.OrderBy(flag => flag.Key).Select(flag => $"{flag.Key} {flag.Value}"));
        }

        static string Text(Content? content) => content is null ? "-" : $"{content.ToText()} {string.Join(' ', content.Times)}";

        static string ChangeText(MachineState machine, Change change)
        {
            bool onItsWay = machine.Outbox?.Data.Any(sent => ReferenceEquals(sent.Record.Content, change.Own)) is true;
            return $"{change.IsTrashed} {change.IsPurged} {change.IsPending} {onItsWay} {Text(change.Own)} {change.Base?.Version} {Text(change.Base?.Content)} {Text(change.Loser)}";
        }
    }
}
