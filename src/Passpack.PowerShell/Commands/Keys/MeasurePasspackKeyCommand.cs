using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Rates a key as Passpack does.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "PasspackKey")]
[OutputType(typeof(KeyQuality))]
public sealed class MeasurePasspackKeyCommand : PasspackCmdlet
{
    /// <summary>The key.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SecretTransformation]
    public SecureString Key { get; set; } = new();

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        WriteObject(Key.Read(key => new KeyQuality(key)));
        return Task.CompletedTask;
    }
}
