using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Passpack.Protocol;

/// <summary>
/// Work that takes long to do and no time to check (hashcash): eight bytes such that the SHA-256 of the challenge followed by them begins with as
/// many zero bits as the difficulty. Each bit doubles the work; 20 are about half a second.
/// </summary>
public static class ProofOfWork
{
    /// <summary>Bytes of the work.</summary>
    public const int WorkBytes = 8;

    private const int AskEvery = 1 << 12;

    /// <summary>Does the work.</summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static byte[] Solve(ReadOnlySpan<byte> challenge, int difficulty, CancellationToken cancellationToken = default)
    {
        byte[] tried = [.. challenge, .. new byte[WorkBytes]];
        Span<byte> work = tried.AsSpan(challenge.Length);
        for (ulong count = 0; ; count++)
        {
            if (count % AskEvery == 0)
                cancellationToken.ThrowIfCancellationRequested();
            BinaryPrimitives.WriteUInt64BigEndian(work, count);
            if (Zeros(tried) >= difficulty)
                return work.ToArray();
        }
    }

    /// <summary>Whether the work was done.</summary>
    public static bool IsDone(ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> work, int difficulty) =>
        work.Length == WorkBytes && Zeros([.. challenge, .. work]) >= difficulty;

    private static int Zeros(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        // The first eight bytes are enough for every allowed difficulty.
        return BitOperations.LeadingZeroCount(BinaryPrimitives.ReadUInt64BigEndian(hash));
    }
}
