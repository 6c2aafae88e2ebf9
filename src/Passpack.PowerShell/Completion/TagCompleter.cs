namespace Passpack.PowerShell.Completion;

/// <summary>Tags.</summary>
public sealed class TagCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Values(string? account) => Demand(account).Tags(damaged: _ => { }).Select(tag => tag.Name);

    // -Tag looks for tags in Get- and Export-, and sets them in New- and Set-.
    private protected override bool TakesWildcards(string command, string parameter) =>
        !command.StartsWith("Set-", StringComparison.OrdinalIgnoreCase) && !command.StartsWith("New-", StringComparison.OrdinalIgnoreCase);
}
