using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Manifests;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Sharing;

/// <summary>
/// Shared vaults of an account: made, joined, governed, left. Who may is asked of the verified log before anything is signed; what the server says of it
/// decides nothing. docs/sharing.md.
/// </summary>
public static partial class SharedVaults
{
    /// <summary>Makes a shared vault, whose only member, an Owner, is this account.</summary>
    /// <param name="account">Unlocked, and online.</param>
    /// <param name="name">The account's own name for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultAmbiguous"/>: another vault has the name; and as <see
    /// cref="VaultSync.RunAsync"/>.</exception>
    public static async Task<SharedVaultInfo> CreateAsync(LocalVault account, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        RequireName(account, name, null);
        using SyncRun run = await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false);
        var random = Hash256.Read(RandomNumberGenerator.GetBytes(Hash256.Length));
        using SharedVaultKey key = SharedVaultKey.Create(random, 1);
        Hash256 own = Hash256.Read(run.Identity.Fingerprint);
        DateTimeOffset now = account.Clock.GetUtcNow();
        var create = new Statement(0, default, own, now, ChainHead.None, new StatementAct.Create(run.Identity, random, key.Epoch.Commitment));
        SignedStatement first = SignedStatement.Make(create, message => run.Keys.Sign(run.Identity, SignaturePurpose.Statement, message));
        StatementFault fault = VaultLog.TryBegin(first, out VaultLog? log);
        if (fault != StatementFault.None)
            throw new InvalidOperationException($"A log was begun that is none: {fault}.");
        byte[] wrapped = key.WrapFor(log!.VaultId, run.Identity);
        using VaultKeys keys = VaultKeys.OfShared(log.VaultId, key.Copy(), run.Keys);
        var manifest = new Manifest
        {
            Generation = 1,
            Revision = 0,
            Previous = [],
            Device = run.Account.DeviceId!.Value,
            Counter = 1,
            Signer = run.Identity.Fingerprint,
            Log = ManifestLog.Of(log.State.Head),
            Streams = [],
        };
        ManifestLink link = manifest.SealShared(keys, run.Identity, message => run.Keys.Sign(run.Identity, SignaturePurpose.Manifest, message));
        // Whatever comes between: a vault that is online, and that no record names, is offered to its founder.
        var request = new CreateSharedVaultRequest(first.Bytes.ToArray(), link, wrapped);
        await new SharingServer(run.Client).CreateAsync(request, cancellationToken).ConfigureAwait(false);
        SharedVaultRecord record = new SharedVaultRecord(log.VaultId, name, SharedVaultStanding.Joined, own, log.State.Head, 1, null, now).With(key, run.Keys);
        await PersonalStore.WriteAsync(run, records => [PersonalEdit.Put(Named(records, record))], cancellationToken).ConfigureAwait(false);
        account.CreateShared([first], key.Copy(), wrapped);
        return account.FindShared(log.VaultId);
    }

    /// <summary>Gives a shared vault another name in this account; nobody else sees it.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultAmbiguous"/>, <see cref="ErrorCodes.VaultNotFound"/>, and as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task RenameAsync(LocalVault account, Guid vaultId, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        account.FindShared(vaultId);
        RequireName(account, name, vaultId);
        await PersonalStore.WriteAsync(account, records => records.SharedVault(vaultId) is { } record && record.Name != name
            ? [PersonalEdit.Put(Named(records, record with { Name = name }))] : [], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a shared vault that was left out of the account's list, on all its machines.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotPermitted"/>: the account is a member of it; <see cref="ErrorCodes.VaultNotFound"/>, and as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task ForgetAsync(LocalVault account, Guid vaultId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        SharedVaultInfo vault = account.FindShared(vaultId);
        if (vault.Status != SharedVaultStatus.Left)
            throw SharingErrors.StillMember(vault.Name);
        await PersonalStore.WriteAsync(account, records => records.SharedVault(vaultId) is { } record ? [PersonalEdit.Remove(record)] : [], cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Writes into the account's records how far the logs of shared vaults go, and their newest keys, where a record is behind.</summary>
    internal static async Task RememberAsync(LocalVault account, IReadOnlyCollection<Guid> vaults, CancellationToken cancellationToken)
    {
        if (!account.Personal(records => vaults.Any(id => records.SharedVault(id) is { } record && Newer(account, record) is not null)))
            return;
        using SyncRun run = await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false);
        await RememberAsync(account, run, vaults, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same within a run of the account's own vault.</summary>
    internal static Task RememberAsync(LocalVault account, SyncRun run, IReadOnlyCollection<Guid> vaults, CancellationToken cancellationToken) =>
        PersonalStore.WriteAsync(run, records => [.. vaults.Select(id => records.SharedVault(id) is { } record ? Newer(account, record) : null)
            .OfType<SharedVaultRecord>().Select(PersonalEdit.Put)], cancellationToken);

    /// <summary>Null if the record is not behind what this machine has verified, or the machine has no file of the vault.</summary>
    private static SharedVaultRecord? Newer(LocalVault account, SharedVaultRecord record)
    {
        if (record.Standing == SharedVaultStanding.Left || !account.Folder.Shared(record.VaultId).Exists)
            return null;
        LocalVault vault = account.OpenShared(record.VaultId);
        LogState state = vault.ReadLog().State;
        SharedVaultRecord newer = state.Head.Number > record.Head.Number ? record with { Head = state.Head } : record;
        using VaultUse use = vault.Use(), own = account.Use();
        if (use.Keys.Has(state.Epoch) && (record.Epoch < state.Epoch || record.SealedKey is null))
        {
            using SharedVaultKey key = use.Keys.CopyOf(state.Epoch);
            newer = newer.With(key, own.Keys);
        }
        if (vault.Role is null)
            newer = newer with { Standing = SharedVaultStanding.Left };
        return newer == record ? null : newer;
    }

    private static void RequireName(LocalVault account, string name, Guid? own)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Trim().Length == 0 || name.Length > SharingRules.MostNameLength || name.Any(char.IsControl) || Guid.TryParse(name, out _))
            throw SharingErrors.NameInvalid(SharingRules.MostNameLength);
        if (account.Personal(records => IsTaken(records, name, own)))
            throw SharingErrors.NameTaken(name);
    }

    private static bool IsTaken(PersonalMirror records, string name, Guid? own) =>
        records.SharedVaults().Any(record => record.VaultId != own && string.Equals(record.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The record, if its name is still free by what the pull brought; another machine may have taken it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultAmbiguous"/>.</exception>
    private static SharedVaultRecord Named(PersonalMirror records, SharedVaultRecord record) =>
        IsTaken(records, record.Name, record.VaultId) ? throw SharingErrors.NameTaken(record.Name) : record;
}
