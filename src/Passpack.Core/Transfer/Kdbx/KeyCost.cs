using System.Globalization;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Passpack.Packing.Records;

namespace Passpack.Transfer.Kdbx;

/// <summary>The key derivation of a database, which makes guessing costly. Its cost is bounded: a file must not cost its reader hours.</summary>
internal abstract record KeyCost
{
    /// <summary>Refuses parameters beyond the bounds, before anything is computed.</summary>
    public abstract void RequireBearable(string source);

    /// <summary>Derives 32 bytes from the composite key.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public abstract SecretBytes Derive(SecretBytes composite, CancellationToken cancellationToken);

    private protected static PasspackException TooCostly(string source, FormattableString what) =>
        KdbxErrors.TooCostly(source, what.ToString(CultureInfo.InvariantCulture));
}

/// <summary>AES-KDF: each half of the key encrypted by AES-256-ECB that many times, then SHA-256.</summary>
internal sealed record AesKeyCost(byte[] Seed, ulong Rounds) : KeyCost
{
    /// <summary>About a minute; KeePass proposes 60,000 and offers what takes a second.</summary>
    public const ulong MostRounds = 2_000_000_000;

    private const int BatchBlocks = 1 << 12, BlockBytes = 16;

    public override void RequireBearable(string source)
    {
        if (Rounds > MostRounds)
            throw TooCostly(source, $"{Rounds:N0} rounds of AES-KDF, more than {MostRounds:N0}");
    }

    public override SecretBytes Derive(SecretBytes composite, CancellationToken cancellationToken)
    {
        using var key = new SecretBytes(composite.Length);
        composite.Span.CopyTo(key.Span);
        using Aes aes = Aes.Create();
        aes.Key = Seed;
        for (int half = 0; half < key.Length; half += BlockBytes)
            Encrypt(aes, key.Span.Slice(half, BlockBytes), cancellationToken);
        var derived = new SecretBytes(SHA256.HashSizeInBytes);
        SHA256.HashData(key.Span, derived.Span);
        return derived;
    }

    // CBC over zeros encrypts each result again, n times for n blocks, in one call that the processor's AES instructions serve.
    private void Encrypt(Aes aes, Span<byte> block, CancellationToken cancellationToken)
    {
        byte[] zeros = new byte[BatchBlocks * BlockBytes];
        using var results = new SecretBytes(zeros.Length);
        for (ulong left = Rounds; left > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int bytes = BlockBytes * (int)Math.Min(left, BatchBlocks);
            aes.EncryptCbc(zeros.AsSpan(0, bytes), block, results.Span[..bytes], PaddingMode.None);
            results.Span.Slice(bytes - BlockBytes, BlockBytes).CopyTo(block);
            left -= (ulong)(bytes / BlockBytes);
        }
    }
}

/// <summary>Argon2d or Argon2id (RFC 9106), version 0x10 or 0x13.</summary>
internal sealed record Argon2KeyCost(bool IsId, byte[] Salt, ulong MemoryBytes, ulong Iterations, uint Lanes, uint Version) : KeyCost
{
    public const ulong MostMemoryBytes = 1UL << 30;
    public const uint MostLanes = 64;

    /// <summary>Memory times iterations: minutes.</summary>
    public const ulong MostWorkBytes = 16UL << 30;

    /// <summary>RFC 9106: two blocks of 1 KiB a slice and lane.</summary>
    private const ulong LeastBytesOfLane = 8 << 10;

    /// <summary>Of a further key and of associated data, which KeePass writes nowhere.</summary>
    public byte[]? Secret { get; init; }

    public byte[]? Additional { get; init; }

    public override void RequireBearable(string source)
    {
        if (MemoryBytes > MostMemoryBytes)
            throw TooCostly(source, $"{MemoryBytes >> 20:N0} MiB of memory for Argon2, more than 1,024");
        if (Lanes > MostLanes)
            throw TooCostly(source, $"{Lanes:N0} lanes of Argon2, more than {MostLanes}");
        if (Iterations > MostWorkBytes / Math.Max(MemoryBytes, LeastBytesOfLane))
            throw TooCostly(source, $"{Iterations:N0} iterations of Argon2 over {MemoryBytes >> 10:N0} KiB, more than 16 GiB in all");
        if (Lanes == 0 || Iterations == 0 || MemoryBytes < LeastBytesOfLane * Lanes)
            throw KdbxErrors.Damaged(source, "its header names a cost of Argon2 that Argon2 does not have");
    }

    public override SecretBytes Derive(SecretBytes composite, CancellationToken cancellationToken)
    {
        // Argon2 cannot be stopped: a cancelled import leaves the thread to its end, with a key of its own.
        SecretBytes key = SecretBytes.CopyOf(composite.Span);
        return Task.Run(() => Compute(key), CancellationToken.None).WaitAsync(cancellationToken).GetAwaiter().GetResult();
    }

    private SecretBytes Compute(SecretBytes key)
    {
        using (key)
        {
            Argon2Parameters.Builder parameters = new Argon2Parameters.Builder(IsId ? Argon2Parameters.Argon2id : Argon2Parameters.Argon2d)
                .WithVersion((int)Version).WithSalt(Salt).WithMemoryAsKB((int)(MemoryBytes >> 10)).WithIterations((int)Iterations).WithParallelism((int)Lanes);
            if (Secret is not null)
                parameters.WithSecret(Secret);
            if (Additional is not null)
                parameters.WithAdditional(Additional);
            var generator = new Argon2BytesGenerator();
            generator.Init(parameters.Build());
            var derived = new SecretBytes(SHA256.HashSizeInBytes);
            generator.GenerateBytes(key.Array, derived.Array, 0, derived.Length);
            return derived;
        }
    }
}
