using System.Globalization;
using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Logs;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>A verified chain of manifests: its newest, and the counters of the devices in it.</summary>
/// <param name="Head">Its newest.</param>
/// <param name="HeadHash">What names it.</param>
/// <param name="Counters">By device.</param>
/// <param name="IsAnew">Whether the chain was read from its beginning, and does not continue the one that this machine verified before.</param>
internal sealed record ManifestChain(Manifest Head, byte[] HeadHash, IReadOnlyDictionary<Guid, long> Counters, bool IsAnew = false)
{
    /// <summary>Stores the chain's head as the last verified manifest.</summary>
    public AccountRow Save(VaultConnection connection, VaultKeys keys, AccountRow account, ManifestSums sums)
    {
        if (IsAnew)
            connection.Execute("DELETE FROM device_counter");
        foreach ((Guid device, long counter) in Counters)
            connection.Execute("INSERT OR REPLACE INTO device_counter (device, counter) VALUES ($1, $2)", device, counter);
        sums.Save(connection);
        AccountRow after = account with
        {
            Revision = Head.Revision,
            Generation = Head.Generation,
            ManifestHash = HeadHash,
            // If the vault was restored from a copy, its own counter is behind: the chain tells how far it had been.
            DeviceCounter = account.DeviceId is Guid own && Counters.TryGetValue(own, out long counter1)
                ? Math.Max(account.DeviceCounter, counter1) : account.DeviceCounter,
        };
        after.SavePosition(connection, keys);
        return after;
    }
}

/// <summary>
/// Reads the chain from the manifest that this machine last verified to the newest, and verifies it: every link names the one before it, and no
/// device's counter runs backwards. Before the first sync, the newest manifest is accepted as it is, unless a checkpoint is given. With "anew", the
/// chain is read from its beginning, and whatever this machine verified is ignored.
/// </summary>
internal sealed class ManifestChainReader(SyncRun run, bool anew = false)
{
    private readonly Dictionary<Guid, long> _counters = [];
    private readonly byte[]? _sent = run.Options.WhatIf && Outbox.Waiting(run.Connection) is { } waiting ? Manifest.HashOf(waiting.Manifest) : null;
    private Manifest? _newest;
    private ChainHead? _named;
    private (long Generation, byte[] Hash)? _last =
        anew ? (0, []) : run.Account.ManifestHash is null ? null : (run.Account.Generation, run.Account.ManifestHash);

    /// <summary>Whether a chain that was read anew contains the manifest that this machine had verified.</summary>
    public bool HasMetVerified { get; private set; }

    /// <summary>Under -WhatIf: whether the chain contains the manifest of the push in the outbox.</summary>
    public bool HasMetSent { get; private set; }

    public async Task<ManifestChain> ReadAsync(VaultHead head, CancellationToken cancellationToken)
    {
        if (run.Shared is { } shared && _last is null)
        {
            // What an Owner signed last names a manifest, and so vouches for all before it.
            _named = shared.Log.State.Manifest;
            _last = (Math.Max(1, _named.Value.Number) - 1, []);
        }
        foreach (ManifestLink link in head.Manifests)
        {
            if (_last is { } known && link?.Generation <= known.Generation)
            {
                RequireSame(link, known);
                continue;
            }
            if (_last is { } last && link?.Generation > last.Generation + 1)
                await ReadUpToAsync(link.Generation, cancellationToken).ConfigureAwait(false);
            Follow(link!);
        }
        if (_newest is null || _newest.Generation != head.Generation)
            throw run.Tampered("the newest manifest is missing");
        if (run.Shared is null && _newest.Epoch < run.Keys.Epoch)
            throw run.RolledBack($"its newest manifest is of epoch {_newest.Epoch}, the keys of this machine are of epoch {run.Keys.Epoch}");
        return new ManifestChain(_newest, _last!.Value.Hash, _counters, anew);
    }

    /// <summary>
    /// At the generation that this machine verified last, the head has to be the very same manifest. If it is another one, the server went back and
    /// on from there.
    /// </summary>
    public void RequireVerified(VaultHead head)
    {
        if (_last is not { } known || head.Manifests.All(link => link?.Generation != known.Generation))
            throw run.Tampered("the newest manifest is missing");
        foreach (ManifestLink link in head.Manifests)
            RequireSame(link, known);
        if (run.Shared is null && head.Manifests.Any(link => link.Generation == known.Generation && Manifest.ClaimedEpoch(link) < run.Keys.Epoch))
            throw run.RolledBack($"its newest manifest is of an epoch before that of this machine's keys, {run.Keys.Epoch}");
    }

