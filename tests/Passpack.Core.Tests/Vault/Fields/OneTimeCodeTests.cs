using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Vault.Fields;

namespace Passpack.Core.Tests.Vault.Fields;

/// <summary>One-time codes, against the vectors of their RFC, codes of Steam's own program, and a second computation.</summary>
public sealed class OneTimeCodeTests
{
    /// <summary>RFC 6238, appendix B: the seeds are the digits 1 to 0, as often as the hash is long.</summary>
    [Theory]
    [InlineData(59, "94287082", "46119246", "90693936")]
    [InlineData(1111111109, "07081804", "68084774", "25091201")]
    [InlineData(1111111111, "14050471", "67062674", "99943326")]
    [InlineData(1234567890, "89005924", "91819424", "93441116")]
    [InlineData(2000000000, "69279037", "90698825", "38618901")]
    [InlineData(20000000000, "65353130", "77737706", "47863826")]
    public void Codes_are_those_of_RFC_6238(long time, string sha1, string sha256, string sha512)
    {
        Assert.Equal(sha1, Code("SHA1", 20));
        Assert.Equal(sha256, Code("SHA256", 32));
        Assert.Equal(sha512, Code("SHA512", 64));

        string Code(string algorithm, int length)
        {
            byte[] seed = [.. Enumerable.Range(0, length).Select(i => (byte)('0' + (i + 1) % 10))];
            using OneTimeCode code = OneTimeCode.Of(seed, algorithm, 8, 30, isSteam: false, out _)!;
            return code.CodeAt(DateTimeOffset.FromUnixTimeSeconds(time));
        }
    }

    /// <summary>Codes that Steam's program showed for an account thrown away since; published with the tests of KeePassXC.</summary>
    [Theory]
    [InlineData(1511200518, "FR8RV")]
    [InlineData(1511200714, "9P3VP")]
    public void Codes_are_those_of_Steam(long time, string expected)
    {
        const string Seed = "63BEDWCQZKTQWPESARIERL5DTTQFCJTK";
        foreach (string text in (string[])
        [
            $"otpauth://totp/Steam:me?secret={Seed}&issuer=Steam", $"steam://{Seed}",
            $"otpauth://totp/me?secret={Seed}&issuer=Valve&digits=5&period=30&algorithm=SHA1&encoder=steam",
        ])
        {
            using OneTimeCode? code = OneTimeCode.Read(text, out string? fault);
            Assert.Null(fault);
            Assert.Equal(expected, code!.CodeAt(DateTimeOffset.FromUnixTimeSeconds(time)));
        }
    }

    [Fact]
    public void A_second_computation_gives_the_same_code() => Prop.ForAll<byte[], uint, (byte Kind, byte Period)>((seed, seconds, of) =>
    {
        byte[] key = [.. seed, 1];
        string algorithm = ((string[])["SHA1", "SHA256", "SHA512"])[of.Kind % 3];
        int digits = 6 + of.Kind / 3 % 3;
        using OneTimeCode code = OneTimeCode.Of([.. key], algorithm, digits, of.Period + 1, isSteam: false, out _)!;
        return ByHand(key, algorithm, digits, seconds / (of.Period + 1u)) == code.CodeAt(DateTimeOffset.FromUnixTimeSeconds(seconds));
    }).Holds();

    [Fact]
    public void A_URI_says_everything() => Prop.ForAll<byte[], (byte Kind, byte Period), NonNull<string>>((seed, of, label) =>
    {
        byte[] key = [.. seed, 1];
        string text = new([.. label.Get.Where(c => !char.IsSurrogate(c))]);
        string algorithm = ((string[])["SHA1", "SHA256", "SHA512"])[of.Kind % 3];
        using OneTimeCode code = OneTimeCode.Of([.. key], algorithm, 6 + of.Kind / 3 % 3, of.Period + 1, of.Kind > 200, out _)!;
        using OneTimeCode read = OneTimeCode.Read(code.WriteUri("An issuer: & ?", text), out _)!;
        return read.Seed.SequenceEqual(key)
            && (code.Algorithm, code.Digits, code.Period, code.IsSteam) == (read.Algorithm, read.Digits, read.Period, read.IsSteam);
    }).Holds();

    [Fact]
    public void A_code_holds_to_the_end_of_its_period()
    {
        using OneTimeCode code = OneTimeCode.Of([1], "", 6, 60, isSteam: false, out _)!;
        DateTimeOffset start = DateTimeOffset.FromUnixTimeSeconds(120), end = start.AddSeconds(60);
        Assert.Equal((end, end), (code.EndAt(start), code.EndAt(end.AddMilliseconds(-1))));
        Assert.Equal(code.CodeAt(start), code.CodeAt(end.AddMilliseconds(-1)));
        Assert.Equal(end.AddSeconds(60), code.EndAt(end));
        Assert.NotEqual(code.CodeAt(start), code.CodeAt(end));
    }

    [Theory]
    [InlineData("JBSWY3DPEHPK3PX1", "Base32")]
    [InlineData("", "Base32")]
    [InlineData("otpauth://totp/x", "Base32")]
    [InlineData("otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1", "hotp")]
    [InlineData("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=9", "digits")]
    [InlineData("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=six", "no number")]
    [InlineData("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=0", "period")]
    [InlineData("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5", "algorithm")]
    public void What_is_no_seed_is_told_without_its_text(string text, string expected)
    {
        Assert.Null(OneTimeCode.Read(text, out string? fault));
        Assert.Contains(expected, fault!, StringComparison.Ordinal);
        Assert.DoesNotContain("JBSWY3", fault!, StringComparison.Ordinal);
    }

    // RFC 2104 and RFC 4226 as they are written, over the platform's hashes alone.
    private static string ByHand(byte[] key, string algorithm, int digits, ulong step)
    {
        (Func<byte[], byte[]> hash, int block) = algorithm switch
        {
            "SHA256" => ((Func<byte[], byte[]>)SHA256.HashData, 64),
            "SHA512" => (SHA512.HashData, 128),
#pragma warning disable CA5350
            _ => (SHA1.HashData, 64),
#pragma warning restore CA5350
        };
        byte[] padded = new byte[block];
        (key.Length > block ? hash(key) : key).CopyTo(padded, 0);
        byte[] message = [.. Enumerable.Range(0, 8).Select(i => (byte)(step >> (56 - 8 * i)))];
        byte[] mac = hash([.. padded.Select(b => (byte)(b ^ 0x5c)), .. hash([.. padded.Select(b => (byte)(b ^ 0x36)), .. message])]);
        int offset = mac[^1] & 0xF;
        long number = (mac[offset] & 0x7FL) << 24 | (long)mac[offset + 1] << 16 | (long)mac[offset + 2] << 8 | mac[offset + 3];
        string all = number.ToString("D10", System.Globalization.CultureInfo.InvariantCulture);
        return all[^digits..];
    }
}
