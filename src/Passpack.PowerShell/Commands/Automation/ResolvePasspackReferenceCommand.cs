using System.Management.Automation;
using System.Security;
using Passpack.Automation.References;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Gives what references stand for.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "PasspackReference", DefaultParameterSetName = "SecureString")]
[OutputType(typeof(SecureString), ParameterSetName = ["SecureString"])]
[OutputType(typeof(string), ParameterSetName = ["Text"])]
[OutputType(typeof(byte[]), ParameterSetName = ["Bytes"])]
public sealed class ResolvePasspackReferenceCommand : ReferenceCmdlet
{
    /// <summary>References.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(ReferenceCompleter))]
    [TextTransformation(Needed = true, Several = true)]
    public string[] Reference { get; set; } = [];

    /// <summary>Emits texts.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Text")]
    public SwitchParameter AsPlainText { get; set; }

    /// <summary>Emits bytes: a file's, those that a field of type binary holds, or a text's in UTF-8.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Bytes")]
    public SwitchParameter AsBytes { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        var references = new List<SecretReference>();
        foreach (string text in Reference)
        {
            if (SecretReference.TryParse(text, out SecretReference? reference, out ReferenceFault? fault))
                references.Add(reference!);
            else
                WriteError(ReferenceErrors.Invalid(text, fault!));
        }
        foreach (Resolution resolved in Resolve(references, cancellationToken))
            await EmitAsync(resolved, cancellationToken);
    }

    private async Task EmitAsync(Resolution resolved, CancellationToken cancellationToken)
    {
        try
        {
            if (resolved.Error is not null)
                throw resolved.Error;
            if (AsBytes)
                WriteObject(await ReadBytesAsync(resolved, cancellationToken));
            else if (AsPlainText)
                WriteObject(await ReadTextAsync(resolved, cancellationToken));
            else
                WriteObject(SecureStrings.Of(await ReadTextAsync(resolved, cancellationToken)));
        }
        catch (PasspackException e)
        {
            WriteError(e, $"{resolved.Reference}");
        }
    }
}
