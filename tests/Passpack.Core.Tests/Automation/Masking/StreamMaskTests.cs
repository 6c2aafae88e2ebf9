using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Automation.Masking;

namespace Passpack.Core.Tests.Automation.Masking;

public sealed class StreamMaskTests
{
    // Few different characters, so that forms overlap, repeat, and begin within each other; and those that are escaped.
    private static readonly Gen<string> s_secrets = Gen.OneOf(
        Gen.Elements("a", "b", "ab", "*").NonEmptyListOf().Select(string.Concat).Where(text => text.Length >= 4),
        Gen.Elements("p", "\"", "\\", "\n", "/", "+", " ", "ä", "日", "<", "&", "%", "\r\n", "\u0001", "'", "word", "🔑").NonEmptyListOf().Select(string.Concat)
            .Where(text => text.Length >= 4),
        Gen.Choose(200, 700).Select(length => Convert.ToBase64String(RandomNumberGenerator.GetBytes(length))));

    private static readonly JsonSerializerOptions s_relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Whatever_the_pieces_forms_are_masked_and_all_else_passes_unchanged() =>
        Prop.ForAll(Arb.From(s_secrets.NonEmptyListOf()), Arb.From(Gen.Choose(0, int.MaxValue)), (secrets, seed) =>
        {
            var random = new Random(seed);
            using SecretMask mask = Make([.. secrets]);
            byte[][] forms = [.. mask.Forms];
            byte[] text = Mix(forms, random);
            byte[] expected = MaskSlowly(text, forms, mask.Mask.ToArray());
            byte[] actual = Run(mask, Split(text, random));
            Assert.Equal(expected, actual);
            Assert.Equal(expected, Run(mask, text.Select(one => new[] { one })));
            Assert.All(forms, form => Assert.True(actual.AsSpan().IndexOf(form) < 0 || CanMask(forms, mask.Mask)));
        }).Holds();

    [Theory]
    [InlineData("hunter2", "x hunter2 y", "x *** y")]
    [InlineData("hunter2", "hunter2hunter2", "***")]
    [InlineData("hunter2", "hunter hunte", "hunter hunte")]
    [InlineData("abab", "abababab", "***")]
    [InlineData("abab", "xababax", "x***ax")]
    [InlineData("pa\"ss\\wo", "{\"p\":\"pa\\\"ss\\\\wo\"}", "{\"p\":\"***\"}")]
    [InlineData("a b&c/d", "?q=a%20b%26c%2Fd&x", "?q=***&x")]
    [InlineData("a b&c/d", "q=a+b%26c%2fd", "q=***")]
    [InlineData("a b&c/d", "/a%20b%26c/d/", "/***/")]
    [InlineData("line one\nline two", "> line two\n> line one\n", "> ***\n> ***\n")]
    [InlineData("token 4711\n", "token 4711", "***")]
    [InlineData("ab*cd", "ab*cd", "***")]
    [InlineData("*bcd", "(*bcd)", "(###)")]
    [InlineData("abcd*", "(abcd*)", "(###)")]
    public void A_secret_becomes_a_mask(string secret, string text, string expected)
    {
        using SecretMask mask = Make(secret);
        Assert.Equal(expected, Run(mask, text));
    }

    public static TheoryData<string> Awkward => ["päß\"wörd\\", "a<b>&'c+`d", "tab\tnew\nline", "\u0001\u007fctl!", "日本語 / 🔑", "~!@#$%^&*()_+{}|"];

