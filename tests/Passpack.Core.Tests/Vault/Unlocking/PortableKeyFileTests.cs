using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Core.Tests.Vault.Unlocking;

/// <summary>The bytes of a portable key file (docs/pack-format.md), and every way in which they can be others.</summary>
public sealed class PortableKeyFileTests : IDisposable
{
    private const string Start = "passpack-key-file#1#portable#";

    private static readonly AccountRow s_account = new()
    {
        UserId = "zoë@example.com",
        VaultId = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        Epoch = 1,
        PackVersion = 7,
        KeyEnvelope = "7#account#an envelope",
        Server = "https://passpack.example.com/",
        Certificate = RandomNumberGenerator.GetBytes(32),
        Generation = 7,
        ManifestHash = RandomNumberGenerator.GetBytes(32),
    };

    private readonly string _home = Directory.CreateTempSubdirectory("passpack-test-").FullName;
    private readonly Guid _id = Guid.NewGuid();
    private readonly byte[] _derived = RandomNumberGenerator.GetBytes(64), _token = RandomNumberGenerator.GetBytes(32);

    private string Where => Path.Combine(_home, "passpack.key");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void What_is_written_is_read_and_every_part_of_it()
    {
        foreach (AccountRow account in new[] { s_account, s_account with { Certificate = null, ManifestHash = null } })
        {
            Write(account);
            using PortableKeyFile file = PortableKeyFile.Read(Where);
            Assert.Equal(_derived, file.Derived.Span.ToArray());
            Assert.Equal(_token, file.Token.Span.ToArray());
            Assert.Equal((_id, account.VaultId, account.Server, account.UserId), (file.Id, file.VaultId, file.Server, file.UserId));
            Assert.Equal(account.Certificate, file.Certificate);
            Assert.Equal(account.Checkpoint?.ToString(), file.Checkpoint?.ToString());
            Assert.True(file.IsFor(account.VaultId, account.KeyEnvelope));
            Assert.False(file.IsFor(account.VaultId, account.KeyEnvelope + "x"));
            Assert.False(file.IsFor(Guid.NewGuid(), account.KeyEnvelope));
        }
    }

