using System.Security.Cryptography;
using FsCheck.Fluent;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Utilities;
using Passpack.Vault.Fields;

namespace Passpack.Core.Tests.Vault.Fields;

/// <summary>Private keys of ssh-keygen, and what is none.</summary>
public sealed class SshPrivateKeyTests
{
    private static readonly SshKeys s_all = TestVectors.Load<SshKeys>("ssh-keys.json");

    public static TheoryData<string> Kinds => [.. s_all.Keys.Select(key => key.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_key_of_ssh_keygen_gives_its_public_key_and_fingerprint(string kind)
    {
        SshKey expected = s_all.Keys.Single(key => key.Kind == kind);
        foreach (string ending in (string[])["\n", "\r\n"])
        {
            SshPrivateKey? read = SshPrivateKey.Read(string.Join(ending, expected.Lines) + ending, out string? fault);
            Assert.Null(fault);
            Assert.Equal((expected.PublicKey, expected.Fingerprint), (read!.PublicKey, read.Fingerprint));
        }
    }

    [Fact]
    public void A_key_of_Ed25519_in_PKCS_8_is_read()
    {
        var key = new Ed25519PrivateKeyParameters(RandomNumberGenerator.GetBytes(32));
        byte[] der = Org.BouncyCastle.Pkcs.PrivateKeyInfoFactory.CreatePrivateKeyInfo(key).GetEncoded();
        SshPrivateKey? read = SshPrivateKey.Read(PemEncoding.WriteString("PRIVATE KEY", der), out string? fault);
        Assert.Null(fault);
        Assert.Equal($"ssh-ed25519 {Convert.ToBase64String(OpenSshPublicKeyUtilities.EncodePublicKey(key.GeneratePublicKey()))}", read!.PublicKey);
    }

    [Theory]
    [InlineData("", "BEGIN")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me@example.com", "BEGIN")]
    [InlineData("PuTTY-User-Key-File-3: ssh-ed25519", "BEGIN")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----", "BEGIN")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA", "cut off")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", "damaged")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", "damaged")]
    [InlineData("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", "damaged")]
    public void What_is_no_private_key_is_told(string text, string expected)
    {
        Assert.Null(SshPrivateKey.Read(text, out string? fault));
        Assert.Contains(expected, fault!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_key_is_read_or_refused_and_nothing_else() => Prop.ForAll<byte, ushort, byte>((which, place, value) =>
    {
        char[] text = string.Join('\n', s_all.Keys[which % s_all.Keys.Length].Lines).ToCharArray();
        text[place % text.Length] = (char)(value % 128);
        SshPrivateKey? read = SshPrivateKey.Read(new string(text), out string? fault);
        return read is null == fault is not null;
    }).Holds();

    private sealed record SshKeys(SshKey[] Keys);

    private sealed record SshKey(string Kind, string[] Lines, string? PublicKey, string? Fingerprint);
}
