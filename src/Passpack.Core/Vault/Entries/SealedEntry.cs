using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Vault.Entries;

/// <summary>Seals and opens an entry's records. A record that does not open is <see cref="ErrorCodes.RecordDamaged"/>, with the entry's id.</summary>
internal static class SealedEntry
{
    private delegate T Decode<T>(ReadOnlySpan<byte> plaintext);

    /// <summary>The two parts of one version of an entry's data.</summary>
    internal readonly record struct Parts(byte[] Summary, byte[] Secret)
    {
        public byte[] Digest() => RecordBody.Digest(Summary, Secret);
    }

    public static Parts Seal(VaultKeys keys, Guid id, long version, EntryContent content)
    {
        using SecretBuffer summary = EntryCodec.WriteSummary(content);
        using SecretBuffer secret = EntryCodec.WriteSecret(content);
        return new Parts(
            keys.Seal(RecordStream.Data, RecordPart.Summary, id, version, summary.Span),
            keys.Seal(RecordStream.Data, RecordPart.Secret, id, version, secret.Span));
    }

    /// <param name="keys">The vault's.</param>
    /// <param name="id">The entry.</param>
    /// <param name="version">Of the new record.</param>
    /// <param name="tags">All of them.</param>
    /// <param name="unknown">Unknown members of the record that this one replaces, from <see cref="UnknownMembers"/>.</param>
    public static byte[] SealTags(
        VaultKeys keys, Guid id, long version, IReadOnlyList<string> tags, IReadOnlyList<KeyValuePair<string, string>>? unknown = null)
    {
        using SecretBuffer plaintext = EntryCodec.WriteTags(tags, unknown);
        return keys.Seal(RecordStream.Tags, RecordPart.Whole, id, version, plaintext.Span);
    }

    /// <inheritdoc cref="SealTags"/>
    public static byte[] SealFavorite(VaultKeys keys, Guid id, long version, bool favorite, IReadOnlyList<KeyValuePair<string, string>>? unknown = null)
    {
        using SecretBuffer plaintext = EntryCodec.WriteFavorite(favorite, unknown);
        return keys.Seal(RecordStream.Favorite, RecordPart.Whole, id, version, plaintext.Span);
    }

    /// <summary>The unknown members of a record of tags or a favorite flag. Null if there is no record.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? UnknownMembers(VaultKeys keys, RecordStream stream, Guid id, long version, byte[]? record) =>
        record is null ? null : Open(keys, stream, RecordPart.Whole, id, version, record, EntryCodec.ReadUnknown);

    /// <summary>
    /// Seals tags or a favorite flag again, with unknown members, under another version or other keys. A value of null is sealed as empty.
    /// </summary>
    public static byte[] SealAgain(VaultKeys keys, RecordStream stream, Guid id, (long Version, byte[] Body)? record, long version, VaultKeys? newKeys = null)
    {
        IReadOnlyList<KeyValuePair<string, string>>? unknown = record is { } known ? UnknownMembers(keys, stream, id, known.Version, known.Body) : null;
        return stream == RecordStream.Tags
            ? SealTags(newKeys ?? keys, id, version, record is { } tags ? OpenTags(keys, id, tags.Version, tags.Body) : [], unknown)
            : SealFavorite(newKeys ?? keys, id, version, record is { } flag && OpenFavorite(keys, id, flag.Version, flag.Body), unknown);
    }

    public static byte[] SealTombstone(VaultKeys keys, Guid id, long version, long time, RecordStream stream = RecordStream.Data)
    {
        using SecretBuffer plaintext = EntryCodec.WriteTombstone(time);
        return keys.Seal(stream, RecordPart.Tombstone, id, version, plaintext.Span);
    }

    public static EntryContent OpenSummary(VaultKeys keys, Guid id, long version, byte[] record) =>
        Open(keys, RecordStream.Data, RecordPart.Summary, id, version, record, EntryCodec.ReadSummary);

    public static EntryContent OpenSecret(VaultKeys keys, Guid id, long version, byte[]? record, EntryContent summary) =>
        Open(keys, RecordStream.Data, RecordPart.Secret, id, version, record, plaintext => EntryCodec.ReadSecret(plaintext, summary));

    /// <summary>Opens a record of entry data as it goes over the wire: both parts in one body.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public static EntryContent OpenBody(VaultKeys keys, Guid id, long version, byte[] body) =>
        RecordBody.TrySplit(body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret)
            ? OpenContent(keys, id, version, summary.ToArray(), secret.ToArray())
            : throw Damaged(id, RecordStream.Data, RecordPart.Whole);

    public static EntryContent OpenContent(VaultKeys keys, Guid id, long version, byte[] summary, byte[]? secret) =>
        OpenSecret(keys, id, version, secret, OpenSummary(keys, id, version, summary));

    public static IReadOnlyList<string> OpenTags(VaultKeys keys, Guid id, long version, byte[] record) =>
        Open(keys, RecordStream.Tags, RecordPart.Whole, id, version, record, EntryCodec.ReadTags);

    public static bool OpenFavorite(VaultKeys keys, Guid id, long version, byte[] record) =>
        Open(keys, RecordStream.Favorite, RecordPart.Whole, id, version, record, EntryCodec.ReadFavorite);

    /// <summary>Opens a tombstone, only to prove that this account sealed it.</summary>
    public static void OpenTombstone(VaultKeys keys, Guid id, long version, byte[] record, RecordStream stream = RecordStream.Data) =>
        Open(keys, stream, RecordPart.Tombstone, id, version, record, _ => true);

    /// <summary>Opens a record of one part, only to prove that this account sealed it: a later version of the module may have written it.</summary>
    public static void RequireOpens(VaultKeys keys, RecordStream stream, Guid id, long version, byte[] record) =>
        Open(keys, stream, RecordPart.Whole, id, version, record, _ => true);

    private static T Open<T>(VaultKeys keys, RecordStream stream, RecordPart part, Guid id, long version, byte[]? record, Decode<T> decode)
    {
        if (record is null || !keys.TryOpen(stream, part, id, version, record, out OpenedRecord plaintext))
            throw Damaged(id, stream, part);
        try
        {
            return decode(plaintext.Span);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The seal is ours, but the content is malformed: a defect of its writer. The reader's message could hold a secret, so it is left out.
            throw Damaged(id, stream, part);
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    /// <summary>Opens a record. Null if it is damaged: one damaged record must not keep the others from being worked with.</summary>
    public static T? OrNull<T>(Func<T?> open)
        where T : class
    {
        try
        {
            return open();
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            return null;
        }
    }

    public static PasspackException Damaged(Guid id, RecordStream stream, RecordPart part) =>
        new(ErrorCodes.RecordDamaged,
            $"The record of entry {id} ({(part == RecordPart.Whole ? stream.ToString() : part.ToString())}) is damaged; all others are not affected. " +
            "Sync-PasspackVault fetches it again from the online account where that has it; a backup has it too. If it is sound nowhere: " +
            $"{ResolveAdvice.TakeLocal(id)} sends what this machine has over it.")
        { Target = id };
}

/// <summary>One version of a record, still sealed.</summary>
/// <param name="Stream">Entry data, tags or favorite.</param>
/// <param name="Id">The entry.</param>
/// <param name="Version">The version that it is sealed as.</param>
/// <param name="Head">Of entry data the summary; else the whole record. Null if there is no content.</param>
/// <param name="Tail">Of entry data the secret part. Null otherwise.</param>
internal readonly record struct SealedVersion(RecordStream Stream, Guid Id, long Version, byte[]? Head, byte[]? Tail = null);
