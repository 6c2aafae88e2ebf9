using System.Security.Cryptography;
using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.Recovery;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>How the keys of an account are replaced.</summary>
public sealed record ReplaceKeysOptions
{
    /// <summary>Takes a Packing Key whose rating is below <see cref="KeyQuality.RequiredForOnlineAccount"/>.</summary>
    public bool AllowWeakKey { get; init; }

    /// <summary>Has the online account forget the earlier versions under the keys before.</summary>
    public bool PurgeHistory { get; init; }

    /// <summary>A code of the account's second factor, in UTF-8. Null if none is given.</summary>
    public SecretBytes? SecondFactor { get; init; }
}

/// <summary>Replaces the Account Key: from then on nothing new can be read by whoever had the one before. docs/pack-format.md, "Epochs".</summary>
public static partial class OnlineKeys
{
    private const int MostReplaceRounds = 8;

    /// <summary>
    /// Replaces the keys of an account by new ones, online and on this machine, after a sealed copy; then seals its online records anew. A replacement that
    /// was interrupted goes on. The account stays unlocked.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="password">In UTF-8. Null for an account that is offline.</param>
    /// <param name="packingKey">As it is, in UTF-8.</param>
    /// <param name="newPackingKey">As it is to be, in UTF-8; the same one only against a stolen device or key of unattended unlock.</param>
    /// <param name="options">How. Null for the defaults.</param>
    /// <param name="progress">Receives the progress. Null if nobody listens.</param>
    /// <param name="cancellationToken">Gives up; another attempt, on any machine that has the keys, goes on.</param>
    /// <returns>What was done, a sentence each.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyTooWeak"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.PasswordRejected"/>,
    /// <see cref="ErrorCodes.KeysReplacedOnline"/>: another machine was first; and errors of server and disk.
    /// </exception>
    public static async Task<IReadOnlyList<string>> ReplaceKeysAsync(
        LocalVault vault, SecretBytes? password, SecretBytes packingKey, SecretBytes newPackingKey, ReplaceKeysOptions? options = null,
        IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(packingKey);
        ArgumentNullException.ThrowIfNull(newPackingKey);
        options ??= new ReplaceKeysOptions();
        string? code = SecondFactorCodes.Text(options.SecondFactor);
        AccountRow account;
        using (VaultUse use = vault.Use())
            account = AccountRow.Load(use.Connection, use.Keys);
        LocalVault.RequireReplaceable(account);
        // Of an interrupted replacement either Packing Key opens the account.
        PackingKeys.Open(account, packingKey, vault.Folder).Keys.Dispose();
        if (account.Server is null)
        {
            vault.ReplaceKeysOffline(newPackingKey);
            return [$"The keys of {account.UserId} are new (epoch {account.Epoch + 1})."];
        }
        ArgumentNullException.ThrowIfNull(password);
        LoginPassword.Require(password, packingKey);
        PackingKeys.CheckForOnline(newPackingKey, password, options.AllowWeakKey);
        List<string> done = [];
        using (SyncRun run = await SyncRun.StartAsync(vault, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, progress, cancellationToken)
            .ConfigureAwait(false))
        {
            await ReplaceAsync(run, async () => (await SignedIn.ProveAsync(run.Client, run.Account.UserId, password, run.Account.LoginKdf, cancellationToken)
                .ConfigureAwait(false)).Proof, newPackingKey, cancellationToken, code).ConfigureAwait(false);
            done.AddRange(run.Report.Notices);
        }
        SyncResult sealing = await VaultSync.RunAsync(
            vault, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, progress, cancellationToken).ConfigureAwait(false);
        done.AddRange(sealing.Notices);
        if (options.PurgeHistory)
            done.Add(await PurgeAsync(vault, cancellationToken).ConfigureAwait(false));
        return done;
    }

