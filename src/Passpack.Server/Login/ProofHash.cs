using System.Security.Cryptography;

namespace Passpack.Server.Login;

/// <summary>
/// The stored form of a proof: HMAC-SHA-256 under a random salt. A fast hash is enough, because the proof is 32 bytes out of scrypt: whoever steals
/// the database needs a run of scrypt for every guess of a Password.
/// </summary>
internal static class ProofHash
{
    public const int SaltBytes = 16;

    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltBytes);

    public static byte[] Compute(byte[] salt, byte[] proof) => HMACSHA256.HashData(salt, proof);
}
