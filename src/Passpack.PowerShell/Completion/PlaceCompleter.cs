using System.Collections;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Completion;

/// <summary>User IDs of all accounts of which this machine has a vault or backups.</summary>
public sealed class PlaceCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        DataFolder.Current.Places().Select(folder => folder.UserId)
        .Where(account => account.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.OrdinalIgnoreCase);
}
