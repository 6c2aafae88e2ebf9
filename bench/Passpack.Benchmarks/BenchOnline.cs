using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Server;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Benchmarks;

/// <summary>A real server on loopback with a data folder of its own.</summary>
internal sealed class BenchServer : IDisposable
{
    private readonly WebApplication _server;
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;
    private int _machines;

    public BenchServer()
    {
        string[] arguments = ["--urls", "http://127.0.0.1:0", "--data", Path.Combine(_folder, "server"), "--requests-per-minute", "1000000",
            "--sign-ins-per-minute", "1000000", "--registration", "open", "--registration-difficulty", "1"];
        _server = PasspackServer.Create(arguments, builder => builder.Logging.ClearProviders());
        _server.StartAsync().GetAwaiter().GetResult();
        Address = new Uri(_server.Urls.Single());
    }

    public Uri Address { get; }

    /// <summary>For one more machine.</summary>
    public DataFolder NewHome() => new(Path.Combine(_folder, $"machine-{Interlocked.Increment(ref _machines)}"));

    public string NewFile(string name) => Path.Combine(_folder, name);

    public void Dispose()
    {
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>An online account with keys injected behind the key derivation: a machine more costs no scrypt.</summary>
internal sealed class BenchOnline(BenchServer server)
{
    private readonly byte[] _accountKey = RandomNumberGenerator.GetBytes(KeyDerivation.KeyBytes);
    private readonly byte[] _proof = RandomNumberGenerator.GetBytes(32);
    private readonly Guid _vaultId = Guid.NewGuid();
    private readonly string _userId = $"user-{Guid.NewGuid():N}@example.com";

    /// <summary>Of the Password, as the server takes it; the caller disposes it.</summary>
    public SecretBytes Proof() => SecretBytes.CopyOf(_proof);

    /// <summary>The identity of the account.</summary>
    public AccountIdentity Identity(VaultKeys keys) => keys.Identity(1, _userId);

    public VaultKeys Keys() => new(SecretBytes.CopyOf(_accountKey), _vaultId, epoch: 1);

    public async Task RegisterAsync()
    {
        using VaultKeys keys = Keys();
        using var client = new OnlineClient(server.Address);
        Manifest manifest = Registration.FirstManifest(Guid.NewGuid());
        (byte[] challenge, byte[] work) = await Registration.WorkAsync(client, _userId, CancellationToken.None);
        await client.PostAsync(Routes.Accounts,
            new RegisterRequest(_userId, RandomNumberGenerator.GetBytes(16), KdfParameters.Current.ToString(), _proof,
                keys.CreateKeyRecord(1, "7#never opened here", _userId), manifest.Seal(keys, keys.Identity(1, _userId)), new DeviceDescription(manifest.Device, "registrar"), challenge, work),
            ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.RegisterAnswer, CancellationToken.None);
    }

    /// <summary>A connected machine that has not synced yet.</summary>
    public async Task<LocalVault> MachineAsync()
    {
        using var client = new OnlineClient(server.Address);
        var device = new DeviceDescription(Guid.NewGuid(), "machine");
        LoginAnswer answer = await client.PostAsync(Routes.Login, new LoginRequest(_userId, _proof, device),
            ProtocolJson.Default.LoginRequest, ProtocolJson.Default.LoginAnswer, CancellationToken.None);
        client.Authenticate(answer.DeviceToken);
        ServedKeys served = ServedKeys.Of(client, answer.Account);
        VaultKeys keys = Keys();
        using SecretBytes token = await Devices.WakeAsync(
            client, keys, served.Content.Identity, device.Id, SecretBytes.Random(SealedToken.TokenBytes), CancellationToken.None);
        byte[] awake = token.Span.ToArray();
        return LocalVault.Create(server.NewHome().Account(_userId), keys, served.Content.KeyEnvelope,
            row => AccountLink.Complete(row, keys, served.Stored, client, device.Id, awake), null);
    }

    /// <summary>A machine with entries, all of them online.</summary>
    public async Task<LocalVault> FirstMachineAsync(int entries)
    {
        await RegisterAsync();
        LocalVault vault = await MachineAsync();
        BenchAccount.Add(vault, entries);
        Sync(vault);
        return vault;
    }

    public static SyncResult Sync(LocalVault vault) => VaultSync.RunAsync(vault, new SyncOptions()).GetAwaiter().GetResult();

    /// <summary>Edits entries, in one transaction.</summary>
    public static void Edit(LocalVault vault, IEnumerable<Guid> ids, string notes)
    {
        using VaultWriter writer = vault.BeginWrite();
        foreach (Guid id in ids)
            writer.Edit(id, new EntryEdit { Notes = notes });
        writer.Commit();
    }
}
