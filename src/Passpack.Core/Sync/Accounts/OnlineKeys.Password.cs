using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>Changes the Password, which the online account checks logins against.</summary>
public static partial class OnlineKeys
{
    /// <summary>
    /// Changes the Password. Nothing on this machine depends on it, and this machine's token stays; every other device's is revoked, and
    /// connects again with the new Password.
    /// </summary>
    /// <param name="vault">Unlocked, and connected.</param>
    /// <param name="password">As it is, in UTF-8. Null if it is lost: the account's signature and this machine's token are enough.</param>
    /// <param name="newPassword">As it is to be, in UTF-8; not the Packing Key.</param>
    /// <param name="cancellationToken">Gives up; the server may have changed the Password by then.</param>
    /// <param name="secondFactor">A code of the account's second factor, in UTF-8. Null if none is given.</param>
    /// <exception cref="ArgumentException">The new Password is empty, or the old one.</exception>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyTooWeak"/>: it is the Packing Key. <see cref="ErrorCodes.NotConnected"/>, <see cref="ErrorCodes.PasswordRejected"/>,
    /// <see cref="ErrorCodes.DeviceRevoked"/>: nothing was changed. <see cref="ErrorCodes.ServerUnreachable"/>: it may or may not have been changed.
    /// </exception>
    public static async Task ChangePasswordAsync(LocalVault vault, SecretBytes? password, SecretBytes newPassword,
        SecretBytes? secondFactor = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(newPassword);
        string? code = SecondFactorCodes.Text(secondFactor);
        LoginPassword.Require(newPassword, null);
        if (password is not null)
        {
            LoginPassword.Require(password, null);
            PackingKeys.CheckNew(password, newPassword, "Password");
        }
        using VaultUse use = vault.Use();
        AccountRow account = AccountRow.Load(use.Connection, use.Keys);
        using OnlineClient client = SyncRun.Connect(account, use.Keys);
        PackingKeys.RequireNone(account, newPassword, vault.Folder);
        using SecretBytes? proof = password is null ? null
            : (await SignedIn.ProveAsync(client, account.UserId, password, account.LoginKdf, cancellationToken).ConfigureAwait(false)).Proof;
        byte[] salt = RandomNumberGenerator.GetBytes(KeyDerivation.SaltBytes);
        using SecretBytes newProof = KeyDerivation.LoginProof(newPassword, salt, KdfParameters.Current);
        LoginParameters parameters = await SignedIn.ParametersAsync(client, account.UserId, cancellationToken).ConfigureAwait(false);
        string kdf = KdfParameters.Current.ToString();
        AccountIdentity identity = account.RequireIdentity(use.Connection);
        await ReplaceLoginAsync(client, account.UserId, head => new ChangePasswordRequest(
            salt, kdf, newProof.Span.ToArray(), head,
            use.Keys.Sign(identity, SignaturePurpose.Password, Statements.Password(account.VaultId, head, parameters.Salt, salt, kdf, newProof.Span)),
            proof?.Span.ToArray(), code), cancellationToken).ConfigureAwait(false);
    }

    internal static async Task ReplaceLoginAsync(
        OnlineClient client, string userId, Func<ManifestName, ChangePasswordRequest> sign, CancellationToken cancellationToken)
    {
        try
        {
            // Repeatable: the server knows the request by its salt.
            await SignedRequest.SendAsync(client, HttpMethod.Put, Routes.Password, sign, ProtocolJson.Default.ChangePasswordRequest, cancellationToken,
                repeatable: true).ConfigureAwait(false);
        }
        catch (PasspackException e) when (!IsRefusal(e))
        {
            throw new PasspackException(e.ErrorId,
                $"{e.Message} Whether the Password of {userId} was changed is not known: if the old one is rejected from " +
                "now on, it was.", e) { Target = e.Target };
        }
    }
}