    private void RequireSame(ManifestLink link, (long Generation, byte[] Hash) known)
    {
        if (link?.Sealed is null || link.Sealed.Length > Limits.ManifestBytes)
            throw run.Client.NotPasspack("a manifest is incomplete");
        if (link.Generation == known.Generation && !Manifest.HashOf(link).AsSpan().SequenceEqual(known.Hash))
            throw run.Diverged($"manifest {link.Generation} is not the one that this machine verified");
    }

    /// <summary>
    /// Requires that the served chain contains a checkpoint: either before the manifest that this machine verified last, or after it.
    /// </summary>
    public async Task RequireAsync(string? text, VaultHead head, CancellationToken cancellationToken)
    {
        if (Checkpoint.Parse(text) is not { } checkpoint)
            return;
        if (checkpoint.Generation > head.Generation)
            throw run.RolledBack($"it is at generation {head.Generation}, the checkpoint at {checkpoint.Generation}");
        ManifestPage page = await RequestAsync(checkpoint.Generation - 1, checkpoint.Generation + 1, cancellationToken).ConfigureAwait(false);
        if (page.Manifests.Count != 1 || page.Manifests[0]?.Sealed is null
            || !CryptographicOperations.FixedTimeEquals(Manifest.HashOf(page.Manifests[0]), checkpoint.Hash))
        {
            throw run.Tampered($"the checkpoint {checkpoint.Generation} is not part of its history");
        }
        if (_last is null || _last.Value.Generation < checkpoint.Generation)
        {
            if (_last is not null)
                await ReadUpToAsync(checkpoint.Generation, cancellationToken).ConfigureAwait(false);
            Follow(page.Manifests[0]);
        }
        else
        {
            await ConnectAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Follows the chain from a checkpoint to the manifest that this machine verified later. If they do not connect, the server showed two histories.
    /// </summary>
    private async Task ConnectAsync(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        (long generation, byte[] hash) = _last!.Value;
        _last = (checkpoint.Generation, checkpoint.Hash);
        await ReadUpToAsync(generation + 1, cancellationToken, checkCounters: false).ConfigureAwait(false);
        if (!_last.Value.Hash.AsSpan().SequenceEqual(hash))
            throw run.Tampered($"the checkpoint {checkpoint.Generation} is of another history than this machine's");
    }

    private async Task ReadUpToAsync(long before, CancellationToken cancellationToken, bool checkCounters = true)
    {
        while (_last!.Value.Generation + 1 < before)
        {
            ManifestPage page = await RequestAsync(_last.Value.Generation, before, cancellationToken).ConfigureAwait(false);
            if (page.Manifests.Count == 0)
                throw run.Tampered("a part of the chain of manifests is missing");
            foreach (ManifestLink link in page.Manifests)
                Follow(link, checkCounters);
        }
    }

    private async Task<ManifestPage> RequestAsync(long after, long before, CancellationToken cancellationToken)
    {
        ManifestPage page = await run.GetAsync(Routes.Manifests,
            string.Create(CultureInfo.InvariantCulture, $"?after={after}&before={before}"), ProtocolJson.Default.ManifestPage, cancellationToken)
            .ConfigureAwait(false);
        return page.Manifests is null ? throw run.Client.NotPasspack("a page of manifests is incomplete") : page;
    }

    private void Follow(ManifestLink link, bool checkCounters = true)
    {
        if (link?.Sealed is null || link.Sealed.Length > Limits.ManifestBytes)
            throw run.Client.NotPasspack("a manifest is incomplete");
        if (run.Shared is { } shared)
        {
            FollowShared(shared, link);
            return;
        }
        if (Manifest.ClaimedEpoch(link) is var epoch && epoch > run.Keys.Epoch && epoch <= KeyRecordContent.LastEpoch)
            throw SyncErrors.KeysReplaced(run.Account, isProved: false);
        Manifest manifest = Manifest.Open(run.Keys, run.Identity, link) ?? throw run.Tampered($"manifest {link.Generation} does not open");
        if (_last is { } last && (link.Generation != last.Generation + 1 || !manifest.Previous.AsSpan().SequenceEqual(last.Hash)))
            throw anew
                ? run.Tampered($"manifest {link.Generation} does not continue the one before it")
                : run.Diverged($"manifest {link.Generation} does not continue the one that this machine verified");
        RequireEpoch(manifest);
        if (checkCounters)
            Count(manifest);
        _last = (link.Generation, Manifest.HashOf(link));
        HasMetVerified |= link.Generation == run.Account.Generation && _last.Value.Hash.AsSpan().SequenceEqual(run.Account.ManifestHash);
        HasMetSent |= _last.Value.Hash.AsSpan().SequenceEqual(_sent);
        _newest = manifest;
    }

    /// <summary>
    /// Takes the next manifest of a shared vault: it has to open, to belong into its place in the log, and to be signed by the member that it names.
    /// </summary>
    private void FollowShared(SharedRun shared, ManifestLink link)
    {
        if (link.Generation != _last!.Value.Generation + 1 || SignedManifest.ReadShared(link.Sealed) is not { } signed
            || !RecordHeader.TryRead(signed.SealedPart, out RecordHeader header))
            throw run.Tampered($"manifest {link.Generation} is none, or not the next");
        if (shared.Log.EpochOf(header.Epoch) is not null && !run.Keys.Has(header.Epoch))
            throw SharedErrors.KeyMissing(run.Account.VaultId);
        OpenedManifest manifest = OpenedManifest.Open(run.Keys, link) ?? throw run.Tampered($"manifest {link.Generation} does not open");
        VaultLog log = shared.Log.Log;
        LogState place = log.StateFor(link.Generation);
        ChainHead before = _last.Value.Hash.Length > 0 ? new ChainHead(_last.Value.Generation, Hash256.Read(_last.Value.Hash))
            : link.Generation == 1 ? ChainHead.None
            : place.Manifest.Number == link.Generation - 1 ? place.Manifest : new ChainHead(link.Generation - 1, manifest.Previous);
        if (_named is { Number: > 0 } named && named.Number == link.Generation && named != manifest.Head)
            throw run.Tampered($"manifest {link.Generation} is not the one that the log names");
        ManifestFault fault = manifest.Judge(log, before);
        if (fault == ManifestFault.NotNext && !anew && link.Generation == run.Account.Generation + 1)
            throw run.Diverged($"manifest {link.Generation} does not continue the one that this machine verified");
        if (fault != ManifestFault.None)
            throw run.Tampered($"manifest {link.Generation} is not to be believed ({fault})");
        if (!manifest.IsSigned(log))
            throw run.Tampered($"manifest {link.Generation} is not signed by the member that it names");
        Count(manifest.Content);
        _last = (link.Generation, manifest.Head.Hash.ToBytes());
        HasMetSent |= _last.Value.Hash.AsSpan().SequenceEqual(_sent);
        _newest = manifest.Content;
    }

    /// <summary>An epoch is followed by itself, or by the next one: then by a manifest that says so, over the same records.</summary>
    private void RequireEpoch(Manifest manifest)
    {
        if (_newest is { } before)
        {
            bool isNext = manifest.Epoch == before.Epoch + 1;
            if (manifest.Epoch != before.Epoch && !isNext)
                throw run.Tampered($"manifest {manifest.Generation} is of epoch {manifest.Epoch}, the one before it of epoch {before.Epoch}");
            if (manifest.Successor != isNext || (isNext && !IsOverTheSame(manifest, before.Revision, before.Streams)))
                throw run.Tampered($"manifest {manifest.Generation} says something else of its epoch than it has to");
        }
        else if (manifest.Successor && _last is { } last && last.Generation == run.Account.Generation
            && !IsOverTheSame(manifest, run.Account.Revision, ManifestSums.Load(run.Connection).ToStreams()))
        {
            throw run.Tampered($"manifest {manifest.Generation} begins an epoch over other records than those that there were");
        }
    }

    private static bool IsOverTheSame(Manifest manifest, long revision, IReadOnlyList<StreamSum> streams) =>
        manifest.Revision == revision + 1 && ManifestSums.Equal(manifest.Streams, streams);

    private void Count(Manifest manifest)
    {
        Guid device = run.Shared is null ? manifest.Device : SharedRun.CounterKey(manifest.Signer, manifest.Device);
        if (!_counters.TryGetValue(device, out long known) && !anew)
        {
            known = run.Connection.Query("SELECT counter FROM device_counter WHERE device = $1", row => row.GetInt64(0), device)
                .FirstOrDefault();
        }
        if (manifest.Counter <= known)
            throw run.Tampered($"the counter of device {manifest.Device} ran backwards");
        _counters[device] = manifest.Counter;
    }
}
