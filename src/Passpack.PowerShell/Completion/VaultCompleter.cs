using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;
using Passpack.Protocol;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Completion;

/// <summary>Completes from what is on this machine. Silent where nothing can be read: completion is no place for errors.</summary>
public abstract class VaultCompleter : IArgumentCompleter
{
    /// <summary>More matches than that help nobody.</summary>
    private protected const int Most = 200;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? "").Trim('\'', '"');
        try
        {
            return [.. Find(commandName, word, fakeBoundParameters).Take(Most).Select(value => Result(value, TakesWildcards(commandName, parameterName)))];
        }
        catch (Exception e) when (e is PasspackException or ArgumentException) // Also PASSPACK_HOME may be none.
        {
            return [];
        }
    }

    /// <summary>What begins with a word, whatever its case, in order.</summary>
    private protected abstract IEnumerable<string> Find(string command, string word, IDictionary? bound);

    /// <summary>Whether brackets and stars of a value have to be escaped.</summary>
    private protected virtual bool TakesWildcards(string command, string parameter) => false;

    /// <summary>What completes the word to a value.</summary>
    private protected virtual CompletionResult Result(string value, bool escape)
    {
        string text = escape ? WildcardPattern.Escape(value) : value;
        string shown = Shown(value);
        return new CompletionResult(Quote(text), shown, CompletionResultType.ParameterValue, shown);
    }

    /// <summary>The account that is meant. When it is locked, this throws.</summary>
    private protected static LocalVault Demand(IDictionary? bound) =>
        UnlockedAccounts.Shared.Demand(LocalAccounts.Choose(bound?["Account"]?.ToString()));

    /// <summary>A value as the list of matches shows it, which takes no empty text.</summary>
    private protected static string Shown(string value) => View.Text(value) is { Length: > 0 } shown ? shown : "''";

    /// <summary>A text as it is typed: in quotes where it needs them, and with escapes for what a terminal would obey.</summary>
    private protected static string Quote(string text)
    {
        bool plain = text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or ':')
            || text.Contains('@') && text[0] != '@' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@');
        return plain ? text : Quoted(text);
    }

    /// <summary>A text in quotes.</summary>
    private protected static string Quoted(string text) => PrintableText.IsPrintable(text)
        ? $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'"
        : $"\"{string.Concat(text.EnumerateRunes().Select(Escaped))}\"";

    // Letters and digits as they are; PowerShell takes several characters for quotes, and the dollar and backtick for its own.
    private static string Escaped(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value == ' ' ? rune.ToString() : $"`u{{{rune.Value:x}}}";
}
