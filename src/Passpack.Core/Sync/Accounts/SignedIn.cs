using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>
/// A login with the Password, as a new device: this machine's present link keeps working whatever becomes of it. Its token sleeps until the account's keys
/// wake it; one that is never woken the server forgets.
/// </summary>
internal sealed class SignedIn : IDisposable
{
    private SignedIn(OnlineClient client, SecretBytes proof, string? secondFactor, KdfParameters cost, DeviceDescription device, ServedKeys served)
    {
        SecondFactor = secondFactor;
        Client = client;
        Proof = proof;
        Cost = cost;
        Device = device;
        Served = served;
    }

    /// <summary>Authenticated as the new device, which sleeps until <see cref="WakeAsync"/>.</summary>
    public OnlineClient Client { get; }

    /// <summary>Of the Password.</summary>
    public SecretBytes Proof { get; }

    /// <summary>The code that came with it, which the server takes from this device again for some minutes. Null if none did.</summary>
    public string? SecondFactor { get; }

    /// <summary>What the server asked for when the Password was proved.</summary>
    public KdfParameters Cost { get; }

    public DeviceDescription Device { get; }

    /// <summary>The account's keys, as they were served at the login.</summary>
    public ServedKeys Served { get; }

    /// <summary>Proves the Password, and signs in as a new device.</summary>
    /// <param name="server">With the certificate that it has to show, if one is known.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="knownCost">The cost that the server asked for last. Null if it is unknown.</param>
    /// <param name="device">The new device.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="secondFactor">A code of the account's second factor, in UTF-8. Null if none is given.</param>
    public static async Task<SignedIn> StartAsync(
        OnlineServer server, string userId, SecretBytes password, string? knownCost, DeviceDescription device, CancellationToken cancellationToken,
        SecretBytes? secondFactor = null)
    {
        string? code = SecondFactorCodes.Text(secondFactor);
        var client = new OnlineClient(server);
        SecretBytes? proof = null;
        try
        {
            (proof, KdfParameters cost) = await ProveAsync(client, userId, password, knownCost, cancellationToken).ConfigureAwait(false);
            LoginAnswer answer = await client.PostAsync(Routes.Login, new LoginRequest(userId.Trim(), proof.Span.ToArray(), device, code),
                ProtocolJson.Default.LoginRequest, ProtocolJson.Default.LoginAnswer, cancellationToken).ConfigureAwait(false);
            Devices.RequireToken(client, answer.DeviceToken);
            ServedKeys served = ServedKeys.Of(client, answer.Account);
            client.Authenticate(answer.DeviceToken);
            return new SignedIn(client, proof, code, cost, device, served);
        }
        catch
        {
            proof?.Dispose();
            client.Dispose();
            throw;
        }
    }

    /// <summary>Derives the proof of the Password with the server's parameters; refuses a lower cost than the server asked for last.</summary>
    /// <param name="client">To the server.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="knownCost">The cost that the server asked for last. Null if it is unknown.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The proof, and its cost.</returns>
    public static async Task<(SecretBytes Proof, KdfParameters Cost)> ProveAsync(
        OnlineClient client, string userId, SecretBytes password, string? knownCost, CancellationToken cancellationToken)
    {
        LoginParameters parameters = await ParametersAsync(client, userId, cancellationToken).ConfigureAwait(false);
        KdfParameters kdf;
        try
        {
            kdf = KdfParameters.Parse(parameters.Kdf);
        }
        catch (PasspackException e)
        {
            string asked = PrintableText.Of(parameters.Kdf, 20);
            throw SyncErrors.NotTrusted(client.Server, $"it asks for a proof of the Password with key derivation parameters {asked}", e);
        }
        if (knownCost is not null && kdf.IsWeakerThan(KdfParameters.Parse(knownCost)))
            throw SyncErrors.NotTrusted(client.Server, $"it asks for a weaker proof of the Password ({kdf}) than it did before ({knownCost})");
        return (KeyDerivation.LoginProof(password, parameters.Salt, kdf), kdf);
    }

    /// <summary>The parameters of the proof of the Password.</summary>
    public static async Task<LoginParameters> ParametersAsync(OnlineClient client, string userId, CancellationToken cancellationToken)
    {
        LoginParameters parameters = await client.PostAsync(Routes.LoginParameters, new LoginParametersRequest(userId.Trim()),
            ProtocolJson.Default.LoginParametersRequest, ProtocolJson.Default.LoginParameters, cancellationToken).ConfigureAwait(false);
        return parameters.Kdf is null || parameters.Salt is not { Length: KeyDerivation.SaltBytes }
            ? throw client.NotPasspack("its login parameters are incomplete")
            : parameters;
    }

    /// <summary>Opens the keys of the online account, which have to be of the User ID that logged in; the caller disposes them.</summary>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="userId">As it logged in.</param>
    public VaultKeys OpenKeys(SecretBytes packingKey, string userId) => OnlineKeys.Open(Client, Served, packingKey, userId);

    /// <summary>Wakes the device: from now on the client may do everything.</summary>
    /// <returns>Its new token; the caller disposes it.</returns>
    public Task<SecretBytes> WakeAsync(VaultKeys keys, AccountIdentity identity, CancellationToken cancellationToken) =>
        Devices.WakeAsync(Client, keys, identity, Device.Id, SecretBytes.Random(SealedToken.TokenBytes), cancellationToken);

    public void Dispose()
    {
        Proof.Dispose();
        Client.Dispose();
    }
}
