using System.Collections;
using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Completion;

/// <summary>Ids of the entries that the command takes, by the beginning of an id or of a name; the list shows the names.</summary>
public sealed class EntryIdCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        Require(bound).List(new EntryQuery { Trashed = EntryNameCompleter.IsOfTrash(command, bound) })
            .Where(entry => entry.Id.ToString().StartsWith(word, StringComparison.OrdinalIgnoreCase)
                || ComposedText.Of(entry.Name).StartsWith(ComposedText.Of(word), StringComparison.OrdinalIgnoreCase))
            .Select(entry => $"{entry.Id} {entry.Name}").Take(Most);

    private protected override CompletionResult Result(string value, bool escape)
    {
        string shown = Shown(value);
        return new CompletionResult(value.Split(' ')[0], shown, CompletionResultType.ParameterValue, shown);
    }
}