    [Theory, MemberData(nameof(Awkward))]
    public void What_other_writers_make_of_a_secret_is_masked(string secret)
    {
        using SecretMask mask = Make(secret);
        string[] written =
        [
            JsonSerializer.Serialize(secret)[1..^1],
            JsonSerializer.Serialize(secret, s_relaxed)[1..^1],
            Uri.EscapeDataString(secret), System.Net.WebUtility.UrlEncode(secret), System.Web.HttpUtility.UrlEncode(secret),
            Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(secret)),
        ];
        Assert.All(written, one => Assert.Equal($"[{Encoding.UTF8.GetString(mask.Mask)}]", Run(mask, $"[{one}]")));
    }

    /// <summary>What Python's json.dumps and JavaScript's JSON.stringify and encodeURIComponent print, noted down.</summary>
    [Theory]
    [InlineData("päß\"w<'", "p\\u00e4\\u00df\\\"w<'")]
    [InlineData("a\u007f日🔑", "a\u007f\\u65e5\\ud83d\\udd11")]
    [InlineData("it's (ok)!*", "it's%20(ok)!*")]
    [InlineData("a/b c", "a/b%20c")]
    [InlineData("a<b>&c", "a\\u003cb\\u003e\\u0026c")]
    [InlineData("http://x", "http:\\/\\/x")]
    public void What_other_languages_make_of_a_secret_is_masked(string secret, string written)
    {
        using SecretMask mask = Make(secret);
        Assert.Equal($"[{Encoding.UTF8.GetString(mask.Mask)}]", Run(mask, $"[{written}]"));
    }

    /// <summary>Of a secret amid what was encoded, the characters are masked that hold nothing but bits of it.</summary>
    [Fact]
    public void Base64_of_more_than_the_secret_is_masked_at_every_alignment() =>
        Prop.ForAll(Arb.From(Gen.Choose(4, 60).Select(RandomNumberGenerator.GetBytes)), Arb.From(Gen.Choose(0, 9)), Arb.From(Gen.Choose(0, 9)),
            (secret, before, behind) =>
            {
                using var mask = new SecretMask([secret]);
                string text = Convert.ToBase64String([.. RandomNumberGenerator.GetBytes(before), .. secret, .. RandomNumberGenerator.GetBytes(behind)]);
                int first = (before * 8 + 5) / 6, end = (before + secret.Length) * 8 / 6;
                foreach (string form in new[] { text, text.Replace('+', '-').Replace('/', '_') })
                {
                    string masked = Run(mask, form);
                    string hidden = form[first..end];
                    Assert.DoesNotContain(hidden, masked, StringComparison.Ordinal);
                    Assert.InRange(masked.Length, 0, form.Length - hidden.Length + 3);
                }
            }).Holds();

    [Fact]
    public void A_file_that_is_no_text_is_masked_and_so_is_a_block_of_it()
    {
        byte[] file = RandomNumberGenerator.GetBytes(64 * 1024);
        using var mask = new SecretMask([file]);
        Assert.Equal("<***>"u8.ToArray(), Run(mask, Split([.. "<"u8, .. file, .. ">"u8], new Random(1))));
        Assert.Equal("<***>", Run(mask, $"<{Convert.ToBase64String(file)}>"));
        Assert.Equal("<***>"u8.ToArray(), Run(mask, [[.. "<"u8, .. file.AsSpan(512, 256), .. ">"u8]]));
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("")]
    [InlineData("日本")]
    public void A_secret_of_fewer_than_four_characters_is_left(string secret)
    {
        Assert.False(SecretMask.IsLongEnough(Encoding.UTF8.GetBytes(secret)));
        using SecretMask mask = Make(secret);
        Assert.Empty(mask.Forms);
        Assert.Equal($"x{secret}y", Run(mask, $"x{secret}y"));
    }

    /// <summary>Somebody may be waiting for a prompt.</summary>
    [Fact]
    public void What_cannot_begin_a_secret_is_passed_on_at_once()
    {
        using SecretMask mask = Make("hunter2");
        using var output = new MemoryStream();
        using var stream = new StreamMask(mask, output);
        stream.Write("Continue? hun"u8);
        Assert.Equal("Continue? ", Encoding.UTF8.GetString(output.ToArray()));
        stream.Write("ger"u8);
        Assert.Equal("Continue? hunger", Encoding.UTF8.GetString(output.ToArray()));
        stream.Write("hunter"u8);
        stream.Complete();
        Assert.Equal("Continue? hungerhunter", Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void The_forms_are_zeroed_afterwards()
    {
        SecretMask mask = Make("hunter2");
        byte[][] forms = [.. mask.Forms];
        mask.Dispose();
        Assert.All(forms, form => Assert.All(form, one => Assert.Equal(0, one)));
    }

    private static SecretMask Make(params string[] secrets) => new(secrets.Select(Encoding.UTF8.GetBytes));

    private static string Run(SecretMask mask, string text) => Encoding.UTF8.GetString(Run(mask, [Encoding.UTF8.GetBytes(text)]));

    private static byte[] Run(SecretMask mask, IEnumerable<byte[]> pieces)
    {
        using var output = new MemoryStream();
        using var stream = new StreamMask(mask, output);
        foreach (byte[] piece in pieces)
            stream.Write(piece);
        stream.Complete();
        return output.ToArray();
    }

    // Forms, parts of forms, and other bytes.
    private static byte[] Mix(byte[][] forms, Random random)
    {
        var text = new List<byte>();
        for (int i = random.Next(1, 30); i > 0; i--)
        {
            byte[] form = forms[random.Next(forms.Length)];
            text.AddRange(random.Next(4) switch
            {
                0 => form,
                1 => form[..random.Next(form.Length)],
                2 => form[random.Next(form.Length)..],
                _ => "ab \n%*"u8[..random.Next(6)].ToArray(),
            });
        }
        return [.. text];
    }

    private static IEnumerable<byte[]> Split(byte[] text, Random random)
    {
        for (int at = 0; at < text.Length;)
        {
            int length = Math.Min(random.Next(3) == 0 ? random.Next(0, 600) : random.Next(0, 6), text.Length - at);
            yield return text[at..(at + length)];
            at += length;
        }
    }

    // By definition: every byte of every form that is found anywhere.
    private static byte[] MaskSlowly(byte[] text, byte[][] forms, byte[] mask)
    {
        var hidden = new bool[text.Length];
        foreach (byte[] form in forms)
        {
            for (int at = 0; at + form.Length <= text.Length; at++)
            {
                if (text.AsSpan(at).StartsWith(form))
                    hidden.AsSpan(at, form.Length).Fill(true);
            }
        }
        var result = new List<byte>();
        for (int at = 0; at < text.Length; at++)
        {
            if (!hidden[at])
                result.Add(text[at]);
            else if (at == 0 || !hidden[at - 1])
                result.AddRange(mask);
        }
        return [.. result];
    }

    // Only where no mask was left that cannot become a part of a form.
    private static bool CanMask(byte[][] forms, ReadOnlySpan<byte> mask)
    {
        foreach (byte[] form in forms)
        {
            if (form.Contains(mask[0]))
                return true;
        }
        return false;
    }
}
