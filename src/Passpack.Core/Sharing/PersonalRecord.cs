using System.Text.Encodings.Web;
using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Sharing;

/// <summary>
/// A record of the personal vault that is about sharing: a contact, an invitation, a shared vault. It is written online first, after a pull, so that it never
/// has to be merged. docs/pack-format.md, "Personal records of shared vaults".
/// </summary>
public abstract record PersonalRecord
{
    /// <summary>Bytes of a plaintext, at most: 64 KiB.</summary>
    internal const int MostBytes = 64 << 10;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private protected PersonalRecord()
    {
    }

    /// <summary>Names the record within its stream.</summary>
    internal abstract Guid RecordId { get; }

    internal abstract RecordStream Stream { get; }

    /// <summary>Members that a later version of the module wrote, as raw JSON.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Unknown { get; init; } = [];

    /// <summary>Reads a plaintext.</summary>
    /// <param name="stream">One of the three.</param>
    /// <param name="id">The record's.</param>
    /// <param name="plaintext">A JSON object.</param>
    /// <returns>Null if it is of a kind that only a later version of the module knows.</returns>
    /// <exception cref="JsonException">It is not as this module, or a later one, writes it.</exception>
    internal static PersonalRecord? Read(RecordStream stream, Guid id, ReadOnlySpan<byte> plaintext)
    {
        try
        {
            PersonalMembers members = PersonalMembers.Read(plaintext);
            return stream switch
            {
                RecordStream.Contact => Contact.Read(id, members),
                RecordStream.Invitation => members.Text("kind", 32) switch
                {
                    Promise.Kind => Promise.Read(id, members),
                    AnsweredInvitation.Kind => AnsweredInvitation.Read(id, members),
                    _ => null,
                },
                RecordStream.SharedVault => SharedVaultRecord.Read(id, members),
                _ => throw new ArgumentOutOfRangeException(nameof(stream)),
            };
        }
        catch (InvalidOperationException e)
        {
            // A text that is no UTF-8.
            throw new JsonException("A text is none.", e);
        }
    }

    /// <summary>The plaintext, in a buffer that is zeroed when it is disposed.</summary>
    /// <exception cref="InvalidOperationException">It has more than <see cref="MostBytes"/>.</exception>
    internal SecretBuffer ToPlaintext()
    {
        var buffer = new SecretBuffer();
        try
        {
            using (var json = new Utf8JsonWriter(buffer, s_options))
            {
                json.WriteStartObject();
                Write(json);
                foreach ((string name, string value) in Unknown)
                {
                    json.WritePropertyName(name);
                    json.WriteRawValue(value, skipInputValidation: true);
                }
                json.WriteEndObject();
            }
            return buffer.Span.Length <= MostBytes ? buffer : throw new InvalidOperationException("A personal record is too long.");
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>The record as it is stored.</summary>
    /// <param name="keys">The personal vault's.</param>
    /// <param name="version">From 1.</param>
    internal byte[] Seal(VaultKeys keys, long version)
    {
        using SecretBuffer plaintext = ToPlaintext();
        return keys.Seal(Stream, RecordPart.Whole, RecordId, version, plaintext.Span);
    }

    /// <summary>Which record it is; nothing of what is in it.</summary>
    public sealed override string ToString() => $"{Stream} {RecordId}";

    private protected abstract void Write(Utf8JsonWriter json);

    private protected static void Time(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset time) =>
        json.WriteNumber(name, time.ToUnixTimeMilliseconds());
}