    /// <summary>Has the online account forget all earlier versions under epochs before the present one.</summary>
    /// <returns>What was done, in a sentence.</returns>
    public static async Task<string> PurgeAsync(LocalVault vault, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using SyncRun run = SyncRun.OpenReadOnly(vault);
        PurgeAnswer answer = await SignedRequest.SendAsync(run.Client, served => run.Client.PostAsync(
            Routes.OfVault(run.Account.VaultId, Routes.Purge), new PurgeRequest(run.Keys.Epoch, served.Head,
                run.Keys.Sign(run.Identity, SignaturePurpose.Purge, Statements.Purge(run.Account.VaultId, served.Head, run.Keys.Epoch))),
            ProtocolJson.Default.PurgeRequest, ProtocolJson.Default.PurgeAnswer, cancellationToken), cancellationToken).ConfigureAwait(false);
        return $"The online account of {run.Account.UserId} forgot {answer.Removed:N0} earlier versions under the keys before.";
    }

    /// <summary>Replaces the keys, online and on this machine; the records are sealed anew by the next sync.</summary>
    /// <param name="run">It ends with this.</param>
    /// <param name="prove">Makes the proof of the Password, which is disposed.</param>
    /// <param name="newPackingKey">In UTF-8.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="secondFactor">A code of the account's second factor. Null if none is given.</param>
    internal static async Task ReplaceAsync(
        SyncRun run, Func<Task<SecretBytes>> prove, SecretBytes newPackingKey, CancellationToken cancellationToken, string? secondFactor = null)
    {
        if (run.Account.NextKeyRecord is not null && await TryGoOnAsync(run, newPackingKey, cancellationToken).ConfigureAwait(false))
            return;
        using SecretBytes proof = await prove().ConfigureAwait(false);
        run.Vault.Convert(run.Connection);
        run.Account = AccountRow.Load(run.Connection, run.Keys);
        await Disconnecting.FinishPushAsync(run, cancellationToken).ConfigureAwait(false);
        VaultCopies.CopySealed(run.Use.Folder, "before-new-keys", run.Use.Clock);
        using var next = new Owned(run.Keys.Next(SecretBytes.Random(KeyDerivation.KeyBytes)));
        string envelope = PackingKeys.Wrap(next.Keys, newPackingKey);
        using SecretBytes token = SecretBytes.Random(SealedToken.TokenBytes);
        for (int round = 1; ; round++)
        {
            // The first manifest of the new epoch names the head, so that has to be verified.
            await VaultSync.PullAsync(run, cancellationToken).ConfigureAwait(false);
            ServedKeys online = await KeyChange.ReadAsync(run.Client, run.Account, run.Keys, cancellationToken).ConfigureAwait(false);
            if (online.Content.Generation > run.Account.KeyGeneration)
                throw SyncErrors.ChangedOnline(run.Account);
            Replacement replacement = Prepare(run, next.Keys, envelope, token);
            try
            {
                await SendAsync(run, replacement, proof, secondFactor, cancellationToken).ConfigureAwait(false);
            }
            catch (PasspackException e) when (e.ServerCode == ErrorCodes.RevisionConflict && round < MostReplaceRounds)
            {
                continue;
            }
            TakeOver(run, next.GiveAway(), replacement.Record, token, replacement.Position);
            return;
        }
    }

    private static async Task SendAsync(
        SyncRun run, Replacement replacement, SecretBytes proof, string? secondFactor, CancellationToken cancellationToken)
    {
        byte[] request = JsonSerializer.SerializeToUtf8Bytes(
            new ReplaceKeysRequest(replacement.Record.Record, proof.Span.ToArray(), replacement.Request, secondFactor),
            ProtocolJson.Default.ReplaceKeysRequest);
        try
        {
            await run.Client.SendAsync(HttpMethod.Put, Routes.KeyRecord, request, cancellationToken).ConfigureAwait(false);
        }
        // A token that is not taken may have gone with a first try that was.
        catch (PasspackException e) when (IsRefusal(e) && e.ErrorId != ErrorCodes.DeviceRevoked)
        {
            KeyChange.Save(run, KeyChange.Dropped(run.Account));
            throw e.ServerCode == ErrorCodes.KeyGenerationConflict ? SyncErrors.ChangedOnline(run.Account) : e;
        }
        catch (PasspackException e)
        {
            // Whether it was taken shows in the key record, which is served to a token that sleeps, too.
            if (!replacement.Record.IsSame((await ReadOrAsync(run, e, cancellationToken).ConfigureAwait(false)).Record))
                throw;
        }
    }

