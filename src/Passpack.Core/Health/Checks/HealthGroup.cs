namespace Passpack.Health.Checks;

/// <summary>Entries that belong together for some reason; one object for all their findings.</summary>
public sealed class HealthGroup
{
    internal HealthGroup(IReadOnlyList<HealthEntry> entries)
    {
        Entries = entries;
        Names = [.. entries.Select(entry => entry.Name)];
        Ids = [.. entries.Select(entry => entry.Id)];
    }

    /// <summary>All of them, in the order of the vault.</summary>
    public IReadOnlyList<HealthEntry> Entries { get; }

    /// <summary>Their names.</summary>
    public string[] Names { get; }

    /// <summary>Their ids.</summary>
    public Guid[] Ids { get; }

    /// <summary>The others in a few words: <c>'a', 'b', 'c' and 7 more</c>.</summary>
    internal string Others(HealthEntry of)
    {
        string[] named = [.. Entries.Where(entry => !ReferenceEquals(entry, of)).Take(3).Select(entry => $"'{entry.Name}'")];
        int more = Entries.Count - 1 - named.Length;
        return string.Join(", ", named) + (more > 0 ? $" and {more:N0} more" : "");
    }
}
