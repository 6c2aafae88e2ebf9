using System.Management.Automation;
using System.Security;
using Passpack.Automation.Templates;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Puts secrets into the places of a template.</summary>
[Cmdlet(VerbsData.Expand, "PasspackTemplate", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
[OutputType(typeof(FileInfo), typeof(SecureString), typeof(string))]
public sealed class ExpandPasspackTemplateCommand : ReferenceCmdlet
{
    /// <summary>Files, with wildcards.</summary>
    [Parameter(Position = 0, ParameterSetName = "Path")]
    [SupportsWildcards]
    [TextTransformation(Needed = true, Several = true)]
    public string[] Path { get; set; } = [];

    /// <summary>Files, exactly.</summary>
    [Parameter(ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [TextTransformation(Needed = true, Several = true)]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The template itself.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Template")]
    [TextTransformation(Needed = true, Empty = true, Lines = true)]
    [AllowEmptyString]
    public string Template { get; set; } = "";

    /// <summary>The file to write; without it, the text is emitted.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DestinationPath { get; set; }

    /// <summary>Overwrite the file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emit a text instead of a SecureString.</summary>
    [Parameter]
    public SwitchParameter AsPlainText { get; set; }

    private string? _written;

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (ParameterSetName == "Template")
        {
            await ExpandAsync(new TemplateFile(Template, new System.Text.UTF8Encoding(false), false), "-Template", cancellationToken);
            return;
        }
        string[] paths = [.. LiteralPath.Select(ResolveFile), .. Path.SelectMany(ResolveFiles)];
        if (paths.Length == 0)
            throw ErrorRecords.Invalid("Say what is to be expanded: a file, or a text with -Template.", null);
        foreach (string path in paths)
            await ExpandAsync(TemplateFile.Read(path), path, cancellationToken);
    }

    private async Task ExpandAsync(TemplateFile file, string name, CancellationToken cancellationToken)
    {
        var template = SecretTemplate.Parse(file.Text, name);
        TemplatePart[] places = [.. template.Parts.Where(part => part.Reference is not null)];
        string? destination = DestinationPath is null ? null : ResolveFile(DestinationPath);
        if (destination is not null)
        {
            if (_written is not null)
                throw ErrorRecords.Invalid($"-DestinationPath is one file, and {_written} is written there already. Expand {name} by itself.", name);
            TemplateFile.RequireWritable(destination, Force);
        }
        string what = $"Put {places.Length} secret(s) into the template{(destination is null ? "" : $" {name}, and write it in the clear")}";
        if (!ShouldProcess(destination ?? name, what))
            return;
        string text = template.Expand(await ReadValuesAsync(places, name, cancellationToken), name);
        if (destination is null)
        {
            WriteObject(AsPlainText ? text : SecureStrings.Of(text));
            return;
        }
        file.Write(destination, Force, text);
        _written = name;
        EmitFile(destination);
    }

    // What fails is told with its place.
    private async Task<IReadOnlyList<string>> ReadValuesAsync(TemplatePart[] places, string name, CancellationToken cancellationToken)
    {
        IReadOnlyList<Resolution> resolved = Resolve([.. places.Select(place => place.Reference!)], cancellationToken);
        var values = new List<string>();
        var errors = new List<PasspackException>();
        for (int i = 0; i < places.Length; i++)
        {
            try
            {
                values.Add(resolved[i].Error is { } error ? throw error : await ReadTextAsync(resolved[i], cancellationToken));
            }
            catch (PasspackException e)
            {
                errors.Add(new PasspackException(e.ErrorId, $"{name}, line {places[i].Line}, column {places[i].Column}: {e.Message}", e) { Target = e.Target });
            }
        }
        RequireNone(errors);
        return values;
    }
}
