using System.Security.Cryptography;
using System.Text;
using Passpack.Core.Tests.Vault;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Kdbx;

namespace Passpack.Core.Tests.Transfer.Kdbx;

public sealed class KeyFileTests
{
    private static readonly byte[] s_key = SHA256.HashData("a key"u8);

    private static string Hex => Convert.ToHexString(s_key);

    private static string Sum => Convert.ToHexString(SHA256.HashData(s_key)[..4]);

    [Fact]
    public void Raw_hexadecimal_and_XML_key_files_give_their_key()
    {
        Assert.Equal(s_key, Read(s_key));
        Assert.Equal(s_key, Read(Hex));
        Assert.Equal(s_key, Read(Hex.ToLowerInvariant()));
        Assert.Equal(s_key, Read(Xml("1.00", $"<Data>{Convert.ToBase64String(s_key)}</Data>")));
        Assert.Equal(s_key, Read("\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + Xml("2.0", $"<Data Hash=\"{Sum}\">\n  {Hex[..32]}\n\t{Hex[32..]} </Data>")));
    }

    [Fact]
    public void Any_other_file_gives_its_hash()
    {
        foreach (string text in new[] { "", "a text", Hex[1..] + "g", Hex + "00", "<html><Data>x</Data></html>", "<KeyFile", new string('<', 200_000) })
            Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(text)), Read(text));
    }

    [Fact]
    public void A_damaged_XML_key_file_is_told_and_never_hashed()
    {
        foreach (string text in new[]
        {
            Xml("1.0", "<Data>AAAA</Data>"), Xml("1.0", "<Data>%%%</Data>"), Xml("2.0", $"<Data Hash=\"00000000\">{Hex}</Data>"), Xml("2.0", $"<Data>{Hex}</Data>"),
            Xml("2.0", $"<Data Hash=\"{Sum}\">{Hex[2..]}</Data>"), Xml("3.0", $"<Data Hash=\"{Sum}\">{Hex}</Data>"), Xml("2.0", ""),
        })
        {
            PasspackException error = Errors.Of(ErrorCodes.SourceKeyMismatch, () => Read(text), "x.kdbx");
            Assert.DoesNotContain(Hex, error.Message, StringComparison.Ordinal);
        }
    }

    private static string Xml(string version, string data) => $"<KeyFile><Meta><Version>{version}</Version></Meta><Key>{data}</Key></KeyFile>";

    private static byte[] Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    private static byte[] Read(byte[] content)
    {
        using SecretBytes key = KeyFile.Read(content, "x.kdbx");
        return key.Span.ToArray();
    }
}
