using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Passpack.Automation.Masking;

namespace Passpack.Benchmarks;

internal sealed class MaskBenchmark : Benchmark
{
    private const int Bytes = 64 << 20, ChunkBytes = 1 << 16, Secrets = 50, MegabytesPerSecond = 150;

    private readonly MemoryStream _output = new(Bytes + (1 << 20));
    private byte[] _text = [];
    private SecretMask? _mask;
    private double _best;

    public override string Name => "mask";

    public override string What => "64 MiB of log lines through the masking of 50 secrets in all their forms, in memory, over searching them for one text and copying them";

    // The bound is on the speed, below.
    public override double Limit => 100;

    public override void Prepare()
    {
        byte[][] secrets = [.. Enumerable.Range(0, Secrets).Select(number =>
            Encoding.UTF8.GetBytes($"{Convert.ToBase64String(RandomNumberGenerator.GetBytes(15))}\"{number} ä/"))];
        _mask = new SecretMask(secrets);
        var text = new MemoryStream();
        for (int line = 0; text.Length < Bytes; line++)
        {
            text.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"2026-11-29T04:{line % 60:D2}:00Z INFO  module.db[{line}] created: id=db-{line * 7919 % 1000003:x8} status=\"available\" endpoint=https://db.example.com:5432/{line}\n")));
            if (line % 200 == 0)
                text.Write(secrets[line / 200 % Secrets]);
        }
        _text = text.ToArray();
    }

    public override void Floor()
    {
        _output.SetLength(0);
        for (int at = 0; at < _text.Length; at += ChunkBytes)
        {
            ReadOnlySpan<byte> chunk = _text.AsSpan(at, Math.Min(ChunkBytes, _text.Length - at));
            if (chunk.IndexOf("a text that is not there"u8) >= 0)
                throw new InvalidOperationException("It is there.");
            _output.Write(chunk);
        }
    }

    public override void Product()
    {
        _output.SetLength(0);
        long start = Stopwatch.GetTimestamp();
        using var masked = new StreamMask(_mask!, _output);
        for (int at = 0; at < _text.Length; at += ChunkBytes)
            masked.Write(_text.AsSpan(at, Math.Min(ChunkBytes, _text.Length - at)));
        masked.Complete();
        _best = Math.Max(_best, _text.Length / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6);
        if (_output.Length >= _text.Length)
            throw new InvalidOperationException("Nothing was masked.");
    }

    public override IEnumerable<string> Notes()
    {
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{_best:F0} MB/s on one core (at least {MegabytesPerSecond}{(_best >= MegabytesPerSecond ? "" : ", MISSED")}), the best round; {_mask!.Forms.Count()} forms");
    }

    public override void Dispose()
    {
        _mask?.Dispose();
        _output.Dispose();
    }
}
