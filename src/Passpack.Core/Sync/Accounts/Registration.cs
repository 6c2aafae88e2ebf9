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

/// <summary>Registers online accounts.</summary>
public static class Registration
{
    /// <summary>
    /// Registers an online account, with the keys of this machine's offline account of the same User ID if there is one, and sets up
    /// this machine for it.
    /// </summary>
    /// <param name="login">The account to be.</param>
    /// <param name="allowWeakKey">Takes a Packing Key whose rating is below <see cref="KeyQuality.RequiredForOnlineAccount"/>.</param>
    /// <param name="deviceName">
    /// The name of this machine in the online account's list of devices. Null if it is made of machine name, user and four digits.
    /// </param>
    /// <param name="invitation">Where the server takes only who is invited. Null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The local account, unlocked.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountExists"/> (online, or connected here already), <see cref="ErrorCodes.KeyTooWeak"/>, <see
    /// cref="ErrorCodes.PackingKeyMismatch"/> (of the offline account), and errors of server and disk.
    /// </exception>
    public static async Task<LocalVault> RegisterAsync(
        AccountLogin login, bool allowWeakKey = false, string? deviceName = null, string? invitation = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(login);
        PackingKeys.CheckForOnline(login.PackingKey, login.Password, allowWeakKey);
        using var client = new OnlineClient(login.Server);
        AccountRow? offline = ReadOffline(login.Folder);
        (VaultKeys keys, string envelope) = offline is null ? NewKeys(login.PackingKey) : PackingKeys.Open(offline, login.PackingKey, login.Folder);
        try
        {
            if (offline is not null && PackConversion.IsConvertible(offline.PackVersion))
            {
                envelope = PackingKeys.Wrap(keys, login.PackingKey);
                VaultCopies.CopySealed(login.Folder, "before-conversion");
            }
            DeviceDescription device = Devices.New(deviceName);
            StoredKeyRecord record = OnlineKeys.Record(keys, generation: 1, envelope, login.UserId.Trim());
            Manifest manifest = FirstManifest(device.Id);
            ManifestLink link = manifest.Seal(keys, record.Content.Identity);
            RegisterAnswer answer = await SendAsync(client, login, record.Record, link, device, invitation, cancellationToken).ConfigureAwait(false);
            Func<AccountRow, AccountRow> complete = row => AccountLink.Complete(row, keys, record, client, device.Id, answer.DeviceToken) with
            {
                LoginKdf = KdfParameters.Current.ToString(),
                Revision = manifest.Revision,
                Generation = manifest.Generation,
                ManifestHash = Manifest.HashOf(link),
                DeviceCounter = manifest.Counter,
            };
            // A local account that was disconnected from another online account keeps nothing of that one.
            return offline is null
                ? LocalVault.Create(login.Folder, keys, envelope, complete, null)
                : AccountLink.Replace(login.Folder, keys, complete, startAnew: true);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>Does the proof of work that the server asks for before a registration.</summary>
    internal static async Task<(byte[] Challenge, byte[] Work)> WorkAsync(
        OnlineClient client, string userId, CancellationToken cancellationToken, string? invitation = null)
    {
        RegistrationChallenge asked = await client.PostAsync(Routes.RegistrationChallenge, new ChallengeRequest(userId, invitation),
            ProtocolJson.Default.ChallengeRequest, ProtocolJson.Default.RegistrationChallenge, cancellationToken).ConfigureAwait(false);
        if (asked.Challenge is not { Length: > 0 and <= Limits.ChallengeBytes } || asked.Difficulty is < 0 or > Limits.WorkDifficulty)
            throw client.NotPasspack("what it asks of a registration makes no sense");
        return (asked.Challenge, ProofOfWork.Solve(asked.Challenge, asked.Difficulty, cancellationToken));
    }

    internal static Manifest FirstManifest(Guid device) => new()
    {
        Generation = 1,
        Revision = 0,
        Previous = [],
        Device = device,
        Counter = 1,
        Signer = [],
        Streams = [],
    };

    private static async Task<RegisterAnswer> SendAsync(
        OnlineClient client, AccountLogin login, KeyRecord record, ManifestLink link, DeviceDescription device, string? invitation,
        CancellationToken cancellationToken)
    {
        string userId = login.UserId.Trim();
        byte[] salt = RandomNumberGenerator.GetBytes(KeyDerivation.SaltBytes);
        using SecretBytes proof = KeyDerivation.LoginProof(login.Password, salt, KdfParameters.Current);
        (byte[] challenge, byte[] work) = await WorkAsync(client, userId, cancellationToken, invitation).ConfigureAwait(false);
        RegisterAnswer answer = await client.PostAsync(Routes.Accounts,
            new RegisterRequest(userId, salt, KdfParameters.Current.ToString(), proof.Span.ToArray(), record, link, device, challenge, work, invitation),
            ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.RegisterAnswer, cancellationToken).ConfigureAwait(false);
        Devices.RequireToken(client, answer.DeviceToken);
        return answer;
    }

    private static (VaultKeys Keys, string Envelope) NewKeys(SecretBytes packingKey)
    {
        var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        return (keys, PackingKeys.Wrap(keys, packingKey));
    }

    /// <summary>The offline account that is to be registered. Null if there is none.</summary>
    private static AccountRow? ReadOffline(AccountFolder folder)
    {
        AccountRow? row = AccountLink.Read(folder);
        if (row?.Server is not null)
        {
            throw new PasspackException(ErrorCodes.AccountExists,
                $"The local account {folder.UserId} is connected to {row.Server} already. Use Connect-PasspackAccount to " +
                "renew the link.") { Target = folder.UserId };
        }
        if (row is not null)
            PackConversion.RequireAligned(row);
        return row;
    }
}
