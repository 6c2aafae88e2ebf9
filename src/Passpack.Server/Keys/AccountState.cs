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

    /// <summary>Why a statement is refused that the identity in force did not sign. Null if it did.</summary>
    public IResult? FindForgery(SignaturePurpose purpose, byte[] message, byte[] signature, string member = "signature") =>
        Signatures.Verify(Keys.Identity, purpose, message, signature) ? null : Problems.NotSigned(member);

    /// <summary>Why a head is refused that is not the newest manifest. Null if it is.</summary>
    public IResult? FindOtherHead(ManifestName head) => answer.Head.IsSame(head) ? null : Problems.HeadMoved();

    /// <summary>The answer to a change that the store made or refused.</summary>
    public IResult Answered(ChangeOutcome outcome) => outcome switch
    {
        ChangeOutcome.Done => Results.NoContent(),
        ChangeOutcome.HeadMoved => Problems.HeadMoved(),
        ChangeOutcome.KeysMoved => Problems.KeyGenerationConflict(Keys.Generation),
        ChangeOutcome.LoginMoved => Problems.SignatureInvalid("The Password was changed meanwhile, and signature is over the login salt of before."),
        ChangeOutcome.TokenTaken => Problems.Invalid("tokenHash is that of a token that there is, and has to be of a new one."),
        _ => Problems.DeviceRevoked(),
    };
}
