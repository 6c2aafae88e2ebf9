using System.Security.Cryptography;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>How an attempt ended.</summary>
/// <param name="Proved">Whether the proof was right.</param>
/// <param name="Wait">If set, the attempt was not even judged: too many have failed before.</param>
internal readonly record struct ProofVerdict(bool Proved, TimeSpan? Wait);

/// <summary>
/// Checks proofs of Passwords, and makes guessing slow. Unknown User IDs take the same way, counted alike, so that neither answer,
/// time nor lockout tells whether one exists.
/// </summary>
internal sealed class LoginThrottle(IServerStore store, TimeProvider time)
{
    // Stand in for what an unknown User ID does not have; no proof can match, because the outcome is joined with "known".
    private static readonly byte[] NoSalt = new byte[ProofHash.SaltBytes];
    private static readonly byte[] NoHash = new byte[32];

    /// <summary>
    /// Verifies a proof of the Password of a device's account. Counted, for a stolen token must not be a way to guess it; but by the device
    /// alone, so that nobody without its token can keep its owner from changing the Password.
    /// </summary>
    /// <param name="device">Whose token came with the request.</param>
    /// <param name="proof">32 bytes, chosen by what is known of the account; null is known of one that is gone.</param>
    /// <param name="client">Where the attempt comes from.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>How it ended, and the account's login; that is there if the proof was right.</returns>
    public async Task<(ProofVerdict Verdict, StoredLogin? Login)> VerifyAsync(
        CurrentDevice device, Func<StoredLogin?, byte[]> proof, ClientAddress client, CancellationToken cancel)
    {
        StoredLogin? login = await store.FindLoginAsync(device.Account, cancel);
        return (await VerifyAsync(login?.UserId ?? "", login, proof(login), client, device, cancel), login);
    }

    /// <summary>Verifies the proof of a login.</summary>
    /// <param name="userId">Normalized.</param>
    /// <param name="login">What is known of this User ID; null when it is unknown.</param>
    /// <param name="proof">32 bytes.</param>
    /// <param name="client">Where the attempt comes from.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<ProofVerdict> VerifyAsync(string userId, StoredLogin? login, byte[] proof, ClientAddress client, CancellationToken cancel) =>
        VerifyAsync(userId, login, proof, client, null, cancel);

    private async Task<ProofVerdict> VerifyAsync(
        string userId, StoredLogin? login, byte[] proof, ClientAddress client, CurrentDevice? device, CancellationToken cancel)
    {
        byte[] hash = ProofHash.Compute(login?.ProofSalt ?? NoSalt, proof);
        bool proved = CryptographicOperations.FixedTimeEquals(hash, login?.ProofHash ?? NoHash) & login is not null;

        // Counted after the check, told only if the count allows: the cheap check leaks nothing to who is locked out.
        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        AttemptKeys keys = secret.AttemptKeys(userId, client, device);
        TimeSpan? wait = await store.CountAttemptAsync(keys, login?.Account, proved, time.GetUtcNow(), cancel);
        return new ProofVerdict(proved && wait is null, wait);
    }
}
