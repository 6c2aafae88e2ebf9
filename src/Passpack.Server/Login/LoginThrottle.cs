using System.Security.Cryptography;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>How an attempt ended.</summary>
/// <param name="Proved">Whether the proof was right.</param>
/// <param name="Wait">If set, the outcome is withheld, because too many attempts have failed before. Null otherwise.</param>
internal readonly record struct ProofVerdict(bool Proved, TimeSpan? Wait);

/// <summary>
/// Verifies proofs of Passwords, and slows guessing down. Unknown User IDs are handled and counted in the same way, so that neither answer, time nor
/// lockout tells whether one exists.
/// </summary>
internal sealed class LoginThrottle(IServerStore store, TimeProvider time)
{
    // Used for unknown User IDs. No proof can match, because the result also requires that the User ID is known.
    private static readonly byte[] NoSalt = new byte[ProofHash.SaltBytes];
    private static readonly byte[] NoHash = new byte[32];

    /// <summary>
    /// Verifies a proof of the Password of a device's account. Counted, because a stolen token must not allow guessing; but only for this device, so
    /// that nobody without its token can keep the owner from changing the Password.
    /// </summary>
    /// <param name="device">The device whose token came with the request.</param>
    /// <param name="proof">Returns the 32 bytes to verify for the account's login, which is null if the account was removed.</param>
    /// <param name="client">Where the attempt comes from.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>The verdict, and the account's login, which is not null if the proof was right.</returns>
    public async Task<(ProofVerdict Verdict, StoredLogin? Login)> VerifyAsync(
        CurrentDevice device, Func<StoredLogin?, byte[]> proof, ClientAddress client, CancellationToken cancel)
    {
        StoredLogin? login = await store.FindLoginAsync(device.Account, cancel);
        return (await VerifyAsync(login?.UserId ?? "", login, proof(login), client, device, cancel), login);
    }

    /// <summary>Verifies the proof of a login.</summary>
    /// <param name="userId">Normalized.</param>
    /// <param name="login">The login of this User ID. Null if it is unknown.</param>
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

        // The proof is checked first, then counted, and the outcome is told only if the count allows it: during a lockout the check leaks nothing.
        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        AttemptKeys keys = secret.AttemptKeys(userId, client, device);
        TimeSpan? wait = await store.CountAttemptAsync(keys, login?.Account, proved, time.GetUtcNow(), cancel);
        return new ProofVerdict(proved && wait is null, wait);
    }
}
