using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Recovery;

/// <summary>Reads the online key record, and settles a change of the Packing Key whose answer was lost.</summary>
internal static class KeyChange
{
    /// <summary>Asks the server whether an interrupted change of the Packing Key was made, and updates this machine's keys accordingly.</summary>
    public static async Task SettleAsync(SyncRun run, CancellationToken cancellationToken)
    {
        KeyRecord online = await ReadAsync(run, cancellationToken).ConfigureAwait(false);
        bool done = online.Generation == run.Account.KeyGeneration + 1 && online.KeyEnvelope == run.Account.NextKeyEnvelope;
        Save(run, done ? Completed(run.Account) : Dropped(run.Account));
        string change = $"change of the Packing Key of {run.Account.UserId} that was interrupted";
        run.Report.Note((run.Options.WhatIf, done) switch
        {
            (true, true) => $"Complete the {change}: the new one holds online",
            (true, false) => $"Drop the {change}: it never reached the online account",
            (false, true) => $"The {change} is complete: the new one holds, here and online.",
            (false, false) => $"The {change} never reached the online account: the one before it holds.",
        });
    }

    /// <summary>Reads the online key record; refuses one of another account, and one older than this machine saw.</summary>
    public static async Task<KeyRecord> ReadAsync(SyncRun run, CancellationToken cancellationToken)
    {
        KeyRecord record = await ReadAsync(run.Client, run.Keys, cancellationToken).ConfigureAwait(false);
        if (record.Generation < run.Account.KeyGeneration)
            throw SyncErrors.OlderKeys(run.Client.Server, run.Account, record.Generation);
        return record;
    }

    public static async Task<KeyRecord> ReadAsync(OnlineClient client, VaultKeys keys, CancellationToken cancellationToken)
    {
        KeyRecord record = await client.GetAsync(Routes.KeyRecord, ProtocolJson.Default.KeyRecord, cancellationToken).ConfigureAwait(false);
        if (record.KeyEnvelope is null || record.Mac is null)
            throw client.NotPasspack("its key record is incomplete");
        SyncErrors.RequireKnown(record.PackVersion);
        if (!keys.IsOurs(record))
            throw SyncErrors.NotTrusted(client.Server, "its key record was not made with this account's keys");
        return record;
    }

    public static AccountRow Completed(AccountRow account) => Dropped(account) with
    {
        KeyEnvelope = account.NextKeyEnvelope!,
        KeyGeneration = account.KeyGeneration + 1,
    };

    public static AccountRow Dropped(AccountRow account) => account with { NextKeyEnvelope = null };

    // Under -WhatIf the account changes only in memory, so that the rest of the plan sees the result.
    public static void Save(SyncRun run, AccountRow account)
    {
        if (!run.Options.WhatIf)
            run.InTransaction(() => account.SaveKeys(run.Connection, run.Keys));
        run.Account = account;
    }
}
