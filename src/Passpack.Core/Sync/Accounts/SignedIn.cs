using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;

namespace Passpack.Sync.Accounts;

/// <summary>
/// A login with the Password, as a new device: this machine's present link keeps working whatever becomes of it. Disposing revokes the device, unless it
/// is kept.
/// </summary>
internal sealed class SignedIn : IAsyncDisposable
{
    private bool _isKept;

    private SignedIn(OnlineClient client, SecretBytes proof, KdfParameters cost, DeviceDescription device, LoginAnswer answer)
    {
        Client = client;
        Proof = proof;
        Cost = cost;
        Device = device;
        Answer = answer;
    }

    /// <summary>Authenticated as the new device.</summary>
    public OnlineClient Client { get; }

    /// <summary>Of the Password.</summary>
    public SecretBytes Proof { get; }

    /// <summary>What the server asked for when the Password was proved.</summary>
    public KdfParameters Cost { get; }

    public DeviceDescription Device { get; }

    public LoginAnswer Answer { get; }

    /// <summary>Proves the Password, and signs in as a new device.</summary>
    /// <param name="server">With the certificate that it has to show, if one is known.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="knownCost">The cost that the server asked for last. Null if it is unknown.</param>
    /// <param name="device">The new device.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<SignedIn> StartAsync(
        OnlineServer server, string userId, SecretBytes password, string? knownCost, DeviceDescription device, CancellationToken cancellationToken)
    {
        var client = new OnlineClient(server);
        SecretBytes? proof = null;
        try
        {
            (proof, KdfParameters cost) = await ProveAsync(client, userId, password, knownCost, cancellationToken).ConfigureAwait(false);
            LoginAnswer answer = await client.PostAsync(Routes.Login, new LoginRequest(userId.Trim(), proof.Span.ToArray(), device),
                ProtocolJson.Default.LoginRequest, ProtocolJson.Default.LoginAnswer, cancellationToken).ConfigureAwait(false);
            Devices.RequireToken(client, answer);
            if (answer.Keys?.KeyEnvelope is null || answer.Keys.Mac is null)
                throw client.NotPasspack("its answer to the login is incomplete");
            client.Authenticate(answer.DeviceToken);
            return new SignedIn(client, proof, cost, device, answer);
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
        LoginParameters parameters = await client.PostAsync(Routes.LoginParameters, new LoginParametersRequest(userId.Trim()),
            ProtocolJson.Default.LoginParametersRequest, ProtocolJson.Default.LoginParameters, cancellationToken).ConfigureAwait(false);
        if (parameters.Kdf is null || parameters.Salt is not { Length: KeyDerivation.SaltBytes })
            throw client.NotPasspack("its login parameters are incomplete");
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

    /// <summary>Opens the keys of the online account; the caller disposes them.</summary>
    public VaultKeys OpenKeys(SecretBytes packingKey) => OnlineKeys.Open(Client, Answer.Keys, packingKey);

    /// <summary>The device stays: this machine is connected as it from now on, or it went with the account.</summary>
    public void Keep() => _isKept = true;

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_isKept)
                await Devices.TryRevokeAsync(Client, Device.Id).ConfigureAwait(false);
        }
        finally
        {
            Proof.Dispose();
            Client.Dispose();
        }
    }
}
