using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Automation.Templates;
using Passpack.Core.Tests.Vault;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Automation.Templates;

public sealed class SecretTemplateTests
{
    private static readonly Gen<string> s_values = Gen.Elements("a", "\"", "'", "\\", "\n", "\r", "\t", "<", "&", "]]>", "$x", "`", "{{", "ä", "🔑", "\u0085", "\u2028", "’",
        "\u007f", " ").ListOf().Select(string.Concat);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a{{ passpack:///DB }}b", "a[0]b")]
    [InlineData("{{passpack:///DB}}{{ passpack:///x/y?account=z }}", "[0][1]")]
    [InlineData("{{{{ x }}", "{{ x }}")]
    [InlineData("{{{{{{ passpack:///DB }}}}", "{{[0]}}")]
    [InlineData("{ } }} {", "{ } }} {")]
    [InlineData("{{\n  passpack:///DB\n}}", "[0]")]
    public void Places_are_filled_and_all_else_stays(string text, string expected)
    {
        SecretTemplate template = SecretTemplate.Parse(text, "x");
        Assert.Equal(expected, template.Expand([.. Enumerable.Range(0, 9).Select(number => $"[{number}]")], "x"));
    }

    [Theory]
    [InlineData("a\n b {{ passpack:///DB", "line 2, column 4: the braces are not closed")]
    [InlineData("{{ .Values.x }}", "line 1, column 1: The text is no reference")]
    [InlineData("{{ passpack:///a b }}", "line 1, column 1: 'passpack:///a b' is no reference, at character 14")]
    [InlineData("x\n\n{{ passpack:///a | html }}", "line 3, column 1: there is no filter 'html', but json, yaml, xml, powershell, sh")]
    [InlineData("{{ passpack:///a | json | sh }}", "no filter 'json | sh'")]
    [InlineData("{{}}", "line 1, column 1")]
    public void A_fault_is_told_with_its_place(string text, string says) =>
        Errors.Of(ErrorCodes.TemplateInvalid, () => SecretTemplate.Parse(text, "app.yml"), says);

    [Fact]
    public void What_json_writes_is_read_back_as_the_value_and_is_within_what_yaml_allows() => Prop.ForAll(Arb.From(s_values), value =>
    {
        string written = TemplateFilters.Write(TemplateFilter.Json, value);
        Assert.Equal(value, JsonSerializer.Deserialize<string>(written));
        Assert.Equal(written, TemplateFilters.Write(TemplateFilter.Yaml, value));
        Assert.DoesNotContain(written, c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF');
    }).Holds();

    [Fact]
    public void What_xml_writes_is_read_back_as_the_value_in_elements_and_in_attributes() => Prop.ForAll(Arb.From(s_values), value =>
    {
        string written = TemplateFilters.Write(TemplateFilter.Xml, value);
        var read = XElement.Parse($"<a b=\"{written}\" c='{written}'>{written}</a>", LoadOptions.PreserveWhitespace);
        Assert.Equal([value, value, value], [read.Value, read.Attribute("b")!.Value, read.Attribute("c")!.Value]);
    }).Holds();

    [Theory]
    [InlineData(TemplateFilter.PowerShell, "it's ‘a’ $x `n", "'it''s ‘‘a’’ $x `n'")]
    [InlineData(TemplateFilter.Sh, "it's $x `n`", "'it'\\''s $x `n`'")]
    [InlineData(TemplateFilter.None, "it's", "it's")]
    public void A_filter_writes_a_literal(TemplateFilter filter, string value, string expected) => Assert.Equal(expected, TemplateFilters.Write(filter, value));

    [Theory]
    [InlineData("xml", "hunter2\u0001")]
    [InlineData("sh", "hunter2\0")]
    public void What_a_format_cannot_hold_is_refused_without_the_value(string filter, string value)
    {
        SecretTemplate template = SecretTemplate.Parse($"\n {{{{ passpack:///DB | {filter} }}}}", "app");
        PasspackException error = Errors.Of(ErrorCodes.TemplateInvalid, () => template.Expand([value], "app"), "app, line 2, column 2: passpack:///DB");
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-32", true)]
    public void A_file_is_written_in_the_encoding_of_its_template(string name, bool hasMark)
    {
        string folder = Directory.CreateTempSubdirectory("passpack-test-").FullName;
        try
        {
            var encoding = Encoding.GetEncoding(name);
            string path = Path.Combine(folder, "a"), target = Path.Combine(folder, "b");
            File.WriteAllBytes(path, [.. hasMark ? encoding.Preamble : [], .. encoding.GetBytes("ä\r\nb\n")]);
            TemplateFile file = TemplateFile.Read(path);
            Assert.Equal("ä\r\nb\n", file.Text);
            file.Write(target, overwrite: false, file.Text);
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(target));
            Assert.Equal(["a", "b"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
            Errors.Of(ErrorCodes.FileExists, () => file.Write(target, overwrite: false, "x"), target);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_file_that_is_no_text_is_refused()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [0x61, 0xFF, 0x62]);
            Assert.Contains(path, Assert.Throws<ArgumentException>(() => TemplateFile.Read(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
