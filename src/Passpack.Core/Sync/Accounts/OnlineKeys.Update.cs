using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Recovery;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>A local account that falls behind its online account, and how it catches up.</summary>
public static partial class OnlineKeys
{
    /// <summary>
    /// Brings a local account up to date: to the current pack version; to a Packing Key that was changed online, or keys that were replaced there; or out of
    /// a change of them that was interrupted.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="packingKey">The Packing Key that was set online, in UTF-8. Null if it was not changed.</param>
    /// <param name="whatIf">Only says what would be done.</param>
    /// <param name="checkpoint">Of replaced keys, a manifest that was made under them. Null if none is known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changes made or planned, a sentence each. Empty if there is nothing to do.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackMisaligned"/>, <see cref="ErrorCodes.PackTooNew"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>: the Packing Key is
    /// not that of the account; nothing was changed. And errors of the server.
    /// </exception>
    public static async Task<IReadOnlyList<string>> UpdateAsync(
        LocalVault vault, SecretBytes? packingKey = null, bool whatIf = false, string? checkpoint = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        AccountRow account;
        using (VaultUse use = vault.Use())
            account = AccountRow.Load(use.Connection, use.Keys);
        PackConversion.RequireAligned(account);
        // Without a server, or if the keys only have to be converted, no request is needed.
        if (account.Server is null || (packingKey is null && account.NextKeyRecord is null))
            return Convert(vault, account, packingKey, whatIf);
        _ = Checkpoint.Parse(checkpoint);
        using SyncRun run = await SyncRun.StartAsync(vault, new SyncOptions { WhatIf = whatIf, Checkpoint = checkpoint }, null, cancellationToken)
            .ConfigureAwait(false);
        if (run.Account.NextKeyRecord is { } next && (packingKey is null || next.Content.Epoch == run.Account.Epoch))
            await KeyChange.SettleAsync(run, cancellationToken).ConfigureAwait(false);
        if (packingKey is not null)
            await TakeOverAsync(run, packingKey, cancellationToken).ConfigureAwait(false);
        return [.. run.Report.Notices, .. Convert(vault, run.Account, null, whatIf)];
    }

    /// <summary>Asks the online account whether the keys and the token of this machine still go with it, and remembers the answer.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerUnreachable"/> and other errors that do not concern the keys.</exception>
    public static async Task<Alignment> AlignmentAsync(LocalVault vault, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using VaultUse use = vault.Use();
        AccountRow account = AccountRow.Load(use.Connection, use.Keys);
        if (account.Server is null || PackConversion.IsMisaligned(account.PackVersion))
            return Alignments.Of(account);
        using OnlineClient client = SyncRun.Connect(account, use.Keys);
        string? error = null;
        try
        {
            ServedKeys online = await KeyChange.ReadAsync(client, account, use.Keys, cancellationToken).ConfigureAwait(false);
            if (online.Content.Generation > account.KeyGeneration && account.NextKeyRecord?.IsSame(online.Record) is not true)
                error = ErrorCodes.PackingKeyChangedOnline;
        }
        catch (PasspackException e) when (Alignments.OnlineErrors.ContainsKey(e.ErrorId))
        {
            error = e.ErrorId;
        }
        Alignments.Remember(use.Connection, error);
        return Alignments.Of(account with { OnlineError = error });
    }

    private static string[] Convert(LocalVault vault, AccountRow account, SecretBytes? packingKey, bool whatIf)
    {
        if (packingKey is not null)
            PackingKeys.Open(account, packingKey, vault.Folder).Keys.Dispose();
        using VaultUse use = vault.Use();
        return (whatIf ? PackConversion.Describe(account) : vault.Convert(use.Connection)) is { } done ? [done] : [];
    }

    private static async Task TakeOverAsync(SyncRun run, SecretBytes packingKey, CancellationToken cancellationToken)
    {
        ServedKeys online = await KeyChange.ReadUnprovedAsync(run, cancellationToken).ConfigureAwait(false);
        if (online.Content.Epoch > run.Keys.Epoch)
        {
            await TakeOverAsync(run, online, packingKey, cancellationToken).ConfigureAwait(false);
            return;
        }
        KeyChange.Require(run.Client.Server, run.Account, run.Keys, online);
        SyncErrors.RequireNotOlder(run.Client.Server, run.Account, online.Content);
        // Checked even if the keys were not changed: a wrong Packing Key must not look accepted.
        Open(run.Client, online, packingKey, run.Account.UserId).Dispose();
        int generation = online.Content.Generation;
        if (generation == run.Account.KeyGeneration)
            return;
        KeyChange.Save(run, run.Account.With(online.Stored) with { OnlineError = null });
        run.Report.Note(run.Options.WhatIf
            ? $"Take over the Packing Key of {run.Account.UserId} that was changed online (key generation {generation})"
            : $"The Packing Key of {run.Account.UserId} is the one that was set online (key generation {generation}).");
    }
}
