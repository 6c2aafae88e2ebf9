using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>An account that was registered as users do it, with Password and Packing Key; and a hostile server in front of it.</summary>
public sealed class RealAccount : IAsyncLifetime
{
    private readonly RealServer _server = new();
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"passpack-connect-{Guid.NewGuid():N}");
    private byte[] _accountKey = [];

    public const string Password = "the Password of this test";
    public const string PackingKey = "the Packing Key of this test, a sentence";

    public string UserId { get; } = $"user-{Guid.NewGuid():N}@example.com";

    internal HostileServer Hostile { get; private set; } = null!;

    /// <summary>The real one behind it.</summary>
    internal RealServer Server => _server;

    /// <summary>As the honest server has it.</summary>
    internal KeyRecord Record { get; private set; } = null!;

    /// <summary>Of another account, with a Packing Key of its own.</summary>
    internal KeyRecord Foreign { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _server.InitializeAsync();
        Hostile = await HostileServer.StartAsync(_server.Address);
        // As New-PasspackAccount registers it, but at the lowest cost that is accepted: these tests derive keys many times.
        _accountKey = RandomNumberGenerator.GetBytes(32);
        var vaultId = Guid.NewGuid();
        Record = Wrap(new VaultKeys(SecretBytes.CopyOf(_accountKey), vaultId, 1), PackingKey, generation: 1, UserId);
        byte[] salt = RandomNumberGenerator.GetBytes(16);
        using VaultKeys keys = Keys();
        using SecretBytes password = Secret(Password), proof = KeyDerivation.LoginProof(password, salt, KdfParameters.Floor);
        using var client = new OnlineClient(Hostile.Address);
        Manifest manifest = Registration.FirstManifest(Guid.NewGuid());
        (byte[] challenge, byte[] work) = await Registration.WorkAsync(client, UserId, CancellationToken.None);
        await client.PostAsync(Routes.Accounts,
            new RegisterRequest(UserId, salt, KdfParameters.Floor.ToString(), proof.Span.ToArray(), Record, manifest.Seal(keys, keys.Identity(1, UserId)),
                new DeviceDescription(manifest.Device, "registrar"), challenge, work),
            ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.RegisterAnswer, CancellationToken.None);
        Foreign = Wrap(new VaultKeys(SecretBytes.Random(32), Guid.NewGuid(), 1), "the Packing Key of somebody else", generation: 1, UserId);
    }

    public async ValueTask DisposeAsync()
    {
        await Hostile.DisposeAsync();
        await _server.DisposeAsync();
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    internal DataFolder Home(string machine) => new(Path.Combine(_root, machine));

    internal DataFolder NewHome() => Home($"{Guid.NewGuid():N}");

    internal VaultKeys Keys() => new(SecretBytes.CopyOf(_accountKey), KeyRecords.Read(Record).VaultId, 1);

    /// <summary>A key record as only who has these keys can make it, at the lowest cost that is accepted.</summary>
    internal static KeyRecord Wrap(VaultKeys keys, string packingKey, int generation, string userId, int log2N = 15)
    {
        using SecretBytes secret = Secret(packingKey);
        using WrappingKey wrapping = WrappingKey.Create(secret, KdfParameters.Floor with { Log2N = log2N });
        using (keys)
            return keys.CreateKeyRecord(generation, keys.WrapAccountKey(wrapping), userId);
    }

    internal async Task<LocalVault> ConnectAsync(
        DataFolder home, string? checkpoint = null, Uri? server = null, string passwordText = Password, string packingKeyText = PackingKey,
        bool acceptRollback = false)
    {
        using SecretBytes password = Secret(passwordText), packingKey = Secret(packingKeyText);
        return await Connecting.ConnectAsync(new(home, server ?? Hostile.Address, UserId, password, packingKey),
            new ConnectOptions { Checkpoint = checkpoint, AcceptRollback = acceptRollback });
    }

    internal async Task ChangePackingKeyAsync(DataFolder home, string to, string from = PackingKey, string passwordText = Password)
    {
        using SecretBytes password = Secret(passwordText), packingKey = Secret(from), newPackingKey = Secret(to);
        await OnlineKeys.ChangePackingKeyAsync(home, UserId, password, packingKey, newPackingKey);
    }

    internal static async Task ChangePasswordAsync(LocalVault vault, string to, string from = Password)
    {
        using SecretBytes password = Secret(from), newPassword = Secret(to);
        await OnlineKeys.ChangePasswordAsync(vault, password, newPassword);
    }

    internal static async Task<IReadOnlyList<string>> UpdateAsync(LocalVault vault, string? packingKeyText = null, bool whatIf = false)
    {
        using SecretBytes? packingKey = packingKeyText is null ? null : Secret(packingKeyText);
        return await OnlineKeys.UpdateAsync(vault, packingKey, whatIf);
    }

    /// <summary>Whether a Packing Key unlocks the account on a machine; if not, it has to be because it does not fit.</summary>
    internal static bool Unlocks(DataFolder home, string userId, string packingKeyText)
    {
        using SecretBytes packingKey = Secret(packingKeyText);
        try
        {
            LocalVault.Unlock(home, userId, packingKey).Dispose();
            return true;
        }
        catch (PasspackException e)
        {
            Assert.Equal(ErrorCodes.PackingKeyMismatch, e.ErrorId);
            return false;
        }
    }

    internal bool Unlocks(DataFolder home, string packingKeyText) => Unlocks(home, UserId, packingKeyText);

    internal async Task<LocalVault> RegisterAsync(DataFolder home, string userId)
    {
        using SecretBytes password = Secret(Password), packingKey = Secret(PackingKey);
        return await Registration.RegisterAsync(new(home, Hostile.Address, userId, password, packingKey));
    }

    /// <summary>Everything that the server was never to see, looked for in everything that it saw.</summary>
    internal void AssertNothingLeaked(params string[] more) => Assert.Empty(SecretSearch.Find(Hostile.Seen,
        [("Password", Encoding.UTF8.GetBytes(Password)), ("Packing Key", Encoding.UTF8.GetBytes(PackingKey)), ("Account Key", _accountKey),
            .. more.Select(text => (text, Encoding.UTF8.GetBytes(text)))]));

    /// <summary>Changes the account's row as the product would: authenticated.</summary>
    internal void ChangeRow(DataFolder home, Func<AccountRow, AccountRow> change)
    {
        using VaultConnection connection = VaultFile.Open(home.Account(UserId));
        using VaultKeys keys = Keys();
        change(AccountRow.Load(connection, keys)).Save(connection, keys);
    }

    internal static SecretBytes Secret(string text) => SecretBytes.CopyOf(Encoding.UTF8.GetBytes(text));
}
