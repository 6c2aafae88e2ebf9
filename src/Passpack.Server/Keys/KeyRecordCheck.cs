using Passpack.Protocol;
using Passpack.Server.Api;

namespace Passpack.Server.Keys;

/// <summary>The rules for a key record, which the server cannot open.</summary>
internal static class KeyRecordCheck
{
    /// <summary>Characters of a key envelope: far more than any pack version needs.</summary>
    public const int EnvelopeLength = 8192;

    private const int MacBytes = 32;

    /// <summary>The fault. Null if there is none.</summary>
    public static string? FindFault(KeyRecord keys)
    {
        if (keys.Generation < 1 || keys.PackVersion < 1 || keys.Epoch < 1)
            return "keys.generation, keys.packVersion and keys.epoch start at 1.";
        if (keys.VaultId == Guid.Empty)
            return "keys.vaultId is empty.";
        if (keys.KeyEnvelope.Length is 0 or > EnvelopeLength)
            return $"keys.keyEnvelope has 1 to {EnvelopeLength} characters.";
        return RequestRules.Length("keys.mac", keys.Mac, MacBytes);
    }
}
