using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;

namespace Passpack.Protocol;

/// <summary>One change of the online account: the newest state of one record.</summary>
/// <param name="Stream">A <see cref="RecordStream"/>, or a number that this client does not know.</param>
/// <param name="Id">The record's id: the entry's.</param>
/// <param name="Version">From 1, growing with every change of this record, deletions included.</param>
/// <param name="Deleted">Whether this is a tombstone. Tombstones never expire.</param>
/// <param name="Digest">SHA-256 of the body, 32 bytes.</param>
/// <param name="Body">Sealed; opaque to the server but for the headers of its records (<see cref="RecordHeader"/>).</param>
/// <param name="Resealed">
/// Only in a push: the same plaintext as the newest state, sealed under a later epoch. The server then puts it in place of that state, not beside it.
/// </param>
public sealed record RecordChange(byte Stream, Guid Id, long Version, bool Deleted, byte[] Digest, byte[] Body, bool Resealed = false)
{
    /// <summary>Whether pages of changes leave the body out, because it is a chunk of an attachment: a client asks for it by id once it is wanted.</summary>
    public bool HasBodyOnDemand => Stream == (byte)RecordStream.Attachment && !Deleted;
}

/// <summary>
/// An earlier version of a record. Servers keep earlier versions within bounds of their own, and bodies of deleted records for a while.
/// </summary>
/// <param name="Record">As it was pushed.</param>
/// <param name="Stored">When it was pushed, by the server's clock, in whole milliseconds.</param>
/// <param name="Replaced">When the version after it was pushed.</param>
public sealed record EarlierVersion(RecordChange Record, DateTimeOffset Stored, DateTimeOffset Replaced);

/// <summary>The metadata of a <see cref="ChangePage"/>; exactly one member is not null.</summary>
/// <param name="NextPage">Opaque. Null on the last page.</param>
/// <param name="Head">Only on the last page, out of the same transaction as its changes.</param>
public sealed record ChangePageMetadata(string? NextPage, VaultHead? Head);

/// <summary>One page of changes, ordered by revision and by place within a revision.</summary>
/// <param name="Changes">At most <see cref="Limits.RecordsPerBatch"/>; a record that changed again while pages were read comes again.</param>
/// <param name="NextPage">Opaque. Null on the last page.</param>
/// <param name="Head">Only on the last page, out of the same transaction as its changes.</param>
public sealed record ChangePage(IReadOnlyList<RecordChange> Changes, string? NextPage, VaultHead? Head)
{
    /// <summary>The page as it travels.</summary>
    public RecordMessage ToMessage() => RecordMessage.Of(new ChangePageMetadata(NextPage, Head), ProtocolJson.Default.ChangePageMetadata, Changes);

    /// <summary>Reads a page.</summary>
    /// <exception cref="RecordFormatException">It is not of the form that such messages have.</exception>
    public static async Task<ChangePage> ReadAsync(RecordReader reader, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ChangePageMetadata metadata = await reader.ReadMetadataAsync(ProtocolJson.Default.ChangePageMetadata, cancellationToken).ConfigureAwait(false);
        return new ChangePage(await reader.ReadRecordsAsync(cancellationToken).ConfigureAwait(false), metadata.NextPage, metadata.Head);
    }
}

/// <summary>The metadata of a <see cref="RecordsAnswer"/>: none yet.</summary>
public sealed record RecordsAnswerMetadata;

/// <summary>The records that exist, in any order, as far as they fit into one answer; at least one of those that exist.</summary>
public sealed record RecordsAnswer(IReadOnlyList<RecordChange> Records)
{
    /// <summary>The answer as it travels.</summary>
    public RecordMessage ToMessage() => RecordMessage.Of(new RecordsAnswerMetadata(), ProtocolJson.Default.RecordsAnswerMetadata, Records);

    /// <summary>Reads an answer.</summary>
    /// <exception cref="RecordFormatException">It is not of the form that such messages have.</exception>
    public static async Task<RecordsAnswer> ReadAsync(RecordReader reader, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        await reader.ReadMetadataAsync(ProtocolJson.Default.RecordsAnswerMetadata, cancellationToken).ConfigureAwait(false);
        return new RecordsAnswer(await reader.ReadRecordsAsync(cancellationToken).ConfigureAwait(false));
    }
}

/// <summary>The metadata of a <see cref="VersionPage"/>.</summary>
/// <param name="NextBefore">The version to continue below. Null if there are no earlier ones.</param>
public sealed record VersionPageMetadata(long? NextBefore);

