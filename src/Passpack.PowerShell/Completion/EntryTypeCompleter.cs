using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Passpack.Vault.Fields;

namespace Passpack.PowerShell.Completion;

/// <summary>Completes types of entries.</summary>
public sealed class EntryTypeCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        EntryTypes.All.Where(type => type.StartsWith(wordToComplete.Trim('\'', '"'),
            StringComparison.OrdinalIgnoreCase)).Select(type => new CompletionResult(type));
}
