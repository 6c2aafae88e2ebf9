using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Security;
using Passpack.Packing.Records;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

// Starting again from the online account.
internal static partial class Online
{
    /// <summary>The steps of a reset as they are taken; the account is left unlocked.</summary>
    public static async IAsyncEnumerable<ResetStep> ResetAsync(
        AccountFolder folder, Uri? server, PinnedCertificate? certificate, PSCredential credential, SecureString packingKey, IProgress<SyncProgress> progress,
        [EnumeratorCancellation] CancellationToken stopping)
    {
        using SecretBytes password = credential.Password.Read(SecretBytes.FromChars), key = packingKey.Read(SecretBytes.FromChars);
        var reset = new AccountReset(DataFolder.Current, folder.UserId, password, key)
        {
            Server = server,
            Certificate = certificate,
            Unlocked = UnlockedAccounts.Shared.Find(folder),
            Progress = progress,
        };
        try
        {
            await foreach (AccountResetStep step in reset.RunAsync(stopping))
                yield return new ResetStep(folder.UserId, step.Step, step.Path, step.Description);
        }
        finally
        {
            if (reset.Result is { IsLocked: false } vault)
                UnlockedAccounts.Shared.Add(vault);
        }
    }
}
