using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Recovery;

/// <summary>Reads the online key record, and settles a change of the keys whose answer was lost.</summary>
internal static class KeyChange
{
    /// <summary>Asks the server whether an interrupted change of the keys was made, and updates this machine's keys accordingly.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeysReplacedOnline"/>: it was, and the new Account Key is only in the envelope of the new Packing Key.
    /// </exception>
    public static async Task SettleAsync(SyncRun run, CancellationToken cancellationToken)
    {
        ServedKeys online = await ReadUnprovedAsync(run, cancellationToken).ConfigureAwait(false);
        StoredKeyRecord next = run.Account.NextKeyRecord!;
        bool isMade = next.IsSame(online.Record);
        if (isMade && next.Content.Epoch > run.Account.Epoch)
            throw SyncErrors.KeysReplaced(run.Account, isProved: true);
        if (!isMade)
            Require(run.Client.Server, run.Account, run.Keys, online);
        Save(run, isMade ? Completed(run.Account) : Dropped(run.Account));
        string change = next.Content.Epoch > run.Account.Epoch
            ? $"replacement of the keys of {run.Account.UserId} that was interrupted"
            : $"change of the Packing Key of {run.Account.UserId} that was interrupted";
        run.Report.Note((run.Options.WhatIf, isMade) switch
        {
            (true, true) => $"Complete the {change}: the new one holds online",
            (true, false) => $"Drop the {change}: it never reached the online account",
            (false, true) => $"The {change} is complete: the new one holds, here and online.",
            (false, false) => $"The {change} never reached the online account: the one before it holds.",
        });
    }

    /// <summary>
    /// Reads the online keys, which nothing vouches for yet. If the server does not take this machine's token any more, an attempt that was interrupted may
    /// have replaced it: then by the token that it asked for.
    /// </summary>
    public static async Task<ServedKeys> ReadUnprovedAsync(SyncRun run, CancellationToken cancellationToken)
    {
        try
        {
            return await ServedKeys.ReadAsync(run.Client, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.DeviceRevoked && run.Account.NextToken is not null)
        {
            using SecretBytes? next = SealedToken.Open(run.Keys, run.Account with { DeviceToken = run.Account.NextToken });
            if (next is null)
                throw;
            run.Client.Authenticate(next.Span);
            ServedKeys served = await ServedKeys.ReadAsync(run.Client, cancellationToken).ConfigureAwait(false);
            // It is this machine's token now, before another one is asked for.
            run.Account = run.Account with { DeviceToken = run.Account.NextToken, NextToken = null };
            if (!run.Options.WhatIf)
                run.InTransaction(() => run.Account.SaveLink(run.Connection, run.Keys));
            return served;
        }
    }

    /// <summary>Reads the online key record; refuses one of another account, one of another epoch, and one older than this machine saw.</summary>
    public static async Task<ServedKeys> ReadAsync(OnlineClient client, AccountRow account, VaultKeys keys, CancellationToken cancellationToken)
    {
        ServedKeys online = await ServedKeys.ReadAsync(client, cancellationToken).ConfigureAwait(false);
        Require(client.Server, account, keys, online);
        return online;
    }

    /// <summary>Requires that served keys are this account's, of its epoch, and not older than what this machine saw.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeysReplacedOnline"/>, <see cref="ErrorCodes.ServerTampered"/>, <see cref="ErrorCodes.ServerRolledBack"/>.
    /// </exception>
    public static void Require(Uri server, AccountRow account, VaultKeys keys, ServedKeys online)
    {
        KeyRecordContent content = online.Content;
        if (content.Epoch > keys.Epoch)
            throw SyncErrors.KeysReplaced(account, account.Identity is { } own && online.IsSuccessorOf(keys, own));
        if (!keys.IsOurs(online.Record, content))
            throw SyncErrors.NotTrusted(server, "its key record was not made with this account's keys");
        if (content.Generation < account.KeyGeneration || content.Epoch < account.Epoch)
            throw SyncErrors.OlderKeys(server, account, content.Generation);
        if (content.Epoch == account.Epoch && account.Identity is { } identity && !content.Identity.Bytes.SequenceEqual(identity.Bytes))
            throw SyncErrors.NotTrusted(server, "its key record is of another identity than this account's");
        if (content.Generation == account.KeyGeneration && account.KeyRecord is { } seen && !seen.IsSame(online.Record))
            throw SyncErrors.NotTrusted(server, $"its key record of generation {content.Generation} is another one than this machine saw");
    }

    /// <summary>The row after a change of the Packing Key.</summary>
    public static AccountRow Completed(AccountRow account) => account.With(account.NextKeyRecord!);

    public static AccountRow Dropped(AccountRow account) => account with { NextKeyRecord = null, NextToken = null };

    // Under -WhatIf the account changes only in memory, so that the rest of the plan sees the result.
    public static void Save(SyncRun run, AccountRow account)
    {
        if (!run.Options.WhatIf)
            run.InTransaction(() => account.SaveKeys(run.Connection, run.Keys));
        run.Account = account;
    }
}
