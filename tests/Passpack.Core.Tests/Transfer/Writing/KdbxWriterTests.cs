using FsCheck;
using FsCheck.Fluent;
using Passpack.Packing.Records;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Writing;
using Passpack.TransferSamples;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Core.Tests.Transfer.Writing;

public sealed class KdbxWriterTests
{
    private const string Key = "a key";

    private static readonly string[] s_texts =
    [
        "", "a", " outer ", "two\nlines", "a\r\nb", "<&>\"']]>", "ü🔑", "\u0001", "\uFFFE", "   ", "TOTP", "otp", "Email", "E-Mail", "Title", "KP2A_URL", "KP2A_URL_1", "Notes", "Shared Notes",
        "TOTP Seed", "TimeOtp-Secret", "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP", "{REF:P@T:a}", "Favorite", "a;b", "x/y",
    ];

    private static readonly Gen<FullEntry> s_entry =
        from texts in Gen.Elements(s_texts).ArrayOf(9)
        from fields in (from name in Gen.Elements(s_texts)
                        from type in Gen.Elements("text", "hidden", "totp", "url", "multiline", "email", "sshkey", "own")
                        from data in Gen.Elements(s_texts)
                        select new ExtraField(name, type, data)).ListOf()
        from tags in Gen.Elements(s_texts).ListOf()
        from flags in Gen.Elements(true, false).ArrayOf(3)
        select new FullEntry(
            new EntrySummary
            {
                Id = Guid.NewGuid(),
                Name = string.IsNullOrWhiteSpace(texts[0]) ? "name" : texts[0],
                UserId = texts[1],
                Url = texts[2],
                Email = texts[3],
                Type = flags[0] ? EntryTypes.Login : EntryTypes.Card,
                Expires = flags[1] ? new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero) : null,
                Favorite = flags[2],
                Tags = [.. tags.Where(tag => !string.IsNullOrWhiteSpace(tag)).Distinct(StringComparer.OrdinalIgnoreCase)],
                Created = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
                Modified = new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero),
            },
            new EntrySecret { Password = texts[4], Notes = texts[5], SharedNotes = texts[6], ExtraFields = [.. fields] });

    /// <summary>References of KeePass in an entry of this vault mean what they say only there; they are not made here.</summary>
    [Fact]
    public void An_entry_of_which_nothing_is_told_comes_back_as_it_was() => Prop.ForAll(s_entry.ToArbitrary(), entry =>
    {
        (byte[] file, string told) = Write([entry]);
        ImportRow row = Read(file).Single();
        if (told.Length > 0 || Text(entry).Contains("{REF:", StringComparison.Ordinal))
            return row.Error is null;
        Assert.Equal(Text(entry), Text(row));
        return true;
    }).Holds();

    /// <summary>Otherwise the property above could hold of nothing.</summary>
    [Fact]
    public void An_entry_of_plain_and_hidden_fields_is_told_nothing_of()
    {
        FullEntry entry = new(
            new EntrySummary { Id = Guid.NewGuid(), Name = "n", UserId = "u", Url = "https://x", Email = "e@x", Favorite = true, Tags = ["a/b", "c d"], Expires = DateTimeOffset.UnixEpoch },
            new EntrySecret
            {
                Password = "p",
                Notes = "a\r\nb",
                SharedNotes = "s",
                ExtraFields = [new("pin", "hidden", "\u0001x"), new("TOTP", "totp", s_texts[^6]), new("KP2A_URL", "url", "https://y"), new("t", "text", "v"), new("m", "multiline", "v\nw")],
            });
        (byte[] file, string told) = Write([entry]);
        Assert.Equal("", told);
        ImportRow row = Read(file).Single();
        Assert.Equal(Text(entry), Text(row));
        Assert.Equal(entry.Summary.Id, new Guid(Convert.FromHexString(row.Source!.Id!), bigEndian: true));
    }

    [Fact]
    public void What_KeePass_has_no_place_for_is_told_by_kind()
    {
        (_, string told) = Write(
        [
            new FullEntry(new EntrySummary { Id = Guid.NewGuid(), Name = "a\u0001", Type = EntryTypes.Card, Tags = ["a;b", "Favorite"] }, new EntrySecret
            {
                ExtraFields = [new("empty", "text", ""), new("mail", "email", "a@b"), new("Title", "text", "v"), new("x", "url", "https://x")],
            }),
        ]);
        foreach (string kind in new[] { "Types of entries", "without data", "tag named Favorite", "Tags with ;", "Types of Extra Fields", "Names of Extra Fields", "Characters" })
            Assert.Contains(kind, told, StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_are_written_one_by_one_and_the_key_that_opens_them_is_the_one_given()
    {
        (byte[] file, _) = Write(Enumerable.Range(0, 2000).Select(i =>
            new FullEntry(new EntrySummary { Id = Guid.NewGuid(), Name = $"n{i}" }, new EntrySecret { Password = new string('p', 2000) })));
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"n{i}"), Read(file).Select(row => row.Name));
        Assert.Throws<PasspackException>(() => Read(file, "another").Count);
    }

    private static (byte[] File, string Told) Write(IEnumerable<FullEntry> entries)
    {
        var stream = new MemoryStream();
        string told = "";
        using SecretBytes key = SecretBytes.FromChars(Key);
        EntryExporter.Write(entries, stream, KdbxWriter.With(KdbxFileMaker.Argon2(isId: true, 0x13)), new ExportOptions { Key = key, Warn = text => told += text }, default);
        return (stream.ToArray(), told);
    }

    private static List<ImportRow> Read(byte[] file, string text = Key)
    {
        using SecretBytes key = SecretBytes.FromChars(text);
        return [.. ImportSource.Read(new MemoryStream(file), "x.kdbx", new ImportOptions { SourceKey = key }, CancellationToken.None)];
    }

    private static string Text(FullEntry entry) => Text(entry.Summary.Name, entry.Summary.UserId, entry.Secret.Password, entry.Summary.Url, entry.Summary.Email, entry.Secret.Notes,
        entry.Secret.SharedNotes, entry.Summary.Type, entry.Summary.Expires, entry.Summary.Favorite, entry.Summary.Tags, entry.Secret.ExtraFields);

    private static string Text(ImportRow row)
    {
        EntryEdit values = row.Values!;
        return Text(values.Name!, values.UserId!, values.Password!, values.Url!, values.Email!, values.Notes!, values.SharedNotes!, values.Type!, values.Expires,
            values.Favorite ?? false, values.Tags ?? [], values.ExtraFields!);
    }

    private static string Text(string name, string userId, string password, string url, string email, string notes, string sharedNotes, string type, DateTimeOffset? expires,
        bool favorite, IReadOnlyList<string> tags, IReadOnlyList<ExtraField> fields) => string.Join("\n|", [name, userId, password, url, email, notes, sharedNotes, type, $"{expires:O}",
        $"{favorite}", .. tags, .. fields.Select(field => $"{field.Type} {field.Name}: {field.Data}")]);
}
