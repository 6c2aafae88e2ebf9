using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Writing;

/// <summary>
/// Writes a page to print or to keep in a safe: one file that loads nothing and runs nothing, entries grouped by their first tag, secrets behind a
/// disclosure that prints open. The entries' pieces of the page are in memory until the last one, because they are grouped.
/// </summary>
internal sealed class HtmlWriter : IEntryWriter
{
    private const string Mask = "••••••••";
    private const string Untagged = "Without a tag";

    private const string Style = """
        body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#111;background:#fff}
        h2{border-bottom:2px solid #111;margin:2em 0 .5em}
        article{border-bottom:1px solid #bbb;padding:.5em 0;break-inside:avoid}
        h3{margin:.2em 0}
        dl{display:grid;grid-template-columns:12em 1fr;gap:.1em 1em;margin:.2em 0}
        dt{color:#555}
        dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
        .secret dd{font-family:ui-monospace,monospace}
        .old{display:none}
        @supports not selector(::details-content){.old{display:block}}
        @media print{details::details-content{content-visibility:visible;block-size:auto;display:block}summary,.old{display:none}body{margin:0}}
        """;

    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StreamWriter _page;
    private readonly ExportOptions _options;
    private readonly SortedDictionary<string, List<string>> _groups = new(StringComparer.CurrentCultureIgnoreCase);
    private readonly List<string> _untagged = [];
    private long _count;

    private HtmlWriter(Stream stream, ExportOptions options)
    {
        _page = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        _options = options;
    }

    /// <summary>Its place in the table.</summary>
    public static TargetFormat Target { get; } = new(EntryFileFormat.Html, "a browser") { Open = (stream, options, _) => new HtmlWriter(stream, options) };

    public void Write(FullEntry entry)
    {
        _count++;
        EntrySummary summary = entry.Summary;
        var html = new StringBuilder("<article>\n");
        html.Append("<h3>").Append(Encode(summary.Name)).Append(summary.Favorite ? " ★" : "").Append("</h3>\n<dl>");
        Add(html, "Type", summary.Type == EntryTypes.Login ? "" : summary.Type);
        AddAddress(html, "URL", summary.Url);
        Add(html, "User ID", summary.UserId);
        Add(html, "Email", summary.Email);
        Add(html, "Expires", summary.Expires is { } expires ? Day(expires) : "");
        Add(html, "Tags", string.Join(", ", summary.Tags.Skip(1)));
        ILookup<bool, ExtraField> fields = entry.Secret.ExtraFields.ToLookup(field => FieldTypes.IsSecret(field.Type) || field.Type == FieldTypes.Multiline);
        foreach (ExtraField field in fields[false])
        {
            if (field.Type == FieldTypes.Url)
                AddAddress(html, field.Name, field.Data);
            else
                Add(html, field.Name, field.Data);
        }
        Add(html, "Modified", Day(summary.Modified));
        html.Append("</dl>\n");
        AddSecrets(html, entry.Secret, fields[true]);
        html.Append("</article>\n");
        if (summary.Tags.Count == 0)
            _untagged.Add(html.ToString());
        else if (_groups.TryGetValue(summary.Tags[0], out List<string>? group))
            group.Add(html.ToString());
        else
            _groups[summary.Tags[0]] = [html.ToString()];
    }

    public void Complete()
    {
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));
        string title = $"{_count.ToString("N0", CultureInfo.InvariantCulture)} {(_count == 1 ? "entry" : "entries")}, {Day(_options.Clock.GetUtcNow())}";
        _page.WriteLine("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
        string policy = $"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'";
        _page.WriteLine($"<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
        _page.WriteLine("<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">");
        _page.WriteLine($"<title>{title}</title>\n<style>{Style}</style>\n</head>\n<body>\n<h1>{title}</h1>");
        if (!_options.MaskSecrets)
            _page.WriteLine("<p class=\"old\">This browser prints closed secrets closed: open those that are to be printed.</p>");
        foreach ((string tag, List<string> entries) in _groups)
            WriteGroup(tag, entries);
        if (_untagged.Count > 0)
            WriteGroup(Untagged, _untagged);
        _page.WriteLine("</body>\n</html>");
        _page.Flush();
    }

    public void Dispose() => _page.Dispose();

    private void WriteGroup(string tag, List<string> entries)
    {
        _page.WriteLine($"<section>\n<h2>{Encode(tag)}</h2>");
        foreach (string entry in entries)
            _page.Write(entry);
        _page.WriteLine("</section>");
    }

    private void AddSecrets(StringBuilder html, EntrySecret secret, IEnumerable<ExtraField> fields)
    {
        var list = new StringBuilder();
        AddSecret("Password", secret.Password);
        foreach (ExtraField field in fields)
            AddSecret(field.Name, field.Data);
        AddSecret("Notes", secret.Notes);
        AddSecret("Shared Notes", secret.SharedNotes);
        if (list.Length > 0)
            html.Append("<details class=\"secret\"><summary>Secrets</summary><dl>").Append(list).Append("</dl></details>\n");

        void AddSecret(string name, string value) => Add(list, name, value.Length > 0 && _options.MaskSecrets ? Mask : value);
    }

    private static void Add(StringBuilder html, string name, string value)
    {
        if (value.Length > 0)
            html.Append("<dt>").Append(Encode(name)).Append("</dt><dd>").Append(Encode(value)).Append("</dd>");
    }

    // Only addresses of the web can be followed: another one might run something.
    private static void AddAddress(StringBuilder html, string name, string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            Add(html, name, url);
            return;
        }
        html.Append("<dt>").Append(Encode(name)).Append("</dt><dd><a rel=\"noopener noreferrer\" href=\"").Append(Encode(url)).Append("\">")
            .Append(Encode(url)).Append("</a></dd>");
    }

    private static string Encode(string text) => s_encoder.Encode(text);

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
