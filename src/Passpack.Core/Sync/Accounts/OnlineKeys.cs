using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Recovery;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>Changes the keys of an online account, and those of this machine's local account with them.</summary>
/// <remarks>
/// A change of the Packing Key is safe at every step: the new envelope is stored on this machine first, beside the old one; then it
/// replaces the key record online; then the old one goes. As long as both are here, either Packing Key unlocks the account, and the next
/// sync or update asks the server which of them holds.
/// </remarks>
public static partial class OnlineKeys
{
    // Errors that a server answers with before it changes anything.
    private static readonly HashSet<string> s_refusals =
    [
        ErrorCodes.PasswordRejected, ErrorCodes.DeviceRevoked, ErrorCodes.AccountLockedOut, ErrorCodes.RateLimited, ErrorCodes.KeyGenerationConflict,
        ErrorCodes.KeysReplacedOnline, ErrorCodes.SignatureInvalid, ErrorCodes.SecondFactorRequired, ErrorCodes.SecondFactorRejected,
        ErrorCodes.ResetCodeInvalid, ErrorCodes.AccountDisabled,
    ];

    /// <summary>Changes the Packing Key, online and on this machine. The account may be locked; unlocked, it stays so.</summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="userId">Whose; the local account has to be connected.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">As it is, in UTF-8.</param>
    /// <param name="newPackingKey">As it is to be, in UTF-8.</param>
    /// <param name="allowWeakKey">Takes one whose rating is below <see cref="KeyQuality.RequiredForOnlineAccount"/>.</param>
    /// <param name="cancellationToken">Gives up; the next sync finds out whether the change was made.</param>
    /// <param name="secondFactor">A code of the account's second factor, in UTF-8. Null if none is given.</param>
    /// <exception cref="ArgumentException">The new Packing Key is the old one.</exception>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyTooWeak"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.PasswordRejected"/>,
    /// <see cref="ErrorCodes.PackingKeyChangedOnline"/>, <see cref="ErrorCodes.DeviceRevoked"/>: nothing was changed.
    /// <see cref="ErrorCodes.ServerUnreachable"/>: it may or may not have been changed.
    /// </exception>
    public static async Task ChangePackingKeyAsync(
        DataFolder home, string userId, SecretBytes password, SecretBytes packingKey, SecretBytes newPackingKey, bool allowWeakKey = false,
        SecretBytes? secondFactor = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(password);
        string? code = SecondFactorCodes.Text(secondFactor);
        ArgumentNullException.ThrowIfNull(packingKey);
        LoginPassword.Require(password, packingKey);
        PackingKeys.CheckForOnline(newPackingKey, password, allowWeakKey);
        PackingKeys.CheckNew(packingKey, newPackingKey, "Packing Key");
        using LocalVault vault = LocalVault.Unlock(home, userId, packingKey);
        using SyncRun run = await SyncRun.StartAsync(vault, new SyncOptions(), null, cancellationToken).ConfigureAwait(false);
        if (run.Account.NextKeyRecord is not null)
            await KeyChange.SettleAsync(run, cancellationToken).ConfigureAwait(false);
        if (run.Account.KeyEnvelope != vault.OpenedEnvelope)
        {
            throw new PasspackException(ErrorCodes.PackingKeyMismatch,
                $"The Packing Key does not fit the account {userId}: an earlier change between it and another one is settled now, and the other one holds. " +
                "Try again with that one.") { Target = userId };
        }
        using SecretBytes proof = (await SignedIn.ProveAsync(run.Client, userId, password, run.Account.LoginKdf, cancellationToken)
            .ConfigureAwait(false)).Proof;
        await ReplaceAsync(run, PackingKeys.Wrap(run.Keys, newPackingKey), proof, cancellationToken, code).ConfigureAwait(false);
    }

    /// <summary>Replaces the key envelope, here and online.</summary>
    internal static async Task ReplaceAsync(SyncRun run, string envelope, SecretBytes proof, CancellationToken cancellationToken, string? secondFactor = null)
    {
        ServedKeys online = await KeyChange.ReadAsync(run.Client, run.Account, run.Keys, cancellationToken).ConfigureAwait(false);
        if (online.Content.Generation > run.Account.KeyGeneration)
            throw SyncErrors.ChangedOnline(run.Account);
        if (run.Vault.Convert(run.Connection) is not null)
            run.Account = AccountRow.Load(run.Connection, run.Keys);
        StoredKeyRecord next = Record(run.Keys, run.Account.KeyGeneration + 1, envelope, run.Identity.UserId);
        KeyChange.Save(run, run.Account with { NextKeyRecord = next });
        byte[] request = JsonSerializer.SerializeToUtf8Bytes(new ReplaceKeysRequest(next.Record, proof.Span.ToArray(), SecondFactor: secondFactor),
            ProtocolJson.Default.ReplaceKeysRequest);
        try
        {
            await run.Client.SendAsync(HttpMethod.Put, Routes.KeyRecord, request, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (IsRefusal(e))
        {
            KeyChange.Save(run, KeyChange.Dropped(run.Account));
            throw e.ServerCode == ErrorCodes.KeyGenerationConflict ? SyncErrors.ChangedOnline(run.Account) : e;
        }
        catch (PasspackException e)
        {
            if (!await TrySettleAsync(run, cancellationToken).ConfigureAwait(false))
                throw Unanswered(run.Account, e);
            if (run.Account.KeyEnvelope != envelope)
                throw;
            return;
        }
        KeyChange.Save(run, KeyChange.Completed(run.Account));
    }

    /// <summary>A key record, with what it says.</summary>
    internal static StoredKeyRecord Record(VaultKeys keys, int generation, string envelope, string userId) => new(
        keys.CreateKeyRecord(generation, envelope, userId),
        new KeyRecordContent(generation, keys.VaultId, keys.Epoch, envelope, keys.Identity(keys.Epoch, userId), keys.EarlierKeys));

    /// <summary>Whether the server refused. After any other error, silence above all, the change may have been made.</summary>
    private static bool IsRefusal(PasspackException answer) => answer.IsDefinite || (answer.ServerCode is { } code && s_refusals.Contains(code));

    private static async Task<bool> TrySettleAsync(SyncRun run, CancellationToken cancellationToken)
    {
        try
        {
            await KeyChange.SettleAsync(run, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PasspackException)
        {
            // The next sync asks again; the user sees the first error.
            return false;
        }
    }

    private static PasspackException Unanswered(AccountRow account, PasspackException cause) => new(cause.ErrorId,
        $"{cause.Message} Whether the Packing Key of {account.UserId} was changed is not known yet: " +
        "until the next sync finds out, either one unlocks the account on this machine.",
        cause) { Target = cause.Target };
}
