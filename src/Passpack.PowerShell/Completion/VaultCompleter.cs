using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Passpack.Vault;

namespace Passpack.PowerShell.Completion;

/// <summary>Completes from what is on this machine. Silent where nothing can be read: completion is no place for errors.</summary>
public abstract class VaultCompleter : IArgumentCompleter
{
    private const int Most = 200;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? "").Trim('\'', '"');
        try
        {
            return
            [
                .. Values(fakeBoundParameters?["Account"]?.ToString())
                    .Where(value => value.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                    .Distinct(StringComparer.Ordinal)
                    .Take(Most)
                    .Order(StringComparer.OrdinalIgnoreCase)
                    .Select(value => Result(value, TakesWildcards(commandName, parameterName))),
            ];
        }
        catch (PasspackException)
        {
            return [];
        }
    }

    /// <summary>What can be meant, whatever is typed already.</summary>
    private protected abstract IEnumerable<string> Values(string? account);

    /// <summary>Whether brackets and stars of a value have to be escaped.</summary>
    private protected virtual bool TakesWildcards(string command, string parameter) => false;

    /// <summary>The account that is meant. When it is locked, this throws.</summary>
    private protected static LocalVault Demand(string? account) => UnlockedAccounts.Shared.Demand(LocalAccounts.Choose(account));

    private static CompletionResult Result(string value, bool escape)
    {
        string text = escape ? WildcardPattern.Escape(value) : value;
        bool plain = text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or ':')
            || text.Contains('@') && text[0] != '@' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@');
        string typed = plain ? text : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
        string shown = value.Length > 0 ? value : "''";
        return new CompletionResult(typed, shown, CompletionResultType.ParameterValue, shown);
    }
}
