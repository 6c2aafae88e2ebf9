namespace Passpack.Health.Checks;

/// <summary>
/// Groups of entries that are for the same: of the same type and User ID, with the same address, or with the same host and the same password. Where there
/// is no address, or no User ID, the name stands in. Linear: digests are joined.
/// </summary>
internal sealed class AlikeEntries
{
    private readonly Dictionary<UInt128, int> _first = [];
    private readonly Dictionary<int, int> _parents = [];

    /// <summary>Adds an entry by its digests; one of them alike is enough.</summary>
    public void Add(int entry, UInt128 page, UInt128? login)
    {
        Join(page, entry);
        if (login is { } digest)
            Join(digest, entry);
    }

    /// <summary>The groups of two or more, in the order of their firsts.</summary>
    public IEnumerable<List<int>> Groups()
    {
        var groups = new Dictionary<int, List<int>>();
        foreach (int entry in _parents.Keys.Concat(_parents.Values).Distinct().Order())
        {
            int root = Root(entry);
            if (!groups.TryGetValue(root, out List<int>? group))
                groups.Add(root, group = []);
            group.Add(entry);
        }
        return groups.Values.Where(group => group.Count > 1);
    }

    private void Join(UInt128 digest, int entry)
    {
        if (!_first.TryAdd(digest, entry))
        {
            int a = Root(_first[digest]), b = Root(entry);
            if (a != b)
                _parents[Math.Max(a, b)] = Math.Min(a, b);
        }
    }

    private int Root(int entry)
    {
        int root = entry;
        while (_parents.TryGetValue(root, out int parent))
            root = parent;
        // Shortens the way of the next.
        while (entry != root && _parents.TryGetValue(entry, out int parent))
        {
            _parents[entry] = root;
            entry = parent;
        }
        return root;
    }
}
