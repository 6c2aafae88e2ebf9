using Passpack.Vault;

namespace Passpack.PowerShell.Completion;

/// <summary>Names of entries.</summary>
public sealed class EntryNameCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Values(string? account) =>
        Demand(account).List(new EntryQuery(), damaged: _ => { }).Select(entry => entry.Name);

    private protected override bool TakesWildcards(string command, string parameter) => parameter == "Name";
}
