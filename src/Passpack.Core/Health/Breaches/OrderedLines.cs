using Microsoft.Win32.SafeHandles;
using Passpack.Vault.Files;

namespace Passpack.Health.Breaches;

/// <summary>
/// A file of lines 'DIGITS:COUNT' that is ordered by digits, searched in place: where the digits, which a hash spreads evenly, let a line be expected,
/// and by halving in turn, so that no file makes a search long. Lines end in LF or CR LF, the last may go without. Thread-safe.
/// </summary>
internal sealed class OrderedLines : IDisposable
{
    // A page of more than 60 lines.
    private const int BlockBytes = 4096;

    private const int MostCountDigits = 18;

    // Digits, colon, count, CR LF.
    private const int MostLineBytes = BreachDigits.Most + 1 + MostCountDigits + 2;

    // As many digits as a ulong holds with a bit to spare.
    private const int DigitsOfValue = 15;

    private readonly FileStream _file;
    private readonly SafeFileHandle _handle;
    private readonly long _length;
    private readonly string _name;

    private OrderedLines(FileStream file, string name)
    {
        _file = file;
        _handle = file.SafeFileHandle;
        _length = RandomAccess.GetLength(_handle);
        _name = name;
        (Digits, byte[] first) = ReadFirst();
        RequireLast(first);
    }

    /// <summary>How many digits each line begins with.</summary>
    public int Digits { get; }

