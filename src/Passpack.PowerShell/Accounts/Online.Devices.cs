using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

// Listing and revoking devices, disconnecting, removing the online account.
internal static partial class Online
{
    /// <summary>The devices with these names.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="names">With wildcards.</param>
    /// <param name="missing">Called for every exact name that no device has.</param>
    /// <param name="stopping">Gives up.</param>
    public static async Task<IEnumerable<Device>> DevicesAsync(
        LocalVault vault, string[] names, Action<PasspackException> missing, CancellationToken stopping)
    {
        IReadOnlyList<OnlineDevice> all = await OnlineAccounts.DevicesAsync(vault, stopping);
        DeviceNames.Remember(vault, all);
        WildcardPattern[] patterns = [.. names.Select(EntryFilter.Pattern)];
        foreach ((string name, WildcardPattern pattern) in names.Zip(patterns))
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name) && !all.Any(device => EntryFilter.Fits(pattern, device.Name)))
                missing(ErrorRecords.NoSuchDevice($"'{name}'", vault.UserId, name));
        }
        return all.Where(device => Array.Exists(patterns, pattern => EntryFilter.Fits(pattern, device.Name))).Select(device => new Device(device, vault));
    }

    public static Task<bool> RevokeDeviceAsync(LocalVault vault, Guid device, CancellationToken stopping) =>
        OnlineAccounts.RevokeDeviceAsync(vault, device, stopping);

    public static Task DisconnectAsync(LocalVault vault, bool force, CancellationToken stopping) =>
        OnlineAccounts.DisconnectAsync(vault, force, stopping);

    public static async Task RemoveAsync(OnlineServer server, PSCredential credential, SecureString packingKey, CancellationToken stopping)
    {
        using SecretBytes password = credential.Password.Read(SecretBytes.FromChars), key = packingKey.Read(SecretBytes.FromChars);
        await OnlineAccounts.RemoveAsync(DataFolder.Current, server, credential.UserName, password, key, cancellationToken: stopping);
    }
}
