using System.Text.Json;
using Passpack.Packing;
using Passpack.Protocol;
using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>The keys of an online account, and of this machine's local account with them.</summary>
/// <remarks>
/// A change of the Packing Key is safe at every step: the new envelope is stored on this machine first, beside the old one; then it
/// replaces the key record online; then the old one goes. As long as both are here, either Packing Key unlocks the account, and the next
/// sync or update asks the server which of them holds.
/// </remarks>
public static partial class OnlineKeys
{
    // What a server answers with before it changes anything.
    private static readonly HashSet<string> s_refusals =
    [
        ErrorCodes.PasswordRejected, ErrorCodes.DeviceRevoked, ErrorCodes.AccountLockedOut, ErrorCodes.RateLimited, ErrorCodes.KeyGenerationConflict,
    ];

    /// <summary>Changes the Packing Key, online and on this machine. The account may be locked; unlocked, it stays so.</summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="userId">Whose; the local account has to be connected.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">As it is, in UTF-8.</param>
    /// <param name="newPackingKey">As it is to be, in UTF-8.</param>
    /// <param name="allowWeakKey">Takes one whose rating is below <see cref="KeyQuality.RequiredForOnlineAccount"/>.</param>
    /// <param name="cancellationToken">Gives up; whether the change was made by then, the next sync finds out.</param>
    /// <exception cref="ArgumentException">The new Packing Key is the old one.</exception>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyTooWeak"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.PasswordRejected"/>,
    /// <see cref="ErrorCodes.PackingKeyChangedOnline"/>, <see cref="ErrorCodes.DeviceRevoked"/>: nothing was changed.
    /// <see cref="ErrorCodes.ServerUnreachable"/>: it may or may not have been changed.
    /// </exception>
    public static async Task ChangePackingKeyAsync(
        DataFolder home, string userId, SecretBytes password, SecretBytes packingKey, SecretBytes newPackingKey, bool allowWeakKey = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(packingKey);
        LoginPassword.Require(password, packingKey);
        PackingKeys.CheckForOnline(newPackingKey, password, allowWeakKey);
        PackingKeys.CheckNew(packingKey, newPackingKey, "Packing Key");
        using LocalVault vault = LocalVault.Unlock(home, userId, packingKey);
        using SyncRun run = await SyncRun.StartAsync(vault, new SyncOptions(), null, cancellationToken).ConfigureAwait(false);
        if (run.Account.NextKeyEnvelope is not null)
            await SettleAsync(run, cancellationToken).ConfigureAwait(false);
        if (run.Account.KeyEnvelope != vault.OpenedEnvelope)
        {
            throw new PasspackException(ErrorCodes.PackingKeyMismatch,
                $"The Packing Key does not fit the account {userId}: an earlier change between it and another one is settled now, and the other one holds. " +
                "Try again with that one.") { Target = userId };
        }
        using SecretBytes proof = (await OnlineAccounts.ProveAsync(run.Client, userId, password, run.Account.LoginKdf, cancellationToken).ConfigureAwait(false)).Proof;
        await ReplaceAsync(run, PackingKeys.Wrap(run.Keys, newPackingKey), proof, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Replaces the key envelope, here and online.</summary>
    internal static async Task ReplaceAsync(SyncRun run, string envelope, SecretBytes proof, CancellationToken cancellationToken)
    {
        KeyRecord online = await ReadAsync(run, cancellationToken).ConfigureAwait(false);
        if (online.Generation > run.Account.KeyGeneration)
            throw ChangedOnline(run.Account);
        if (PackConversion.Convert(run.Use.Vault, run.Connection) is not null)
            run.Account = AccountRow.Load(run.Connection);
        Save(run, run.Account with { NextKeyEnvelope = envelope });
        KeyRecord next = run.Keys.CreateKeyRecord(run.Account.KeyGeneration + 1, envelope);
        byte[] request = JsonSerializer.SerializeToUtf8Bytes(new ReplaceKeysRequest(next, proof.Span.ToArray()), ProtocolJson.Default.ReplaceKeysRequest);
        try
        {
            await run.Client.SendAsync(HttpMethod.Put, Routes.KeyRecord, request, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (IsRefusal(e))
        {
            Save(run, Dropped(run.Account));
            throw e.ServerCode == ErrorCodes.KeyGenerationConflict ? ChangedOnline(run.Account) : e;
        }
        catch (PasspackException e)
        {
            if (!await TrySettleAsync(run, cancellationToken).ConfigureAwait(false))
                throw Unanswered(run.Account, e);
            if (run.Account.KeyEnvelope != envelope)
                throw;
            return;
        }
        Save(run, Completed(run.Account));
    }

    /// <summary>Asks the server what became of a change of the Packing Key that was interrupted, and brings this machine in line with it.</summary>
    internal static async Task SettleAsync(SyncRun run, CancellationToken cancellationToken)
    {
        KeyRecord online = await ReadAsync(run, cancellationToken).ConfigureAwait(false);
        bool done = online.Generation == run.Account.KeyGeneration + 1 && online.KeyEnvelope == run.Account.NextKeyEnvelope;
        Save(run, done ? Completed(run.Account) : Dropped(run.Account));
        string change = $"change of the Packing Key of {run.Account.UserId} that was interrupted";
        run.Notices.Add((run.Options.WhatIf, done) switch
        {
            (true, true) => $"Complete the {change}: the new one holds online",
            (true, false) => $"Drop the {change}: it never reached the online account",
            (false, true) => $"The {change} is complete: the new one holds, here and online.",
            (false, false) => $"The {change} never reached the online account: the one before it holds.",
        });
    }

    /// <summary>The online key record, if it is this account's and no older than what this machine saw.</summary>
    internal static async Task<KeyRecord> ReadAsync(SyncRun run, CancellationToken cancellationToken)
    {
        KeyRecord record = await ReadAsync(run.Client, run.Keys, cancellationToken).ConfigureAwait(false);
        if (record.Generation < run.Account.KeyGeneration)
            throw OnlineAccounts.OlderKeys(run.Client, run.Account, record.Generation);
        return record;
    }

    private static async Task<KeyRecord> ReadAsync(OnlineClient client, VaultKeys keys, CancellationToken cancellationToken)
    {
        KeyRecord record = await client.GetAsync(Routes.KeyRecord, ProtocolJson.Default.KeyRecord, cancellationToken).ConfigureAwait(false);
        if (record.KeyEnvelope is null || record.Mac is null)
            throw client.NotPasspack("its key record is incomplete");
        OnlineAccounts.DemandKnown(record.PackVersion);
        if (!keys.IsOurs(record))
            throw OnlineAccounts.Tampered(client, "its key record was not made with this account's keys");
        return record;
    }

    internal static PasspackException ChangedOnline(AccountRow account) => new(ErrorCodes.PackingKeyChangedOnline,
        $"The Packing Key of {account.UserId} was changed online. Nothing was changed on this machine. 'Update-PasspackLocalAccount -Account {account.UserId} -PackingKey' " +
        "with the new Packing Key takes it over.") { Target = account.UserId };

    /// <summary>Whether the server said no. All else, silence above all, may come after it did what was asked.</summary>
    private static bool IsRefusal(PasspackException answer) => answer.IsDefinite || (answer.ServerCode is { } code && s_refusals.Contains(code));

    private static async Task<bool> TrySettleAsync(SyncRun run, CancellationToken cancellationToken)
    {
        try
        {
            await SettleAsync(run, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PasspackException)
        {
            // The next sync asks again; what led here is what the user has to know.
            return false;
        }
    }

    private static PasspackException Unanswered(AccountRow account, PasspackException cause) => new(cause.ErrorId,
        $"{cause.Message} Whether the Packing Key of {account.UserId} was changed is not known yet: until the next sync finds out, either one unlocks the account on this machine.",
        cause) { Target = cause.Target };

    private static AccountRow Completed(AccountRow account) => Dropped(account) with
    {
        KeyEnvelope = account.NextKeyEnvelope!,
        KeyGeneration = account.KeyGeneration + 1,
    };

    private static AccountRow Dropped(AccountRow account) => account with { NextKeyEnvelope = null };

    // A plan settles in memory only: what would come of it is what it has to reckon with.
    private static void Save(SyncRun run, AccountRow account)
    {
        if (!run.Options.WhatIf)
            run.InTransaction(() => account.SaveKeys(run.Connection));
        run.Account = account;
    }
}
