using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sync.Manifests;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Sharing;

/// <summary>What is decided, by what the log says now.</summary>
/// <param name="log">Not to be appended to.</param>
/// <param name="startEpoch">Draws the key of another epoch, for an act that starts one; to be called once at most.</param>
/// <returns>Null: there is nothing to do. It may throw: then nothing was signed.</returns>
internal delegate StatementAct? Decide(VaultLog log, Func<EpochStart> startEpoch);

/// <summary>
/// A member's decision about a shared vault: log and manifests, verified up to their ends; a statement made of what they say; and all of it again if somebody
/// was first. No record is looked at, so that a vault whose records this machine lacks can be governed. Holds the account's sync lock.
/// </summary>
internal sealed class Governing : IDisposable
{
    private readonly LocalVault _account;
    private readonly SyncRun _run;

    private Governing(LocalVault account, LocalVault vault, string name, SyncRun run)
    {
        _account = account;
        Vault = vault;
        Name = name;
        _run = run;
        Server = new SharingServer(run.Client);
    }

    public LocalVault Vault { get; }

    /// <summary>The account's own name for the vault.</summary>
    public string Name { get; }

    public SharingServer Server { get; }

    /// <summary>Of the account's own vault.</summary>
    public SyncRun Run => _run;

    /// <summary>This account's identity.</summary>
    public AccountIdentity Identity => Vault.Shared!.Identity;

    public Hash256 Own => Vault.Shared!.Fingerprint;

    /// <summary>The newest manifest, as far as the last pull went.</summary>
    private ChainHead Manifest { get; set; }

    public Guid Id => Vault.Folder.SharedId!.Value;

