using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Unlocking;

namespace Passpack.Core.Tests.Packing;

public sealed class KeyDerivationTests
{
    private static readonly PackingVectors s_vectors = PackingVectors.All;

    [Fact]
    public void Scrypt_gives_what_RFC_7914_says()
    {
        foreach (ScryptVector vector in s_vectors.ScryptRfc7914)
        {
            using SecretBytes secret = SecretBytes.FromChars(vector.Secret);
            using SecretBytes derived = KeyDerivation.ScryptCore(secret, vector.Salt, new(vector.Log2N, vector.R, vector.P), 64);
            Assert.Equal(vector.Derived, derived.Span);
        }
    }

    [Fact]
    public void Subkeys_are_HKDF_SHA_256()
    {
        // RFC 5869, test case 3 is among them: its first 32 bytes are its whole for a 32-byte key.
        foreach (HkdfVector vector in s_vectors.Hkdf)
        {
            using SecretBytes key = SecretBytes.CopyOf(vector.Key);
            using SecretBytes subkey = KeyDerivation.Subkey(key, vector.Info, vector.Salt);
            Assert.Equal(vector.Derived, subkey.Span);
        }
        Assert.Contains(s_vectors.Hkdf, vector => Convert.ToHexString(vector.Derived) == "8DA4E775A563C18F715F802A063C5A31B8A11F5C5EE1879EC3454E5F3C738D2D");
    }

    [Fact]
    public void The_login_proof_is_as_another_implementation_derives_it()
    {
        LoginProofVector vector = s_vectors.LoginProof;
        using SecretBytes password = SecretBytes.FromChars(vector.Password);
        using SecretBytes proof = KeyDerivation.LoginProof(password, vector.Salt, KdfParameters.Parse(vector.Kdf));
        Assert.Equal(vector.Proof, proof.Span);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(1 << 20)]
    public void A_salt_of_another_length_is_damage(int? length)
    {
        using SecretBytes secret = SecretBytes.FromChars("secret");
        byte[] salt = length is int bytes ? new byte[bytes] : null!;
        var e = Assert.Throws<PasspackException>(() => KeyDerivation.LoginProof(secret, salt, KdfParameters.Floor));
        Assert.Equal(ErrorCodes.VaultDamaged, e.ErrorId);
    }

    /// <summary>Other test programs make new keys with less (tests/Shared/CheapKeys.cs); this one does not.</summary>
    [Fact]
    public void New_keys_cost_128_MiB()
    {
        Assert.Equal("17.8.1", KdfParameters.Current.ToString());
        Assert.Equal(128L << 20, KdfParameters.Current.Memory);
        using SecretBytes packingKey = SecretBytes.FromChars("correct horse battery staple, 4711 times");
        using var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        Assert.Equal(KdfParameters.Current, KeyEnvelope.ParametersOf(PackingKeys.Wrap(keys, packingKey)));
    }

    [Fact]
    public void Parameters_out_of_bounds_are_never_computed()
    {
        using SecretBytes secret = SecretBytes.FromChars("secret");
        foreach (KdfParameters parameters in new KdfParameters[] { default, new(14, 8, 1), new(24, 64, 16), new(-1, -1, -1), new(int.MaxValue, int.MaxValue, int.MaxValue) })
            Assert.Throws<ArgumentOutOfRangeException>(() => KeyDerivation.Scrypt(secret, new byte[16], parameters, 64));
    }

    [Theory]
    [InlineData("15.8.1")]
    [InlineData("17.8.1")]
    [InlineData("18.8.4")]
    [InlineData("15.64.1")]
    public void Parameters_within_the_bounds_are_read_as_written(string text) => Assert.Equal(text, KdfParameters.Parse(text).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("17.8")]
    [InlineData("17.8.1.1")]
    [InlineData("017.8.1")]
    [InlineData("17.8.01")]
    [InlineData("17.8.0")]
    [InlineData("+17.8.1")]
    [InlineData("-17.8.1")]
    [InlineData(" 17.8.1")]
    [InlineData("17.8.1\n")]
    [InlineData("1e1.8.1")]
    [InlineData("１７.8.1")]
    [InlineData("9999999999999999999999.8.1")]
    [InlineData("14.8.1")]
    [InlineData("14.64.16")]
    [InlineData("17.7.1")]
    [InlineData("15.65.1")]
    [InlineData("17.8.5")]
    [InlineData("18.9.1")]
    [InlineData("19.8.1")]
    [InlineData("25.8.1")]
    [InlineData("31.8.1")]
    [InlineData("64.8.1")]
    [InlineData("99.99.99")]
    public void Other_parameters_are_damage(string? text) =>
        Assert.Equal(ErrorCodes.VaultDamaged, Assert.Throws<PasspackException>(() => KdfParameters.Parse(text)).ErrorId);

    [Theory]
    [InlineData("17.8.1", "17.8.1", false)]
    [InlineData("16.8.1", "17.8.1", true)]
    [InlineData("18.8.1", "17.8.1", false)]
    [InlineData("15.8.4", "17.8.1", true)] // The same work in a quarter of the memory: four times the guesses on the same hardware.
    [InlineData("17.8.1", "16.8.4", true)]
    [InlineData("16.16.1", "17.8.1", false)]
    public void Weaker_is_less_work_or_less_memory(string one, string other, bool weaker) =>
        Assert.Equal(weaker, KdfParameters.Parse(one).IsWeakerThan(KdfParameters.Parse(other)));
}
