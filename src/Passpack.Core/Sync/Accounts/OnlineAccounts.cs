using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>Registers online accounts, and connects this machine to them.</summary>
public static partial class OnlineAccounts
{
    /// <summary>
    /// Registers an online account, with the keys of this machine's offline account of the same User ID if there is one, and sets up
    /// this machine for it.
    /// </summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="server">Where the online account is to be.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="allowWeakKey">Takes a Packing Key whose rating is below <see cref="KeyQuality.RequiredForOnlineAccount"/>.</param>
    /// <param name="deviceName">
    /// The name of this machine in the online account's list of devices. Null if it is made of machine name, user and four digits.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The local account, unlocked.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountExists"/> (online, or connected here already), <see cref="ErrorCodes.KeyTooWeak"/>, <see
    /// cref="ErrorCodes.PackingKeyMismatch"/> (of the offline account), and errors of server and disk.
    /// </exception>
    public static async Task<LocalVault> RegisterAsync(
        DataFolder home, OnlineServer server, string userId, SecretBytes password, SecretBytes packingKey, bool allowWeakKey = false, string? deviceName = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(password);
        LoginPassword.Require(password, packingKey);
        PackingKeys.CheckForOnline(packingKey, password, allowWeakKey);
        using var client = new OnlineClient(server);
        AccountFolder folder = home.Account(userId);
        AccountRow? offline = ReadOffline(folder);
        VaultKeys keys;
        string envelope;
        if (offline is null)
        {
            keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
            envelope = PackingKeys.Wrap(keys, packingKey);
        }
        else
        {
            PackConversion.RequireAligned(offline);
            (keys, envelope) = PackingKeys.Open(offline, packingKey, folder);
        }
        try
        {
            if (offline is not null && PackConversion.IsConvertible(offline.PackVersion))
            {
                envelope = PackingKeys.Wrap(keys, packingKey);
                VaultCopies.CopySealed(folder, "before-conversion");
            }
            DeviceDescription device = NewDevice(deviceName);
            Manifest manifest = FirstManifest(device.Id);
            ManifestLink link = manifest.Seal(keys);
            byte[] salt = RandomNumberGenerator.GetBytes(KeyDerivation.SaltBytes);
            using SecretBytes proof = KeyDerivation.LoginProof(password, salt, KdfParameters.Current);
            KeyRecord record = keys.CreateKeyRecord(generation: 1, envelope);
            (byte[] challenge, byte[] work) = await WorkAsync(client, userId.Trim(), cancellationToken).ConfigureAwait(false);
            LoginAnswer answer = await client.PostAsync(Routes.Accounts,
                new RegisterRequest(
                    userId.Trim(), salt, KdfParameters.Current.ToString(), proof.Span.ToArray(), record, link, device, challenge, work),
                ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.LoginAnswer, cancellationToken).ConfigureAwait(false);
            CheckToken(client, answer);
            Func<AccountRow, AccountRow> complete = row => Linked(row, keys, client, answer, device.Id, record) with
            {
                LoginKdf = KdfParameters.Current.ToString(),
                Revision = manifest.Revision,
                Generation = manifest.Generation,
                ManifestHash = Manifest.HashOf(link),
                DeviceCounter = manifest.Counter,
            };
            // A local account that was disconnected from another online account keeps nothing of that one.
            return offline is null ? LocalVault.Create(folder, keys, envelope, complete, null) : Relink(folder, keys, complete, startAnew: true);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>Does the proof of work that the server asks for before a registration.</summary>
    internal static async Task<(byte[] Challenge, byte[] Work)> WorkAsync(OnlineClient client, string userId, CancellationToken cancellationToken)
    {
        RegistrationChallenge asked = await client.PostAsync(Routes.RegistrationChallenge, new ChallengeRequest(userId),
            ProtocolJson.Default.ChallengeRequest, ProtocolJson.Default.RegistrationChallenge, cancellationToken).ConfigureAwait(false);
        if (asked.Challenge is not { Length: > 0 and <= Limits.ChallengeBytes } || asked.Difficulty is < 0 or > Limits.WorkDifficulty)
            throw client.NotPasspack("what it asks of a registration makes no sense");
        return (asked.Challenge, ProofOfWork.Solve(asked.Challenge, asked.Difficulty, cancellationToken));
    }

    internal static AccountRow Linked(AccountRow row, VaultKeys keys, OnlineClient client, LoginAnswer answer, Guid device, KeyRecord record) => row with
    {
        KeyEnvelope = record.KeyEnvelope,
        KeyGeneration = record.Generation,
        PackVersion = record.PackVersion,
        NextKeyEnvelope = null,
        OnlineError = null,
        Server = client.Server.AbsoluteUri,
        Certificate = client.Certificate?.Stored,
        DeviceId = device,
        DeviceToken = SealedToken.Seal(keys, device, answer.DeviceToken, client.Server.AbsoluteUri, row.UserId),
    };

    /// <summary>Replaces the link of this machine's account.</summary>
    private static LocalVault Relink(AccountFolder folder, VaultKeys keys, Func<AccountRow, AccountRow> complete, bool startAnew = false)
    {
        FileStream useLock = VaultLocks.LockForUse(folder);
        try
        {
            using VaultConnection connection = VaultFile.Open(folder);
            connection.BeginImmediate();
            AccountRow row = startAnew
                ? VaultDetach.MakeOffline(connection, keys, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds())
                : AccountRow.Load(connection, keys);
            row = complete(row);
            row.Save(connection, keys);
            connection.Commit();
            return new LocalVault(folder, row, keys, useLock, TimeProvider.System);
        }
        catch
        {
            useLock.Dispose();
            throw;
        }
    }

    private static AccountRow? ReadOffline(AccountFolder folder)
    {
        if (!folder.Exists)
            return null;
        AccountRow row = Load(folder);
        if (row.Server is null)
            return row;
        throw new PasspackException(ErrorCodes.AccountExists,
            $"The local account {folder.UserId} is connected to {row.Server} already. Use Connect-PasspackAccount to renew the link.") { Target = folder.UserId };
    }

    private static AccountRow Load(AccountFolder folder)
    {
        using FileStream? _ = VaultLocks.LockForReading(folder);
        using VaultConnection connection = VaultFile.Open(folder);
        return AccountRow.Load(connection);
    }

    internal static Manifest FirstManifest(Guid device) => new() { Generation = 1, Revision = 0, Previous = [], Device = device, Counter = 1, Streams = [] };

    // Machines made from one image have one name, and so have two data folders of one machine: four digits of the id tell them apart in the list.
    private static DeviceDescription NewDevice(string? name)
    {
        var id = Guid.NewGuid();
        string own = $" {id.ToString("N")[..4]}", machine = $"{Environment.MachineName} ({Environment.UserName})";
        return new DeviceDescription(id, name ?? machine[..Math.Min(machine.Length, Limits.DeviceNameLength - own.Length)] + own);
    }
}
