using System.Collections;
using Passpack.Automation.References;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Completion;

/// <summary>Completes references: first names of entries, then the fields of the one.</summary>
public sealed class ReferenceCompleter : VaultCompleter
{
    private const string Personal = SecretReference.Prefix + "/";

    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound)
    {
        if (!word.StartsWith(Personal, StringComparison.OrdinalIgnoreCase) && !Personal.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            return [];
        LocalVault vault = Require(bound);
        string rest = word.Length > Personal.Length ? word[Personal.Length..] : "";
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? vault.Names(VaultNames.Entries, Decode(rest), Most).Where(SecretReference.CanHold).Select(name => Write(name, null)).Distinct()
            : FieldsOf(vault, rest[..slash], Decode(rest[(slash + 1)..]));
    }

    private static IEnumerable<string> FieldsOf(LocalVault vault, string entry, string begun)
    {
        if (!SecretReference.TryParse(Personal + entry, out SecretReference? named, out _))
            return [];
        EntrySummary[] found = [.. vault.List(named!.EntryId is { } id ? new EntryQuery { Id = id } : new EntryQuery { Name = named.Entry }, _ => { })];
        return found is not [var only] ? [] : ReferenceFieldCompleter.FieldsOf(only, vault.ReadSecret(only.Id))
            .Where(field => field.StartsWith(begun, StringComparison.OrdinalIgnoreCase)).Select(field => Write(named.Entry, field));
    }

    private static string Write(string entry, string? field) => new SecretReference { Entry = entry, Field = field }.ToString();

    // A word that ends within an escape is completed from before it.
    private static string Decode(string word)
    {
        int last = word.LastIndexOf('%');
        return Uri.UnescapeDataString(last >= 0 && last > word.Length - 3 ? word[..last] : word);
    }
}
