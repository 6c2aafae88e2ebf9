using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Passpack.Protocol;

/// <summary>Names one manifest of a vault.</summary>
/// <param name="Generation">Its place in the chain.</param>
/// <param name="Hash">SHA-256 of its bytes, 32 bytes.</param>
public sealed record ManifestName(long Generation, byte[] Hash)
{
    /// <summary>The name of a manifest.</summary>
    public static ManifestName Of(ManifestLink manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return new ManifestName(manifest.Generation, SignedManifest.HashOf(manifest.Sealed));
    }

    /// <summary>Whether both name the same manifest.</summary>
    public bool IsSame(ManifestName? other) => other is not null && Generation == other.Generation && Hash.AsSpan().SequenceEqual(other.Hash);
}

/// <summary>
/// The messages of signed requests that are no link of a chain. Each names the head, the newest manifest of the vault, so that it cannot be replayed.
/// docs/pack-format.md, "Identity".
/// </summary>
public static class Statements
{
    /// <summary><see cref="SignaturePurpose.Push"/>.</summary>
    public static byte[] Push(Guid vault, ReadOnlySpan<byte> digest) => [.. Id(vault), .. digest];

    /// <summary><see cref="SignaturePurpose.Succession"/>.</summary>
    /// <param name="vault">The account's vault.</param>
    /// <param name="head">The last manifest of the old epoch.</param>
    /// <param name="next">The new key record; the old epoch is the one before its own.</param>
    /// <param name="firstManifest">SHA-256 of the new epoch's first manifest.</param>
    public static byte[] Succession(Guid vault, ManifestName head, KeyRecordContent next, ReadOnlySpan<byte> firstManifest)
    {
        ArgumentNullException.ThrowIfNull(next);
        return [.. Head(vault, head), .. Number(next.Epoch - 1), .. Number(next.Epoch), .. next.Identity.Fingerprint, .. next.Hash(), .. firstManifest];
    }

