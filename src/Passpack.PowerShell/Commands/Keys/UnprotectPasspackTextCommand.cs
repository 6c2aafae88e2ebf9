using System.Management.Automation;
using System.Security;
using System.Text;
using Passpack.Packing.Legacy;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Opens a single text of any pack version.</summary>
[Cmdlet(VerbsSecurity.Unprotect, "PasspackText")]
[OutputType(typeof(string))]
public sealed class UnprotectPasspackTextCommand : PasspackCmdlet
{
    /// <summary>The packed text.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [TextTransformation(Needed = true, Empty = true)]
    [AllowEmptyString] // Is refused like any other that is none.
    public string Text { get; set; } = "";

    /// <summary>The key, exactly as it was when the text was sealed; or a private RSA key text, for a text that was encrypted to it.</summary>
    [Parameter(Mandatory = true)]
    [SecretTransformation]
    public SecureString Key { get; set; } = new();

    /// <summary>The size of the key in bits; only for texts of 2008, which do not name it.</summary>
    [Parameter]
    [ValidateSet("256", "192", "128")]
    public int KeySize { get; set; } = 256;

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        using SecretBytes key = Key.Read(SecretBytes.FromChars);
        string text;
        try
        {
            using SecretBytes opened = PackText.Open(Text, key, KeySize);
            text = Encoding.UTF8.GetString(opened.Span);
        }
        catch (PasspackException e) // The next text may have another key.
        {
            WriteError(e);
            return Task.CompletedTask;
        }
        WriteObject(text);
        return Task.CompletedTask;
    }
}
