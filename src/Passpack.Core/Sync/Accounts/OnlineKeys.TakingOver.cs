using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>Takes keys over that another machine replaced, or this one in an attempt that was interrupted.</summary>
public static partial class OnlineKeys
{
    /// <summary>Takes the keys of a later epoch over.</summary>
    /// <param name="run">Its token may sleep.</param>
    /// <param name="online">What the server serves: of a later epoch.</param>
    /// <param name="packingKey">The new one, in UTF-8.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackingKeyMismatch"/>; <see cref="ErrorCodes.ServerTampered"/>: they do not continue this machine's keys;
    /// <see cref="ErrorCodes.KeysReplacedOnline"/>: somebody who has this machine's Packing Key could have made them, and no checkpoint vouches for them.
    /// </exception>
    private static async Task TakeOverAsync(SyncRun run, ServedKeys online, SecretBytes packingKey, CancellationToken cancellationToken)
    {
        bool isOwn = run.Account.NextKeyRecord?.IsSame(online.Record) is true;
        using var keys = new Owned(Open(run.Client, online, packingKey, run.Account.UserId));
        RequireContinues(run, online, keys.Keys);
        if (!isOwn && run.Options.Checkpoint is null && OpensThisMachine(run.Account, packingKey, run.Use.Folder))
            throw NotVouchedFor(run.Account);
        if (run.Options.WhatIf)
        {
            run.Report.Note($"Take over the keys of {run.Account.UserId} that were replaced online (epoch {keys.Keys.Epoch}), " +
                "after a sealed copy of the vault");
            return;
        }
        AccountIdentity identity = online.Content.Identity;
        SecretBytes token = SecretBytes.Random(SealedToken.TokenBytes);
        byte[] sealedToken = SealedToken.Seal(run.Keys, run.Account.DeviceId!.Value, token.Span, run.Account.Server!, run.Account.UserId);
        run.Account = run.Account with { NextToken = sealedToken };
        run.InTransaction(() => run.Account.SaveLink(run.Connection, run.Keys));
        using SecretBytes awake = await Devices.WakeAsync(run.Client, keys.Keys, identity, run.Account.DeviceId.Value, token,
            cancellationToken).ConfigureAwait(false);
        if (run.Options.Checkpoint is { } checkpoint)
            await RequireCheckpointAsync(run.Client, keys.Keys, identity, Checkpoint.Parse(checkpoint)!, cancellationToken).ConfigureAwait(false);
        VaultCopies.CopySealed(run.Use.Folder, "before-new-keys", run.Use.Clock);
        TakeOver(run, keys.GiveAway(), online.Stored, awake, null);
    }

    /// <summary>Changes the local account, in one transaction; the vault goes over to the new keys, which it owns then.</summary>
    /// <param name="run">Under the keys before; it ends with this.</param>
    /// <param name="keys">The new ones. Disposed if they are not taken over.</param>
    /// <param name="record">Of the new ones.</param>
    /// <param name="token">This machine's, awake.</param>
    /// <param name="position">Where the account stands. Null if a pull has to find out.</param>
    private static void TakeOver(SyncRun run, VaultKeys keys, StoredKeyRecord record, SecretBytes token, Position? position)
    {
        try
        {
            IReadOnlyCollection<Guid> damaged = [];
            run.InTransaction(() =>
            {
                AccountRow account = AccountRow.Load(run.Connection, run.Keys);
                damaged = EpochChange.Apply(run.Connection, keys, account.With(record) with
                {
                    Epoch = keys.Epoch,
                    EarlierKeys = keys.EarlierKeys,
                    OnlineError = null,
                    IsResealing = true,
                    DeviceToken = SealedToken.Seal(keys, account.DeviceId!.Value, token.Span, account.Server!, account.UserId),
                    Revision = position?.Revision ?? account.Revision,
                    Generation = position?.Generation ?? account.Generation,
                    ManifestHash = position?.Hash ?? account.ManifestHash,
                    Left = position is null ? account.Left : null,
                });
                Failpoints.Hit("new keys in the transaction");
            });
            foreach (Guid id in damaged)
                run.Report.Note($"A change of entry {id} on this machine does not open; it stays under the keys before, and never goes online.");
            run.Report.Note($"The keys of {run.Account.UserId} are new (epoch {keys.Epoch}).");
        }
        catch
        {
            keys.Dispose();
            throw;
        }
        run.Vault.Adopt(keys, record.Content.KeyEnvelope);
    }

    /// <summary>Requires that served keys of a later epoch lead to the Account Keys that this machine has.</summary>
    private static void RequireContinues(SyncRun run, ServedKeys online, VaultKeys keys)
    {
        Uri server = run.Client.Server;
        if (online.Content.Generation <= run.Account.KeyGeneration || !keys.Continues(run.Keys))
            throw SyncErrors.NotTrusted(server, "its keys do not continue those of this machine");
        if (online.Content.Epoch == run.Keys.Epoch + 1 && !online.IsSuccessorOf(run.Keys, run.Identity))
            throw SyncErrors.NotTrusted(server, "its keys were not named as the next ones by this account");
        if (KeyEnvelope.HaveOneSalt(online.Content.KeyEnvelope, run.Account.KeyEnvelope))
            throw SyncErrors.NotTrusted(server, "its new keys are sealed as the ones before were");
        SyncErrors.RequireNotOlder(server, run.Account, online.Content);
    }

    internal static bool OpensThisMachine(AccountRow account, SecretBytes packingKey, AccountFolder folder)
    {
        try
        {
            PackingKeys.Open(account, packingKey, folder).Keys.Dispose();
            return true;
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            return false;
        }
    }

    internal static PasspackException NotVouchedFor(AccountRow account) => new(ErrorCodes.KeysReplacedOnline,
        $"The keys of {account.UserId} were replaced online, and their Packing Key is the one of this machine: " +
        "whoever had the old keys could have made them. " +
        "Nothing was changed. Give with -Checkpoint what Get-PasspackLocalAccount shows as the checkpoint on the machine that replaced them.")
    { Target = account.UserId };

    // A manifest of the new epoch, in the place and with the hash that the checkpoint names; the next sync follows the chain up to it, and beyond.
    internal static async Task RequireCheckpointAsync(
        OnlineClient client, VaultKeys keys, AccountIdentity identity, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        if (await ReadManifestAsync(client, keys.VaultId, checkpoint.Generation, cancellationToken).ConfigureAwait(false) is not { } named
            || !CryptographicOperations.FixedTimeEquals(Manifest.HashOf(named), checkpoint.Hash)
            || Manifest.Open(keys, identity, named) is not { } manifest || manifest.Epoch != keys.Epoch)
        {
            throw SyncErrors.Tampered(client.Server, $"the checkpoint {checkpoint.Generation} is not one of its new keys");
        }
    }

    /// <summary>One manifest of a vault, of which nothing is known yet. Null if the server has none of this generation.</summary>
    private static async Task<ManifestLink?> ReadManifestAsync(OnlineClient client, Guid vault, long generation, CancellationToken cancellationToken)
    {
        ManifestPage page = await client.GetAsync(
            FormattableString.Invariant($"{Routes.OfVault(vault, Routes.Manifests)}?after={generation - 1}&before={generation + 1}"),
            ProtocolJson.Default.ManifestPage, cancellationToken).ConfigureAwait(false);
        return page.Manifests is [{ Sealed: not null } link] ? link : null;
    }
}
