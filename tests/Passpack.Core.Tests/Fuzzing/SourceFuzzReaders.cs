using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Sources;
using Passpack.TransferSamples;

namespace Passpack.Core.Tests.Fuzzing;

/// <summary>Every format of the table of sources, with its samples as seeds: a format that is added there is fuzzed here.</summary>
internal static class SourceFuzzReaders
{
    // 2,000 inputs over all formats with every other test; the long runs are by PASSPACK_FUZZ_INPUTS or PASSPACK_LONG.
    private const int ShortRunOfAll = 2000;

    private static readonly string[] s_costs = ["kdfIterations\": ", "kdfMemory\": "];
    private static readonly string[] s_tokens =
    [
        "\"\"", "\",\"", ",", ":", "{", "}", "[", "]", "null", "true", "\\", "\\ud800", "\r\r\n", "\n\"", "&amp;", "http://sn", "NoteType:", "[[[[[[[[", "{\"\":",
        "[]", "{}", "2.", "|", "items", "folders", "<", "</", "&#0;", "-----BEGIN ",
    ];

    public static IReadOnlyList<FuzzReader> All { get; } =
    [
        .. from format in SourceFormats.All
           where format.Format != EntryFileFormat.Kdbx // KeePassFuzzReaders have it, behind its key derivation.
           // Encrypted samples of one key: the reader has one.
           from key in Samples.All.Where(sample => sample.Format == format.Format.ToString())
               .GroupBy(sample => (sample.Key, HasFile: sample.KeyFile is not null)).Take(1)
           select Reader(format, [.. key]),
    ];

    private static FuzzReader Reader(SourceFormat format, IReadOnlyList<Sample> samples)
    {
        byte[][] seeds = [.. samples.Select(sample => sample.Make())];
        string? key = samples[0].Key;
        if (format.Format == EntryFileFormat.BitwardenEncrypted)
            (seeds, key) = (Encrypted(), "key");
        byte[]? keyFile = samples[0].KeyFile?.Invoke();
        return new FuzzReader
        {
            Name = $"{format.Format} of another program",
            Seeds = seeds,
            Tokens =
            [
                .. s_tokens.Select(Encoding.UTF8.GetBytes),
            ],
            MostBytes = 64 << 10,
            ShortRun = Math.Max(50, ShortRunOfAll / SourceFormats.All.Count),
            Read = input => Read(input, samples.Any(sample => sample.IsAmbiguous) || input.Length % 2 == 0 ? format.Format : null, key, keyFile),
            ErrorIds =
            [
                ErrorCodes.FormatNotRecognized, ErrorCodes.FormatAmbiguous, ErrorCodes.SourceKeyRequired, ErrorCodes.SourceKeyMismatch, ErrorCodes.SourceDamaged,
                ErrorCodes.SourceTooCostly, ErrorCodes.SourceNotSupported,
            ],
        };
    }

    /// <param name="input">The input.</param>
    /// <param name="format">What it is said to be. Null if the content is to tell, as it does for half of the inputs.</param>
    /// <param name="key">Its key. Null if it has none.</param>
    /// <param name="keyFile">Its key file, likewise.</param>
    private static void Read(byte[] input, EntryFileFormat? format, string? key, byte[]? keyFile)
    {
        input = AtFloor(input);
        using SecretBytes? secret = key is null ? null : SecretBytes.FromChars(key);
        var options = new ImportOptions { Format = format, SourceKey = secret, SourceKeyContent = keyFile };
        byte[] buffer = new byte[4096];
        foreach (ImportRow row in ImportSource.Read(new MemoryStream(input), "fuzz", options, CancellationToken.None))
        {
            Assert.True(row.Values is null != row.Error is null);
            foreach (SourceFile file in row.Source?.Files ?? [])
            {
                using Stream content = file.Open();
                while (content.Read(buffer) > 0)
                {
                }
            }
        }
    }

    /// <summary>Sealed at the lowest cost, so that time goes into reading.</summary>
    private static byte[][] Encrypted() =>
    [
        Encrypted("\"kdfType\": 0, \"kdfIterations\": 1", new BitwardenCost(false, 1)),
        Encrypted("\"kdfType\": 1, \"kdfIterations\": 1, \"kdfMemory\": 1, \"kdfParallelism\": 1", new BitwardenCost(true, 1, 1, 1)),
    ];

    private static byte[] Encrypted(string cost, BitwardenCost derived)
    {
        using SecretBytes key = SecretBytes.FromChars("key");
        using var protection = new BitwardenProtection(key, "salt", derived);
        string data = protection.Seal("""{ "items": [ { "name": "n", "folderId": null, "type": 1, "login": { "password": "p" } } ], "folders": [] }"""u8);
        return Encoding.UTF8.GetBytes($$"""
            { "encrypted": true, "passwordProtected": true, "salt": "salt", {{cost}},
              "encKeyValidation_DO_NOT_EDIT": "{{protection.Seal("check"u8)}}", "data": "{{data}}" }
            """);
    }

    // A mutation may ask for minutes of derivation, within the bounds.
    private static byte[] AtFloor(byte[] input)
    {
        string text = Encoding.Latin1.GetString(input);
        foreach (string name in s_costs)
        {
            int at = text.IndexOf(name, StringComparison.Ordinal) + name.Length, end = at;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            if (at >= name.Length && end - at is > 1 and < 9)
                text = $"{text[..at]}1{text[end..]}";
        }
        return Encoding.Latin1.GetBytes(text);
    }
}
