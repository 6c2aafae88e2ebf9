using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;
using Passpack.Protocol;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Completion;

/// <summary>Completes from data on this machine. If it cannot be read, there are no matches: completion must not show errors.</summary>
public abstract class VaultCompleter : IArgumentCompleter
{
    /// <summary>The most matches that are offered.</summary>
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
        catch (Exception e) when (e is PasspackException or ArgumentException) // PASSPACK_HOME may be invalid.
        {
            return [];
        }
    }

    /// <summary>The values that begin with a word, case-insensitively, in order.</summary>
    private protected abstract IEnumerable<string> Find(string command, string word, IDictionary? bound);

    /// <summary>Whether brackets and stars of a value have to be escaped.</summary>
    private protected virtual bool TakesWildcards(string command, string parameter) => false;

    /// <summary>The completion for a value.</summary>
    private protected virtual CompletionResult Result(string value, bool escape)
    {
        string text = escape ? WildcardPattern.Escape(value) : value;
        string shown = Shown(value);
        return new CompletionResult(Quote(text), shown, CompletionResultType.ParameterValue, shown);
    }

    /// <summary>The account of the command. Throws if it is locked.</summary>
    private protected static LocalVault Require(IDictionary? bound) =>
        UnlockedAccounts.Shared.Require(LocalAccounts.Choose(bound?["Account"]?.ToString()));

    /// <summary>A value as shown in the list of matches, which allows no empty text.</summary>
    private protected static string Shown(string value) => View.Text(value) is { Length: > 0 } shown ? shown : "''";

    /// <summary>A text as it is typed: in quotes if it needs them, with escapes for characters that control a terminal.</summary>
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

    // All but letters and digits are escaped: PowerShell treats several characters as quotes, and dollar and backtick have a meaning.
    private static string Escaped(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value == ' ' ? rune.ToString() : $"`u{{{rune.Value:x}}}";
}
