using System.Runtime.CompilerServices;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;

namespace Passpack.PowerShell;

/// <summary>The last known device names of each unlocked account, for tab completion, which must not ask a server at every key.</summary>
internal static class DeviceNames
{
    // Weak keys, so that the names of a locked account are forgotten with it.
    private static readonly ConditionalWeakTable<LocalVault, string[]> s_known = [];

    public static void Remember(LocalVault vault, IEnumerable<OnlineDevice> devices) =>
        s_known.AddOrUpdate(vault, [.. devices.Select(device => device.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)]);

    /// <summary>The names. Empty if the server does not answer in time.</summary>
    public static IReadOnlyList<string> Of(LocalVault vault, TimeSpan patience)
    {
        if (s_known.TryGetValue(vault, out string[]? known))
            return known;
        using var limit = new CancellationTokenSource(patience);
        try
        {
            // On another thread, because no continuation can run on the waiting one.
            Remember(vault, Task.Run(() => Devices.ListAsync(vault, limit.Token)).GetAwaiter().GetResult());
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Remember(vault, []); // Not tried again until Get-PasspackDevice asks.
        }
        return s_known.TryGetValue(vault, out known) ? known : [];
    }
}
