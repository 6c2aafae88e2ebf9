using System.Text.Json;
using Passpack.Vault;

namespace QuickStart;

/// <summary>Hands out entries to change, each once, and notes what was done to them on purpose.</summary>
internal sealed class PlannedChanges
{
    private readonly Queue<EntrySummary> _entries;
    private readonly List<Change> _changes = [];

    // Names that occur once: the list of changes is by name.
    public PlannedChanges(IEnumerable<EntrySummary> entries) =>
        _entries = new(entries.GroupBy(entry => entry.Name, StringComparer.Ordinal).Where(group => group.Count() == 1).Select(group => group.Single()));

    /// <summary>An entry that no step has touched; null when there is none left.</summary>
    public EntrySummary? Next(string change)
    {
        if (NextUnnamed() is not { } entry)
            return null;
        Add(entry.Name, change);
        return entry;
    }

    /// <summary>An entry for a change that leaves its fields as they were.</summary>
    public EntrySummary? NextUnnamed() => _entries.TryDequeue(out EntrySummary? entry) ? entry : null;

    public void Add(string name, string change)
    {
        Show.Line($"\"{name}\": {change}");
        _changes.Add(new Change(name, change));
    }

    public void Write(string path) => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(_changes, s_json));

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private sealed record Change(string Name, [property: System.Text.Json.Serialization.JsonPropertyName("change")] string What);
}

/// <summary>The second machine's vault, which the emergency replaces.</summary>
internal sealed class Machine(LocalVault vault)
{
    public LocalVault Vault { get; set; } = vault;
}
