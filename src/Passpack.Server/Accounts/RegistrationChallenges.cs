using System.Buffers.Binary;
using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Login;
using Passpack.Server.Storage;

namespace Passpack.Server.Accounts;

/// <summary>
/// Challenges for the proof of work of a registration, which makes it expensive to find out whether User IDs exist. No node remembers a challenge: it
/// proves itself by a MAC over its expiry, a random number and the User ID. It is made before anything is looked up.
/// </summary>
internal sealed class RegistrationChallenges(IServerStore store, ServerOptions options, TimeProvider time)
{
    /// <summary>How long a challenge is valid.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private const int NonceBytes = 16;
    private const int HeadBytes = sizeof(long) + NonceBytes;

    /// <param name="userId">Normalized.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<RegistrationChallenge> CreateAsync(string userId, CancellationToken cancel)
    {
        byte[] head = new byte[HeadBytes];
        BinaryPrimitives.WriteInt64BigEndian(head, (time.GetUtcNow() + Life).ToUnixTimeMilliseconds());
        RandomNumberGenerator.Fill(head.AsSpan(sizeof(long)));
        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        return new RegistrationChallenge([.. head, .. secret.ChallengeMac(head, userId)], options.RegistrationDifficulty);
    }

    /// <summary>The fault of a returned challenge or its work. Null if both are valid.</summary>
    public async Task<string?> FindFaultAsync(string userId, byte[] challenge, byte[] work, CancellationToken cancel)
    {
        if (challenge.Length <= HeadBytes || challenge.Length > Limits.ChallengeBytes)
            return "challenge is not one of this server.";
        byte[] head = challenge[..HeadBytes];
        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        if (!CryptographicOperations.FixedTimeEquals(challenge.AsSpan(HeadBytes), secret.ChallengeMac(head, userId)))
            return "challenge is not one of this server for this User ID.";
        if (BinaryPrimitives.ReadInt64BigEndian(head) <= time.GetUtcNow().ToUnixTimeMilliseconds())
            return "challenge holds no longer; ask for another.";
        return ProofOfWork.IsDone(challenge, work, options.RegistrationDifficulty) ? null : "work is not done.";
    }
}
