using System.Collections;
using System.Management.Automation;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Completion;

/// <summary>Hashtables of one extra field each, with the names that entries use: <c>@{ pin = '' }</c>.</summary>
public sealed class ExtraFieldCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        Require(bound).Names(VaultNames.ExtraFields, word.TrimStart('@', '{', ' ', '\'', '"'), Most);

    private protected override CompletionResult Result(string value, bool escape) =>
        new($"@{{ {Key(value)} = '' }}", Shown(value), CompletionResultType.ParameterValue, $"The extra field {Shown(value)}");

    private static string Key(string name) => name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(char.IsAsciiLetterOrDigit) ? name : Quoted(name);
}