    private static async Task<ServedKeys> ReadOrAsync(SyncRun run, PasspackException first, CancellationToken cancellationToken)
    {
        try
        {
            return await KeyChange.ReadUnprovedAsync(run, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException)
        {
            // The next attempt asks again; the user sees the first error.
            throw new PasspackException(first.ErrorId,
                $"{first.Message} Whether the keys were replaced is not known yet: until another attempt finds out, either " +
                "Packing Key unlocks the account on " +
                "this machine.", first) { Target = first.Target };
        }
    }

    /// <summary>Goes on with a replacement whose answer was lost, if the server took it.</summary>
    private static async Task<bool> TryGoOnAsync(SyncRun run, SecretBytes newPackingKey, CancellationToken cancellationToken)
    {
        ServedKeys online = await KeyChange.ReadUnprovedAsync(run, cancellationToken).ConfigureAwait(false);
        if (run.Account.NextKeyRecord is not { } next || next.Content.Epoch == run.Account.Epoch || !next.IsSame(online.Record))
        {
            await KeyChange.SettleAsync(run, cancellationToken).ConfigureAwait(false);
            return false;
        }
        await TakeOverAsync(run, online, newPackingKey, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Makes everything that the one request of a replacement holds, and stores it on this machine before it is sent.</summary>
    private static Replacement Prepare(SyncRun run, VaultKeys next, string envelope, SecretBytes token)
    {
        AccountRow account = run.Account;
        StoredKeyRecord record = Record(next, account.KeyGeneration + 1, envelope, run.Identity.UserId);
        Replacement replacement = Succeed(run.Keys, run.Identity, next, record, new ManifestName(account.Generation, account.ManifestHash!), new Manifest
        {
            Generation = account.Generation + 1,
            Revision = account.Revision + 1,
            Previous = account.ManifestHash!,
            Device = account.DeviceId!.Value,
            Counter = account.DeviceCounter + 1,
            Left = account.Left,
            Signer = [],
            Successor = true,
            Streams = ManifestSums.Load(run.Connection).ToStreams(),
        }, SHA256.HashData(token.Span));
        byte[] sealedToken = SealedToken.Seal(run.Keys, account.DeviceId.Value, token.Span, account.Server!, account.UserId);
        run.Account = account with { NextKeyRecord = record, NextToken = sealedToken, DeviceCounter = account.DeviceCounter + 1 };
        run.InTransaction(() =>
        {
            run.Account.SaveKeys(run.Connection, run.Keys);
            run.Account.SavePosition(run.Connection, run.Keys);
        });
        Failpoints.Hit("new keys stored");
        return replacement;
    }

    /// <summary>The parts of the request by which one epoch follows another.</summary>
    private static Replacement Succeed(
        VaultKeys keys, AccountIdentity identity, VaultKeys next, StoredKeyRecord record, ManifestName head, Manifest first, byte[] tokenHash)
    {
        Guid vault = keys.VaultId;
        AccountIdentity successor = record.Content.Identity;
        ManifestLink link = first.Seal(next, successor);
        ManifestName name = ManifestName.Of(link);
        byte[] succession = keys.Sign(identity, SignaturePurpose.Succession, Statements.Succession(vault, head, record.Content, name.Hash));
        byte[] wake = next.Sign(successor, SignaturePurpose.Wake, Statements.Wake(vault, name, first.Device, tokenHash));
        return new Replacement(record, new SuccessorRequest(head, succession, link, new WakeRequest(tokenHash, name, wake)),
            new Position(first.Revision, first.Generation, name.Hash));
    }

    /// <summary>What a replacement sends, and where the account stands once it is taken.</summary>
    private sealed record Replacement(StoredKeyRecord Record, SuccessorRequest Request, Position Position);

    /// <summary>Where the account stands.</summary>
    private sealed record Position(long Revision, long Generation, byte[] Hash);

    /// <summary>Keys that are disposed, unless somebody takes them.</summary>
    private sealed class Owned(VaultKeys keys) : IDisposable
    {
        private bool _isGiven;

        public VaultKeys Keys => keys;

        public VaultKeys GiveAway()
        {
            _isGiven = true;
            return keys;
        }

        public void Dispose()
        {
            if (!_isGiven)
                keys.Dispose();
        }
    }
}
