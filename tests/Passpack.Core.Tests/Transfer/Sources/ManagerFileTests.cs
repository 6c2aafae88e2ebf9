using System.IO.Compression;
using System.Text;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Transfer.Sources;

/// <summary>Files of password managers that no sample holds: those whose format has to be said, and bad input.</summary>
public sealed class ManagerFileTests
{
    [Theory]
    [InlineData(EntryFileFormat.KeeperCsv, "\"Bank\",\"aib\",\"u\",\"p\",\"https://a.example\",\"n\",\"\"\r\n", "aib", "Bank")]
    [InlineData(EntryFileFormat.Dashlane, "\"aib\",\"https://a.example\",\"u\",\"p\",\"n\"\n\"only a title\"\n", "aib", null)]
    [InlineData(EntryFileFormat.Dashlane, "\"aib\",\"https://a.example\",\"u\",\"u2\",\"p\",\"n\"\n", "aib", null)]
    [InlineData(EntryFileFormat.Dashlane, "\"aib\",\"https://a.example\",\"u\",\"u2\",\"u3\",\"p\",\"n\"\n", "aib", null)]
    public void A_file_without_a_header_is_read_where_its_format_is_said(EntryFileFormat format, string text, string name, string? tag)
    {
        ImportRow row = Read(Encoding.UTF8.GetBytes(text), format)[0];
        Assert.Equal((name, "u", "p", "https://a.example", "n"), (row.Name, row.Values!.UserId, row.Values.Password, row.Values.Url, row.Values.Notes));
        Assert.Equal(tag is null ? null : [tag], row.Values.Tags);
        Assert.Equal(format, row.Source!.Format);
    }

    [Fact]
    public void Encrypted_exports_are_refused_with_the_way_on()
    {
        Assert.Contains("without a passphrase", Refused(ErrorCodes.SourceNotSupported, "-----BEGIN PGP MESSAGE-----\n\nwcBM"), StringComparison.Ordinal);
        Assert.Contains("without a passphrase", Refused(ErrorCodes.SourceNotSupported, """{"encrypted":true,"vaults":{}}""", EntryFileFormat.ProtonPass), StringComparison.Ordinal);
        Assert.Contains("without a passphrase", Refused(ErrorCodes.SourceNotSupported, Zip(("Proton Pass/data.pgp", "x"))), StringComparison.Ordinal);
        Assert.Contains("Export as CSV", Refused(ErrorCodes.SourceNotSupported, "-------------------- Dashlane Secured Export ----------------------\nId BEGIN"), StringComparison.Ordinal);
    }

    [Fact]
    public void Later_versions_are_refused()
    {
        Refused(ErrorCodes.SourceNotSupported, Zip(("export.attributes", """{"version":4}"""), ("export.data", """{"accounts":[]}""")));
        Refused(ErrorCodes.SourceNotSupported, """{"version":{"major":2,"minor":0},"exporterRpId":"x","accounts":[]}""");
    }

    [Theory]
    [InlineData(EntryFileFormat.OnePassword), InlineData(EntryFileFormat.Keeper), InlineData(EntryFileFormat.ProtonPass), InlineData(EntryFileFormat.Cxf)]
    public void Broken_JSON_names_its_line_and_says_nothing_of_its_values(EntryFileFormat format)
    {
        const string secret = "s3cret";
        string message = Refused(ErrorCodes.SourceDamaged, $"{{\n\"accounts\": [ {{ \"items\": [\n{{ \"title\": \"{secret}\", ", format);
        Assert.Contains("line", message, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EntryFileFormat.OnePassword), InlineData(EntryFileFormat.Keeper), InlineData(EntryFileFormat.ProtonPass), InlineData(EntryFileFormat.Dashlane)]
    public void A_zip_that_is_cut_off_is_damaged(EntryFileFormat format) =>
        Refused(ErrorCodes.SourceDamaged, Zip(("export.data", "{}"), ("export.json", "[]"), ("Proton Pass/data.json", "{}"), ("credentials.csv", "x"))[..^40], format);

