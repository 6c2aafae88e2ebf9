using System.Collections;
using System.Management.Automation;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Completion;

/// <summary>Names of the files that are attached to the entry that -Id names, or to any.</summary>
public sealed class AttachmentCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound)
    {
        Vault.Account.LocalVault vault = Require(bound);
        Guid[] entries = LanguagePrimitives.TryConvertTo(bound?["Id"], out Guid id)
            ? [id]
            : [.. vault.List(new EntryQuery(), _ => { }).Where(entry => entry.Attachments > 0).Select(entry => entry.Id).Take(Most)];
        return entries.SelectMany(entry => vault.ReadSecret(entry).Attachments).Select(attachment => attachment.Name).Distinct()
            .Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.OrdinalIgnoreCase);
    }

    private protected override bool TakesWildcards(string command, string parameter) => command != "Remove-PasspackAttachment";
}
