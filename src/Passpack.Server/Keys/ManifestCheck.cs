using Passpack.Protocol;
using Passpack.Server.Api;

namespace Passpack.Server.Keys;

/// <summary>The rules for a manifest, of which the server can read all but what is sealed.</summary>
internal static class ManifestCheck
{
    /// <summary>Reads a manifest of a request.</summary>
    /// <param name="link">As it came.</param>
    /// <param name="name">Of the member that it is.</param>
    /// <param name="manifest">Null if there is a fault.</param>
    /// <param name="isShared">Whether it is a shared vault's.</param>
    /// <returns>The fault. Null if there is none.</returns>
    public static string? Read(ManifestLink link, string name, out SignedManifest? manifest, bool isShared = false)
    {
        manifest = isShared ? SignedManifest.ReadShared(link.Sealed) : SignedManifest.Read(link.Sealed);
        if (manifest is null)
            return $"{name}.sealed is no signed manifest of a {(isShared ? "shared" : "personal")} vault of at most {Limits.ManifestBytes} bytes.";
        return link.Generation < 1 ? $"{name}.generation starts at 1." : null;
    }

    /// <summary>Why a manifest is refused that an identity did not sign. Null if it did.</summary>
    public static IResult? FindForgery(SignedManifest manifest, string name, AccountIdentity signer) =>
        manifest.Signer.AsSpan().SequenceEqual(signer.Fingerprint)
            && Signatures.Verify(signer, SignaturePurpose.Manifest, manifest.SignedMessage(), manifest.Signature)
            ? null : Problems.SignatureInvalid($"{name}.sealed is not signed by the identity that it has to be of.");

    /// <summary>What is wrong with what a manifest says that it is. Null if nothing is.</summary>
    public static string? FindFault(SignedManifest manifest, string name, long generation, KeyRecordContent keys) =>
        FindFault(manifest, name, generation, new VaultEpoch(keys), "the key record");

    /// <summary>What is wrong with what a manifest says that it is. Null if nothing is.</summary>
    /// <param name="manifest">It.</param>
    /// <param name="name">Of the member that it is.</param>
    /// <param name="generation">That it is said to be of.</param>
    /// <param name="epoch">Under which it has to be sealed.</param>
    /// <param name="says">What says so.</param>
    public static string? FindFault(SignedManifest manifest, string name, long generation, VaultEpoch epoch, string says)
    {
        if (!RecordHeader.TryRead(manifest.SealedPart, out RecordHeader header) || header.Part != RecordPart.Manifest || header.Stream != RecordStream.None)
            return $"{name}.sealed does not begin with the header of a manifest.";
        if (header.VaultId != epoch.VaultId || header.RecordId != epoch.VaultId)
            return $"{name}.sealed is of another vault.";
        if (header.Epoch != epoch.Newest)
            return $"{name}.sealed is of epoch {header.Epoch}, and {says} of {epoch.Newest}.";
        return header.Version == generation ? null : $"{name}.sealed is of generation {header.Version}, not {generation}.";
    }
}
