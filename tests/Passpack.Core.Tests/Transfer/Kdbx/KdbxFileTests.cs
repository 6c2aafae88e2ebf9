using System.Security.Cryptography;
using Passpack.Core.Tests.Vault;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Kdbx;
using Passpack.TransferSamples;
using Passpack.Vault.Files;

namespace Passpack.Core.Tests.Transfer.Kdbx;

/// <summary>What a database that is none, cut off, altered, too new or too costly, or a key that is none of its, ends in.</summary>
public sealed class KdbxFileTests
{
    private const string Key = "p", Xml = "<KeePassFile />";

    private static readonly KdbxFileMaker s_version4 = new(4, 1, KdbxCipher.ChaCha20, KdbxFileMaker.Argon2(isId: true, 0x13)) { Password = Key };
    private static readonly KdbxFileMaker s_version3 = new(3, 1, KdbxCipher.Aes, KdbxFileMaker.AesKdf(1)) { Password = Key, ValueKind = ValueCipher.Salsa20 };

    public static TheoryData<int> Versions => [3, 4];

    [Theory, MemberData(nameof(Versions))]
    public void A_file_that_is_cut_anywhere_is_refused(int version)
    {
        byte[] file = Maker(version).Make(Xml);
        // Up to version 3 the end is padding, which says nothing.
        for (int length = 0; length < file.Length - (version >= 4 ? 0 : 32); length++)
        {
            string expected = length < KdbxHeader.SignatureBytes ? ErrorCodes.FormatNotRecognized : ErrorCodes.SourceDamaged;
            Assert.Equal(expected, Assert.Throws<PasspackException>(() => Open(file[..length])).ErrorId);
        }
    }

    [Theory, MemberData(nameof(Versions))]
    public void A_byte_that_is_altered_anywhere_is_noticed_before_anything_is_read(int version)
    {
        KdbxFileMaker maker = Maker(version);
        byte[] file = maker.Make(Xml);
        int header = HeaderLength(file);
        for (int at = version >= 4 ? 0 : header; at < file.Length - (version >= 4 ? 0 : 32); at++)
        {
            byte[] altered = [.. file];
            altered[at] ^= 0x10;
            Assert.Contains(Assert.Throws<PasspackException>(() => Open(altered)).ErrorId, new[]
            {
                ErrorCodes.FormatNotRecognized, ErrorCodes.SourceDamaged, ErrorCodes.SourceKeyMismatch, ErrorCodes.SourceNotSupported, ErrorCodes.SourceTooCostly,
            });
        }
    }

    [Theory, MemberData(nameof(Versions))]
    public void Another_key_does_not_open_it_and_the_ways_out_are_told(int version)
    {
        byte[] file = Maker(version).Make(Xml);
        PasspackException error = Errors.Of(ErrorCodes.SourceKeyMismatch, () => Open(file, "another"), "x.kdbx");
        Assert.Contains("YubiKey", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_password_is_a_password_and_none_is_another_key()
    {
        Open((s_version4 with { Password = "" }).Make(Xml), "");
        Errors.Of(ErrorCodes.SourceKeyMismatch, () => Open((s_version4 with { Password = null, KeyFileContent = [1] }).Make(Xml), ""));
    }

    [Fact]
    public void Other_databases_and_later_versions_are_named()
    {
        byte[] file = s_version4.Make(Xml);
        Errors.Of(ErrorCodes.SourceNotSupported, () => Open([.. file[..8], 0, 0, 5, 0, .. file[12..]]), "KDBX 5.0");
        Errors.Of(ErrorCodes.SourceNotSupported, () => Open([.. file[..4], 0x65, .. file[5..]]), "KeePass 1");
        Errors.Of(ErrorCodes.FormatNotRecognized, () => Open([1, 2, 3, 4, .. file[4..]]));
    }

    [Fact]
    public void A_cost_without_end_is_refused_before_the_key_is_asked_for()
    {
        foreach (KeyCost cost in new KeyCost[]
        {
            KdbxFileMaker.Argon2(true, 0x13) with { MemoryBytes = Argon2KeyCost.MostMemoryBytes + 1024 },
            KdbxFileMaker.Argon2(true, 0x13) with { MemoryBytes = ulong.MaxValue },
            KdbxFileMaker.Argon2(true, 0x13) with { Iterations = ulong.MaxValue },
            KdbxFileMaker.Argon2(true, 0x13) with { MemoryBytes = 1 << 30, Iterations = 17 },
            KdbxFileMaker.Argon2(true, 0x13) with { Lanes = 65 },
            new AesKeyCost(new byte[32], AesKeyCost.MostRounds + 1),
        })
        {
            PasspackException error = Assert.Throws<PasspackException>(() => cost.RequireBearable("x.kdbx"));
            Assert.Equal(ErrorCodes.SourceTooCostly, error.ErrorId);
            byte[] header = CostlyHeader(cost);
            Errors.Of(ErrorCodes.SourceTooCostly, () => KdbxFile.Open(new MemoryStream(header), "x.kdbx", () => throw new InvalidOperationException("asked"), default));
        }
        Errors.Of(ErrorCodes.SourceDamaged, () => (KdbxFileMaker.Argon2(true, 0x13) with { MemoryBytes = 1024 }).RequireBearable("x"));
    }

    [Fact]
    public void What_is_read_is_bounded_in_all_and_between_two_tags()
    {
        using var content = new ContentStream(new Endless(), "x.kdbx") { IsXml = true };
        byte[] buffer = new byte[1 << 20];
        PasspackException error = Errors.Of(ErrorCodes.SourceTooCostly, () =>
        {
            while (content.Read(buffer) > 0)
            {
            }
        });
        Assert.Contains("100 MiB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_derivation_by_AES_is_each_block_encrypted_that_many_times() => FsCheck.Fluent.Prop.ForAll<FsCheck.NonNegativeInt, byte[]>((rounds, bytes) =>
    {
        byte[] seed = SHA256.HashData(bytes), key = SHA256.HashData(seed);
        ulong count = (ulong)(rounds.Get % 9000);
        using SecretBytes composite = SecretBytes.CopyOf(key), derived = new AesKeyCost(seed, count).Derive(composite, default);
        using var aes = Aes.Create();
        aes.Key = seed;
        for (ulong i = 0; i < count; i++)
            key = aes.EncryptEcb(key, PaddingMode.None);
        return derived.Span.SequenceEqual(SHA256.HashData(key));
    }).Holds();

    private static KdbxFileMaker Maker(int version) => version >= 4 ? s_version4 : s_version3;

    private static void Open(byte[] file, string key = Key)
    {
        using KdbxFile opened = KdbxFile.Open(new MemoryStream(file), "x.kdbx", () =>
        {
            using SecretBytes password = SecretBytes.FromChars(key);
            return CompositeKey.Of(password, null);
        }, default);
    }

    private static int HeaderLength(byte[] file)
    {
        var stream = new MemoryStream(file);
        KdbxHeader.Read(stream, "x");
        return (int)stream.Position;
    }

    private static byte[] CostlyHeader(KeyCost cost)
    {
        if (cost is not Argon2KeyCost argon2)
        {
            // The rounds lie in eight bytes of the header.
            byte[] file = s_version3.Make(Xml), rounds = BitConverter.GetBytes(((AesKeyCost)cost).Rounds);
            int at = file.AsSpan().IndexOf((byte[])[6, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
            rounds.CopyTo(file, at + 3);
            return file;
        }
        return KdbxHeader.New(KdbxCipher.ChaCha20, argon2).Bytes;
    }

    private sealed class Endless : ForwardStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)'a');
            return buffer.Length;
        }
    }
}
