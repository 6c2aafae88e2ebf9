using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Storage;

namespace Passpack.Server.Keys;

/// <summary>The rules for a key record of the next epoch: the identity in force names its successor, which begins the epoch and wakes who asks.</summary>
internal static class SuccessorCheck
{
    /// <summary>Why the successor is refused. Null if it is not.</summary>
    public static IResult? FindFault(
        SuccessorRequest request, CheckedKeys keys, AccountState state, CurrentDevice device, DateTimeOffset now, out NewEpoch? successor)
    {
        successor = null;
        (KeyRecordContent next, WakeRequest wake) = (keys.Content, request.Wake);
        const string name = "successor.manifest";
        SignedManifest? first = null;
        string? fault = RequestRules.Statement(request.Head, request.Signature, "successor.")
            ?? RequestRules.Statement(wake.Head, wake.Signature, "successor.wake.")
            ?? RequestRules.Length("successor.wake.tokenHash", wake.TokenHash, RecordMessage.DigestBytes)
            ?? ManifestCheck.Read(request.Manifest, name, out first);
        if (fault is not null)
            return Problems.Invalid(fault);

        ManifestName begin = ManifestName.Of(request.Manifest);
        IResult? refused = state.FindForgery(
                SignaturePurpose.Succession, Statements.Succession(state.Vault, request.Head, next, begin.Hash), request.Signature, "successor.signature")
            ?? ManifestCheck.FindForgery(first!, name, next.Identity)
            ?? (Signatures.Verify(next.Identity, SignaturePurpose.Wake, Statements.Wake(state.Vault, wake.Head, device.Id, wake.TokenHash), wake.Signature)
                ? null : Problems.SignatureInvalid("successor.wake.signature is not by the identity in keys.record, over what this request says."))
            ?? state.FindOtherHead(request.Head);
        if (refused is not null)
            return refused;

        if (next.Epoch != state.Keys.Epoch + 1)
            fault = $"keys.record is of epoch {next.Epoch} with a successor, and the one in force of {state.Keys.Epoch}.";
        else if (!HasEarlier(next, state.Keys.EarlierKeys))
            fault = "keys.record has other earlier keys than the one in force.";
        else if (next.Identity.Bytes.SequenceEqual(state.Keys.Identity.Bytes))
            fault = "keys.record has the identity in force, and another epoch.";
        else if (request.Manifest.Generation != request.Head.Generation + 1)
            fault = $"{name}.generation is not the one after successor.head.";
        else
            fault = ManifestCheck.FindFault(first!, name, request.Manifest.Generation, next);
        if (fault is null && !begin.IsSame(wake.Head))
            fault = $"successor.wake.head is not {name}.";
        if (fault is not null)
            return Problems.Invalid(fault);

        successor = new NewEpoch(
            new Succession(keys.Record.Record, request.Head, begin.Hash, request.Signature), request.Manifest, device.Session, wake.TokenHash, now);
        return null;
    }

    /// <summary>Whether the earlier keys begin with those of before. That there is one an epoch, their reader demands.</summary>
    public static bool HasEarlier(KeyRecordContent keys, IReadOnlyList<byte[]> before) =>
        keys.EarlierKeys.Take(before.Count).Select(Convert.ToHexString).SequenceEqual(before.Select(Convert.ToHexString));
}
