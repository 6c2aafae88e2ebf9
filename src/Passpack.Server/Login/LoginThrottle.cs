using System.Security.Cryptography;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Watching;

namespace Passpack.Server.Login;

/// <summary>What an attempt proves itself by.</summary>
/// <param name="Proof">Of the Password, 32 bytes.</param>
/// <param name="SecondFactor">A code. Null for none.</param>
internal readonly record struct GivenProof(byte[] Proof, string? SecondFactor)
{
    /// <summary>Whether the second factor of the account is left out, because the request had it before, or needs none.</summary>
    public bool PasswordOnly { get; init; }
}

/// <summary>How an attempt ended.</summary>
/// <param name="Proved">Whether proof and second factor were right.</param>
/// <param name="Wait">If set, the outcome is withheld, because too many attempts have failed before. Null otherwise.</param>
/// <param name="Factor">If the proof was right: how the second factor fits.</param>
/// <param name="Use">The code to note before anything is changed (<see cref="LoginThrottle.SpendAsync"/>). Null if there is none.</param>
internal readonly record struct ProofVerdict(bool Proved, TimeSpan? Wait, FactorFit Factor = FactorFit.Right, SecondFactorUse? Use = null);

/// <summary>
/// Verifies proofs of Passwords, and slows guessing down. Unknown User IDs are handled and counted in the same way, so that neither answer, time nor
/// lockout tells whether one exists.
/// </summary>
internal sealed class LoginThrottle(IServerStore store, TimeProvider time, ServerMetrics metrics)
{
    // Used for unknown User IDs. No proof can match, because the result also requires that the User ID is known.
    private static readonly byte[] NoSalt = new byte[ProofHash.SaltBytes];
    private static readonly byte[] NoHash = new byte[32];

    /// <summary>
    /// Verifies a proof of the Password of a device's account. Counted, because a stolen token must not allow guessing; but only for this device, so
    /// that nobody without its token can keep the owner from changing the Password.
    /// </summary>
    /// <param name="device">The device whose token came with the request.</param>
    /// <param name="given">The proof, and the code that comes with it.</param>
    /// <param name="client">Where the attempt comes from.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>The verdict, and the account's login, which is not null if the proof was right.</returns>
    public async Task<(ProofVerdict Verdict, StoredLogin? Login)> VerifyAsync(
        CurrentDevice device, GivenProof given, ClientAddress client, CancellationToken cancel)
    {
        StoredLogin? login = await store.FindLoginAsync(device.Account, cancel);
        return (await VerifyAsync(login?.UserId ?? "", login, given, device.Id, client, device, cancel), login);
    }

    /// <summary>Verifies the proof of a login.</summary>
    /// <param name="userId">Normalized.</param>
    /// <param name="login">The login of this User ID. Null if it is unknown.</param>
    /// <param name="given">The proof, and the code that comes with it.</param>
    /// <param name="device">The device to be.</param>
    /// <param name="client">Where the attempt comes from.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<ProofVerdict> VerifyAsync(
        string userId, StoredLogin? login, GivenProof given, Guid device, ClientAddress client, CancellationToken cancel) =>
        VerifyAsync(userId, login, given, device, client, null, cancel);

    /// <summary>Notes the code of an attempt that was proved, as the last thing before it changes something.</summary>
    /// <returns>Whether it still was to be taken: of two attempts at once with one code, one succeeds.</returns>
    public async Task<bool> SpendAsync(long account, ProofVerdict verdict, CancellationToken cancel) =>
        verdict.Use is null || await store.UseSecondFactorAsync(account, verdict.Use, cancel);

    /// <summary>Counts an attempt by a device that was checked elsewhere. Null if its outcome may be told; otherwise the time to wait.</summary>
    public async Task<TimeSpan?> CountAsync(CurrentDevice device, StoredLogin login, bool isRight, ClientAddress client, CancellationToken cancel)
    {
        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        TimeSpan? wait = await store.CountAttemptAsync(
            secret.AttemptKeys(login.UserId, client, device, login.LockoutResets), login.Account, isRight, time.GetUtcNow(), cancel);
        metrics.NoteSignIn(isRight, wait is not null);
        return wait;
    }

    private async Task<ProofVerdict> VerifyAsync(
        string userId, StoredLogin? login, GivenProof given, Guid deviceId, ClientAddress client, CurrentDevice? device, CancellationToken cancel)
    {
        DateTimeOffset now = time.GetUtcNow();
        byte[] hash = ProofHash.Compute(login?.ProofSalt ?? NoSalt, given.Proof);
        bool isRight = CryptographicOperations.FixedTimeEquals(hash, login?.ProofHash ?? NoHash) & login is not null;
        (FactorFit fit, SecondFactorUse? use) = SecondFactorCheck.Verify(
            given.PasswordOnly ? null : login?.SecondFactor, given.SecondFactor, deviceId, mayRepeat: device is not null, now);
        // A right Password without its second factor counts as a failure: else it would take back the failures of guessed codes.
        bool proved = isRight && fit == FactorFit.Right;

        // The proof is checked first, then counted, and the outcome is told only if the count allows it: during a lockout the check leaks nothing.
        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        AttemptKeys keys = secret.AttemptKeys(userId, client, device, login?.LockoutResets ?? 0);
        TimeSpan? wait = await store.CountAttemptAsync(keys, login?.Account, proved, now, cancel);
        metrics.NoteSignIn(proved, wait is not null);
        return new ProofVerdict(proved && wait is null, wait, isRight ? fit : FactorFit.Right, use);
    }
}
