using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>The devices of an online account: named, listed, and revoked.</summary>
public static class Devices
{
    /// <summary>The devices of the online account, the oldest first. Names come from the server, which could change them.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotConnected"/>, <see cref="ErrorCodes.DeviceRevoked"/>, and errors of the server.
    /// </exception>
    public static async Task<IReadOnlyList<OnlineDevice>> ListAsync(LocalVault vault, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using VaultUse use = vault.Use();
        using OnlineClient client = SyncRun.Connect(AccountRow.Load(use.Connection, use.Keys), use.Keys);
        return await ListAsync(client, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Revokes the token of a device: the device has to log in with the Password again. It keeps what it has pulled.</summary>
    /// <returns>False if the online account has no such device.</returns>
    /// <exception cref="PasspackException">As <see cref="ListAsync(LocalVault, CancellationToken)"/>.</exception>
    public static async Task<bool> RevokeAsync(LocalVault vault, Guid device, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using VaultUse use = vault.Use();
        using OnlineClient client = SyncRun.Connect(AccountRow.Load(use.Connection, use.Keys), use.Keys);
        IReadOnlyList<OnlineDevice> devices = await ListAsync(client, cancellationToken).ConfigureAwait(false);
        if (!devices.Any(known => known.Id == device))
            return false;
        await RevokeAsync(client, device, cancellationToken).ConfigureAwait(false);
        return true;
    }

    // Machines made from one image have one name, and so have two data folders of one machine: four digits of the id tell them apart in the list.
    internal static DeviceDescription New(string? name)
    {
        var id = Guid.NewGuid();
        string own = $" {id.ToString("N")[..4]}", machine = $"{Environment.MachineName} ({Environment.UserName})";
        return new DeviceDescription(id, name ?? machine[..Math.Min(machine.Length, Limits.DeviceNameLength - own.Length)] + own);
    }

    // A token of any other length would be sent with every request from now on.
    internal static void RequireToken(OnlineClient client, LoginAnswer answer)
    {
        if (answer.DeviceToken is not { Length: SealedToken.TokenBytes })
            throw client.NotPasspack("its device token is none");
    }

    /// <summary>Revokes the tokens that this machine's earlier device and vaults set aside here still hold.</summary>
    internal static async Task RevokeEarlierAsync(OnlineClient client, LocalVault vault, Guid vaultId, Guid? before, CancellationToken cancellationToken)
    {
        HashSet<Guid> earlier = [.. AccountInspector.DevicesSetAside(vault.Folder, vaultId)];
        if (before is Guid device)
            earlier.Add(device);
        if (earlier.Count == 0)
            return;
        try
        {
            foreach (OnlineDevice known in await ListAsync(client, cancellationToken).ConfigureAwait(false))
            {
                if (earlier.Contains(known.Id))
                    await RevokeAsync(client, known.Id, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (PasspackException)
        {
            // This machine is connected. A device that could not be revoked shows in the list of devices, where the user can revoke it.
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    /// <summary>Revokes the token of a device whose login came to nothing, if the server answers.</summary>
    internal static async Task TryRevokeAsync(OnlineClient client, Guid device)
    {
        try
        {
            await RevokeAsync(client, device, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PasspackException)
        {
            // The user sees the first error. The device shows in the list of devices, where the user can revoke it.
        }
    }

    private static async Task<IReadOnlyList<OnlineDevice>> ListAsync(OnlineClient client, CancellationToken cancellationToken)
    {
        DeviceList answer = await client.GetAsync(Routes.Devices, ProtocolJson.Default.DeviceList, cancellationToken).ConfigureAwait(false);
        if (answer.Devices is null || answer.Devices.Any(device => device?.Name is null || device.Name.Length > Limits.DeviceNameLength))
            throw client.NotPasspack("its list of devices is incomplete");
        // The names come from the server unproved: control characters are removed before a terminal shows them.
        return [.. answer.Devices.Select(device => new OnlineDevice(
            device.Id, string.Concat(device.Name.Select(c => char.IsControl(c) ? ' ' : c)), device.Created, device.LastSeen, device.Current))];
    }

    internal static Task RevokeAsync(OnlineClient client, Guid device, CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Delete, $"{Routes.Devices}/{device:N}", null, cancellationToken);
}
