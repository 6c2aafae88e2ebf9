using System.Collections;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Completion;

/// <summary>Names of entries.</summary>
public sealed class EntryNameCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string word, IDictionary? bound) => Require(bound).Names(VaultNames.Entries, word, Most);

    private protected override bool TakesWildcards(string command, string parameter) => parameter == "Name";
}
