using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Storage;

namespace Passpack.Server.Keys;

/// <summary>The rules for a key record, whose keys the server cannot open.</summary>
internal static class KeyRecordCheck
{
    /// <summary>Reads a key record of a request.</summary>
    /// <param name="keys">As it came.</param>
    /// <param name="userId">The account's User ID, normalized.</param>
    /// <param name="read">Null if there is a fault.</param>
    /// <returns>The fault. Null if there is none.</returns>
    public static string? Read(KeyRecord keys, string userId, out CheckedKeys? read)
    {
        read = null;
        if (!KeyRecordContent.TryRead(keys.Record, out KeyRecordContent? content, out string? fault))
            return $"keys.record {fault}.";
        if (content.Generation < 1)
            return "keys.record is of generation 0, and those of an online account start at 1.";
        if (RequestRules.UserId(content.Identity.UserId, out string named) is not null || named != userId)
            return "keys.record has an identity of another User ID.";
        read = new CheckedKeys(keys, content);
        return RequestRules.Length("keys.mac", keys.Mac, KeyRecord.MacBytes) ?? RequestRules.Length("keys.signature", keys.Signature, Signatures.SignatureBytes);
    }

    /// <summary>Why a key record is refused that its own identity did not sign. Null if it did.</summary>
    public static IResult? FindForgery(CheckedKeys keys) =>
        Signatures.Verify(keys.Content.Identity, SignaturePurpose.KeyRecord, keys.Record.SignedMessage(), keys.Record.Signature)
            ? null : Problems.SignatureInvalid("keys.signature is not by the identity in keys.record, over record and mac.");

    /// <summary>Reads a key record that was checked when it was stored.</summary>
    public static KeyRecordContent OfStore(KeyRecord keys) => KeyRecordContent.TryRead(keys.Record, out KeyRecordContent? content, out string? fault)
        ? content : throw new StoreException(StoreFailure.Unusable, $"The database holds a key record that {fault}.");
}
