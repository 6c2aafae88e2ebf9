using System.Runtime.CompilerServices;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;

namespace Passpack.PowerShell;

/// <summary>The names of devices that each unlocked account was last told of; for tab completion, which must not ask a server at every key.</summary>
internal static class DeviceNames
{
    // A locked account is nobody's key any more, and what it was told goes with it.
    private static readonly ConditionalWeakTable<LocalVault, string[]> s_known = [];

    public static void Remember(LocalVault vault, IEnumerable<OnlineDevice> devices) =>
        s_known.AddOrUpdate(vault, [.. devices.Select(device => device.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)]);

    /// <summary>The names; none where the server does not answer in that time.</summary>
    public static IReadOnlyList<string> Of(LocalVault vault, TimeSpan patience)
    {
        if (s_known.TryGetValue(vault, out string[]? known))
            return known;
        using var limit = new CancellationTokenSource(patience);
        try
        {
            // On a thread of its own: nothing comes back to the one that waits.
            Remember(vault, Task.Run(() => OnlineAccounts.DevicesAsync(vault, limit.Token)).GetAwaiter().GetResult());
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Remember(vault, []); // Once is enough to wait in vain; Get-PasspackDevice asks anew.
        }
        return s_known.TryGetValue(vault, out known) ? known : [];
    }
}
