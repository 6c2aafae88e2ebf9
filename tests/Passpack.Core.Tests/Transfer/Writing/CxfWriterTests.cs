using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

public sealed class CxfWriterTests
{
    private const string Passkey = """{"type":"passkey","credentialId":"YQ","rpId":"a.example","key":"Yg"}""";
    private const string Uri = "otpauth://totp/Shop:jo?secret=JBSWY3DPEHPK3PXP&issuer=Shop&algorithm=SHA256&digits=8&period=60";

    // An unencrypted Ed25519 key of zeros to 31, made for this test.
    private const string Key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----";

    private static readonly Gen<string> s_names = Gen.OneOf(
        Gen.Elements("number", "fullName", "expiryDate", "given", "city", "ssid", "hidden", "TOTP", "Passkey", "URL", "App", "keyType"),
        Texts.Where(text => text.Length > 0));

    private static readonly Gen<ExtraField> s_fields =
        from name in s_names
        from type in Gen.Elements("text", "hidden", "totp", "url", "email", "phone", "date", "multiline", "sshkey", "binary", "passkey", "word")
        from data in Gen.OneOf(Texts.Where(text => text.Length > 0),
            Gen.Elements(Passkey, Uri, Key, "2030-01-31", "2030-01", "androidapp://com.example", "https://x.example", "JBSWY3DPEHPK3PXP"))
        select new ExtraField(name, type, data);

    private static readonly Gen<FullEntry> s_entries =
        from entry in Entries.Where(entry => !string.IsNullOrWhiteSpace(entry.Summary.Name))
        from fields in s_fields.ListOf()
        from type in Gen.Elements("login", "card", "identity", "document", "wifi", "apikey", "note", "sshkey", "a word")
        select entry with
        {
            Summary = entry.Summary with
            {
                Type = type,
                Tags = [.. entry.Summary.Tags.Select(tag => tag.Trim()).Where(tag => tag.Length > 0).Distinct(ComposedText.IgnoreCase)],
            },
            Secret = entry.Secret with { ExtraFields = [.. fields.DistinctBy(field => field.Name)] },
        };

    [Fact]
    public void Any_entry_comes_back_as_it_went_out() => Prop.ForAll(s_entries.ListOf().ToArbitrary(), entries =>
    {
        List<ImportRow> rows = Read(Export(EntryFileFormat.Cxf, entries), EntryFileFormat.Cxf);
        Assert.Equal(entries.Count, rows.Count);
        foreach ((ImportRow row, FullEntry entry) in rows.Zip(entries))
        {
            Assert.Null(row.Error);
            Assert.Equal(Values(entry), Values(row.Values!));
            Assert.Equal(entry.Secret.ExtraFields.OrderBy(field => field.Name, StringComparer.Ordinal), row.Values!.ExtraFields!.OrderBy(field => field.Name, StringComparer.Ordinal));
            Assert.Equal(entry.Summary.Tags, row.Values!.Tags ?? []);
            Assert.Empty(row.Source!.NoPlace);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Other_programs_find_codes_keys_passkeys_and_cards_where_the_format_has_them()
    {
        FullEntry entry = Entry("Shop", new EntrySecret
        {
            Password = "p",
            ExtraFields = [new("TOTP", FieldTypes.Totp, Uri),
                new("Key", FieldTypes.SshKey, Key), new("Passkey", FieldTypes.Passkey, Passkey), new("number", FieldTypes.Hidden, "4111"),
                new("admin", FieldTypes.Url, "https://b.example"), new("app", FieldTypes.Url, "androidapp://com.example")],
        });
        entry = entry with { Summary = entry.Summary with { Type = EntryTypes.Card, Url = "https://a.example" } };

        using var json = JsonDocument.Parse(Export(EntryFileFormat.Cxf, entry));

        JsonElement item = json.RootElement.GetProperty("accounts")[0].GetProperty("items")[0];
        Assert.Equal(["basic-auth", "totp", "ssh-key", "passkey", "credit-card"], item.GetProperty("credentials").EnumerateArray().Select(one => one.GetProperty("type").GetString()));
        JsonElement totp = item.GetProperty("credentials")[1];
        Assert.Equal(("JBSWY3DPEHPK3PXP", 60, 8, "sha256", "Shop", "jo"), (totp.GetProperty("secret").GetString(), totp.GetProperty("period").GetInt32(),
            totp.GetProperty("digits").GetInt32(), totp.GetProperty("algorithm").GetString(), totp.GetProperty("issuer").GetString(), totp.GetProperty("username").GetString()));
        Assert.Equal("ssh-ed25519", item.GetProperty("credentials")[2].GetProperty("keyType").GetString());
        Assert.Equal("4111", item.GetProperty("credentials")[4].GetProperty("number").GetProperty("value").GetString());
        Assert.Equal(["https://a.example", "https://b.example"], item.GetProperty("scope").GetProperty("urls").EnumerateArray().Select(url => url.GetString()));
        Assert.Equal("com.example", item.GetProperty("scope").GetProperty("androidApps")[0].GetProperty("bundleId").GetString());
    }

    [Fact]
    public void What_other_programs_pass_over_is_told()
    {
        var warnings = new List<string>();
        FullEntry entry = Entry("n", new EntrySecret { SharedNotes = "s", ExtraFields = [new("Steam", FieldTypes.Totp, "otpauth://totp/Steam:x?secret=JBSWY3DPEHPK3PXP&encoder=steam")] });
        entry = entry with { Summary = entry.Summary with { Email = "e", Expires = DateTimeOffset.UnixEpoch } };
        EntryExporter.Write([entry], Stream.Null, EntryFileFormat.Cxf, new ExportOptions { Warn = warnings.Add });
        string warning = Assert.Single(warnings);
        Assert.All(["Expires", "Email", "Shared Notes", "one-time codes"], part => Assert.Contains(part, warning, StringComparison.Ordinal));
    }

    private static string[] Values(FullEntry entry) => Values(new EntryEdit
    {
        Name = entry.Summary.Name, UserId = entry.Summary.UserId, Url = entry.Summary.Url, Email = entry.Summary.Email, Password = entry.Secret.Password,
        Notes = entry.Secret.Notes, SharedNotes = entry.Secret.SharedNotes, Type = entry.Summary.Type, Expires = entry.Summary.Expires, Favorite = entry.Summary.Favorite,
    });

    private static string[] Values(EntryEdit values) =>
    [
        values.Name!, values.UserId!, values.Url!, values.Email!, values.Password!, values.Notes!, values.SharedNotes!, values.Type!,
        values.Expires?.ToString("O") ?? "", values.Favorite.ToString()!,
    ];
}
