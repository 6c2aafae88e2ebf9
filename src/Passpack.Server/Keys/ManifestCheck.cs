using Passpack.Protocol;
using Passpack.Server.Api;

namespace Passpack.Server.Keys;

/// <summary>The rules for a manifest, of which the server can read all but what is sealed.</summary>
internal static class ManifestCheck
{
    /// <summary>Reads a manifest of a request.</summary>
    /// <returns>The fault. Null if there is none.</returns>
    public static string? Read(ManifestLink link, string name, out SignedManifest? manifest)
    {
        manifest = SignedManifest.Read(link.Sealed);
        if (manifest is null)
            return $"{name}.sealed is no signed manifest of at most {Limits.ManifestBytes} bytes.";
        return link.Generation < 1 ? $"{name}.generation starts at 1." : null;
    }

    /// <summary>Why a manifest is refused that an identity did not sign. Null if it did.</summary>
    public static IResult? FindForgery(SignedManifest manifest, string name, AccountIdentity signer) =>
        manifest.Signer.AsSpan().SequenceEqual(signer.Fingerprint)
            && Signatures.Verify(signer, SignaturePurpose.Manifest, manifest.SignedMessage(), manifest.Signature)
            ? null : Problems.SignatureInvalid($"{name}.sealed is not signed by the identity that it has to be of.");

    /// <summary>What is wrong with what a manifest says that it is. Null if nothing is.</summary>
    public static string? FindFault(SignedManifest manifest, string name, long generation, KeyRecordContent keys)
    {
        if (!RecordHeader.TryRead(manifest.SealedPart, out RecordHeader header) || header.Part != RecordPart.Manifest || header.Stream != RecordStream.None)
            return $"{name}.sealed does not begin with the header of a manifest.";
        if (header.VaultId != keys.VaultId || header.RecordId != keys.VaultId)
            return $"{name}.sealed is of another vault.";
        if (header.Epoch != keys.Epoch)
            return $"{name}.sealed is of epoch {header.Epoch}, and the key record of {keys.Epoch}.";
        return header.Version == generation ? null : $"{name}.sealed is of generation {header.Version}, not {generation}.";
    }
}
