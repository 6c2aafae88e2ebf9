namespace Passpack.Health.Breaches;

/// <summary>A list in one file.</summary>
internal sealed class BreachFile : BreachList
{
    private readonly OrderedLines _lines;

    private BreachFile(BreachHash hash, OrderedLines lines) : base(hash) => _lines = lines;

    public static BreachFile OpenFile(string path)
    {
        var lines = OrderedLines.Open(path);
        try
        {
            BreachHash hash = lines.Digits switch
            {
                40 => BreachHash.Sha1,
                32 => BreachHash.Ntlm,
                _ => throw BreachErrors.Damaged(path, $"its first line has a hash of {lines.Digits} digits, where SHA-1 has 40 and NTLM 32"),
            };
            return new BreachFile(hash, lines);
        }
        catch
        {
            lines.Dispose();
            throw;
        }
    }

    internal override long Count(ReadOnlySpan<byte> digits) => _lines.Find(digits);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lines.Dispose();
        base.Dispose(disposing);
    }
}
