using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Sync;

/// <summary>
/// Checks of a push, beyond what its reader requires: who signed it, what it follows, and what it holds. The server cannot open bodies, but compares them
/// with their digests, and the headers of their records with what the push says of them: an interrupted or garbled save must never become the newest state
/// of an entry.
/// </summary>
internal static class PushCheck
{
    /// <summary>What is wrong with its form, but for its manifest's. Null if nothing is.</summary>
    public static string? FindFault(PushRequest push)
    {
        if (push.PushId == Guid.Empty)
            return "pushId is empty.";
        if (push.BaseRevision < 0)
            return "baseRevision is negative.";
        return RequestRules.Length("previous", push.Previous, RecordMessage.DigestBytes)
            ?? RequestRules.Length("signature", push.Signature, Signatures.SignatureBytes);
    }

    /// <summary>Why a push is refused that the identity in force did not sign. Null if it did.</summary>
    public static IResult? FindForgery(PushRequest push, SignedManifest manifest, AccountIdentity identity, Guid vaultId) =>
        Signatures.Verify(identity, SignaturePurpose.Push, Statements.Push(vaultId, push.Digest()), push.Signature)
            ? ManifestCheck.FindForgery(manifest, "manifest", identity)
            : Problems.NotSigned("signature");

    /// <summary>Why a push is refused that does not follow what the vault has. Null if it does.</summary>
    public static string? FindConflict(PushRequest push, PushBase found)
    {
        if (FindOtherPlace(push, found) is { } elsewhere)
            return elsewhere;
        return push.Previous.AsSpan().SequenceEqual(found.Head.Hash) ? null : PushOutcome.OtherManifest(found.Head.Generation);
    }

    /// <summary>Where the vault is, if that is not where the push comes from. Null if it is.</summary>
    public static string? FindOtherPlace(PushRequest push, PushBase found) =>
        push.BaseRevision != found.Revision || push.Manifest.Generation != found.Head.Generation + 1
            ? PushOutcome.WhereVaultIs(found.Revision, found.Head.Generation) : null;

    /// <summary>What is wrong with what it holds. Null if nothing is.</summary>
    public static string? FindFaultInside(PushRequest push, VaultEpoch epoch)
    {
        var versions = new Dictionary<(byte, Guid), long>();
        for (int i = 0; i < push.Records.Count; i++)
        {
            RecordChange record = push.Records[i];
            string name = $"records[{i}] ({record.Id} of stream {record.Stream})";
            if (FindFault(record, epoch) is { } recordFault)
                return $"{name}: {recordFault}";
            // The loser of a conflict is pushed right before the winner, so that it becomes an earlier version.
            if (versions.TryGetValue((record.Stream, record.Id), out long before) && before >= record.Version)
                return $"{name} is in the push twice, and not as a newer version.";
            versions[(record.Stream, record.Id)] = record.Version;
        }

        return null;
    }

    private static string? FindFault(RecordChange record, VaultEpoch epoch)
    {
        if (record.Stream == (byte)RecordStream.None)
            return "0 is not a stream.";
        if (record.Version < 1)
            return "versions start at 1.";
        if (!SHA256.HashData(record.Body).AsSpan().SequenceEqual(record.Digest))
            return "digest is not the SHA-256 of the body.";
        if (record.HasBodyOnDemand && record.Body.Length > Limits.AttachmentBodyBytes)
            return $"a chunk of an attachment has at most {Limits.AttachmentBodyBytes} bytes.";
        if (record.Deleted)
            return FindFault(record.Body, record, RecordPart.Tombstone, epoch);
        if (record.Stream != (byte)RecordStream.Data)
            return FindFault(record.Body, record, RecordPart.Whole, epoch);
        if (!RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret))
            return "the body is not made of two records.";
        return FindFault(summary, record, RecordPart.Summary, epoch) ?? FindFault(secret, record, RecordPart.Secret, epoch);
    }

    /// <summary>What is wrong with one record of a body. Null if nothing is.</summary>
    private static string? FindFault(ReadOnlySpan<byte> body, RecordChange record, RecordPart part, VaultEpoch epoch)
    {
        if (!RecordHeader.TryRead(body, out RecordHeader header))
            return "the body does not begin with a record's header.";
        if (header.VaultId != epoch.VaultId || header.RecordId != record.Id || (byte)header.Stream != record.Stream || header.Version != record.Version)
            return "the header in the body is of another vault, stream, record or version.";
        // Streams that this server does not know may have parts of their own.
        bool isKnown = record.Stream is >= (byte)RecordStream.Data and <= (byte)RecordStream.Attachment;
        if (isKnown && header.Part != part)
            return $"the header in the body is of part {(byte)header.Part}, not {(byte)part}.";
        // A chunk never changes, and may have been sealed before the keys were replaced.
        bool mayBeEarlier = !isKnown || record.HasBodyOnDemand;
        return header.Epoch == epoch.Newest || (mayBeEarlier && epoch.IsKnown(header.Epoch))
            ? null : $"the header in the body is of epoch {header.Epoch}, and {epoch.Newest} is in force.";
    }
}