    [Fact]
    public void The_file_is_what_pack_format_says()
    {
        Write(s_account);
        string text = File.ReadAllText(Where);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        string[] fields = text[..^1].Split('#');
        Assert.Equal(["passpack-key-file", "1", "portable"], fields[..3]);
        Assert.Equal(6, fields.Length);
        Assert.Equal(_derived, Convert.FromBase64String(fields[3]));
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(text[..^(fields[5].Length + 1)]))[..8], Convert.FromBase64String(fields[5]));
        byte[] content = Convert.FromBase64String(fields[4]);
        byte[] plaintext = new byte[content.Length - 28];
        using (var gcm = new AesGcm(HKDF.DeriveKey(HashAlgorithmName.SHA256, _derived, 32, [], "passpack/7/key file"u8.ToArray()), 16))
            gcm.Decrypt(content[..12], content[12..^16], content[^16..], plaintext, Encoding.ASCII.GetBytes($"{Start}{fields[3]}#"));
        byte[] user = Encoding.UTF8.GetBytes(s_account.UserId), server = Encoding.UTF8.GetBytes(s_account.Server!);
        byte[] expected =
        [
            .. s_account.VaultId.ToByteArray(bigEndian: true), .. SHA256.HashData(Encoding.UTF8.GetBytes(s_account.KeyEnvelope)),
            .. _id.ToByteArray(bigEndian: true), .. _token, 0, 0, 0, 0, 0, 0, 0, 7, .. s_account.ManifestHash!,
            0, (byte)server.Length, .. server, 0, (byte)user.Length, .. user, 0, 32, .. s_account.Certificate!,
        ];
        Assert.Equal(expected, plaintext);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData(" \n\n")]
    public void Whatever_ends_the_line_it_is_read(string end)
    {
        Write(s_account);
        File.WriteAllText(Where, "\n" + File.ReadAllText(Where).Trim() + end);
        PortableKeyFile.Read(Where).Dispose();
    }

    [Fact]
    public void Cut_anywhere_it_says_so()
    {
        Write(s_account);
        string text = File.ReadAllText(Where).Trim();
        for (int length = Start.Length - 1; length < text.Length; length++)
            Refused(text[..length], "cut short");
        for (int length = "passpack-key-file#1#".Length; length < Start.Length - 1; length++)
            Refused(text[..length], "cut short");
        for (int length = 0; length < "passpack-key-file#".Length; length++)
            Refused(text[..length], "none of this module");
    }

    [Fact]
    public void Altered_anywhere_it_says_so()
    {
        Write(s_account);
        byte[] text = Encoding.ASCII.GetBytes(File.ReadAllText(Where).Trim());
        for (int at = Start.Length; at < text.Length; at++)
        {
            byte[] altered = [.. text];
            altered[at] = altered[at] == (byte)'A' ? (byte)'B' : (byte)'A';
            // Without what divides them, parts are missing.
            Refused(Encoding.ASCII.GetString(altered), text[at] == (byte)'#' ? "cut short" : "altered");
        }
    }

    // Whoever writes a checksum that fits has to have the key, too, or what is sealed does not open.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Altered_with_a_checksum_that_fits_it_says_so(int field)
    {
        Write(s_account);
        string[] fields = File.ReadAllText(Where).Trim().Split('#');
        byte[] part = Convert.FromBase64String(fields[field]);
        foreach (int at in Enumerable.Range(0, part.Length))
        {
            byte[] altered = [.. part];
            altered[at] ^= 1;
            Refused(Summed([.. fields[..field], Convert.ToBase64String(altered), .. fields[(field + 1)..5]]), "does not open");
        }
        Refused(Summed([.. fields[..field], Convert.ToBase64String(part[..^33]), .. fields[(field + 1)..5]]), field == 3 ? "another length" : "does not open");
    }

    [Theory]
    [InlineData("2", "is of version 2")]
    [InlineData("10", "is of version 10")]
    public void A_later_version_is_named(string version, string expected)
    {
        Write(s_account);
        string later = File.ReadAllText(Where).Replace("#1#portable#", $"#{version}#portable#", StringComparison.Ordinal);
        File.WriteAllText(Where, later);
        PasspackException e = Assert.Throws<PasspackException>(() => PortableKeyFile.Read(Where));
        Assert.Equal(ErrorCodes.KeyFileTooNew, e.ErrorId);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        File.WriteAllText(Where, "passpack-key-file#" + version);
        Assert.Equal(ErrorCodes.KeyFileTooNew, Assert.Throws<PasspackException>(() => PortableKeyFile.Read(Where)).ErrorId);
    }

    [Fact]
    public void What_is_something_else_says_so()
    {
        Write(s_account);
        string[] fields = File.ReadAllText(Where).Trim().Split('#');
        Refused(Summed([fields[0], "1", "rotation", .. fields[3..5]]), "another purpose, 'rotation'");
        Refused(Summed([fields[0], "x", .. fields[2..5]]), "version is no number");
        Refused("PPUK\u0001\u0001and so on", "-Portable");
        Refused("", "none of this module");
        Refused(new string('x', 9000), "too large");
    }

    private void Write(AccountRow account)
    {
        using PortableKeyFile file = PortableKeyFile.Of(account, _id, SecretBytes.CopyOf(_derived), SecretBytes.CopyOf(_token));
        file.Write(Where, overwrite: true);
    }

    private static string Summed(string[] fields)
    {
        string text = string.Join('#', fields) + "#";
        return text + Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(text))[..8]);
    }

    private void Refused(string text, string expected)
    {
        File.WriteAllText(Where, text);
        PasspackException e = Assert.Throws<PasspackException>(() => PortableKeyFile.Read(Where));
        Assert.Equal(ErrorCodes.KeyFileDamaged, e.ErrorId);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(_derived)[..20], e.Message, StringComparison.Ordinal);
    }
}
