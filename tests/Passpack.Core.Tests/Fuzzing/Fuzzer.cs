namespace Passpack.Core.Tests.Fuzzing;

/// <summary>
/// Gives a reader random inputs, and mutations of sound ones. Input k follows from the seed and k alone, so any one can be repeated. An input
/// fails when the reader ends in anything but success or a <see cref="PasspackException"/> of its ids, takes memory out of proportion, or hangs.
/// </summary>
internal sealed class Fuzzer(FuzzReader reader, int seed)
{
    private const long MemoryOfAny = 16 << 20; // What a reader may allocate for the smallest input, in bytes.
    private const long MemoryOfAByte = 4096;
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(2);

    // Numbers and characters at which parsers break.
    private static readonly byte[][] s_tokens =
    [
        [0], [0xFF], [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEF, 0xBB, 0xBF], [0xFF, 0xFE],
        "\r\n"u8.ToArray(), "\""u8.ToArray(), "="u8.ToArray(), " "u8.ToArray(), "-1"u8.ToArray(), "0"u8.ToArray(), "2147483647"u8.ToArray(),
        "4294967296"u8.ToArray(), "99999999999999999999"u8.ToArray(), "1e9"u8.ToArray(), "٣"u8.ToArray(),
    ];

    private readonly byte[][] _tokens = [.. s_tokens, .. reader.Tokens];
    private long _number;
    private volatile byte[] _input = [];
    private Exception? _failed;

    /// <summary>How many inputs the reader took for sound.</summary>
    public long Sound { get; private set; }

    /// <summary>Tries inputs 0 to <paramref name="count"/>; the first that fails ends it.</summary>
    public void Run(long count)
    {
        // A small stack: a parser that recurses as deep as its input would crash here.
        var worker = new Thread(() => Work(count), maxStackSize: 1 << 20) { IsBackground = true };
        worker.Start();
        long seen = -1;
        while (!worker.Join(s_hang))
        {
            long now = Interlocked.Read(ref _number);
            if (now == seen)
                Assert.Fail(Describe("hangs"));
            seen = now;
        }
        if (_failed is not null)
            Assert.Fail(_failed.Message);
    }

    private void Work(long count)
    {
        try
        {
            for (; _number < count; Interlocked.Increment(ref _number))
            {
                _input = Make(_number);
                Try();
            }
        }
        catch (Exception e) // To be thrown where the test waits.
        {
            _failed = e;
        }
    }

    private void Try()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            reader.Read(_input);
            Sound++;
        }
        catch (PasspackException e) when (reader.ErrorIds.Contains(e.ErrorId))
        {
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(Describe($"ends in {e}"), e);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > MemoryOfAny + MemoryOfAByte * _input.Length)
            throw new InvalidOperationException(Describe($"takes {allocated:N0} bytes of memory for {_input.Length:N0}"));
    }

    private string Describe(string what) => $"{reader.Name}: input {_number} of seed {seed} {what}\nThe input: {Convert.ToBase64String(_input)}";

    private byte[] Make(long number)
    {
        var random = new Random(unchecked(seed * 486_187_739 + (int)number));
        if (number < reader.Seeds.Count)
            return reader.Seeds[(int)number];
        if (random.Next(20) == 0)
        {
            byte[] noise = new byte[random.Next(256)];
            random.NextBytes(noise);
            return noise;
        }
        List<byte> bytes = [.. reader.Seeds[random.Next(reader.Seeds.Count)]];
        for (int mutations = 1 + random.Next(4) * random.Next(4); mutations > 0; mutations--)
            Mutate(bytes, random);
        if (bytes.Count > reader.MostBytes)
            bytes.RemoveRange(reader.MostBytes, bytes.Count - reader.MostBytes);
        byte[] input = [.. bytes];
        return reader.Mend is { } mend && random.Next(2) == 0 ? mend(input) : input;
    }

    private void Mutate(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(bytes.Count - at, random.Next(2) == 0 ? 1 : random.Next(64));
        switch (random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2 when at < bytes.Count: // A character for a character keeps Base64 and numbers what they are.
                bytes[at] = bytes[random.Next(bytes.Count)];
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 5:
                bytes.InsertRange(at, _tokens[random.Next(_tokens.Length)]);
                break;
            case 6:
                byte[] token = _tokens[random.Next(_tokens.Length)];
                bytes.RemoveRange(at, Math.Min(token.Length, bytes.Count - at));
                bytes.InsertRange(at, token);
                break;
            case 7: // The rest of another.
                byte[] other = reader.Seeds[random.Next(reader.Seeds.Count)];
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other[random.Next(other.Length + 1)..]);
                break;
            default:
                if (random.Next(8) == 0)
                    bytes.RemoveRange(at, bytes.Count - at);
                else
                    bytes.InsertRange(at, Enumerable.Repeat(at < bytes.Count ? bytes[at] : (byte)'A', 1 << random.Next(9)));
                break;
        }
    }
}
