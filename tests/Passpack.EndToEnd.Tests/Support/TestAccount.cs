using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>
/// An online account on the real server and its machines, with keys injected behind the key derivation: everything but scrypt is as
/// in real life, and a test need not wait a second for every machine.
/// </summary>
internal sealed partial class TestAccount : IAsyncDisposable
{
    private static readonly string[] s_purposes =
        ["summary", "secret", "tombstone", "tags", "favorites", "manifest", "account row", "name index", "conflict copy", "device token", "attachment"];

    private readonly Uri _server;
    private readonly byte[] _accountKey = RandomNumberGenerator.GetBytes(KeyDerivation.KeyBytes);
    private readonly byte[] _proof = RandomNumberGenerator.GetBytes(32);
    private readonly Guid _vaultId = Guid.NewGuid();
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"passpack-machines-{Guid.NewGuid():N}");
    private readonly List<LocalVault> _vaults = [];
    private readonly OnlineClient _client;

    /// <summary>Where its machines are, a folder each.</summary>
    public string Root => _root;

    // A server that a test takes away does not come back by itself.
    [ModuleInitializer]
    internal static void WaitForNoReturn() => SyncTimeouts.Default = SyncTimeouts.Default with { Return = TimeSpan.Zero };

    private TestAccount(Uri server, SocketsHttpHandler? connections)
    {
        _server = server;
        Timeouts = SyncTimeouts.Default with { Retry = TimeSpan.FromMilliseconds(1), Connections = connections };
        _client = new OnlineClient(server, Timeouts);
    }

    /// <summary>Retries that need not wait for anybody.</summary>
    public SyncTimeouts Timeouts { get; }

    /// <summary>Keys as every machine of the account has them.</summary>
    public VaultKeys Keys() => new(SecretBytes.CopyOf(_accountKey), _vaultId, epoch: 1);

    /// <summary>Every key of the account that must never leave a machine.</summary>
    public IEnumerable<(string Name, byte[] Secret)> SecretKeys()
    {
        yield return ("Account Key", _accountKey);
        using SecretBytes accountKey = SecretBytes.CopyOf(_accountKey);
        using SecretBytes vaultKey = KeyDerivation.Subkey(accountKey, "passpack/7/vault key/1", _vaultId.ToByteArray(bigEndian: true));
        yield return ("Vault Key", vaultKey.Span.ToArray());
        foreach (string purpose in s_purposes)
        {
            using SecretBytes key = KeyDerivation.Subkey(vaultKey, $"passpack/7/{purpose}");
            yield return ($"{purpose} key", key.Span.ToArray());
        }
    }

    public string UserId { get; } = $"user-{Guid.NewGuid():N}@example.com";

    /// <summary>For another process of the same machine.</summary>
    public string KeysAsText() => $"{Convert.ToHexString(_accountKey)}/{_vaultId}/{Convert.ToHexString(_proof)}";

    /// <summary>The proof of the Password, out of <see cref="KeysAsText"/>.</summary>
    public static SecretBytes ProofOf(string text) => SecretBytes.CopyOf(Convert.FromHexString(text.Split('/')[2]));

    public static VaultKeys KeysOf(string text)
    {
        string[] parts = text.Split('/');
        return new VaultKeys(SecretBytes.CopyOf(Convert.FromHexString(parts[0])), Guid.Parse(parts[1]), epoch: 1);
    }

    public static Task<TestAccount> RegisterAsync(RealServer server) => RegisterAsync(server.Address);

    /// <param name="server">Where.</param>
    /// <param name="connections">What its machines share, to be faster; null: every sync connects anew.</param>
    /// <param name="packingKey">Null for an account that nobody ever unlocks by one: that saves the key derivation.</param>
    public static async Task<TestAccount> RegisterAsync(Uri server, SocketsHttpHandler? connections = null, string? packingKey = null)
    {
        var account = new TestAccount(server, connections);
        using VaultKeys keys = account.Keys();
        Manifest manifest = Registration.FirstManifest(Guid.NewGuid());
        (byte[] challenge, byte[] work) = await Registration.WorkAsync(account._client, account.UserId, CancellationToken.None);
        await account._client.PostAsync(Routes.Accounts,
            new RegisterRequest(account.UserId, RandomNumberGenerator.GetBytes(16), KdfParameters.Current.ToString(), account._proof,
                packingKey is null ? keys.CreateKeyRecord(1, "7#not opened by these tests", account.UserId) : RealAccount.Wrap(account.Keys(), packingKey, 1, account.UserId),
                manifest.Seal(keys, keys.Identity(1, account.UserId)), new DeviceDescription(manifest.Device, "registrar"), challenge, work),
            ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.RegisterAnswer, CancellationToken.None);
        return account;
    }

    /// <summary>A machine that is connected, with an unlocked vault; not yet synced.</summary>
    public async Task<Machine> MachineAsync(string name, TimeProvider? clock = null, Uri? server = null, int keepVersions = 20)
    {
        var home = new DataFolder(Path.Combine(_root, name));
        using var client = new OnlineClient(server ?? _server);
        VaultKeys keys = Keys();
        Link link = await LinkAsync(name, keys);
        LocalVault vault = LocalVault.Create(home.Account(UserId), keys, link.Record.Content.KeyEnvelope,
            row => link.Complete(row, keys, client) with { HistoryVersions = keepVersions }, clock);
        _vaults.Add(vault);
        return new Machine(name, home, vault, Timeouts);
    }

    /// <summary>A machine with the account's keys that was never online.</summary>
    public Machine OfflineMachine(string name)
    {
        var home = new DataFolder(Path.Combine(_root, name));
        LocalVault vault = LocalVault.Create(home.Account(UserId), Keys(), "7#not opened by these tests", row => row, null);
        _vaults.Add(vault);
        return new Machine(name, home, vault);
    }

    /// <summary>Signs in as a new device, and wakes it.</summary>
    private async Task<Link> LinkAsync(string name, VaultKeys keys)
    {
        using var client = new OnlineClient(_server, Timeouts);
        var device = new DeviceDescription(Guid.NewGuid(), name);
        LoginAnswer answer = await client.PostAsync(Routes.Login, new LoginRequest(UserId, _proof, device),
            ProtocolJson.Default.LoginRequest, ProtocolJson.Default.LoginAnswer, CancellationToken.None);
        client.Authenticate(answer.DeviceToken);
        ServedKeys served = ServedKeys.Of(client, answer.Account);
        using SecretBytes token = await Devices.WakeAsync(
            client, keys, served.Content.Identity, device.Id, SecretBytes.Random(SealedToken.TokenBytes), CancellationToken.None);
        return new Link(device.Id, token.Span.ToArray(), served.Stored);
    }

    private sealed record Link(Guid Device, byte[] Token, StoredKeyRecord Record)
    {
        public AccountRow Complete(AccountRow row, VaultKeys keys, OnlineClient client) => AccountLink.Complete(row, keys, Record, client, Device, Token);
    }

    /// <summary>Locks the vaults, and leaves their files.</summary>
    public void LockVaults()
    {
        foreach (LocalVault vault in _vaults)
            vault.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        LockVaults();
        _client.Dispose();
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>One machine of an account.</summary>
internal sealed class Machine(string name, DataFolder home, LocalVault vault, SyncTimeouts? timeouts = null)
{
    public string Name => name;

    public DataFolder Home => home;

    public LocalVault Vault => vault;

    public Task<SyncResult> SyncAsync(SyncOptions options, CancellationToken cancel = default) =>
        VaultSync.RunAsync(vault, options with
        {
            Timeouts = options.Timeouts with
            {
                Retry = TimeSpan.FromMilliseconds(1),
                Connections = timeouts?.Connections,
            },
        }, cancellationToken: cancel);

    public Task<SyncResult> SyncAsync(ConflictPolicy policy) => SyncAsync(new SyncOptions { Policy = policy });

    public Task<SyncResult> SyncAsync(bool excludeTags = false, bool excludeFavorites = false, bool whatIf = false) =>
        SyncAsync(new SyncOptions { ExcludeTags = excludeTags, ExcludeFavorites = excludeFavorites, WhatIf = whatIf });

    public EntrySummary Add(string entryName, EntryEdit? values = null) =>
        Write(writer => writer.Add((values ?? new EntryEdit()) with { Name = entryName }));

    public EntrySummary Edit(Guid id, EntryEdit values) => Write(writer => writer.Edit(id, values));

    public void Trash(Guid id) => Write(writer => { writer.Trash(id); return 0; });

    public void Purge(Guid id) => Write(writer => { writer.Purge(id); return 0; });

    public EntrySummary Restore(Guid id) => Write(writer => writer.Restore(id));

    public FullEntry Get(Guid id) => vault.ListFull(new EntryQuery { Id = id }).Single();

    public bool Has(Guid id) => vault.List(new EntryQuery { Id = id }).Any();

    public bool HasInTrash(Guid id) => vault.List(new EntryQuery { Id = id, Trashed = true }).Any();

    public async Task<EntrySummary> OnlineAsync(OnlineEdit edit)
    {
        OnlineEditResult result = Assert.Single(await OnlineVault.ApplyAsync(vault, [edit]));
        return result.Entry ?? throw result.Error!;
    }

    /// <summary>Everything that the machine shows, as text: two machines that agree say the same.</summary>
    public string Dump() => string.Join('\n', vault.ListFull(new EntryQuery())
        .OrderBy(entry => entry.Summary.Id)
        .Select(entry => $"{entry.Summary.Id}|{entry.Summary.Name}|{entry.Summary.UserId}|{entry.Summary.Url}|{entry.Summary.Email}|{entry.Secret.Password}|" +
            $"{entry.Secret.Notes}|{entry.Secret.SharedNotes}|{string.Join(';', entry.Secret.ExtraFields)}|" +
            $"{string.Join(';', entry.Secret.Attachments.OrderBy(attachment => attachment.Name, StringComparer.Ordinal))}"));

    /// <summary>Every row of the vault that a refused sync must leave as it was; but that it was refused is remembered.</summary>
    public string DumpVault()
    {
        using VaultUse use = vault.Use();
        string[] tables = ["account", "mirror", "local_data", "local_tags", "local_favorites", "history", "manifest_sum", "device_counter", "outbox"];
        return string.Join('\n', tables.SelectMany(table => use.Connection.Query($"SELECT * FROM {table}", row =>
            $"{table}: {string.Join('|', Enumerable.Range(0, row.FieldCount).Where(i => row.GetName(i) != "online_error").Select(row.GetValue).Select(Text))}")));

        static string Text(object value) => value is byte[] bytes ? Convert.ToHexString(bytes) : $"{value}";
    }

    /// <summary>Every text that the machine holds, the trash included: what nobody else may ever see.</summary>
    public IEnumerable<string> Texts() => vault.ListFull(new EntryQuery()).Concat(vault.ListFull(new EntryQuery { Trashed = true }))
        .SelectMany(entry => new[]
        {
            entry.Summary.Name, entry.Summary.UserId, entry.Summary.Url, entry.Summary.Email, entry.Secret.Password, entry.Secret.Notes, entry.Secret.SharedNotes,
        }.Concat(entry.Summary.Tags).Concat(entry.Secret.ExtraFields.SelectMany(field => new[] { field.Name, field.Data })))
        .Where(text => text.Length > 0);

    private T Write<T>(Func<VaultWriter, T> change)
    {
        using VaultWriter writer = vault.BeginWrite();
        T result = change(writer);
        writer.Commit();
        return result;
    }
}
