using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>What both sides of a shared vault have to write alike beside the log.</summary>
public sealed class SharedWireTests
{
    private static readonly ChainHead s_log = new(7, Logs.Hash("statement 7"));

    private static readonly SignedManifest s_shared =
        SignedManifest.Make([1, 2, 3], Person.Anna.Identity.Fingerprint, message => Person.Anna.Sign(SignaturePurpose.Manifest, message), s_log);

    [Fact]
    public void A_manifest_of_a_shared_vault_names_the_last_statement_and_signs_that()
    {
        byte[] bytes = s_shared.ToBytes();
        byte[] expected = [0, 0, 0, 3, 1, 2, 3, .. Person.Anna.Identity.Fingerprint, 1, 0, 0, 0, 0, 0, 0, 0, 7, .. s_log.Hash.ToBytes()];
        Assert.Equal(expected, bytes[..^Signatures.SignatureBytes]);
        SignedManifest read = SignedManifest.ReadShared(bytes)!;
        Assert.Equal(s_log, read.Log);
        Assert.Equal(bytes, read.ToBytes());
        Assert.True(Signatures.Verify(Person.Anna.Identity, SignaturePurpose.Manifest, read.SignedMessage(), read.Signature));
        Assert.False(Signatures.Verify(Person.Anna.Identity, SignaturePurpose.Manifest, (read with { Log = new ChainHead(8, s_log.Hash) }).SignedMessage(), read.Signature));
    }

    [Fact]
    public void A_manifest_of_one_kind_of_vault_is_refused_in_the_other()
    {
        byte[] shared = s_shared.ToBytes();
        byte[] personal = SignedManifest.Make([1, 2, 3], Person.Anna.Identity.Fingerprint, message => Person.Anna.Sign(SignaturePurpose.Manifest, message)).ToBytes();
        Assert.NotNull(SignedManifest.Read(personal));
        Assert.Null(SignedManifest.ReadShared(personal));
        Assert.NotNull(SignedManifest.ReadShared(shared));
        Assert.Null(SignedManifest.Read(shared));
    }

    [Fact]
    public void A_manifest_of_a_shared_vault_that_is_not_as_it_was_written_is_refused()
    {
        byte[] bytes = s_shared.ToBytes();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Null(SignedManifest.ReadShared(bytes.AsSpan(..length)));
        Assert.Null(SignedManifest.ReadShared([.. bytes, 0]));
        foreach (byte kind in new byte[] { 0, 2, 255 })
            Assert.Null(SignedManifest.ReadShared([.. bytes[..39], kind, .. bytes[40..]]));
        Assert.Null(SignedManifest.ReadShared([.. bytes[..40], 0x80, .. bytes[41..]]));
        Assert.Null(SignedManifest.ReadShared(new byte[Limits.ManifestBytes + 1]));
    }

    [Fact]
    public void Any_manifest_of_a_shared_vault_makes_the_round_trip() => Prop.ForAll<byte[], NonNegativeInt>((sealedPart, number) =>
    {
        var log = new ChainHead(number.Get, Logs.Hash($"{number.Get}"));
        var manifest = SignedManifest.Make(sealedPart ?? [], Logs.Hash("signer").ToBytes(), message => [.. SHA256.HashData(message), .. SHA256.HashData(message)], log);
        SignedManifest read = SignedManifest.ReadShared(manifest.ToBytes())!;
        Assert.Equal(manifest.SealedPart, read.SealedPart);
        Assert.Equal(manifest.Signer, read.Signer);
        Assert.Equal(manifest.Signature, read.Signature);
        Assert.Equal(log, read.Log);
        Assert.Null(SignedManifest.Read(manifest.ToBytes()));
    }).Holds();

    [Fact]
    public void The_state_of_a_vault_is_the_hash_that_the_format_says()
    {
        var id = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        ChainHead manifest = Logs.Manifest(5);
        byte[] wrapped = [9, 9];
        byte[] text =
        [
            .. "passpack/7/shared vault state\0"u8, .. Convert.FromHexString("00112233445566778899aabbccddeeff"), .. Number(3), .. Number(5), .. manifest.Hash.ToBytes(),
            .. Number(8), .. s_log.Hash.ToBytes(), .. SHA256.HashData(wrapped),
        ];
        Assert.Equal(SHA256.HashData(text)[..16], SharedVaultState.Compute(id, 3, manifest, s_log, wrapped));
        byte[] former =
            [.. "passpack/7/shared vault state\0"u8, .. Convert.FromHexString("00112233445566778899aabbccddeeff"), .. new byte[48], .. Number(8), .. s_log.Hash.ToBytes(), .. new byte[32]];
        Assert.Equal(SHA256.HashData(former)[..16], SharedVaultState.ComputeForFormer(id, s_log));
    }

    [Fact]
    public void Whatever_a_member_is_served_changes_the_state()
    {
        Guid id = Guid.NewGuid();
        ChainHead manifest = Logs.Manifest(5), otherManifest = manifest with { Hash = Logs.Hash("other") }, otherLog = s_log with { Hash = Logs.Hash("other") };
        byte[][] states =
        [
            SharedVaultState.Compute(id, 3, manifest, s_log, [1]), SharedVaultState.Compute(Guid.NewGuid(), 3, manifest, s_log, [1]),
            SharedVaultState.Compute(id, 4, manifest, s_log, [1]), SharedVaultState.Compute(id, 3, manifest with { Number = 6 }, s_log, [1]),
            SharedVaultState.Compute(id, 3, otherManifest, s_log, [1]), SharedVaultState.Compute(id, 3, manifest, s_log with { Number = 8 }, [1]),
            SharedVaultState.Compute(id, 3, manifest, otherLog, [1]), SharedVaultState.Compute(id, 3, manifest, s_log, [2]),
            SharedVaultState.Compute(id, 3, manifest, s_log, null), SharedVaultState.ComputeForFormer(id, s_log),
        ];
        Assert.Equal(states.Length, states.Select(Convert.ToHexString).Distinct().Count());
        Assert.All(states, state => Assert.Equal(SharedVaultState.Length, state.Length));
    }

    [Fact]
    public void A_head_of_a_personal_vault_is_written_as_before()
    {
        string json = JsonSerializer.Serialize(new ChangePageMetadata(null, new VaultHead(1, 2, 3, 7, [])), ProtocolJson.Default.ChangePageMetadata);
        Assert.Equal("""{"nextPage":null,"head":{"revision":1,"generation":2,"keyGeneration":3,"packVersion":7,"manifests":[]}}""", json);
    }

    private static byte[] Number(long number)
    {
        byte[] eight = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(eight, number);
        return eight;
    }
}
