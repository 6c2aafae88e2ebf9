using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using Passpack.Packing.Records;

namespace Passpack.PowerShell.Commands;

// Asking for secrets. PowerShell asks for a mandatory parameter once and hidden, which is not enough for a new secret: a typing error would become
// the key. So the parameter of a new secret is not mandatory, and the cmdlet asks twice.
public abstract partial class PasspackCmdlet
{
    /// <summary>Asks for a new Packing Key, twice.</summary>
    /// <param name="parameter">The parameter that makes the question unnecessary.</param>
    /// <exception cref="PasspackException">As of <see cref="AskForNewSecret"/>.</exception>
    protected SecureString AskForNewPackingKey(string parameter) => AskForNewSecret(parameter, "new Packing Key",
        "Nobody can recover a Packing Key, here or online: without it nothing in the vault can be read. " +
        "Take a sentence that stays in mind, or write it down in a safe place.");

    /// <summary>Asks for a new secret, twice.</summary>
    /// <param name="parameter">The parameter that makes the question unnecessary.</param>
    /// <param name="what">Its name.</param>
    /// <param name="warning">A warning to show before the user chooses the secret.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorRecords.SecretRequired"/>: there is no user to ask. <see cref="ErrorRecords.InvalidArgument"/>: the two inputs differ.
    /// </exception>
    protected SecureString AskForNewSecret(string parameter, string what, string warning)
    {
        SecureString[] typed = Ask(parameter, what, warning, what, $"{what} once more");
        using SecureString second = typed[1];
        using SecretBytes once = typed[0].Read(SecretBytes.FromChars), twice = second.Read(SecretBytes.FromChars);
        if (once.Span.SequenceEqual(twice.Span))
            return typed[0];
        typed[0].Dispose();
        throw ErrorRecords.Invalid($"The two are not the same. Nothing was changed; run the command again, and type the {what} twice.", null);
    }

    /// <summary>Asks for an existing secret, once.</summary>
    /// <inheritdoc cref="AskForNewSecret"/>
    protected SecureString AskForSecret(string parameter, string what) => Ask(parameter, what, "", what)[0];

    // The exceptions of hosts without a user: -NonInteractive, a job or program without a screen, redirected input.
    private static bool IsNobodyThere(Exception e) => e is InvalidOperationException or NotImplementedException or HostException;

    // Asks in the way in which PowerShell asks for a mandatory parameter, so every host that supports that supports this.
    private SecureString[] Ask(string parameter, string what, string message, params string[] labels)
    {
        Collection<FieldDescription> fields = [.. labels.Select(label => new FieldDescription(label))];
        foreach (FieldDescription field in fields)
            field.SetParameterType(typeof(SecureString));
        Dictionary<string, PSObject>? answers;
        try
        {
            answers = Outside(() => Host.UI?.Prompt($"{MyInvocation.MyCommand.Name}: {what}", message, fields));
        }
        catch (Exception e) when (IsNobodyThere(e))
        {
            throw ErrorRecords.NotGiven(parameter, what, e);
        }
        return [.. labels.Select(label => answers?.GetValueOrDefault(label)?.BaseObject as SecureString ?? throw ErrorRecords.NotGiven(parameter, what, null))];
    }
}
