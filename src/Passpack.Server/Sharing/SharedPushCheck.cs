using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Api;
using Passpack.Server.Storage;
using Passpack.Server.Sync;

namespace Passpack.Server.Sharing;

/// <summary>The rules for a push onto a shared vault: who may, and how its manifest has to fit the log.</summary>
internal static class SharedPushCheck
{
    /// <summary>Why a push is refused that the member did not sign. Null if it did.</summary>
    public static IResult? FindForgery(PushRequest push, SignedManifest manifest, VaultKey vault, VaultLog log) =>
        log.State.Members.TryGetValue(vault.As!.Identity, out VaultMember? member)
            ? PushCheck.FindForgery(push, manifest, member.Identity, vault.Vault) : SharingProblems.NoMember();

    /// <summary>Why a push is refused that does not follow both heads: somebody else was first.</summary>
    /// <returns>The conflict, or why it is refused for good. Both null if it follows.</returns>
    public static (string? Conflict, IResult? Refused) Judge(PushRequest push, SignedManifest manifest, PushBase found, VaultLog log)
    {
        if (PushCheck.FindOtherPlace(push, found) is { } elsewhere)
            return (elsewhere, null);
        if (!RecordHeader.TryRead(manifest.SealedPart, out RecordHeader header))
            return (null, Problems.Invalid("manifest.sealed does not begin with the header of a manifest."));
        var shared = new SharedManifest(
            new ChainHead(push.Manifest.Generation, Hash256.Of(push.Manifest.Sealed)), Hash256.Read(push.Previous), manifest.Log!.Value, header.Epoch,
            Hash256.Read(manifest.Signer));
        return log.Judge(shared, HeadOf(found)) switch
        {
            ManifestFault.None => (null, null),
            ManifestFault.NotNext => (PushOutcome.OtherManifest(found.Head.Generation), null),
            ManifestFault.StatementInvalid => ("manifest.sealed does not name the last statement of the vault's log.", null),
            ManifestFault.Closed => (null, SharingProblems.Closed()),
            ManifestFault.EpochInvalid => (null, Problems.Invalid($"manifest.sealed is of epoch {header.Epoch}, and the log of {log.State.Epoch}.")),
            ManifestFault.NotMember => (null, SharingProblems.NoMember()),
            _ => (null, SharingProblems.NotPermitted("Readers do not write.")),
        };
    }

    /// <summary>The newest manifest of a vault.</summary>
    public static ChainHead HeadOf(PushBase found) => new(found.Head.Generation, Hash256.Read(found.Head.Hash));
}
