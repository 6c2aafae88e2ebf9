using System.Collections;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Completion;

/// <summary>Tags.</summary>
public sealed class TagCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) => Demand(bound).Names(VaultNames.Tags, word, Most);

    // -Tag looks for tags in Get- and Export-, and sets them in New- and Set-, as -AddTag does in Import-.
    private protected override bool TakesWildcards(string command, string parameter) =>
        parameter != "AddTag" && !command.StartsWith("Set-", StringComparison.OrdinalIgnoreCase) && !command.StartsWith("New-", StringComparison.OrdinalIgnoreCase);
}
