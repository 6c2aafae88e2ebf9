using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Core.Tests.Vault;
using Passpack.Packing.Records;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Core.Tests.Transfer.Writing;

public sealed class BitwardenWriterTests
{
    private const string Seed = "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP";

    private static readonly Gen<string> s_texts = TransferTests.Texts.Where(text => !string.IsNullOrWhiteSpace(text));

    private static readonly Gen<ExtraField> s_fields =
        from name in Gen.Frequency((1, s_texts), (2, Gen.Elements(
            "URL", "TOTP", "Passkey", "Passpack", "Number", "Expiration", "Private Key", "First Name", "Email", "Tag", "Security Code", "Phone")))
        from type in Gen.Elements(FieldTypes.Text, FieldTypes.Hidden, FieldTypes.Totp, FieldTypes.Url, FieldTypes.Email, FieldTypes.Phone, FieldTypes.Date, FieldTypes.Multiline,
            FieldTypes.SshKey, FieldTypes.Binary, FieldTypes.Passkey, "of a later version")
        from data in Gen.Frequency((2, s_texts), (1, Gen.Elements(Seed, "steam://JBSWY3DPEHPK3PXP", "2028-02", "0001-01", """{"credentialId":"x","rpId":"é"}""", "{}", "a\nb")))
        select new ExtraField(name, type, data);

    // As an entry is: no two Extra Fields of one name, no two tags alike; and as a folder is: without outer spaces.
    private static readonly Gen<FullEntry> s_entries =
        from entry in TransferTests.Entries
        from name in s_texts
        from fields in s_fields.ListOf()
        from type in Gen.Elements(EntryTypes.Login, EntryTypes.Note, EntryTypes.Card, EntryTypes.Identity, EntryTypes.SshKey, EntryTypes.Wifi, "a word")
        from isBare in Gen.Elements(true, false)
        from ofCard in Gen.Elements(true, false)
        from tags in s_texts.Select(tag => tag.Trim()).ListOf()
        select new FullEntry(
            entry.Summary with
            {
                Name = name, Type = type, Tags = [.. tags.Distinct(Protocol.ComposedText.IgnoreCase)],
                UserId = isBare ? "" : entry.Summary.UserId, Url = isBare ? "" : entry.Summary.Url,
                Expires = ofCard ? new DateTimeOffset(2028, 2, 29, 23, 59, 59, TimeSpan.Zero) : entry.Summary.Expires,
            },
            entry.Secret with { Password = isBare ? "" : entry.Secret.Password, ExtraFields = [.. fields.DistinctBy(field => field.Name)] });

