using System.Collections;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Security;
using Passpack.Transfer.Sources.Managers;

namespace Passpack.PowerShell.Commands;

/// <summary>Reads a SecretManagement vault by that module's own cmdlets, a secret at a time, on the pipeline's thread.</summary>
internal static class SecretVaultReader
{
    private const string Module = "Microsoft.PowerShell.SecretManagement";

    /// <exception cref="PasspackException">InvalidArgument: the module or the vault is not there, or the vault is an account of this module.</exception>
    public static IReadOnlyList<StoredSecret> List(PSCmdlet cmdlet, string vault)
    {
        try
        {
            string module = $"{Invoke(cmdlet, $"param($vault) ({Module}\\Get-SecretVault -Name $vault -ErrorAction Stop).ModuleName", vault).FirstOrDefault()}";
            if (module.Equals("Passpack", StringComparison.OrdinalIgnoreCase))
            {
                throw ErrorRecords.Invalid($"The vault {vault} is an account of this module. Export-PasspackEntry or Backup-PasspackVault takes its " +
                    "entries.", vault);
            }
            return [.. Invoke(cmdlet, $"param($vault) {Module}\\Get-SecretInfo -Vault $vault -ErrorAction Stop", vault).Select(ReadInfo)];
        }
        catch (CommandNotFoundException)
        {
            throw ErrorRecords.Invalid($"-SecretVault needs the module {Module}, which is not there. Install-Module {Module}", vault);
        }
        catch (RuntimeException e)
        {
            throw ErrorRecords.Invalid($"The vault {vault} could not be listed: {e.ErrorRecord.FullyQualifiedErrorId}. " +
                "Get-SecretVault shows the vaults that are registered; Unlock-SecretVault unlocks one.", vault);
        }
    }

    /// <summary>Reads the secrets as they are enumerated; the bytes and texts of one are not kept.</summary>
    public static IEnumerable<StoredSecret> Read(PSCmdlet cmdlet, string vault, IEnumerable<StoredSecret> infos) => infos.Select(info =>
    {
        try
        {
            // In a table, because an array of bytes would come out byte by byte.
            string script = $"param($vault, $name) $secret = {Module}\\Get-Secret -Name $name -Vault $vault -ErrorAction Stop; @{{ Value = $secret }}";
            object? value = (Invoke(cmdlet, script, vault, info.Name).FirstOrDefault()?.BaseObject as Hashtable)?["Value"];
            return value is null ? info with { Error = "the vault gave nothing for it" } : ReadValue(info, value);
        }
        catch (RuntimeException e) // Its message is the vault's and may hold anything.
        {
            return info with { Error = $"the vault did not give it: {e.ErrorRecord.FullyQualifiedErrorId}" };
        }
    });

    private static StoredSecret ReadInfo(PSObject info)
    {
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (info.Properties["Metadata"]?.Value is IEnumerable<KeyValuePair<string, object>> pairs)
        {
            foreach ((string name, object value) in pairs)
                metadata[name] = ToText(value);
        }
        return new StoredSecret((string)info.Properties["Name"].Value) { Metadata = metadata };
    }

    private static StoredSecret ReadValue(StoredSecret into, object value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        string text => into with { Text = text, IsPlain = true },
        SecureString secret => into with { Text = secret.Read(characters => characters.ToString()) },
        PSCredential credential => into with { UserName = credential.UserName, Text = credential.Password.Read(characters => characters.ToString()) },
        byte[] bytes => into with { Bytes = bytes },
        Hashtable members => into with
        {
            Members = [.. members.Cast<DictionaryEntry>().OrderBy(member => member.Key.ToString(), StringComparer.Ordinal)
                .Select(member => ReadMember(new StoredSecret(member.Key.ToString()!), member.Value))],
        },
        { } other => into with { OtherType = other.GetType().Name },
    };

    // SecretManagement keeps no hashtables in a hashtable.
    private static StoredSecret ReadMember(StoredSecret member, object? value) => value switch
    {
        null => member,
        Hashtable or PSObject { BaseObject: Hashtable } => member with { OtherType = "hashtable in a hashtable" },
        _ => ReadValue(member, value),
    };

    private static string ToText(object? value) => value switch
    {
        null => "",
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        string text => text,
        IEnumerable several => string.Join('\n', several.Cast<object?>().Select(ToText)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static Collection<PSObject> Invoke(PSCmdlet cmdlet, string script, params object[] arguments) =>
        cmdlet.InvokeCommand.InvokeScript(useLocalScope: true, ScriptBlock.Create(script), null, arguments);
}