    /// <summary><see cref="SignaturePurpose.Password"/>.</summary>
    /// <param name="vault">The account's vault.</param>
    /// <param name="head">The newest manifest.</param>
    /// <param name="salt">The login salt that holds, 16 bytes.</param>
    /// <param name="newSalt">The one to be, 16 bytes.</param>
    /// <param name="newKdf">The parameters to be.</param>
    /// <param name="newProof">The proof to be, 32 bytes.</param>
    public static byte[] Password(Guid vault, ManifestName head, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> newSalt, string newKdf, ReadOnlySpan<byte> newProof)
    {
        byte[] kdf = Encoding.UTF8.GetBytes(newKdf), length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)kdf.Length));
        return [.. Head(vault, head), .. salt, .. newSalt, .. length, .. kdf, .. SHA256.HashData(newProof)];
    }

    /// <summary><see cref="SignaturePurpose.DeviceRemoval"/>.</summary>
    public static byte[] DeviceRemoval(Guid vault, ManifestName head, Guid device) => [.. Head(vault, head), .. Id(device)];

    /// <summary><see cref="SignaturePurpose.AccountRemoval"/>.</summary>
    public static byte[] AccountRemoval(Guid vault, ManifestName head) => Head(vault, head);

    /// <summary><see cref="SignaturePurpose.RemovalCancelling"/>.</summary>
    public static byte[] RemovalCancelling(Guid vault, ManifestName head, Guid removal) => [.. Head(vault, head), .. Id(removal)];

    /// <summary><see cref="SignaturePurpose.Purge"/>: of the earlier versions under epochs before one.</summary>
    public static byte[] Purge(Guid vault, ManifestName head, int epoch) => [.. Head(vault, head), .. Number(epoch)];

    /// <summary><see cref="SignaturePurpose.Wake"/>.</summary>
    /// <param name="vault">The account's vault.</param>
    /// <param name="head">The newest manifest; within a replacement of the keys the first of the new epoch.</param>
    /// <param name="device">Whose token it is.</param>
    /// <param name="tokenHash">SHA-256 of the new token.</param>
    public static byte[] Wake(Guid vault, ManifestName head, Guid device, ReadOnlySpan<byte> tokenHash) => [.. Head(vault, head), .. Id(device), .. tokenHash];

    /// <summary><see cref="SignaturePurpose.KeyFile"/>.</summary>
    /// <param name="vault">The account's vault.</param>
    /// <param name="head">The newest manifest.</param>
    /// <param name="keyFile">The id of the key file, made by the client.</param>
    /// <param name="tokenHash">SHA-256 of its token.</param>
    public static byte[] KeyFile(Guid vault, ManifestName head, Guid keyFile, ReadOnlySpan<byte> tokenHash) => Wake(vault, head, keyFile, tokenHash);

    /// <summary><see cref="SignaturePurpose.SecondFactor"/>.</summary>
    /// <param name="vault">The account's vault.</param>
    /// <param name="head">The newest manifest.</param>
    /// <param name="seed">The seed to be.</param>
    /// <param name="recovery">The hashes of the recovery codes to be.</param>
    public static byte[] SecondFactor(Guid vault, ManifestName head, ReadOnlySpan<byte> seed, ReadOnlySpan<byte> recovery) =>
        [.. Head(vault, head), .. SHA256.HashData(seed), .. SHA256.HashData(recovery)];

    /// <summary><see cref="SignaturePurpose.SecondFactorRemoval"/>.</summary>
    public static byte[] SecondFactorRemoval(Guid vault, ManifestName head) => Head(vault, head);

    /// <summary><see cref="SignaturePurpose.Invitation"/>.</summary>
    /// <param name="vault">The administrator's vault.</param>
    /// <param name="head">Its newest manifest.</param>
    /// <param name="hash">SHA-256 of the text of the invitation.</param>
    /// <param name="expires">Until when it holds.</param>
    /// <param name="quota">How many bytes the account may hold. Null: nothing is said of that.</param>
    public static byte[] Invitation(Guid vault, ManifestName head, ReadOnlySpan<byte> hash, DateTimeOffset expires, long? quota = null) =>
        [.. Head(vault, head), .. hash, .. Number(expires.ToUnixTimeMilliseconds()), .. quota is { } bytes ? Number(bytes) : []];

    /// <summary><see cref="SignaturePurpose.Administration"/>.</summary>
    /// <param name="vault">The administrator's vault.</param>
    /// <param name="head">Its newest manifest.</param>
    /// <param name="number">How many requests of the administrator were taken before, so that each is taken once.</param>
    /// <param name="content">What it says: <see cref="AdministrationRequest.ToContent"/>.</param>
    public static byte[] Administration(Guid vault, ManifestName head, long number, ReadOnlySpan<byte> content) =>
        [.. Head(vault, head), .. Number(number), .. content];

    /// <summary><see cref="SignaturePurpose.PasswordReset"/>: as <see cref="Password"/>, and the hash of the administrator's code.</summary>
    /// <param name="vault">The account's vault.</param>
    /// <param name="head">The newest manifest.</param>
    /// <param name="salt">The login salt that holds, 16 bytes.</param>
    /// <param name="newSalt">The one to be, 16 bytes.</param>
    /// <param name="newKdf">The parameters to be.</param>
    /// <param name="newProof">The proof to be, 32 bytes.</param>
    /// <param name="codeHash">SHA-256 of the code, 32 bytes.</param>
    public static byte[] PasswordReset(
        Guid vault, ManifestName head, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> newSalt, string newKdf, ReadOnlySpan<byte> newProof,
        ReadOnlySpan<byte> codeHash) => [.. Password(vault, head, salt, newSalt, newKdf, newProof), .. codeHash];

    private static byte[] Head(Guid vault, ManifestName head)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentOutOfRangeException.ThrowIfNotEqual(head.Hash.Length, SHA256.HashSizeInBytes);
        return [.. Id(vault), .. Number(head.Generation), .. head.Hash];
    }

    private static byte[] Number(long number)
    {
        byte[] eight = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(eight, number);
        return eight;
    }

    private static byte[] Id(Guid id) => id.ToByteArray(bigEndian: true);

    private static byte[] Number(int number)
    {
        byte[] four = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, number);
        return four;
    }
}
