using System.Text;
using Passpack.Core.Tests.Vault;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.TransferSamples;

namespace Passpack.Core.Tests.Transfer.Sources;

/// <summary>Bad input of Bitwarden's formats: each an error of its own that names the file, and says what to do.</summary>
public sealed class BitwardenBadInputTests
{
    private static readonly string s_encrypted = Encoding.UTF8.GetString(Samples.All.Single(sample => sample.File == "bitwarden-encrypted-pbkdf2.json").Make());

    [Theory]
    [InlineData("\"kdfIterations\": 5000", "\"kdfIterations\": 10000001")]
    [InlineData("\"kdfIterations\": 5000", "\"kdfIterations\": 0")]
    [InlineData("\"kdfIterations\": 5000", "\"kdfIterations\": -9223372036854775808")]
    [InlineData("\"kdfIterations\": 5000", "\"kdfIterations\": 1e300")]
    [InlineData("\"kdfType\": 0,\n  \"kdfIterations\": 5000,\n  \"kdfMemory\": null,\n  \"kdfParallelism\": null", "\"kdfType\": 1, \"kdfIterations\": 3, \"kdfMemory\": 4096, \"kdfParallelism\": 4")]
    [InlineData("\"kdfType\": 0,\n  \"kdfIterations\": 5000,\n  \"kdfMemory\": null,\n  \"kdfParallelism\": null", "\"kdfType\": 1, \"kdfIterations\": 11, \"kdfMemory\": 1024, \"kdfParallelism\": 4")]
    [InlineData("\"kdfType\": 0,\n  \"kdfIterations\": 5000,\n  \"kdfMemory\": null,\n  \"kdfParallelism\": null", "\"kdfType\": 1, \"kdfIterations\": 1, \"kdfMemory\": 64, \"kdfParallelism\": 4096")]
    public void Absurd_cost_is_refused_before_any_derivation(string from, string to)
    {
        PasspackException error = Errors.Of(ErrorCodes.SourceTooCostly, () => Read(Replace(from, to), null)); // Without a key, so nothing was derived.
        Assert.Contains("the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_key_derivation_than_is_known_is_refused() =>
        Errors.Of(ErrorCodes.SourceNotSupported, () => Read(Replace("\"kdfType\": 0", "\"kdfType\": 2"), "correct horse"));

    [Fact]
    public void A_file_that_is_bound_to_an_account_is_refused_with_the_way_to_export_it()
    {
        PasspackException error = Errors.Of(ErrorCodes.SourceNotSupported, () => Read(
            """{ "encrypted": true, "encKeyValidation_DO_NOT_EDIT": "2.AA==|AA==|AA==", "folders": [], "items": [ { "name": "2.a|b|c", "folderId": null } ] }""", "key"));
        Assert.Contains("Password protected", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_key_is_told_from_a_damaged_content()
    {
        Errors.Of(ErrorCodes.SourceKeyMismatch, () => Read(s_encrypted, "correct house"));
        int data = s_encrypted.IndexOf("\"data\": \"2.", StringComparison.Ordinal) + 60;
        string altered = s_encrypted[..data] + (s_encrypted[data] == 'A' ? 'B' : 'A') + s_encrypted[(data + 1)..];
        Errors.Of(ErrorCodes.SourceDamaged, () => Read(altered, "correct horse"));
    }

    [Fact]
    public void A_secret_of_the_file_is_in_no_error()
    {
        string plain = """{ "encrypted": false, "folders": [], "items": [ { "name": "n", "folderId": "f", "login": { "password": "s3cr3t" } }, { "name": s3cr3t } ] }""";
        List<ImportRow> rows = [];
        PasspackException error = Errors.Of(ErrorCodes.SourceDamaged, () =>
        {
            foreach (ImportRow row in Rows(plain, null))
                rows.Add(row);
        });
        Assert.Single(rows);
        Assert.DoesNotContain("s3cr3t", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("line 1, after 1 items", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(200)]
    [InlineData(2000)]
    public void A_file_that_is_cut_off_is_said_to_be_broken_where_it_ends(int left)
    {
        byte[] whole = Samples.All.Single(sample => sample.File == "bitwarden.json").Make();
        Errors.Of(ErrorCodes.SourceDamaged, () => _ = ImportSource.Read(
            new MemoryStream(whole[..left]), "the file", new ImportOptions { Format = EntryFileFormat.Bitwarden }, CancellationToken.None).Count());
    }

    [Fact]
    public void A_zip_that_is_cut_off_or_through_a_pipe_or_without_items_is_refused()
    {
        byte[] zip = Samples.All.Single(sample => sample.File == "bitwarden.zip").Make();
        var options = new ImportOptions { Format = EntryFileFormat.Bitwarden };
        Errors.Of(ErrorCodes.SourceDamaged, () => _ = ImportSource.Read(new MemoryStream(zip[..^30]), "the file", options, CancellationToken.None).Count());
        Errors.Of(ErrorCodes.SourceNotSupported, () => _ = ImportSource.Read(new JoinedStream(new MemoryStream(zip)), "the file", options, CancellationToken.None).Count());
    }

    [Theory]
    [InlineData("login", """["u", "s3cr3t"]""")]
    [InlineData("login", "\"s3cr3t\"")]
    [InlineData("fields", """{ "name": "n", "value": "s3cr3t" }""")]
    [InlineData("passwordHistory", """{ "password": "s3cr3t" }""")]
    [InlineData("collectionIds", "\"s3cr3t\"")]
    public void A_member_of_an_unexpected_kind_is_kept_and_not_lost_in_silence(string member, string json)
    {
        ImportRow row = Assert.Single(Read(
            $"{{ \"encrypted\": false, \"folders\": [], \"items\": [ {{ \"name\": \"n\", \"type\": 1, \"folderId\": null, \"{member}\": {json} }} ] }}", null));
        Passpack.Vault.Entries.ExtraField field = Assert.Single(row.Values!.ExtraFields!);
        Assert.Equal((member, "hidden"), (field.Name, field.Type));
        Assert.Contains("s3cr3t", field.Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"uris\": \"https://s3cr3t.example\"", "uris")]
    [InlineData("\"fido2Credentials\": { \"keyValue\": \"s3cr3t\" }", "fido2Credentials")]
    public void A_member_of_a_login_of_an_unexpected_kind_is_kept(string member, string name)
    {
        ImportRow row = Assert.Single(Read(
            $"{{ \"encrypted\": false, \"folders\": [], \"items\": [ {{ \"name\": \"n\", \"type\": 1, \"folderId\": null, \"login\": {{ {member} }} }} ] }}", null));
        Assert.Equal(name, Assert.Single(row.Values!.ExtraFields!).Name);
    }

    private static string Replace(string from, string to)
    {
        Assert.Contains(from, s_encrypted, StringComparison.Ordinal);
        return s_encrypted.Replace(from, to, StringComparison.Ordinal);
    }

    private static List<ImportRow> Read(string text, string? key) => [.. Rows(text, key)];

    private static IEnumerable<ImportRow> Rows(string text, string? key)
    {
        using SecretBytes? secret = key is null ? null : SecretBytes.FromChars(key);
        foreach (ImportRow row in ImportSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "the file", new ImportOptions { SourceKey = secret }, CancellationToken.None))
            yield return row;
    }
}
