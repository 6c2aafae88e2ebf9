using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>Out of the online account, and in again.</summary>
internal sealed partial class TestAccount
{
    /// <summary>Connects a machine that was disconnected.</summary>
    public async Task ConnectAgainAsync(Machine machine)
    {
        using var client = new OnlineClient(_server);
        var device = new DeviceDescription(Guid.NewGuid(), machine.Name);
        LoginAnswer answer = await client.PostAsync(Routes.Login, new LoginRequest(UserId, _proof, device),
            ProtocolJson.Default.LoginRequest, ProtocolJson.Default.LoginAnswer, CancellationToken.None);
        using VaultUse use = machine.Vault.Use();
        use.Connection.BeginImmediate();
        AccountLink.Complete(AccountRow.Load(use.Connection), use.Keys, client, device.Id, answer).Save(use.Connection, use.Keys);
        use.Connection.Commit();
    }

    /// <summary>A machine whose offline account, with keys of its own, joins the online one with all that it has.</summary>
    public async Task<Machine> JoiningMachineAsync(string name, TimeProvider clock, Action<Machine> offline)
    {
        var home = new DataFolder(Path.Combine(_root, name));
        AccountFolder folder = home.Account(UserId);
        byte[] ownKey = RandomNumberGenerator.GetBytes(KeyDerivation.KeyBytes);
        using var oldKeys = new VaultKeys(SecretBytes.CopyOf(ownKey), Guid.NewGuid(), epoch: 1);
        AccountRow row = null!;
        using (LocalVault vault = LocalVault.Create(folder, new VaultKeys(SecretBytes.CopyOf(ownKey), oldKeys.VaultId, 1), "7#not opened by these tests",
            created => row = created with { HistoryVersions = 1000 }, clock))
        {
            offline(new Machine(name, home, vault, Timeouts));
        }
        var device = new DeviceDescription(Guid.NewGuid(), name);
        LoginAnswer answer = await _client.PostAsync(Routes.Login, new LoginRequest(UserId, _proof, device),
            ProtocolJson.Default.LoginRequest, ProtocolJson.Default.LoginAnswer, CancellationToken.None);
        VaultKeys keys = Keys();
        row = AccountLink.Complete(VaultDetach.NeverOnline(row) with { VaultId = keys.VaultId, Epoch = keys.Epoch }, keys, _client, device.Id, answer);
        VaultResealing.Replace(folder, oldKeys, keys, row);
        var joined = new LocalVault(folder, row, keys, VaultLocks.LockForUse(folder), clock);
        _vaults.Add(joined);
        return new Machine(name, home, joined, Timeouts);
    }

    /// <summary>Removes the online account, from one of its machines.</summary>
    public async Task RemoveAsync(Machine machine, bool skipPull = false)
    {
        using SecretBytes proof = SecretBytes.CopyOf(_proof);
        using var use = machine.Vault.Use();
        using OnlineClient client = SyncRun.Connect(AccountRow.Load(use.Connection), use.Keys);
        await AccountRemoval.RemoveAsync(client, machine.Vault, proof, skipPull, CancellationToken.None);
    }

    /// <summary>Registers the account anew under the same keys, and connects a machine that was made offline to it.</summary>
    public async Task RegisterAnewAsync(Machine machine)
    {
        using VaultKeys keys = Keys();
        using var client = new OnlineClient(_server);
        Manifest manifest = Registration.FirstManifest(Guid.NewGuid());
        (byte[] challenge, byte[] work) = await Registration.WorkAsync(client, UserId, CancellationToken.None);
        await client.PostAsync(Routes.Accounts,
            new RegisterRequest(UserId, RandomNumberGenerator.GetBytes(16), KdfParameters.Current.ToString(), _proof,
                keys.CreateKeyRecord(1, "7#not opened by these tests"), manifest.Seal(keys), new DeviceDescription(manifest.Device, "registrar"), challenge, work),
            ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.LoginAnswer, CancellationToken.None);
        await ConnectAgainAsync(machine);
    }
}
