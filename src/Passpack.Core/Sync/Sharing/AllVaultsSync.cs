using Passpack.Packing.Keys;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Logs;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Sharing;

/// <summary>Syncs all vaults of an account: its own first, then each shared one that has moved, online or here.</summary>
public static class AllVaultsSync
{
    /// <summary>
    /// Syncs, or plans a sync. An error in the account's own vault ends it; one in a shared vault is that vault's outcome, and the others go on.
    /// </summary>
    /// <param name="account">Unlocked, and online.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Receives the progress. Null if nobody listens.</param>
    /// <param name="cancellationToken">Stops the sync between two records; the next sync goes on.</param>
    /// <returns>The account's own vault first; a shared vault in which nothing moved has no outcome.</returns>
    /// <exception cref="PasspackException">As <see cref="VaultSync.RunAsync"/>, of the account's own vault.</exception>
    public static async Task<IReadOnlyList<VaultSyncOutcome>> RunAsync(
        LocalVault account, SyncOptions options, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(options);
        using IDisposable _ = account.KeepUnlocked();
        SyncResult own = await VaultSync.RunAsync(account, options, progress, cancellationToken).ConfigureAwait(false);
        if (!options.WhatIf)
        {
            IReadOnlyList<string> told = await SharedVaults.SettleInvitationsAsync(account, cancellationToken).ConfigureAwait(false);
            own = own with { Notices = [.. own.Notices, .. told] };
        }
        var outcomes = new List<VaultSyncOutcome> { new(null, null, own, null) };
        List<SharedVaultRecord> joined = [.. account.Personal(records => records.SharedVaults())
            .Where(record => record.Standing == SharedVaultStanding.Joined).OrderBy(record => record.Name, StringComparer.OrdinalIgnoreCase)];
        if (joined.Count == 0)
            return outcomes;
        IReadOnlyDictionary<Guid, byte[]> places = await PlacesAsync(account, cancellationToken).ConfigureAwait(false);
        foreach (SharedVaultRecord record in joined)
        {
            try
            {
                byte[]? place = places.GetValueOrDefault(record.VaultId);
                if (await SyncAsync(account, record, place, options, progress, cancellationToken).ConfigureAwait(false) is { } result)
                    outcomes.Add(new VaultSyncOutcome(record.VaultId, record.Name, result, null));
            }
            catch (PasspackException e)
            {
                outcomes.Add(new VaultSyncOutcome(record.VaultId, record.Name, null, e));
            }
        }
        if (!options.WhatIf)
        {
            HashSet<Guid> sound = [.. outcomes.Where(outcome => outcome.Result is not null).Select(outcome => outcome.VaultId).OfType<Guid>()];
            await SharedVaults.RememberAsync(account, sound, cancellationToken).ConfigureAwait(false);
        }
        return outcomes;
    }

    /// <summary>Where each vault stands, as the server says: it may only have this machine pull in vain, or not pull what it could keep back anyway.</summary>
    private static async Task<IReadOnlyDictionary<Guid, byte[]>> PlacesAsync(LocalVault account, CancellationToken cancellationToken)
    {
        using SyncRun run = SyncRun.OpenReadOnly(account);
        IReadOnlyList<SharedVaultPlace> places = await new SharingServer(run.Client)
            .PlacesAsync(run.Account.VaultId, run.Account.Revision, cancellationToken).ConfigureAwait(false);
        return places.DistinctBy(place => place.VaultId).ToDictionary(place => place.VaultId, place => place.State);
    }

    /// <returns>Null if nothing moved.</returns>
    private static async Task<SyncResult?> SyncAsync(LocalVault account, SharedVaultRecord record, byte[]? place, SyncOptions options,
        IProgress<SyncProgress>? progress, CancellationToken cancellationToken)
    {
        bool isHere = account.Folder.Shared(record.VaultId).Exists;
        if (!isHere && options.WhatIf)
            return null;
        LocalVault vault = isHere ? account.OpenShared(record.VaultId)
            : await BringAsync(account, record, cancellationToken).ConfigureAwait(false);
        if (isHere && place is not null && place.AsSpan().SequenceEqual(StateOf(vault)) && !HasLocalWork(vault))
            return null;
        return await VaultSync.RunAsync(vault, options, progress, cancellationToken).ConfigureAwait(false);
    }

    private static byte[] StateOf(LocalVault vault)
    {
        using VaultUse use = vault.Use();
        AccountRow row = AccountRow.Load(use.Connection, use.Keys);
        ChainHead manifest = row.Checkpoint is { } newest ? new ChainHead(newest.Generation, Hash256.Read(newest.Hash)) : ChainHead.None;
        return vault.Role is null
            ? SharedVaultState.ComputeForFormer(row.VaultId, row.Statement!.Value)
            : SharedVaultState.Compute(row.VaultId, row.Revision, manifest, row.Statement!.Value, row.WrappedKey);
    }

    private static bool HasLocalWork(LocalVault vault)
    {
        using VaultUse use = vault.Use();
        return use.Connection.Scalar<long>("""
            SELECT EXISTS (SELECT 1 FROM local_data WHERE pending = 1) OR EXISTS (SELECT 1 FROM resend) OR EXISTS (SELECT 1 FROM outbox)
                OR EXISTS (SELECT 1 FROM mirror WHERE owed = 1) OR EXISTS (SELECT 1 FROM local_tags WHERE held = 1)
            """) != 0;
    }

    /// <summary>
    /// Makes the file of a vault that another machine of this account joined, or whose offer was accepted: log and key; a sync brings the records.
    /// </summary>
    private static async Task<LocalVault> BringAsync(LocalVault account, SharedVaultRecord record, CancellationToken cancellationToken)
    {
        using SyncRun run = SyncRun.OpenReadOnly(account);
        var server = new SharingServer(run.Client);
        if (await server.ReadLogAsync(record.VaultId, cancellationToken).ConfigureAwait(false) is not { } read)
            throw SharedErrors.NotThere(record.VaultId, account.UserId);
        (VaultLog log, IReadOnlyList<SignedStatement> statements) = read;
        // The record has a statement that a machine of this account verified, and so all before it.
        if (record.Head.Number >= log.Count)
            throw run.RolledBack($"the log of the shared vault {record.Name} is shorter than a machine of this account saw it", isAcceptable: false);
        if (log.StateAt(record.Head.Number).Head != record.Head)
            throw run.Diverged($"the log of the shared vault {record.Name} is not the one that a machine of this account verified");
        var epoch = new SharedEpoch(log.State.Random, log.State.Epoch, log.State.Epochs[log.State.Epoch]);
        byte[]? wrapped = await server.WrappedKeyAsync(record.VaultId, cancellationToken).ConfigureAwait(false);
        SharedVaultKey? unwrapped = wrapped is null ? null : run.Keys.TryUnwrap(wrapped, epoch, record.VaultId, run.Identity.UserId);
        SharedVaultKey key = unwrapped ?? record.OpenKey(run.Keys, epoch) ?? throw SharedErrors.KeyMissing(record.VaultId);
        return account.CreateShared(statements, key, unwrapped is null ? null : wrapped);
    }
}
