using Passpack.Vault;

namespace Passpack.PowerShell.Completion;

/// <summary>User IDs of the local accounts.</summary>
public sealed class AccountCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Values(string? account) => DataFolder.Current.Accounts().Select(folder => folder.UserId);
}
