using System.Management.Automation;
using Passpack.Automation.References;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Tells whether references resolve: those given, or all in files. Emits no value.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PasspackReference", DefaultParameterSetName = "Reference")]
[OutputType(typeof(bool), typeof(ReferenceFinding))]
public sealed class TestPasspackReferenceCommand : ReferenceCmdlet
{
    private readonly List<(FoundReference Found, string? Path)> _found = [];
    private bool _failed;

    /// <summary>References.</summary>
    [Parameter(Position = 0, ParameterSetName = "Reference")]
    [ArgumentCompleter(typeof(ReferenceCompleter))]
    [TextTransformation(Needed = true, Several = true)]
    public string[] Reference { get; set; } = [];

    /// <summary>Files, with wildcards, of which every reference is tested.</summary>
    [Parameter(ParameterSetName = "Path")]
    [SupportsWildcards]
    [TextTransformation(Needed = true, Several = true)]
    public string[] Path { get; set; } = [];

    /// <summary>Files, exactly.</summary>
    [Parameter(ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [TextTransformation(Needed = true, Several = true)]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Emits a finding for each reference that does not resolve, instead of true or false.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (Reference.Length + Path.Length + LiteralPath.Length == 0)
            throw ErrorRecords.Invalid("Say what is to be tested: a reference, or files with -Path or -LiteralPath.", null);
        _found.AddRange(Reference.Select(text => (new FoundReference(text, 0, 0), (string?)null)));
        foreach (string path in LiteralPath.Select(ResolveFile).Concat(Path.SelectMany(ResolveFiles)))
            Read(path, cancellationToken);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    // All at once, so that each entry is opened once.
    protected override Task EndAsync(CancellationToken cancellationToken)
    {
        var read = new Dictionary<string, (SecretReference? Reference, ReferenceFault? Fault)>(StringComparer.Ordinal);
        foreach ((FoundReference found, _) in _found)
        {
            _ = SecretReference.TryParse(found.Text, out SecretReference? reference, out ReferenceFault? fault);
            read[found.Text] = (reference, fault);
        }
        SecretReference[] distinct = [.. read.Values.Select(one => one.Reference).OfType<SecretReference>().Distinct()];
        Dictionary<SecretReference, PasspackException?> errors = Resolve(distinct, cancellationToken)
            .ToDictionary(resolved => resolved.Reference, resolved => resolved.Error);
        foreach ((FoundReference found, string? path) in _found)
        {
            (SecretReference? reference, ReferenceFault? fault) = read[found.Text];
            PasspackException? error = reference is null ? ReferenceErrors.Invalid(found.Text, fault!) : errors[reference];
            if (error is null)
                continue;
            _failed = true;
            if (Detailed)
                WriteObject(new ReferenceFinding(found, path, error));
            else
                WriteVerbose($"{(path is null ? "" : $"{path}:{found.Line}:{found.Column}: ")}{error.Message}");
        }
        WriteVerbose($"{_found.Count:N0} reference(s), {distinct.Length:N0} different.");
        if (!Detailed)
            WriteObject(!_failed);
        return Task.CompletedTask;
    }

    private void Read(string path, CancellationToken cancellationToken)
    {
        try
        {
            foreach (FoundReference found in ReferenceScanner.InFile(path))
            {
                cancellationToken.ThrowIfCancellationRequested();
                _found.Add((found, path));
            }
        }
        catch
        {
            _failed = true; // What cannot be read is not fine, where the other files are still tested.
            throw;
        }
    }
}
