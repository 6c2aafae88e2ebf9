namespace Passpack.Health.Checks;

/// <summary>Numbers of entries by a digest: linear, and nothing but digests is kept.</summary>
internal sealed class SameDigests
{
    private readonly Dictionary<UInt128, (int First, int Last)> _groups = [];
    private readonly Dictionary<int, int> _next = [];

    /// <summary>Adds an entry.</summary>
    /// <returns>The first with this digest, itself if there was none.</returns>
    public int Add(UInt128 digest, int entry)
    {
        if (_groups.TryGetValue(digest, out (int First, int Last) group))
            _next[group.Last] = entry;
        _groups[digest] = (_groups.ContainsKey(digest) ? group.First : entry, entry);
        return _groups[digest].First;
    }

    /// <summary>The groups of two or more, in the order of their firsts.</summary>
    public IEnumerable<List<int>> Groups()
    {
        foreach ((int first, int last) in _groups.Values.Where(group => group.First != group.Last).OrderBy(group => group.First))
        {
            List<int> group = [first];
            for (int entry = first; entry != last;)
                group.Add(entry = _next[entry]);
            yield return group;
        }
    }
}
