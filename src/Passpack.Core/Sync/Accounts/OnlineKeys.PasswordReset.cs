using System.Security.Cryptography;
using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>Sets a Password that is lost, on any machine: by a code of an administrator and the Packing Key.</summary>
public static partial class OnlineKeys
{
    private const int MostResetRounds = 8;

    /// <summary>
    /// Sets another Password. The code brings the account's keys, sealed; the Packing Key opens them, and they sign what is to be: the server takes neither
    /// the code nor a signature alone. Every device's token is revoked.
    /// </summary>
    /// <param name="home">Where this machine's local accounts are: one of this User ID knows the server's certificate.</param>
    /// <param name="server">Where the online account is.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="code">The administrator's code. It is used up.</param>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="newPassword">As it is to be, in UTF-8; not the Packing Key.</param>
    /// <param name="cancellationToken">Gives up; the server may have changed the Password by then.</param>
    /// <exception cref="ArgumentException">The new Password is empty.</exception>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyTooWeak"/>: it is the Packing Key. <see cref="ErrorCodes.ResetCodeInvalid"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>:
    /// nothing was changed, and a code that holds still does. <see cref="ErrorCodes.ServerUnreachable"/>: it may or may not have been changed.
    /// </exception>
    public static async Task ResetPasswordAsync(
        DataFolder home, OnlineServer server, string userId, string code, SecretBytes packingKey, SecretBytes newPassword,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentNullException.ThrowIfNull(code);
        LoginPassword.Require(newPassword, packingKey);
        string text = code.Trim();
        if (text.Length is 0 or > PasswordResets.MostCharacters)
            throw new PasspackException(ErrorCodes.ResetCodeInvalid, "That is no code of an administrator. Nothing was changed.");
        using var client = new OnlineClient(server.KnownTo(AccountLink.Read(home.Account(userId))));
        byte[] salt = RandomNumberGenerator.GetBytes(KeyDerivation.SaltBytes), hash = PasswordResets.HashOf(text);
        string kdf = KdfParameters.Current.ToString();
        using SecretBytes proof = KeyDerivation.LoginProof(newPassword, salt, KdfParameters.Current);
        for (int round = 1; ; round++)
        {
            ResetBase found = await client.PostAsync(Routes.PasswordResetBase, new BeginResetRequest(userId.Trim(), text),
                ProtocolJson.Default.BeginResetRequest, ProtocolJson.Default.ResetBase, cancellationToken).ConfigureAwait(false);
            if (found.LoginSalt is not { Length: KeyDerivation.SaltBytes })
                throw client.NotPasspack("what it wants to have signed is incomplete");
            ServedKeys served = ServedKeys.Of(client, found.Account);
            using VaultKeys keys = Open(client, served, packingKey, userId);
            byte[] statement = Statements.PasswordReset(keys.VaultId, served.Head, found.LoginSalt, salt, kdf, proof.Span, hash);
            byte[] request = JsonSerializer.SerializeToUtf8Bytes(new ResetPasswordRequest(
                userId.Trim(), text, salt, kdf, proof.Span.ToArray(), served.Head,
                keys.Sign(served.Content.Identity, SignaturePurpose.PasswordReset, statement)), ProtocolJson.Default.ResetPasswordRequest);
            try
            {
                await client.SendAsync(HttpMethod.Post, Routes.PasswordReset, request, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (PasspackException e) when (e.ServerCode == ErrorCodes.RevisionConflict && round < MostResetRounds)
            {
                // Another machine pushed meanwhile.
            }
            catch (PasspackException e) when (!IsRefusal(e))
            {
                throw new PasspackException(e.ErrorId,
                    $"{e.Message} Whether the Password of {userId} was changed is not known: if the code is not taken any more, it was.", e)
                { Target = e.Target };
            }
        }
    }
}
