using Passpack.Vault;

namespace Passpack.PowerShell.Completion;

/// <summary>Paths of the backups on this machine, the newest first by their names.</summary>
public sealed class BackupCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Values(string? account) => DataFolder.Current.Places()
        .Where(folder => account is null || string.Equals(folder.UserId, account, StringComparison.OrdinalIgnoreCase))
        .SelectMany(BackupFiles.Of).Select(backup => backup.Path);
}
