using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>
/// A second factor that was set up for an online account: logins need it once <see cref="ConfirmAsync"/> has put it in force. The server has the seed, and
/// of the recovery codes their hashes.
/// </summary>
public sealed class SecondFactorSetup
{
    private const string Issuer = "Passpack";

    private readonly string _uri;

    private SecondFactorSetup(string userId, Uri server, string uri, IReadOnlyList<string> recoveryCodes) =>
        (UserId, Server, _uri, RecoveryCodes) = (userId, server, uri, recoveryCodes);

    /// <summary>Whose.</summary>
    public string UserId { get; }

    /// <summary>Where the online account is.</summary>
    public Uri Server { get; }

    /// <summary>Each stands for one code, once.</summary>
    public IReadOnlyList<string> RecoveryCodes { get; }

    /// <summary>The <c>otpauth://</c> address for an authenticator app: a secret.</summary>
    public string GetUri() => _uri;

    /// <summary>Sets a second factor up, which is not in force yet.</summary>
    /// <param name="vault">Unlocked, and connected.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="secondFactor">A code of the one in force, in UTF-8, which stays so until the new one is confirmed. Null if none is given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PasswordRejected"/>, <see cref="ErrorCodes.SecondFactorRequired"/>, <see cref="ErrorCodes.SecondFactorRejected"/>, and errors
    /// of the server.
    /// </exception>
    public static async Task<SecondFactorSetup> StartAsync(
        LocalVault vault, SecretBytes password, SecretBytes? secondFactor = null, CancellationToken cancellationToken = default)
    {
        byte[] seed = RandomNumberGenerator.GetBytes(SecondFactors.SeedBytes);
        string[] codes = [.. Enumerable.Range(0, SecondFactors.RecoveryCodes).Select(_ => NewCode())];
        byte[] recovery = [.. codes.SelectMany(code => SecondFactors.HashOf(seed, code))];
        using OneTimeCode code = OneTimeCode.Of([.. seed], "SHA1", SecondFactors.Digits, SecondFactors.Period, isSteam: false, out _)!;
        using var request = new ProvedRequest(vault, secondFactor);
        try
        {
            await request.SendAsync(
                Routes.SecondFactor, password,
                (head, proof) => new SetUpSecondFactorRequest(seed, recovery, proof, head,
                    request.Sign(SignaturePurpose.SecondFactor, Statements.SecondFactor(request.Account.VaultId, head, seed, recovery)), request.Code),
                ProtocolJson.Default.SetUpSecondFactorRequest, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
        return new SecondFactorSetup(request.Account.UserId, request.Client.Server, code.WriteUri(Issuer, request.Account.UserId), codes);
    }

    /// <summary>Puts the second factor in force that was set up last, in this process or another one, within the last ten minutes.</summary>
    /// <param name="vault">Unlocked, and connected.</param>
    /// <param name="code">A code of it, in UTF-8.</param>
    /// <param name="cancellationToken">Gives up; it may be in force by then.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SecondFactorRejected"/>, and errors of the server.</exception>
    public static async Task ConfirmAsync(LocalVault vault, SecretBytes code, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using VaultUse use = vault.Use();
        using OnlineClient client = SyncRun.Connect(AccountRow.Load(use.Connection, use.Keys), use.Keys);
        byte[] request = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            new ConfirmSecondFactorRequest(SecondFactorCodes.Text(code)!), ProtocolJson.Default.ConfirmSecondFactorRequest);
        // Repeatable: the server knows a repeat by device and code.
        await client.SendAsync(HttpMethod.Post, Routes.SecondFactorConfirmation, request, cancellationToken, repeatable: true).ConfigureAwait(false);
    }

    /// <summary>Removes the second factor of the online account, and a set-up that waits.</summary>
    /// <param name="vault">Unlocked, and connected.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="secondFactor">A code of it, in UTF-8. Null if there is none to remove but a set-up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">As of <see cref="StartAsync"/>.</exception>
    public static async Task RemoveAsync(
        LocalVault vault, SecretBytes password, SecretBytes? secondFactor = null, CancellationToken cancellationToken = default)
    {
        using var request = new ProvedRequest(vault, secondFactor);
        await request.SendAsync(
            Routes.SecondFactorRemoval, password,
            (head, proof) => new RemoveSecondFactorRequest(proof, head,
                request.Sign(SignaturePurpose.SecondFactorRemoval, Statements.SecondFactorRemoval(request.Account.VaultId, head)), request.Code),
            ProtocolJson.Default.RemoveSecondFactorRequest, cancellationToken).ConfigureAwait(false);
    }

    // 80 bits, in groups that can be read out.
    private static string NewCode() => string.Join('-', OneTimeCode.WriteBase32(RandomNumberGenerator.GetBytes(SecondFactors.RecoveryCharacters * 5 / 8))
        .Chunk(4).Select(group => new string(group)));
}
