using System.Globalization;
using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using Passpack.Packing.Keys;

namespace Passpack.PowerShell.Commands;

/// <summary>Makes a random password, of characters or of words.</summary>
[Cmdlet(VerbsCommon.New, "PasspackPassword", DefaultParameterSetName = "Characters")]
[OutputType(typeof(SecureString), typeof(string))]
public sealed class NewPasspackPasswordCommand : PasspackCmdlet
{
    /// <summary>Characters.</summary>
    [Parameter(ParameterSetName = "Characters")]
    [ValidateRange(4, 1024)]
    public int Length { get; set; } = 20;

    /// <summary>The sets that the characters come from; at least one of each.</summary>
    [Parameter(ParameterSetName = "Characters")]
    [ValidateNotNullOrEmpty]
    public PasswordCharacters[] CharacterSet { get; set; } = Enum.GetValues<PasswordCharacters>();

    /// <summary>The number of words, for a password that is easier to type and remember.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Words")]
    [ValidateRange(3, 64)]
    public int Words { get; set; }

    /// <summary>Emits a string, which may be logged or kept anywhere; by default a SecureString.</summary>
    [Parameter]
    public SwitchParameter AsPlainText { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        bool ofWords = ParameterSetName == "Words";
        string[] sets = [.. CharacterSet.Distinct().Select(set => set.Characters())];
        double bits = ofWords ? PasswordGenerator.WordBits(Words) : PasswordGenerator.CharacterBits(Length, sets);
        string what = ofWords ? $"{Words} words out of {PasswordGenerator.WordCount}" : $"{Length} characters out of {sets.Sum(set => set.Length)}";
        WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"The password has {bits:F1} bits of entropy: {what}."));
        char[] password = PasswordCharacterSets.Generate(ofWords ? Words : null, Length, CharacterSet);
        try
        {
            WriteObject(AsPlainText ? new string(password) : SecureStrings.Of(password));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(password.AsSpan()));
        }
        return Task.CompletedTask;
    }
}
