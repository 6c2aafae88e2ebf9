using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Storage;

namespace Passpack.Server.Keys;

/// <summary>What signed requests are judged by, out of one state of the store.</summary>
internal sealed class AccountState(KeysAnswer answer)
{
    /// <summary>As it is served.</summary>
    public KeysAnswer Answer => answer;

    /// <summary>What the key record in force says.</summary>
    public KeyRecordContent Keys { get; } = KeyRecordCheck.OfStore(answer.Keys);

    /// <summary>The account's vault.</summary>
    public Guid Vault => Keys.VaultId;

    /// <summary>Reads the state of a device's account. Null if it was removed.</summary>
    public static async Task<AccountState?> ReadAsync(IServerStore store, CurrentDevice device, CancellationToken cancel) =>
        await store.GetKeysAsync(device.Account, cancel) is { } answer ? new AccountState(answer) : null;

    /// <summary>
    /// The state of a device's account, for a request that its identity signed over a head. Either it, or why the request is refused: malformed, of an account
    /// that was removed, or not signed. That the head is the newest, the store compares.
    /// </summary>
    public static async Task<(AccountState? State, IResult? Refused)> OfSignedAsync(
        IServerStore store, CurrentDevice device, SignaturePurpose purpose, ManifestName head, byte[] signature, Func<Guid, byte[]> statement,
        CancellationToken cancel)
    {
        if (RequestRules.Statement(head, signature) is { } fault)
            return (null, Problems.Invalid(fault));
        if (await ReadAsync(store, device, cancel) is not { } state)
            return (null, Problems.DeviceRevoked());
        return state.FindForgery(purpose, statement(state.Vault), signature) is { } forgery ? (null, forgery) : (state, null);
    }

    /// <summary>Why a statement is refused that the identity in force did not sign. Null if it did.</summary>
    public IResult? FindForgery(SignaturePurpose purpose, byte[] message, byte[] signature, string member = "signature") =>
        Signatures.Verify(Keys.Identity, purpose, message, signature) ? null : Problems.NotSigned(member);

    /// <summary>Why a head is refused that is not the newest manifest. Null if it is.</summary>
    public IResult? FindOtherHead(ManifestName head) => answer.Head.IsSame(head) ? null : Problems.HeadMoved();

    /// <summary>The answer to a change that the store made or refused.</summary>
    public IResult Answered(ChangeOutcome outcome) => outcome switch
    {
        ChangeOutcome.Done or ChangeOutcome.Repeated => Results.NoContent(),
        ChangeOutcome.HeadMoved => Problems.HeadMoved(),
        ChangeOutcome.KeysMoved => Problems.KeyGenerationConflict(Keys.Generation),
        ChangeOutcome.LoginMoved => Problems.SignatureInvalid("The Password was changed meanwhile, and signature is over the login salt of before."),
        ChangeOutcome.TokenTaken => Problems.Invalid("tokenHash is that of a token that there is, and has to be of a new one."),
        ChangeOutcome.NotPermitted => Problems.NotPermitted(),
        ChangeOutcome.NotOneself => Problems.NotOneself(),
        _ => Problems.DeviceRevoked(),
    };
}
