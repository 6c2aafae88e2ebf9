using System.Collections;
using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>Hashtables that settle one conflict each, from the last sync with conflicts: <c>@{ 'id' = 'Local' }</c>.</summary>
public sealed class ConflictCompleter : VaultCompleter
{
    private static readonly string[] s_sides = ["Local", "Online", "Both"];

    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound)
    {
        string begun = word.TrimStart('@', '{', ' ', '\'', '"');
        SyncResult? last = Sync.Session.SyncHistory.List(Require(bound), int.MaxValue)
            .Select(record => new SyncResult(record)).FirstOrDefault(run => run.Conflicts > 0);
        return from change in last?.Changes ?? []
               where change.Action == SyncAction.Conflict
               where $"{change.Id}".StartsWith(begun, StringComparison.OrdinalIgnoreCase) || change.Name.StartsWith(begun, StringComparison.OrdinalIgnoreCase)
               from side in s_sides
               select $"{change.Id} {side} {change.Name}";
    }

    private protected override CompletionResult Result(string value, bool escape)
    {
        string[] parts = value.Split(' ', 3);
        string shown = $"{parts[1]}: {Shown(parts[2])}";
        return new CompletionResult($"@{{ '{parts[0]}' = '{parts[1]}' }}", shown, CompletionResultType.ParameterValue, shown);
    }
}
