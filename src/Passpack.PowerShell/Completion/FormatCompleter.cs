using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Writing;

namespace Passpack.PowerShell.Completion;

/// <summary>Completes formats of files, each with whose it is: those that the cmdlet reads or writes.</summary>
public sealed class FormatCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        string word = wordToComplete.Trim('\'', '"');
        IReadOnlyList<FormatInfo> formats = commandName.StartsWith("Import", StringComparison.OrdinalIgnoreCase) ? EntryImporter.Formats
            : EntryExporter.Formats;
        return formats
            .Where(format => format.Format.ToString().StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Select(format => new CompletionResult($"{format.Format}", $"{format.Format}", CompletionResultType.ParameterValue,
                $"{format.Program}: {format.Description}"));
    }
}