    /// <exception cref="PasspackException">As <see cref="LocalVault.OpenShared(Guid)"/> and <see cref="SyncRun.StartAsync"/>.</exception>
    public static async Task<Governing> StartAsync(LocalVault account, Guid vaultId, CancellationToken cancellationToken)
    {
        string name = account.FindShared(vaultId).Name;
        LocalVault vault = account.OpenShared(vaultId);
        return new Governing(account, vault, name, await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false));
    }

    public void Dispose() => _run.Dispose();

    /// <summary>Brings this machine's log up to what the server has, and verifies the chain of manifests beside it.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ServerRolledBack"/>, <see cref="ErrorCodes.ServerTampered"/>: the server has another log or chain than this machine verified, or
    /// than its members signed.
    /// </exception>
    public async Task<VaultLog> PullAsync(CancellationToken cancellationToken)
    {
        VaultLog log = Vault.ReadLog();
        // From this machine's own last statement on: another one in its place is noticed, and so is none.
        IReadOnlyList<SignedStatement>? served = await Server.StatementsAsync(Id, log.Count - 2, cancellationToken).ConfigureAwait(false);
        if (served is null or [])
            throw _run.RolledBack($"it has nothing, or less than this machine, of the log of the shared vault {Name}", isAcceptable: false);
        if (served[0].Head != log.State.Head)
            throw _run.Diverged($"the log of the shared vault {Name} is another one");
        List<SignedStatement> fresh = [.. served.Skip(1)];
        foreach (SignedStatement statement in fresh)
            Server.Require(log.TryAppend(statement), statement);
        Vault.Append(fresh);
        if (log.State.RoleOf(Own) is not null)
            Manifest = await ReadManifestsAsync(log, cancellationToken).ConfigureAwait(false);
        return log;
    }

    // From the manifest on that the newest statement names, for which its author's signature vouches.
    private async Task<ChainHead> ReadManifestsAsync(VaultLog log, CancellationToken cancellationToken)
    {
        ChainHead head = log.State.Manifest;
        while (true)
        {
            ManifestPage page = await Server.ManifestsAsync(Id, head.Number, cancellationToken).ConfigureAwait(false);
            if (page.Manifests is not { Count: > 0 } links)
                break;
            foreach (ManifestLink link in links)
                head = Judge(log, head, link);
        }
        ChainHead seen = Vault.ReadManifestHead();
        return head.Number >= seen.Number && head.Number > 0 ? head
            : throw _run.RolledBack($"the shared vault {Name} has fewer manifests than this machine saw", isAcceptable: false);
    }

    private ChainHead Judge(VaultLog log, ChainHead before, ManifestLink link)
    {
        using VaultUse use = Vault.Use();
        if (link?.Sealed is null || OpenedManifest.Open(use.Keys, link) is not { } manifest)
            throw _run.Tampered($"a manifest of the shared vault {Name} that does not open");
        ManifestFault fault = manifest.Judge(log, before);
        if (fault != ManifestFault.None)
            throw _run.Tampered($"manifest {link.Generation} of the shared vault {Name} ({fault})");
        return manifest.IsSigned(log)
            ? manifest.Head : throw _run.Tampered($"manifest {link.Generation} of the shared vault {Name}, which its author did not sign");
    }

    /// <summary>Decides, signs, sends, and takes it into this machine's log.</summary>
    /// <returns>Whether there was anything to do.</returns>
    public async Task<bool> AppendAsync(Decide decide, CancellationToken cancellationToken)
    {
        for (int round = 0; ; round++)
        {
            await _run.BackOffAsync(round, cancellationToken).ConfigureAwait(false);
            VaultLog log = await PullAsync(cancellationToken).ConfigureAwait(false);
            SharedVaultKey? started = null;
            try
            {
                if (decide(log, () => Start(log.State, out started)) is not { } act)
                    return false;
                if (await TryAppendAsync(log, act, started, cancellationToken).ConfigureAwait(false))
                    break;
            }
            finally
            {
                started?.Dispose();
            }
        }
        await SharedVaults.RememberAsync(_account, _run, [Id], cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>.</exception>
    public void RequireOwner(LogState state)
    {
        if (state.RoleOf(Own) != VaultRole.Owner)
            throw SharingErrors.NotOwner(Name);
    }

    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.VaultClosed"/>.</exception>
    public void RequireOwnerOfOpen(LogState state)
    {
        RequireOwner(state);
        if (state.IsClosed)
            throw SharingErrors.Closed(Name);
    }

    private EpochStart Start(LogState state, out SharedVaultKey started)
    {
        using SharedVaultKey present = Vault.CopyKey();
        started = SharedVaultKey.Create(state.Random, state.Epoch + 1);
        return new EpochStart(started.Epoch.Number, started.Epoch.Commitment, present.Epoch.Number, started.Chain(present));
    }

    /// <returns>False if the log, or the chain of manifests, has moved on.</returns>
    private async Task<bool> TryAppendAsync(VaultLog log, StatementAct act, SharedVaultKey? started, CancellationToken cancellationToken)
    {
        var statement = new Statement(log.State.Head.Number + 1, log.State.Head.Hash, Own, _account.Clock.GetUtcNow(), Manifest, act);
        SignedStatement signed = SignedStatement.Make(statement, Sign);
        switch (log.Judge(signed, out LogState? next))
        {
            case StatementFault.None:
                break;
            case StatementFault.TooMany:
                throw SharingErrors.TooMany(Name);
            case var fault:
                throw new InvalidOperationException($"A statement was made that is not taken: {fault}.");
        }
        IReadOnlyList<WrappedKey> keys = Wrap(log.State, next!, started);
        try
        {
            await Server.AppendAsync(Id, signed, keys, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ServerCode == ErrorCodes.StatementConflict)
        {
            return false;
        }
        Vault.Append([signed], started, started is null ? null : keys.SingleOrDefault(key => Hash256.Read(key.Member) == Own)?.Key);
        return true;
    }

    // An epoch's key for everybody who is a member after the statement; the present key for who is added.
    private List<WrappedKey> Wrap(LogState before, LogState after, SharedVaultKey? started)
    {
        List<VaultMember> members =
            [.. after.Members.Where(member => started is not null || !before.Members.ContainsKey(member.Key)).Select(member => member.Value)];
        if (members.Count == 0)
            return [];
        using SharedVaultKey? present = started is null ? Vault.CopyKey() : null;
        return [.. members.Select(member => Wrap(started ?? present!, member))];
    }

    /// <summary>The key, wrapped for a member.</summary>
    public WrappedKey Wrap(SharedVaultKey key, VaultMember member) => new(member.Identity.Fingerprint, key.WrapFor(Id, member.Identity));

    private byte[] Sign(byte[] message)
    {
        using VaultUse use = _account.Use();
        return use.Keys.Sign(Identity, SignaturePurpose.Statement, message);
    }
}
