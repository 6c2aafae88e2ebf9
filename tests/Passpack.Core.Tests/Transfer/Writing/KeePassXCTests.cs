using System.Diagnostics;
using System.Text;
using System.Xml.Linq;
using Passpack.Core.Tests.Vault;
using Passpack.Packing.Records;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Writing;
using Passpack.TransferSamples;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Transfer.Writing;

/// <summary>Against the real KeePassXC: what is written here it shows entry by entry, and what it writes is read here. Skipped where its command is not installed.</summary>
public sealed class KeePassXCTests : IDisposable
{
    private const string Key = "p\u00e4ssword";

    private readonly TemporaryFolder _folder = new();

    public KeePassXCTests() => Assert.SkipUnless(Program is not null, "NOT tested: keepassxc-cli is not installed (Debian: apt install keepassxc).");

    private static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "keepassxc-cli.exe" : "keepassxc-cli")).FirstOrDefault(File.Exists);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_shows_each_entry_of_an_exported_database()
    {
        FullEntry[] entries =
        [
            new(new EntrySummary { Id = Guid.NewGuid(), Name = "one", UserId = "u1", Url = "https://one.example", Tags = ["a/b", "c d"], Favorite = true }, new EntrySecret
            {
                Password = "p<1>&\"ü🔑",
                Notes = "two\nlines",
                ExtraFields = [new("TOTP", "totp", "otpauth://totp/a:b?secret=JBSWY3DPEHPK3PXP&issuer=a"), new("pin", "hidden", "0815"), new("port", "text", "22")],
            }),
            new(new EntrySummary { Id = Guid.NewGuid(), Name = "two", Email = "e@example.com", Expires = new DateTimeOffset(2031, 1, 2, 3, 4, 5, TimeSpan.Zero) }, new EntrySecret { Password = "" }),
        ];
        string file = Path.Combine(_folder.Path, "x.kdbx");
        using (SecretBytes key = SecretBytes.FromChars(Key))
            Assert.Equal(2, EntryExporter.WriteFile(entries, file, EntryFileFormat.Kdbx, options: new ExportOptions { Key = key }));

        var xml = XDocument.Parse(Run(Key, "export", "-q", "--format", "xml", file));
        foreach (FullEntry entry in entries)
        {
            XElement shown = xml.Descendants("Entry").Single(element => Text(element, "Title") == entry.Summary.Name);
            Assert.Equal(entry.Summary.Id, new Guid(Convert.FromBase64String(shown.Element("UUID")!.Value), bigEndian: true));
            Assert.Equal((entry.Summary.UserId, entry.Secret.Password, entry.Summary.Url), (Text(shown, "UserName"), Text(shown, "Password"), Text(shown, "URL")));
            Assert.Equal(entry.Secret.Notes, Text(shown, "Notes"));
            Assert.Equal(entry.Summary.Email, Text(shown, "Email"));
            Assert.Equal(entry.Summary.Expires is null ? "False" : "True", shown.Element("Times")!.Element("Expires")!.Value);
            foreach (ExtraField field in entry.Secret.ExtraFields)
                Assert.Equal(field.Data, Text(shown, field.Type == "totp" ? "otp" : field.Name));
            Assert.Equal(entry.Summary.Favorite ? [.. entry.Summary.Tags, "Favorite"] : entry.Summary.Tags,
                shown.Element("Tags")!.Value.Split([';', ','], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).OrderBy(tag => tag == "Favorite"));
            string told = Run(Key, "show", "-q", "-s", "--all", file, entry.Summary.Name);
            Assert.Contains($"Password: {entry.Secret.Password}", told, StringComparison.Ordinal);
        }
        Assert.Matches("^[0-9]{6}$", Run(Key, "show", "-q", "--totp", file, "one").Trim());
    }

    [Fact]
    public void A_database_that_it_made_is_read_entry_by_entry()
    {
        string xml = Path.Combine(_folder.Path, "x.xml"), file = Path.Combine(_folder.Path, "x.kdbx");
        File.WriteAllText(xml, KeePassDocuments.One(KeePassDocuments.Text("Title", "made") + KeePassDocuments.Text("UserName", "u")
            + KeePassDocuments.Secret("Password", "s\u00e9cret", KeePassDocuments.Clear) + KeePassDocuments.Secret("pin", "1", KeePassDocuments.Clear) + "<History /><AutoType />"));
        Run($"{Key}\n{Key}", "import", "-q", "-p", "-t", "100", xml, file);
        Run($"{Key}\n{Key}", "add", "-q", "-u", "second", "--url", "https://x.example", "-p", file, "added");
        string attachment = Path.Combine(_folder.Path, "a.txt");
        File.WriteAllText(attachment, "attached");
        Run(Key, "attachment-import", "-q", file, "added", "a.txt", attachment);

        using SecretBytes key = SecretBytes.FromChars(Key);
        using FileStream stream = File.OpenRead(file);
        var files = new List<string>();
        var rows = new List<ImportRow>();
        foreach (ImportRow row in ImportSource.Read(stream, file, new ImportOptions { SourceKey = key }, CancellationToken.None))
        {
            rows.Add(row);
            foreach (SourceFile attached in row.Source!.Files)
            {
                using var reader = new StreamReader(attached.Open());
                files.Add($"{attached.Name} {attached.Length} {reader.ReadToEnd()}");
            }
        }
        Assert.Equal([("made", "u", "s\u00e9cret"), ("added", "second", Key)], rows.Select(row => (row.Name, row.Values!.UserId, row.Values.Password)));
        Assert.Equal([new ExtraField("pin", "hidden", "1")], rows[0].Values!.ExtraFields);
        Assert.Equal(["a.txt 8 attached"], files);

        string csv = Run(Key, "export", "-q", "--format", "csv", file);
        ImportRow[] cells = [.. ImportSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(csv)), "x.csv", new ImportOptions(), CancellationToken.None)];
        Assert.Equal(rows.Select(row => (row.Name, row.Values!.Password)), cells.Select(row => (row.Name, row.Values!.Password)));
    }

    private static string Text(XElement entry, string key) =>
        entry.Elements("String").SingleOrDefault(text => text.Element("Key")!.Value == key)?.Element("Value")!.Value ?? "";

    private static string Run(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program!, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["QT_QPA_PLATFORM"] = "offscreen";
        using Process process = Process.Start(start)!;
        process.StandardInput.WriteLine(input);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "keepassxc-cli hangs.");
        Assert.True(process.ExitCode == 0, $"keepassxc-cli {arguments[0]}: {error.Result}");
        return output;
    }
}
