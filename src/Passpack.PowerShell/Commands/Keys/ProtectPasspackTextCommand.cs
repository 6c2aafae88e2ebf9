using System.Management.Automation;
using System.Security;
using System.Text;
using Passpack.Packing.Keys;
using Passpack.Packing.Legacy;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Seals a single text under a key.</summary>
[Cmdlet(VerbsSecurity.Protect, "PasspackText")]
[OutputType(typeof(string))]
public sealed class ProtectPasspackTextCommand : PasspackCmdlet
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [TextTransformation(Needed = true, Empty = true)]
    [AllowEmptyString]
    public string Text { get; set; } = "";

    /// <summary>The key; every character of it counts.</summary>
    [Parameter(Mandatory = true)]
    [SecretTransformation]
    public SecureString Key { get; set; } = new();

    /// <summary>7, or 6 for texts that Passpack's own service has to read.</summary>
    [Parameter]
    [ValidateSet("7", "6")]
    public int PackVersion { get; set; } = KeyEnvelope.PackVersion;

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            _ = s_strict.GetByteCount(Text);
        }
        catch (EncoderFallbackException) // Caught, because its message shows a piece of the text.
        {
            WriteError(ErrorRecords.Invalid("The text holds half a surrogate pair, which is no character: it would come back changed. Mend the text.", null));
            return Task.CompletedTask;
        }
        using SecretBytes key = Key.Read(SecretBytes.FromChars), text = SecretBytes.FromChars(Text);
        WriteObject(PackText.Seal(text, key, PackVersion));
        return Task.CompletedTask;
    }
}