    [Fact]
    public void A_zip_that_unpacks_to_absurdly_much_is_refused_before_it_is_unpacked()
    {
        var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream data = zip.CreateEntry("export.data", CompressionLevel.SmallestSize).Open();
            byte[] spaces = new byte[1 << 20];
            spaces.AsSpan().Fill((byte)' ');
            for (int i = 0; i < 64; i++)
                data.Write(spaces);
        }
        Refused(ErrorCodes.SourceTooCostly, bytes.ToArray());
    }

    [Fact]
    public void A_format_read_at_several_places_is_refused_as_a_pipe_and_JSON_is_not()
    {
        PasspackException error = Assert.Throws<PasspackException>(() => Read(new Pipe(Zip(("export.data", "{}"))), EntryFileFormat.Cxf));
        Assert.Equal(ErrorCodes.SourceDamaged, error.ErrorId);
        Assert.Equal("n", Assert.Single(Read(new Pipe(Encoding.UTF8.GetBytes("""{"exporterRpId":"x","accounts":[{"items":[{"title":"n","credentials":[]}]}]}""")), null)).Name);
    }

    [Fact]
    public void An_item_with_a_million_fields_is_read_within_bounds()
    {
        string fields = string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => $"\"x{i}\":1"));
        ImportRow row = Assert.Single(Read(Encoding.UTF8.GetBytes($"[{{\"title\":\"n\",\"$type\":\"login\",{fields}}}]"), EntryFileFormat.Keeper));
        Assert.InRange(row.Values!.ExtraFields!.Count, 1, 5000);
        Assert.Single(row.Source!.NoPlace);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("999")]
    [InlineData("Tags")]
    [InlineData("Id")]
    [InlineData("Password")]
    public void A_place_that_no_export_names_makes_a_field_and_loses_nothing(string place)
    {
        ImportRow row = Assert.Single(Read(Encoding.UTF8.GetBytes($$$"""
            {"exporterRpId":"x","accounts":[{"items":[{"title":"n","credentials":[{"type":"custom-fields","fields":[
            {"fieldType":"string","value":"v","label":"l","extensions":[{"name":"{{{CxfLayout.Extension}}}","place":"{{{place}}}"}]}]}]}]}]}
            """), EntryFileFormat.Cxf));
        Assert.Equal(("l", "v"), (Assert.Single(row.Values!.ExtraFields!).Name, row.Values.ExtraFields![0].Data));
    }

    [Theory]
    [InlineData("60.5")]
    [InlineData("-30")]
    [InlineData("\"soon\"")]
    [InlineData("{}")]
    public void Codes_whose_period_is_no_number_are_kept_and_not_guessed(string period)
    {
        ExtraField field = OneCode($"\"secret\":\"JBSWY3DPEHPK3PXP\",\"period\":{period}")[0];
        Assert.Equal("hidden", field.Type);
        Assert.Contains("JBSWY3DPEHPK3PXP", field.Data, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_of_a_code_that_nobody_knows_are_kept()
    {
        IReadOnlyList<ExtraField> fields = OneCode("\"secret\":\"JBSWY3DPEHPK3PXP\",\"recovery\":\"r1 r2\"");
        Assert.Equal(["totp", "hidden"], fields.Select(field => field.Type));
        Assert.Equal("r1 r2", fields[1].Data);
    }

    [Fact]
    public void A_row_whose_JSON_is_not_valid_Unicode_fails_alone()
    {
        List<ImportRow> rows = Read("type,name,url,username,password,note,totp,vault\ncreditCard,bad,,,,\"{\"\"pin\"\":\"\"\\ud800\"\"}\",,\nlogin,good,,,,,,\n"u8.ToArray(),
            EntryFileFormat.ProtonPassCsv);
        Assert.Equal(["bad", "good"], rows.Select(row => row.Name));
        Assert.Contains("not valid Unicode", rows[0].Error, StringComparison.Ordinal);
        Assert.Null(rows[1].Error);
    }

    [Fact]
    public void A_quote_that_is_never_closed_ends_the_reading()
    {
        byte[] text = [.. "name,url,username,password\na,,,p\nb,,,\""u8, .. Enumerable.Repeat((byte)'x', 14 << 20)];
        List<ImportRow> rows = [.. ImportSource.Read(new MemoryStream(text), "file", new ImportOptions(), CancellationToken.None).Take(10)];
        Assert.InRange(rows.Count, 2, 9);
        Assert.NotNull(rows[^1].Error);
    }

    private static IReadOnlyList<ExtraField> OneCode(string members) => Assert.Single(Read(Encoding.UTF8.GetBytes(
        "{\"exporterRpId\":\"x\",\"accounts\":[{\"items\":[{\"title\":\"n\",\"credentials\":[{\"type\":\"totp\"," + members + "}]}]}]}"), EntryFileFormat.Cxf))
        .Values!.ExtraFields!;

    private static string Refused(string errorId, string text, EntryFileFormat? format = null) => Refused(errorId, Encoding.UTF8.GetBytes(text), format);

    private static string Refused(string errorId, byte[] bytes, EntryFileFormat? format = null)
    {
        PasspackException error = Assert.Throws<PasspackException>(() => Read(bytes, format));
        Assert.Equal(errorId, error.ErrorId);
        return error.Message;
    }

    private static List<ImportRow> Read(byte[] bytes, EntryFileFormat? format) => Read(new MemoryStream(bytes), format);

    private static List<ImportRow> Read(Stream stream, EntryFileFormat? format) =>
        [.. ImportSource.Read(stream, "file", new ImportOptions { Format = format }, CancellationToken.None)];

    private static byte[] Zip(params (string Path, string Text)[] files)
    {
        var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string path, string text) in files)
            {
                using Stream stream = zip.CreateEntry(path).Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }
        }
        return bytes.ToArray();
    }

    private sealed class Pipe(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
