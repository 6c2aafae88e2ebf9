using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
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
        AccountRow account = AccountRow.Load(use.Connection, use.Keys);
        using OnlineClient client = SyncRun.Connect(account, use.Keys);
        IReadOnlyList<OnlineDevice> devices = await ListAsync(client, cancellationToken).ConfigureAwait(false);
        if (!devices.Any(known => known.Id == device))
            return false;
        await RevokeAsync(client, use.Keys, account.RequireIdentity(use.Connection), device, cancellationToken).ConfigureAwait(false);
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
    internal static void RequireToken(OnlineClient client, byte[]? token)
    {
        if (token is not { Length: SealedToken.TokenBytes })
            throw client.NotPasspack("its device token is none");
    }

    /// <summary>Revokes the tokens that this machine's earlier device and vaults set aside here still hold.</summary>
    internal static async Task RevokeEarlierAsync(
        OnlineClient client, LocalVault vault, VaultKeys keys, AccountIdentity identity, Guid? before, CancellationToken cancellationToken)
    {
        HashSet<Guid> earlier = [.. AccountInspector.DevicesSetAside(vault.Folder, keys.VaultId)];
        if (before is Guid device)
            earlier.Add(device);
        if (earlier.Count == 0)
            return;
        try
        {
            foreach (OnlineDevice known in await ListAsync(client, cancellationToken).ConfigureAwait(false))
            {
                if (earlier.Contains(known.Id))
                    await RevokeAsync(client, keys, identity, known.Id, cancellationToken).ConfigureAwait(false);
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

    private static async Task<IReadOnlyList<OnlineDevice>> ListAsync(OnlineClient client, CancellationToken cancellationToken)
    {
        DeviceList answer = await client.GetAsync(Routes.Devices, ProtocolJson.Default.DeviceList, cancellationToken).ConfigureAwait(false);
        if (answer.Devices is null || answer.Devices.Any(device => device?.Name is null || device.Name.Length > Limits.DeviceNameLength))
            throw client.NotPasspack("its list of devices is incomplete");
        // The names come from the server unproved: control characters are removed before a terminal shows them.
        return [.. answer.Devices.Select(device => new OnlineDevice(
            device.Id, string.Concat(device.Name.Select(c => char.IsControl(c) ? ' ' : c)), device.Created, device.LastSeen, device.Current, device.Asleep)
            {
                IsKeyFile = device.KeyFile, Machines = Math.Max(0, device.Machines),
            })];
    }

    /// <summary>Revokes the token of a device whose connection came to nothing, if the server answers.</summary>
    internal static async Task TryRevokeAsync(OnlineClient client, VaultKeys keys, AccountIdentity identity, Guid device)
    {
        try
        {
            await RevokeAsync(client, keys, identity, device, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PasspackException)
        {
            // The user sees the first error. The device shows in the list of devices, where the user can revoke it.
        }
    }

    internal static Task RevokeAsync(OnlineClient client, VaultKeys keys, AccountIdentity identity, Guid device, CancellationToken cancellationToken) =>
        SignedRequest.SendAsync(client, HttpMethod.Post, Routes.OfDevice(device), head => new RemoveDeviceRequest(
            head, keys.Sign(identity, SignaturePurpose.DeviceRemoval, Statements.DeviceRemoval(keys.VaultId, head, device))),
            ProtocolJson.Default.RemoveDeviceRequest, cancellationToken);

    /// <summary>Has a token that sleeps replaced by a new one, which may be used for everything; the client goes on with it.</summary>
    /// <param name="client">Authenticated by the token that sleeps.</param>
    /// <param name="keys">The account's.</param>
    /// <param name="identity">Of their epoch.</param>
    /// <param name="device">Whose token it is.</param>
    /// <param name="token">The new one. Disposed if the server does not take it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The new token.</returns>
    internal static async Task<SecretBytes> WakeAsync(
        OnlineClient client, VaultKeys keys, AccountIdentity identity, Guid device, SecretBytes token, CancellationToken cancellationToken)
    {
        byte[] hash = SHA256.HashData(token.Span);
        try
        {
            try
            {
                await SendAsync().ConfigureAwait(false);
            }
            catch (PasspackException e) when (e.ErrorId is ErrorCodes.DeviceRevoked or ErrorCodes.ServerUnreachable)
            {
                // The answer may have been lost: then the new token is in force already, and the server knows the repeat by it.
                client.Authenticate(token.Span);
                await SendAsync().ConfigureAwait(false);
            }
            client.Authenticate(token.Span);
            return token;
        }
        catch
        {
            token.Dispose();
            throw;
        }

        Task SendAsync() => SignedRequest.SendAsync(client, HttpMethod.Post, Routes.Wake, head => new WakeRequest(
            hash, head, keys.Sign(identity, SignaturePurpose.Wake, Statements.Wake(keys.VaultId, head, device, hash))),
            ProtocolJson.Default.WakeRequest, cancellationToken);
    }
}