/// <summary>Earlier versions of one record, the newest first.</summary>
/// <param name="Versions">As many as fit; the record's newest state is not among them.</param>
/// <param name="NextBefore">The version to continue below. Null if there are no earlier ones.</param>
public sealed record VersionPage(IReadOnlyList<EarlierVersion> Versions, long? NextBefore)
{
    /// <summary>The page as it travels.</summary>
    public RecordMessage ToMessage() => RecordMessage.Of(new VersionPageMetadata(NextBefore), ProtocolJson.Default.VersionPageMetadata, Versions);

    /// <summary>Reads a page.</summary>
    /// <exception cref="RecordFormatException">It is not of the form that such messages have.</exception>
    public static async Task<VersionPage> ReadAsync(RecordReader reader, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        VersionPageMetadata metadata = await reader.ReadMetadataAsync(ProtocolJson.Default.VersionPageMetadata, cancellationToken).ConfigureAwait(false);
        return new VersionPage(await reader.ReadVersionsAsync(cancellationToken).ConfigureAwait(false), metadata.NextBefore);
    }
}

/// <summary>The metadata of a <see cref="PushRequest"/>; its members mean the same there.</summary>
public sealed record PushMetadata(Guid PushId, long BaseRevision, ManifestLink Manifest, byte[] Previous, byte[] Signature);

/// <summary>A complete batch of changes against a revision, with the manifest that follows from them.</summary>
/// <param name="PushId">Made by the client. A repeat of the same push gets the same answer; another one is refused.</param>
/// <param name="BaseRevision">The revision that the client has verified; any other is answered with <see cref="ErrorCodes.RevisionConflict"/>.</param>
/// <param name="Records">
/// Each version greater than the one that the server holds. A record may come more than once, newer each time: the versions before
/// its last only become earlier versions.
/// </param>
/// <param name="Manifest">Its generation is the server's newest plus one.</param>
/// <param name="Previous">
/// SHA-256 of the manifest that this one follows; if the newest is another one, the answer is <see cref="ErrorCodes.RevisionConflict"/>: a server that was
/// restored may have reached the same revision by other pushes.
/// </param>
/// <param name="Signature">By the account's identity, over <see cref="Statements.Push"/> of <see cref="Digest"/>.</param>
public sealed record PushRequest(
    Guid PushId, long BaseRevision, IReadOnlyList<RecordChange> Records, ManifestLink Manifest, byte[] Previous, byte[] Signature)
{
    /// <summary>What names a push, however it travels; bodies are covered by their digests. docs/pack-format.md, "The push".</summary>
    public byte[] Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> entry = stackalloc byte[RecordMessage.FieldBytes + 1];
        hash.AppendData(PushId.ToByteArray(bigEndian: true));
        BinaryPrimitives.WriteInt64BigEndian(entry, BaseRevision);
        hash.AppendData(entry[..8]);
        hash.AppendData(Previous);
        BinaryPrimitives.WriteInt32BigEndian(entry, Manifest.Sealed.Length);
        hash.AppendData(entry[..4]);
        hash.AppendData(Manifest.Sealed);
        BinaryPrimitives.WriteInt32BigEndian(entry, Records.Count);
        hash.AppendData(entry[..4]);
        foreach (RecordChange record in Records)
        {
            entry[0] = record.Stream;
            entry[1] = RecordMessage.FlagsOf(record);
            record.Id.TryWriteBytes(entry[2..], bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(entry[18..], record.Version);
            record.Digest.CopyTo(entry[26..]);
            hash.AppendData(entry[..(26 + RecordMessage.DigestBytes)]);
        }
        return hash.GetHashAndReset();
    }

    /// <summary>The push as it travels.</summary>
    public RecordMessage ToMessage() =>
        RecordMessage.Of(new PushMetadata(PushId, BaseRevision, Manifest, Previous, Signature), ProtocolJson.Default.PushMetadata, Records);

    /// <summary>Reads a push.</summary>
    /// <param name="reader">The bytes.</param>
    /// <param name="type">How strictly the metadata is read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RecordFormatException">It is not of the form that such messages have.</exception>
    public static async Task<PushRequest> ReadAsync(RecordReader reader, JsonTypeInfo<PushMetadata> type, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        PushMetadata metadata = await reader.ReadMetadataAsync(type, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<RecordChange> records = await reader.ReadRecordsAsync(cancellationToken, isPush: true).ConfigureAwait(false);
        return new PushRequest(metadata.PushId, metadata.BaseRevision, records, metadata.Manifest, metadata.Previous, metadata.Signature);
    }
}
