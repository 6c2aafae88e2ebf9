using System.Collections;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Completion;

/// <summary>Names of Extra Fields, with wildcards escaped.</summary>
public sealed class TotpFieldCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        Require(bound).Names(VaultNames.ExtraFields, word, Most);

    private protected override bool TakesWildcards(string command, string parameter) => true;
}
