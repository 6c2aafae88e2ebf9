using System.Collections;
using Passpack.Vault.Backups;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Completion;

/// <summary>Paths of the backups on this machine, the newest first by their names.</summary>
public sealed class BackupCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) => DataFolder.Current.Places()
        .Where(folder => bound?["Account"] is not { } account || string.Equals(folder.UserId, account.ToString(), StringComparison.OrdinalIgnoreCase))
        .SelectMany(folder => BackupFiles.Of(folder)).Select(backup => backup.Path)
        .Where(path => path.StartsWith(word, StringComparison.OrdinalIgnoreCase)).OrderDescending(StringComparer.Ordinal);
}
