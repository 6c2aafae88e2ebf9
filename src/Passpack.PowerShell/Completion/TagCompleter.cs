using System.Collections;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Completion;

/// <summary>Tags.</summary>
public sealed class TagCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) => Require(bound).Names(VaultNames.Tags, word, Most);

    // In Get- and Export-, -Tag is a pattern; in New- and Set-, and -AddTag in Import-, it is a literal tag.
    private protected override bool TakesWildcards(string command, string parameter) =>
        parameter != "AddTag" && !command.StartsWith("Set-", StringComparison.OrdinalIgnoreCase)
        && !command.StartsWith("New-", StringComparison.OrdinalIgnoreCase);
}