    [Fact]
    public void What_is_exported_comes_back_whole() => Prop.ForAll(s_entries.ListOf().ToArbitrary(), entries =>
    {
        List<ImportRow> rows = TransferTests.Read(TransferTests.Export(EntryFileFormat.Bitwarden, entries));
        return rows.Count == entries.Count && rows.Zip(entries).All(pair => IsSame(pair.First, pair.Second));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void What_is_exported_encrypted_comes_back_whole_by_its_key_alone()
    {
        IReadOnlyList<FullEntry> entries = [.. s_entries.Sample(500)]; // More than one piece of the sealing.
        using SecretBytes key = SecretBytes.FromChars("a kéy"), other = SecretBytes.FromChars("a key");
        var file = new MemoryStream();
        EntryExporter.Write(entries, file, EntryFileFormat.BitwardenEncrypted, new ExportOptions { Key = key });
        Assert.DoesNotContain("folderId", Encoding.UTF8.GetString(file.ToArray()), StringComparison.Ordinal);
        List<ImportRow> rows = Read(key);
        Assert.All(rows.Zip(entries), pair => Assert.True(IsSame(pair.First, pair.Second)));
        Assert.Equal(entries.Count, rows.Count);
        Errors.Of(Protocol.ErrorCodes.SourceKeyMismatch, () => Read(other));
        Errors.Of(Protocol.ErrorCodes.SourceKeyRequired, () => Read(null));

        List<ImportRow> Read(SecretBytes? with)
        {
            file.Position = 0;
            return [.. ImportSource.Read(file, "test", new ImportOptions { SourceKey = with }, CancellationToken.None)];
        }
    }

    [Fact]
    public void A_card_an_identity_and_a_key_are_Bitwardens_own_and_need_no_custom_field()
    {
        using var json = JsonDocument.Parse(TransferTests.Export(EntryFileFormat.Bitwarden,
            Entry(EntryTypes.Card, new DateTimeOffset(2028, 2, 29, 23, 59, 59, TimeSpan.Zero), new("Number", FieldTypes.Hidden, "4111"), new("Expiration", FieldTypes.Date, "2028-02")),
            Entry(EntryTypes.Identity, null, new ExtraField("First Name", FieldTypes.Text, "Jo")),
            Entry(EntryTypes.SshKey, null, new ExtraField("Private Key", FieldTypes.SshKey, "key")),
            Entry(EntryTypes.Note, null)));
        JsonElement items = json.RootElement.GetProperty("items");
        Assert.Equal([3, 4, 5, 2], items.EnumerateArray().Select(item => item.GetProperty("type").GetInt32()));
        Assert.All(items.EnumerateArray(), item => Assert.False(item.TryGetProperty("fields", out _)));
        Assert.Equal(("4111", "2", "2028"), (Text(0, "card", "number"), Text(0, "card", "expMonth"), Text(0, "card", "expYear")));
        Assert.Equal(("Jo", "key"), (Text(1, "identity", "firstName"), Text(2, "sshKey", "privateKey")));

        string Text(int item, string member, string name) => items[item].GetProperty(member).GetProperty(name).GetString()!;
    }

    [Fact]
    public void What_Bitwarden_holds_in_another_form_is_told_and_is_no_error_under_Strict()
    {
        var entry = new FullEntry(
            new EntrySummary { Id = Guid.NewGuid(), Name = "n", Email = "e", Tags = ["one", "two"], Type = EntryTypes.Wifi, Expires = DateTimeOffset.UnixEpoch },
            new EntrySecret { SharedNotes = "s", ExtraFields = [new("born", FieldTypes.Date, "1990-01-01")] });
        var warnings = new List<string>();
        EntryExporter.Write([entry], Stream.Null, EntryFileFormat.Bitwarden, new ExportOptions { Strict = true, Warn = warnings.Add });
        string warning = Assert.Single(warnings);
        Assert.All(["Email", "Shared Notes", "further tags", "types that Bitwarden lacks", "Expires", "types of Extra Fields"], what => Assert.Contains(what, warning, StringComparison.Ordinal));
    }

    [Fact]
    public void An_encrypted_export_without_a_key_and_a_plain_one_with_a_key_are_refused()
    {
        using SecretBytes key = SecretBytes.FromChars("k");
        Assert.Throws<ArgumentException>(() => EntryExporter.Write([], Stream.Null, EntryFileFormat.BitwardenEncrypted));
        Assert.Throws<ArgumentException>(() => EntryExporter.Write([], Stream.Null, EntryFileFormat.Bitwarden, new ExportOptions { Key = key }));
    }

    private static FullEntry Entry(string type, DateTimeOffset? expires, params ExtraField[] fields) =>
        new(new EntrySummary { Id = Guid.NewGuid(), Name = type, Type = type, Expires = expires }, new EntrySecret { ExtraFields = fields });

    private static bool IsSame(ImportRow row, FullEntry entry)
    {
        EntrySummary summary = entry.Summary;
        EntrySecret secret = entry.Secret;
        return row.Error is null && row.Values is { } values
            && (values.Name, values.UserId, values.Url, values.Email, values.Type, values.Favorite, values.Expires)
                == (summary.Name, summary.UserId, summary.Url, summary.Email, summary.Type, summary.Favorite, summary.Expires)
            && (values.Password, values.Notes, values.SharedNotes) == (secret.Password, secret.Notes, secret.SharedNotes)
            && (values.Tags ?? []).SequenceEqual(summary.Tags)
            && values.ExtraFields!.OrderBy(field => field.Name, StringComparer.Ordinal).SequenceEqual(secret.ExtraFields.OrderBy(field => field.Name, StringComparer.Ordinal))
            && row.Source!.NoPlace.Count == 0;
    }
}
