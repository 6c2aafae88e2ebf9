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
        using VaultUse use = machine.Vault.Use();
        Link link = await LinkAsync(machine.Name, use.Keys);
        use.Connection.BeginImmediate();
        link.Complete(AccountRow.Load(use.Connection), use.Keys, client).Save(use.Connection, use.Keys);
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
        VaultKeys keys = Keys();
        row = (await LinkAsync(name, keys)).Complete(VaultDetach.NeverOnline(row) with { VaultId = keys.VaultId }, keys, _client);
        VaultResealing.Replace(folder, oldKeys, keys, row);
        var joined = new LocalVault(folder, row, keys, VaultLocks.LockForUse(folder), clock);
        _vaults.Add(joined);
        return new Machine(name, home, joined, Timeouts);
    }

    /// <summary>Removes the online account, from one of its machines.</summary>
    public static async Task RemoveAsync(Machine machine, bool skipPull = false)
    {
        using var use = machine.Vault.Use();
        AccountRow row = AccountRow.Load(use.Connection, use.Keys);
        using OnlineClient client = SyncRun.Connect(row, use.Keys);
        await AccountRemoval.RemoveAsync(client, machine.Vault, row.Identity!, skipPull, CancellationToken.None);
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
                keys.CreateKeyRecord(1, "7#not opened by these tests", UserId), manifest.Seal(keys, keys.Identity(1, UserId)), new DeviceDescription(manifest.Device, "registrar"), challenge, work),
            ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.RegisterAnswer, CancellationToken.None);
        await ConnectAgainAsync(machine);
    }
}
