using System.Collections;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Completion;

/// <summary>User IDs of the local accounts, locked ones too.</summary>
public sealed class AccountCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        DataFolder.Current.Accounts().Select(folder => folder.UserId)
            .Where(account => account.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.OrdinalIgnoreCase);
}