    /// <param name="path">The file.</param>
    /// <param name="name">How it is named in errors. Null for its path.</param>
    public static OrderedLines Open(string path, string? name = null)
    {
        FileStream file = SharedRead.Open(path, bufferSize: 0);
        try
        {
            return new OrderedLines(file, name ?? path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The count of a line. 0 if there is none of these digits.</summary>
    public long Find(ReadOnlySpan<byte> digits)
    {
        Span<byte> buffer = stackalloc byte[BlockBytes];
        // What is known to be around the rest of the file that is left to search, once there is anything.
        Span<byte> before = stackalloc byte[BreachDigits.Most], after = stackalloc byte[BreachDigits.Most];
        before = before[..Digits];
        after = after[..Digits];
        bool hasBefore = false, hasAfter = false;
        long low = 0, high = _length;
        for (int probe = 0; low < high; probe++)
        {
            if (high - low <= BlockBytes)
            {
                Span<byte> rest = buffer[..(int)(high - low)];
                Read(rest, low);
                return CountIn(rest, low, digits, hasBefore ? before : default, hasAfter ? after : default);
            }
            long expected = probe % 3 == 2 ? low + (high - low) / 2 : Expect(digits, low, high, hasBefore ? before : default, hasAfter ? after : default);
            long at = Math.Clamp(expected - BlockBytes / 2, low, high - BlockBytes);
            Read(buffer, at);
            Span<byte> lines = WholeLines(buffer, at, low, high, out long start);
            Line first = Next(lines, start), last = LastOf(lines, start);
            if (hasBefore && first.Key.SequenceCompareTo(before) <= 0 || hasAfter && last.Key.SequenceCompareTo(after) >= 0
                || first.Key.SequenceCompareTo(last.Key) > 0)
                throw Unordered(start);
            if (digits.SequenceCompareTo(first.Key) < 0)
            {
                high = start;
                first.Key.CopyTo(after);
                hasAfter = true;
            }
            else if (digits.SequenceCompareTo(last.Key) > 0)
            {
                low = start + lines.Length;
                last.Key.CopyTo(before);
                hasBefore = true;
            }
            else
            {
                return CountIn(lines, start, digits, hasBefore ? before : default, hasAfter ? after : default);
            }
        }
        RequireOrderAround(low);
        return 0;
    }

    public void Dispose() => _file.Dispose();

    private long CountIn(Span<byte> lines, long at, ReadOnlySpan<byte> digits, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        long? count = Scan(lines, at, digits, before, after, out long place);
        if (count is null)
            RequireOrderAround(place);
        return count ?? 0;
    }

    // Where a line would be stands another one that is out of place, if somebody moved the two: that is seen by its neighbours.
    private void RequireOrderAround(long place)
    {
        long from = Math.Max(0, place - 3 * MostLineBytes), to = Math.Min(_length, place + 3 * MostLineBytes);
        Span<byte> around = stackalloc byte[6 * MostLineBytes];
        around = around[..(int)(to - from)];
        Read(around, from);
        Scan(WholeLines(around, from, 0, _length, out long start), start, default, default, default, out _);
    }

    /// <summary>The count of a line among some, which all have to be in order. Null if it is not there; then the place where it would be.</summary>
    private long? Scan(Span<byte> lines, long at, ReadOnlySpan<byte> digits, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after,
        out long place)
    {
        long? count = null;
        place = at;
        ReadOnlySpan<byte> previous = before;
        while (lines.Length > 0)
        {
            Line line = Next(lines, at);
            if (previous.Length > 0 && line.Key.SequenceCompareTo(previous) <= 0 || after.Length > 0 && line.Key.SequenceCompareTo(after) >= 0)
                throw Unordered(at);
            if (digits.SequenceEqual(line.Key))
                count = line.Count;
            previous = line.Key;
            lines = lines[line.Length..];
            at += line.Length;
            if (digits.SequenceCompareTo(line.Key) > 0)
                place = at;
        }
        return count;
    }

    // Where a line is to be expected between two, if digits are spread evenly.
    private static long Expect(ReadOnlySpan<byte> digits, long low, long high, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        ulong from = before.Length > 0 ? Value(before) : 0, to = after.Length > 0 ? Value(after) : 1UL << (4 * DigitsOfValue);
        double share = to > from ? (double)(Math.Clamp(Value(digits), from, to) - from) / (to - from) : 0.5;
        return low + (long)((high - low) * share);
    }

    private static ulong Value(ReadOnlySpan<byte> digits)
    {
        ulong value = 0;
        foreach (byte digit in digits[..DigitsOfValue])
            value = value << 4 | (uint)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
        return value;
    }

    // The part of a block that holds whole lines. A block has room for many, so it is empty only where a line is too long.
    private Span<byte> WholeLines(Span<byte> block, long at, long low, long high, out long start)
    {
        int from = at == low ? 0 : block[..MostLineBytes].IndexOf((byte)'\n') + 1;
        int to = at + block.Length == high ? block.Length : block.LastIndexOf((byte)'\n') + 1;
        if (from == 0 && at != low || to <= from)
            throw BreachErrors.DamagedAt(_name, Share(at), "a line is longer than any of a list");
        start = at + from;
        return block[from..to];
    }

    private Line LastOf(Span<byte> lines, long at)
    {
        int from = lines[..^1].LastIndexOf((byte)'\n') + 1;
        return Next(lines[from..], at + from);
    }

    private Line Next(Span<byte> lines, long at) => TryRead(lines, Digits, isLast: at + lines.Length == _length, out Line line)
        ? line
        : throw BreachErrors.DamagedAt(_name, Share(at), $"a line is not {Digits} hexadecimal digits, a colon and a count");

    private static bool TryRead(Span<byte> lines, int digits, bool isLast, out Line line)
    {
        line = default;
        int end = lines[..Math.Min(lines.Length, MostLineBytes)].IndexOf((byte)'\n');
        if (end < 0 && !(isLast && lines.Length <= MostLineBytes))
            return false;
        Span<byte> text = end < 0 ? lines : lines[..end];
        if (text.EndsWith("\r"u8))
            text = text[..^1];
        if (text.Length <= digits + 1 || text.Length > digits + 1 + MostCountDigits || text[digits] != ':' || !BreachDigits.TryFold(text[..digits]))
            return false;
        long count = 0;
        foreach (byte digit in text[(digits + 1)..])
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            count = 10 * count + (digit - '0');
        }
        line = new Line(text[..digits], count, end < 0 ? lines.Length : end + 1);
        return true;
    }

    private (int Digits, byte[] Line) ReadFirst()
    {
        if (_length == 0)
            throw BreachErrors.Damaged(_name, "it is empty");
        byte[] head = new byte[Math.Min(_length, MostLineBytes)];
        Read(head, 0);
        int digits = head.AsSpan().IndexOf((byte)':');
        return digits is > DigitsOfValue and <= BreachDigits.Most && TryRead(head, digits, isLast: head.Length == _length, out Line line)
            ? (digits, line.Key.ToArray())
            : throw BreachErrors.Damaged(_name, "its first line is none of a list");
    }

    // A download that broke off ends within a line, mostly.
    private void RequireLast(ReadOnlySpan<byte> first)
    {
        byte[] tail = new byte[Math.Min(_length, 2 * MostLineBytes)];
        Read(tail, _length - tail.Length);
        int from = tail.AsSpan(..^1).LastIndexOf((byte)'\n') + 1;
        if (!TryRead(tail.AsSpan(from), Digits, isLast: true, out Line last) || (from == 0 && tail.Length < _length))
            throw BreachErrors.Damaged(_name, "its last line is cut, or none of a list");
        if (last.Key.SequenceCompareTo(first) < 0)
            throw BreachErrors.Damaged(_name, "it is not ordered by hash");
    }

    private void Read(Span<byte> into, long at)
    {
        for (int read; into.Length > 0; into = into[read..], at += read)
        {
            read = RandomAccess.Read(_handle, into, at);
            if (read == 0)
                throw BreachErrors.Damaged(_name, "it has become shorter while it was read");
        }
    }

    private double Share(long at) => (double)at / _length;

    private PasspackException Unordered(long at) => BreachErrors.DamagedAt(_name, Share(at), "it is not ordered by hash, or holds one twice");

    /// <param name="key">The digits, in upper case.</param>
    /// <param name="count">How often.</param>
    /// <param name="length">With its end.</param>
    private readonly ref struct Line(ReadOnlySpan<byte> key, long count, int length)
    {
        public readonly ReadOnlySpan<byte> Key = key;
        public readonly long Count = count;
        public readonly int Length = length;
    }
}
