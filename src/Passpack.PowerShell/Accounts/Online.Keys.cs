using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

// Changing Packing Key and Password, and catching up with changes of other machines.
internal static partial class Online
{
    public static async Task ChangePackingKeyAsync(PSCredential credential, SecureString packingKey, SecureString newPackingKey, bool allowWeakKey, CancellationToken stopping)
    {
        using SecretBytes password = credential.Password.Read(SecretBytes.FromChars), key = packingKey.Read(SecretBytes.FromChars),
            newKey = newPackingKey.Read(SecretBytes.FromChars);
        await OnlineKeys.ChangePackingKeyAsync(DataFolder.Current, credential.UserName, password, key, newKey, allowWeakKey, stopping);
    }

    public static async Task ChangePasswordAsync(LocalVault vault, PSCredential credential, SecureString newPassword, CancellationToken stopping)
    {
        using SecretBytes password = credential.Password.Read(SecretBytes.FromChars), next = newPassword.Read(SecretBytes.FromChars);
        await OnlineKeys.ChangePasswordAsync(vault, password, next, stopping);
    }

    /// <summary>The changes made or planned, a sentence each.</summary>
    public static async Task<IReadOnlyList<string>> UpdateAsync(LocalVault vault, SecureString? packingKey, bool whatIf, CancellationToken stopping)
    {
        using SecretBytes? key = packingKey?.Read(SecretBytes.FromChars);
        return await OnlineKeys.UpdateAsync(vault, key, whatIf, stopping);
    }
}
