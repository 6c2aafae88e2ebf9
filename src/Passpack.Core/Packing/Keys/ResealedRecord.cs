using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Keys;

/// <summary>
/// Bodies of records sealed anew under the present epoch: every part has the same plaintext, byte for byte. docs/pack-format.md, "A record sealed anew".
/// </summary>
internal static class ResealedRecord
{
    /// <summary>The epoch that the front of a body names. 0 if it names none.</summary>
    /// <param name="stream">Of the record.</param>
    /// <param name="deleted">Whether it is a tombstone.</param>
    /// <param name="body">As it travels.</param>
    public static int EpochOf(byte stream, bool deleted, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> front = stream == (byte)RecordStream.Data && !deleted && body.Length > 4 ? body[4..] : body;
        return RecordHeader.TryRead(front, out RecordHeader header) ? header.Epoch : 0;
    }

    /// <summary>Seals a body anew. Null if any part of it does not open.</summary>
    /// <param name="keys">The vault's.</param>
    /// <param name="record">As it is.</param>
    /// <param name="version">Of the new one.</param>
    public static RecordChange? Seal(VaultKeys keys, RecordChange record, long version)
    {
        byte[]? body;
        if ((RecordStream)record.Stream != RecordStream.Data || record.Deleted)
            body = Seal(keys, record, PartOf(record), record.Body, version);
        else if (!RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret)
            || Seal(keys, record, RecordPart.Summary, summary, version) is not { } newSummary
            || Seal(keys, record, RecordPart.Secret, secret, version) is not { } newSecret)
        {
            body = null;
        }
        else
        {
            body = RecordBody.Join(newSummary, newSecret);
        }
        return body is null ? null : record with { Version = version, Digest = RecordBody.Digest(body), Body = body, Resealed = true };
    }

    /// <summary>Whether a later body has the same plaintext as an earlier one; false, too, if any part does not open.</summary>
    public static bool IsSame(VaultKeys keys, RecordChange earlier, RecordChange later)
    {
        if (earlier.Stream != later.Stream || earlier.Id != later.Id || earlier.Deleted != later.Deleted)
            return false;
        if ((RecordStream)earlier.Stream != RecordStream.Data || earlier.Deleted)
            return IsSame(keys, earlier, later, PartOf(earlier), earlier.Body, later.Body);
        return RecordBody.TrySplit(earlier.Body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret)
            && RecordBody.TrySplit(later.Body, out ReadOnlySpan<byte> laterSummary, out ReadOnlySpan<byte> laterSecret)
            && IsSame(keys, earlier, later, RecordPart.Summary, summary, laterSummary)
            && IsSame(keys, earlier, later, RecordPart.Secret, secret, laterSecret);
    }

    private static RecordPart PartOf(RecordChange record) => record.Deleted ? RecordPart.Tombstone : RecordPart.Whole;

    private static byte[]? Seal(VaultKeys keys, RecordChange record, RecordPart part, ReadOnlySpan<byte> sealedPart, long version)
    {
        var stream = (RecordStream)record.Stream;
        if (!keys.TryOpen(stream, part, record.Id, record.Version, sealedPart, out OpenedRecord plaintext))
            return null;
        try
        {
            return keys.Seal(stream, part, record.Id, version, plaintext.Span);
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    private static bool IsSame(
        VaultKeys keys, RecordChange earlier, RecordChange later, RecordPart part, ReadOnlySpan<byte> earlierPart, ReadOnlySpan<byte> laterPart)
    {
        var stream = (RecordStream)earlier.Stream;
        if (!keys.TryOpen(stream, part, earlier.Id, earlier.Version, earlierPart, out OpenedRecord one))
            return false;
        try
        {
            if (!keys.TryOpen(stream, part, later.Id, later.Version, laterPart, out OpenedRecord other))
                return false;
            bool same = one.Span.SequenceEqual(other.Span);
            other.Dispose();
            return same;
        }
        finally
        {
            one.Dispose();
        }
    }
}
