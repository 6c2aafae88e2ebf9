using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Transfer;

/// <summary>What the tests of transfer share.</summary>
internal static class TransferTests
{
    public const string Header =
        "\"Entry Name\",\"URL\",\"User ID\",\"Password\",\"Notes\",\"Shared Notes\",\"Tags\",\"Extra Fields\",\"Email\"\r\n";

    /// <summary>The project's own sample: every field, equal entries, all that needs quoting or escaping.</summary>
    public static string SamplePath { get; } = FindSample();

    /// <summary>Texts made of what breaks parsers, all of it valid Unicode.</summary>
    public static Gen<string> Texts { get; } = Gen
        .Elements("\"", "\"\"", ",", ";", "\r", "\n", "\r\n", "\t", "\0", "\u0001", "\\", "\\\"", "{", "[", "}", "]", ":", "=", "+", "-", "@", "#", "'", "/",
            " ", "a", "ü", "密", "🔐", "\u2028", "\uFEFF", "\uFFFD", "\u007F", "null", "<b>&amp;")
        .ListOf().Select(string.Concat);

    public static Gen<FullEntry> Entries { get; } =
        from name in Texts.Where(text => text.Length > 0)
        from texts in Gen.ArrayOf(Texts, 7)
        from tags in Texts.ListOf()
        from fields in Gen.ArrayOf(Texts, 3).Select(three => new ExtraField(three[0], three[1], three[2])).ListOf()
        from favorite in Gen.Elements(true, false)
        from type in Gen.Elements("login", "card", "a word")
        from expires in Gen.Elements<DateTimeOffset?>(null, DateTimeOffset.UnixEpoch, new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero))
        select new FullEntry(
            new EntrySummary
            {
                Id = Guid.NewGuid(),
                Name = name,
                UserId = texts[0],
                Url = texts[1],
                Email = texts[2],
                Tags = [.. tags],
                Favorite = favorite,
                Type = type,
                Expires = expires,
            },
            new EntrySecret { Password = texts[3], Notes = texts[4], SharedNotes = texts[5], ExtraFields = [.. fields] });

    public static FullEntry Entry(string name = "n", EntrySecret? secret = null, params string[] tags) =>
        new(new EntrySummary { Id = Guid.NewGuid(), Name = name, Tags = tags }, secret ?? new EntrySecret());

    public static byte[] Export(EntryFileFormat format, params IEnumerable<FullEntry> entries)
    {
        var stream = new MemoryStream();
        EntryExporter.Write(entries, stream, format);
        return stream.ToArray();
    }

    public static List<ImportRow> Read(byte[] bytes, EntryFileFormat? format = null, Action<string>? warn = null) =>
        [.. ImportSource.Read(new MemoryStream(bytes), "test.csv", new ImportOptions { Format = format, Warn = warn }, CancellationToken.None)];

    public static List<ImportRow> Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    /// <summary>Whether a row holds what an entry held.</summary>
    public static bool Holds(ImportRow row, FullEntry entry) =>
        row.Values is { } values
        && values.Name == entry.Summary.Name && values.UserId == entry.Summary.UserId && values.Url == entry.Summary.Url
        && values.Email == entry.Summary.Email && values.Tags!.SequenceEqual(entry.Summary.Tags)
        && values.Password == entry.Secret.Password && values.Notes == entry.Secret.Notes && values.SharedNotes == entry.Secret.SharedNotes
        && values.ExtraFields!.SequenceEqual(entry.Secret.ExtraFields);

    private static string FindSample()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "PasspackPS.sln")))
            folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder!, "samples", "entries.csv");
    }
}
