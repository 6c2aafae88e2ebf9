using System.Security.Cryptography;
using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>Portable key files: one sets up an empty machine, without Password and Packing Key, and without a question.</summary>
public static class KeyFiles
{
    private const string HowToMake = "'Enable-PasspackUnattendedUnlock -KeyFile ... -Portable -Force' makes another one, on a machine that has the account.";

    /// <summary>Makes a key file for an online account, with a token of its own. Costs one key derivation, as unlocking does.</summary>
    /// <param name="folder">Of the account, which is connected.</param>
    /// <param name="packingKey">Its Packing Key, in UTF-8.</param>
    /// <param name="path">The full path of the file.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    /// <param name="name">Of the key file in the list of devices. Null if it is made of the file's name and the machine's.</param>
    /// <param name="runAsUser">The account of this machine that the file is for, and that it belongs to. Null: whoever makes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackingKeyMismatch"/>; <see cref="ErrorCodes.NotConnected"/>; <see cref="ErrorCodes.UnattendedRefused"/>: others could put
    /// another file in its place; <see cref="ErrorCodes.FileExists"/>; <see cref="ErrorCodes.PackingKeyChangedOnline"/>; errors of server and disk.
    /// </exception>
    public static async Task MakeAsync(
        AccountFolder folder, SecretBytes packingKey, string path, bool overwrite, string? name = null, string? runAsUser = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        KeyFileRecipient? recipient = UnattendedUnlock.RequirePlace(folder, path, overwrite, runAsUser);
        // Locked, so that no other process sets the vault aside meanwhile.
        using FileStream _ = VaultLocks.LockForUse(folder);
        using VaultConnection connection = VaultFile.Open(folder);
        AccountRow account = AccountRow.Load(connection);
        SyncRun.RequireServer(account);
        UnattendedUnlock.RequireCurrent(account);
        (VaultKeys opened, SecretBytes derived) = Open(account, packingKey, folder);
        using VaultKeys keys = opened;
        using PortableKeyFile file = PortableKeyFile.Of(account, Guid.NewGuid(), derived, SecretBytes.Random(SealedToken.TokenBytes));
        // Now that there are keys, the row that the file is made of is authenticated.
        account = AccountRow.Load(connection, keys);
        using OnlineClient client = SyncRun.Connect(account, keys);
        AccountIdentity identity = account.RequireIdentity(connection);
        await RegisterAsync(client, account, keys, identity, file, Describe(file.Id, name, path), cancellationToken).ConfigureAwait(false);
        try
        {
            VaultFile.Guard(path, () =>
            {
                file.Write(path, overwrite, recipient is null ? null : recipient.Give);
                return 0;
            });
        }
        catch
        {
            await Devices.TryRevokeAsync(client, keys, identity, file.Id).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Sets up this machine from a key file, and syncs. Where the account is already, it is unlocked and synced; if its own token does not hold any more, the
    /// key file connects it again.
    /// </summary>
    /// <param name="home">Where this machine's local accounts are.</param>
    /// <param name="path">The full path of the file.</param>
    /// <param name="options">How. Its checkpoint takes the place of the one in the file.</param>
    /// <param name="progress">Receives the progress of the sync. Null if nobody listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The local account, unlocked and synced.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyFileDamaged"/>, <see cref="ErrorCodes.KeyFileTooNew"/>; <see cref="ErrorCodes.UnattendedRefused"/>: others could have read or
    /// changed it, or it was made for other keys; <see cref="ErrorCodes.DeviceRevoked"/>: it was removed from the list of devices; <see
    /// cref="ErrorCodes.AccountExists"/>: this machine has another account of the User ID; and errors of server, sync and disk.
    /// </exception>
    public static async Task<LocalVault> ConnectAsync(
        DataFolder home, string path, ConnectOptions? options = null, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(home);
        options ??= new ConnectOptions();
        _ = Checkpoint.Parse(options.Checkpoint);
        using PortableKeyFile file = Read(path);
        AccountFolder folder = home.Account(file.UserId);
        AccountRow? local = AccountLink.Read(folder);
        string? checkpoint = options.Checkpoint ?? (options.AcceptRollback ? null : file.Checkpoint?.ToString());
        if (local is null)
            return await SetUpAsync(folder, file, path, options, checkpoint, progress, cancellationToken).ConfigureAwait(false);
        if (local.VaultId != file.VaultId)
        {
            throw new PasspackException(ErrorCodes.AccountExists,
                $"This machine has another account of {file.UserId} than the one that {path} is for. Nothing was changed. " +
                "Remove-PasspackLocalAccount sets it aside.") { Target = file.UserId };
        }
        LocalVault vault = LocalVault.UnlockUnattended(home, file.UserId, null, path);
        try
        {
            if (local.DeviceToken is null)
                vault = await RenewAsync(vault, file, path, options, cancellationToken).ConfigureAwait(false);
            try
            {
                await SyncAsync(vault, null, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (PasspackException e) when (e.ErrorId == ErrorCodes.DeviceRevoked)
            {
                vault = await RenewAsync(vault, file, path, options, cancellationToken).ConfigureAwait(false);
                await SyncAsync(vault, null, progress, cancellationToken).ConfigureAwait(false);
            }
            return vault;
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    private static PortableKeyFile Read(string path)
    {
        if (!Path.Exists(path))
        {
            throw new PasspackException(ErrorCodes.KeyFileDamaged,
                $"There is no key file {path}. {HowToMake}")
            { Target = path };
        }
        if (!OperatingSystem.IsWindows())
            KeyFileAccess.Require(null, path);
        return VaultFile.Guard(path, () => PortableKeyFile.Read(path));
    }

    private static async Task RegisterAsync(
        OnlineClient client, AccountRow account, VaultKeys keys, AccountIdentity identity, PortableKeyFile file, DeviceDescription description,
        CancellationToken cancellationToken)
    {
        byte[] hash = SHA256.HashData(file.Token.Span);
        await SignedRequest.SendAsync(client, async served =>
        {
            // Else the file would be made for an envelope that is served no more.
            if (served.Content.Epoch > account.Epoch)
                throw SyncErrors.KeysReplaced(account, served.IsSuccessorOf(keys, identity));
            if (served.Content.Generation > account.KeyGeneration)
                throw SyncErrors.ChangedOnline(account);
            SyncErrors.RequireNotOlder(client.Server, account, served.Content);
            var request = new AddKeyFileRequest(description, hash, served.Head,
                keys.Sign(identity, SignaturePurpose.KeyFile, Statements.KeyFile(keys.VaultId, served.Head, description.Id, hash)));
            await client.SendAsync(HttpMethod.Post, Routes.KeyFiles, JsonSerializer.SerializeToUtf8Bytes(request, ProtocolJson.Default.AddKeyFileRequest),
                cancellationToken, repeatable: true).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<LocalVault> SetUpAsync(
        AccountFolder folder, PortableKeyFile file, string path, ConnectOptions options, string? checkpoint, IProgress<SyncProgress>? progress,
        CancellationToken cancellationToken)
    {
        LocalVault vault = await ConnectMachineAsync(file, path, options.DeviceName,
            (keys, envelope, complete) => LocalVault.Create(folder, keys, envelope, complete, null), cancellationToken).ConfigureAwait(false);
        try
        {
            await SyncAsync(vault, checkpoint, progress, cancellationToken).ConfigureAwait(false);
            return vault;
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.ServerTampered or ErrorCodes.ServerRolledBack)
        {
            // Nothing is kept of a history that does not go on from where the file was made.
            AccountLink.Undo(vault, null, null);
            throw;
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    private static Task<LocalVault> RenewAsync(
        LocalVault vault, PortableKeyFile file, string path, ConnectOptions options, CancellationToken cancellationToken) =>
        ConnectMachineAsync(file, path, options.DeviceName, (keys, _, complete) =>
        {
            vault.Dispose();
            return AccountLink.Replace(vault.Folder, keys, complete);
        }, cancellationToken);

    /// <summary>Has the key file connect this machine, as a new one.</summary>
    /// <param name="file">The key file.</param>
    /// <param name="path">Where it is.</param>
    /// <param name="name">Of this machine. Null for the default.</param>
    /// <param name="store">Stores keys, which it owns, key envelope, and what completes the row.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private static async Task<LocalVault> ConnectMachineAsync(
        PortableKeyFile file, string path, string? name, Func<VaultKeys, string, Func<AccountRow, AccountRow>, LocalVault> store,
        CancellationToken cancellationToken)
    {
        using var client = new OnlineClient(new OnlineServer(new Uri(file.Server), PinnedCertificate.FromStored(file.Certificate)));
        client.Authenticate(file.Token.Span);
        ServedKeys served;
        try
        {
            served = await ServedKeys.ReadAsync(client, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.DeviceRevoked)
        {
            throw new PasspackException(e.ErrorId,
                $"{client.Server} no longer takes the key file {path}: it was removed with Remove-PasspackDevice, or the Password was changed since. " +
                $"Nothing was changed. {HowToMake}", e) { Target = path };
        }
        VaultKeys keys = Open(client, served, file, path);
        try
        {
            DeviceDescription device = Devices.New(name);
            using SecretBytes token = SecretBytes.Random(SealedToken.TokenBytes);
            AccountIdentity identity = served.Content.Identity;
            byte[] hash = SHA256.HashData(token.Span);
            await SignedRequest.SendAsync(client, HttpMethod.Post, Routes.KeyFileConnections, head => new ConnectByKeyFileRequest(
                device, hash, head, keys.Sign(identity, SignaturePurpose.Wake, Statements.Wake(keys.VaultId, head, device.Id, hash))),
                ProtocolJson.Default.ConnectByKeyFileRequest, cancellationToken, repeatable: true).ConfigureAwait(false);
            return store(keys, served.Content.KeyEnvelope, row =>
                AccountLink.Complete(row, keys, served.Stored, client, device.Id, token.Span) with { IsResealing = keys.Epoch > 1 });
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    private static VaultKeys Open(OnlineClient client, ServedKeys served, PortableKeyFile file, string path)
    {
        if (file.IsFor(served.Content.VaultId, served.Content.KeyEnvelope))
            return OnlineKeys.OpenDerived(client, served, file.Derived, file.UserId);
        throw new PasspackException(ErrorCodes.UnattendedRefused,
            $"The key file {path} does not open the account {file.UserId} on {client.Server}: the Packing Key was changed since it was made, or the keys " +
            $"were replaced. Nothing was changed. {HowToMake}") { Target = path };
    }

    private static (VaultKeys Keys, SecretBytes Derived) Open(AccountRow account, SecretBytes packingKey, AccountFolder folder) =>
        PackingKeys.Explained(account, folder, () =>
        {
            SecretBytes accountKey = KeyEnvelope.Open(EnvelopePurpose.AccountKey, account.KeyEnvelope, packingKey, out WrappingKey wrapping);
            SecretBytes derived = wrapping.CopyDerived();
            return (PackingKeys.Keys(account, accountKey, wrapping), derived);
        }, packingKey);

    private static async Task SyncAsync(LocalVault vault, string? checkpoint, IProgress<SyncProgress>? progress, CancellationToken cancellationToken) =>
        await VaultSync.RunAsync(vault, new SyncOptions { Checkpoint = checkpoint }, progress, cancellationToken).ConfigureAwait(false);

    private static DeviceDescription Describe(Guid id, string? name, string path)
    {
        string own = $"key file {Path.GetFileName(path)}, made on {Environment.MachineName}";
        return new DeviceDescription(id, name ?? own[..Math.Min(own.Length, Limits.DeviceNameLength)]);
    }
}
