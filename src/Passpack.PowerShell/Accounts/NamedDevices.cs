using System.Management.Automation;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;

namespace Passpack.PowerShell;

/// <summary>The devices of an online account that a user names.</summary>
internal static class NamedDevices
{
    /// <summary>The devices with these names.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="names">With wildcards.</param>
    /// <param name="missing">Called for every exact name that no device has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IEnumerable<Device>> FindAsync(
        LocalVault vault, string[] names, Action<PasspackException> missing, CancellationToken cancellationToken)
    {
        IReadOnlyList<OnlineDevice> all = await Devices.ListAsync(vault, cancellationToken);
        DeviceNames.Remember(vault, all);
        WildcardPattern[] patterns = [.. names.Select(EntryFilter.Pattern)];
        foreach ((string name, WildcardPattern pattern) in names.Zip(patterns))
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name) && !all.Any(device => EntryFilter.Fits(pattern, device.Name)))
                missing(ErrorRecords.NoSuchDevice($"'{name}'", vault.UserId, name));
        }
        return all.Where(device => Array.Exists(patterns, pattern => EntryFilter.Fits(pattern, device.Name))).Select(device => new Device(device, vault));
    }
}
