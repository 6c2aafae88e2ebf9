using System.Text;
using System.Text.Json;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources.Bitwarden;

/// <summary>Bitwarden's JSON that is protected by a password (<see cref="BitwardenProtection"/>); what comes out is <see cref="BitwardenJson"/>.</summary>
internal static class BitwardenEncrypted
{
    private const string Validation = "encKeyValidation_DO_NOT_EDIT";
    private const int MaxBytes = 512 << 20; // It is opened as a whole.

    public static SourceFormat Format { get; } = new(EntryFileFormat.BitwardenEncrypted, "Bitwarden", "Bitwarden's encrypted JSON")
    {
        Fits = Is,
        Read = Read,
        Key = "the password that was given for the export",
        IsTried = true,
    };

    /// <summary>Whether a file that starts so is encrypted.</summary>
    public static bool Is(SourceStart start) => start.JsonPaths.Contains("encrypted")
        && (start.JsonPaths.Contains(Validation) || start.JsonPaths.Contains("passwordProtected"));

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using SecretBytes content = Open(input);
        foreach (ImportRow row in BitwardenJson.Read(input, Stream(), Stream, files: null, cancellationToken))
            yield return row;

        Stream Stream() => new MemoryStream(content.Array, writable: false);
    }

    private static SecretBytes Open(SourceInput input)
    {
        Envelope envelope = Envelope.Read(input, Content(input));
        if (!envelope.IsByPassword)
        {
            throw input.Error(ErrorCodes.SourceNotSupported, "it is encrypted for the Bitwarden account that exported it, and only that account opens it. " +
                "Export it again: File format .json (Encrypted), Export type Password protected; or .json");
        }
        if (envelope.Cost.Fault() is { } fault)
            throw input.Error(ErrorCodes.SourceTooCostly, $"{fault}. Nothing was imported");
        using var protection = new BitwardenProtection(input.Key ?? throw input.KeyRequired(Format.Key!), envelope.Salt, envelope.Cost);
        using (SecretBytes? validation = protection.Open(envelope.Validation))
        {
            if (validation is null)
                throw input.KeyMismatch(Format.Key!);
        }
        return protection.Open(envelope.Data) ?? throw input.Damaged("its content was altered or cut off, although the password is right");
    }

    private static byte[] Content(SourceInput input)
    {
        using var content = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int count; (count = input.Stream.Read(buffer)) > 0;)
        {
            if (content.Length + count > MaxBytes)
            {
                throw input.Error(ErrorCodes.SourceTooCostly,
                    $"it is larger than {MaxBytes >> 20} MiB, and an encrypted file is opened as a whole. Export it as .json");
            }
            content.Write(buffer, 0, count);
        }
        return content.ToArray();
    }

    /// <summary>What stands around the content.</summary>
    private sealed record Envelope
    {
        public bool IsByPassword { get; private init; }

        public string Salt { get; private init; } = "";

        public BitwardenCost Cost { get; private init; }

        public byte[] Validation { get; private init; } = [];

        public byte[] Data { get; private init; } = [];

        public static Envelope Read(SourceInput input, byte[] json)
        {
            var texts = new Dictionary<string, byte[]>();
            var numbers = new Dictionary<string, long>();
            bool isByPassword = false;
            try
            {
                var reader = new Utf8JsonReader(json);
                while (reader.Read())
                {
                    if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName)
                        continue;
                    string name = reader.GetString()!;
                    reader.Read();
                    if (reader.TokenType == JsonTokenType.String)
                        texts[name] = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan.ToArray();
                    else if (reader.TokenType == JsonTokenType.Number)
                        numbers[name] = reader.TryGetInt64(out long number) ? number : long.MaxValue;
                    else if (name == "passwordProtected")
                        isByPassword = reader.TokenType == JsonTokenType.True;
                }
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException) // Broken, or not valid Unicode.
            {
                throw input.Damaged($"its JSON is broken{(e is JsonException { LineNumber: { } line } ? $" in line {line + 1}" : "")}");
            }
            if (!isByPassword)
                return new Envelope();
            if (!texts.TryGetValue("salt", out byte[]? salt) || !texts.TryGetValue(BitwardenEncrypted.Validation, out byte[]? validation)
                || !texts.TryGetValue("data", out byte[]? data) || !numbers.TryGetValue("kdfIterations", out long rounds))
                throw input.Damaged("salt, kdfIterations, data or the check of the key is missing");
            return new Envelope
            {
                IsByPassword = true,
                Salt = Encoding.UTF8.GetString(salt),
                Cost = numbers.GetValueOrDefault("kdfType") switch
                {
                    0 => new BitwardenCost(IsArgon2: false, rounds),
                    1 => new BitwardenCost(IsArgon2: true, rounds, numbers.GetValueOrDefault("kdfMemory"), numbers.GetValueOrDefault("kdfParallelism")),
                    var other => throw input.Error(ErrorCodes.SourceNotSupported,
                        $"its key derivation is number {other}; known are 0 (PBKDF2) and 1 (Argon2id). Update the module, or export it as .json"),
                },
                Validation = validation,
                Data = data,
            };
        }
    }
}
