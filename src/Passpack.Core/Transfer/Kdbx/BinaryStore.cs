namespace Passpack.Transfer.Kdbx;

/// <summary>The files of a database's entries by their numbers. Those that are small together are kept in memory; of others the length.</summary>
internal sealed class BinaryStore
{
    private const int MostKept = 64 << 20;

    private readonly Dictionary<string, (int Length, byte[]? Content)> _files = new(StringComparer.Ordinal);
    private int _kept;

    /// <summary>The number of the next file, where files are numbered by their order.</summary>
    public string NextNumber => _files.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public int Count => _files.Count;

    /// <summary>Whether there is memory for a file of this length.</summary>
    public bool Takes(int length) => length <= MostKept - _kept;

    /// <param name="number">Its number.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="content">Null if it is read again where it lies.</param>
    public void Add(string number, int length, byte[]? content)
    {
        if (!_files.TryAdd(number, (length, content)))
            return;
        _kept += content?.Length ?? 0;
    }

    /// <summary>Null if there is no file of this number.</summary>
    public (int Length, byte[]? Content)? Find(string number) => _files.TryGetValue(number, out (int Length, byte[]? Content) file) ? file : null;
}
