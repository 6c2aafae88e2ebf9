using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Vault.Account;

namespace Passpack.Sync.Sharing;

/// <summary>Members, their roles, and keys.</summary>
public static partial class SharedVaults
{
    /// <summary>The members of a shared vault, as this machine has verified its log; by User ID.</summary>
    /// <exception cref="PasspackException">As <see cref="LocalVault.OpenShared(Guid)"/>.</exception>
    public static IReadOnlyList<SharedVaultMember> Members(LocalVault account, Guid vaultId)
    {
        ArgumentNullException.ThrowIfNull(account);
        LocalVault vault = account.OpenShared(vaultId);
        LogState state = vault.ReadLog().State;
        IReadOnlyList<Contact> contacts = account.Contacts();
        var added = new Dictionary<Hash256, (DateTimeOffset Time, Hash256? By)>();
        var names = new Dictionary<Hash256, string>();
        foreach (Statement statement in vault.ReadStatements())
        {
            (AccountIdentity? identity, Hash256? by) = statement.Act switch
            {
                StatementAct.Create create => (create.Founder, (Hash256?)null),
                StatementAct.Add add => (add.Identity, statement.Author),
                _ => (null, null),
            };
            if (identity is null)
                continue;
            names[Hash256.Read(identity.Fingerprint)] = identity.UserId;
            added[Hash256.Read(identity.Fingerprint)] = (statement.Time, by);
        }
        return [.. state.Members.Select(member => new SharedVaultMember(
                member.Value.Identity.UserId, member.Value.Role, added[member.Key].Time, added[member.Key].By is { } by ? names[by] : null,
                member.Value.Identity, Standing(member.Key, member.Value.Identity.UserId)))
            .OrderBy(member => member.UserId, StringComparer.OrdinalIgnoreCase).ThenBy(member => member.Since)];

        ContactStanding Standing(Hash256 fingerprint, string userId)
        {
            if (fingerprint == vault.Shared!.Fingerprint)
                return ContactStanding.Own;
            return contacts.FirstOrDefault(contact => contact.IsOf(userId)) is not { } contact ? ContactStanding.Unknown
                : contact.Fingerprint == fingerprint ? ContactStanding.Verified : ContactStanding.Different;
        }
    }

    /// <summary>A member.</summary>
    /// <param name="account">Unlocked.</param>
    /// <param name="vaultId">The shared vault's.</param>
    /// <param name="userId">The member's, or its fingerprint: 40 or 64 hexadecimal digits.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.MemberNotFound"/>: nobody, or two of earlier and later keys; and as <see
    /// cref="Members"/>.</exception>
    public static SharedVaultMember RequireMember(LocalVault account, Guid vaultId, string userId)
    {
        Hash256 found = Find(account.OpenShared(vaultId).ReadLog().State, account.FindShared(vaultId).Name, userId).Fingerprint;
        return Members(account, vaultId).Single(member => Hash256.Read(member.Identity.Fingerprint) == found);
    }

    /// <summary>Makes a contact a member, as an Owner. To the other it is an offer.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ContactNotVerified"/>; <see cref="ErrorCodes.ContactKeysChanged"/>; <see cref="ErrorCodes.NotPermitted"/>: this account is no
    /// Owner, or the other one is a member already; <see cref="ErrorCodes.VaultClosed"/>; and as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task AddMemberAsync(LocalVault account, Guid vaultId, string userId, VaultRole role, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        using Governing governing = await Governing.StartAsync(account, vaultId, cancellationToken).ConfigureAwait(false);
        governing.RequireOwnerOfOpen((await governing.PullAsync(cancellationToken).ConfigureAwait(false)).State);
        Contact contact = RequireContact(account, userId);
        string fingerprint = Convert.ToHexString(contact.Identity.Fingerprint);
        if (await governing.Server.IdentityAsync(contact.UserId, fingerprint, cancellationToken).ConfigureAwait(false) is null)
            throw SharingErrors.KeysChanged(contact.UserId);
        await governing.AppendAsync((log, _) =>
        {
            governing.RequireOwnerOfOpen(log.State);
            // An answer that was lost: it is done.
            if (log.State.Members.TryGetValue(contact.Fingerprint, out VaultMember? member))
                return member.Role == role ? null : throw SharingErrors.MemberAlready(governing.Name, contact.UserId);
            if (log.State.Members.Values.Any(other => contact.IsOf(other.Identity.UserId)))
                throw SharingErrors.KeysChanged(contact.UserId);
            return new StatementAct.Add(contact.Identity, role, null);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a member another role, as an Owner.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.MemberNotFound"/>, <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.LastOwner"/>, <see
    /// cref="ErrorCodes.VaultClosed"/>, and
    /// as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static Task SetRoleAsync(LocalVault account, Guid vaultId, string userId, VaultRole role, CancellationToken cancellationToken = default) =>
        GovernAsync(account, vaultId, (governing, log, _) =>
        {
            governing.RequireOwnerOfOpen(log.State);
            (Hash256 fingerprint, VaultMember member) = Find(log.State, governing.Name, userId);
            if (member.Role == role)
                return null;
            if (member.Role == VaultRole.Owner)
                RequireOtherOwner(log.State, fingerprint, governing.Name);
            return new StatementAct.ChangeRole(fingerprint, role);
        }, cancellationToken);

    /// <summary>Removes a member, as an Owner, and makes a new key for those who stay.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.MemberNotFound"/>, <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.VaultKeyMissing"/>, and as <see
    /// cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static Task RemoveMemberAsync(LocalVault account, Guid vaultId, string userId, CancellationToken cancellationToken = default) =>
        GovernAsync(account, vaultId, (governing, log, startEpoch) =>
        {
            governing.RequireOwner(log.State);
            Hash256 fingerprint = Find(log.State, governing.Name, userId).Fingerprint;
            return fingerprint == governing.Own
                ? throw SharingErrors.Oneself("An account does not remove itself: Disconnect-PasspackSharedVault leaves a shared vault.")
                : new StatementAct.Remove(fingerprint, startEpoch());
        }, cancellationToken);

    /// <summary>Leaves a shared vault. What this machine has of it stays, to be read.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.LastOwner"/>, and as <see cref="VaultSync.RunAsync"/>.</exception>
    public static Task LeaveAsync(LocalVault account, Guid vaultId, CancellationToken cancellationToken = default) =>
        GovernAsync(account, vaultId, (governing, log, _) =>
        {
            if (log.State.RoleOf(governing.Own) is not { } role)
                return null;
            if (role == VaultRole.Owner)
                RequireOtherOwner(log.State, governing.Own, governing.Name);
            return new StatementAct.Remove(governing.Own, null);
        }, cancellationToken);

    /// <summary>Closes a shared vault, as an Owner, so that nobody writes to it; or opens it again.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, and as <see cref="VaultSync.RunAsync"/>.</exception>
    public static Task CloseAsync(LocalVault account, Guid vaultId, bool closed, CancellationToken cancellationToken = default) =>
        GovernAsync(account, vaultId, (governing, log, _) =>
        {
            governing.RequireOwner(log.State);
            if (log.State.IsClosed == closed)
                return null;
            return closed ? new StatementAct.Close() : new StatementAct.Reopen();
        }, cancellationToken);

    /// <summary>Makes a new key for all members, as an Owner: who left by itself does not get it.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.VaultClosed"/>, <see cref="ErrorCodes.VaultKeyMissing"/>, and as <see
    /// cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static Task NewKeysAsync(LocalVault account, Guid vaultId, CancellationToken cancellationToken = default) =>
        GovernAsync(account, vaultId, (governing, log, startEpoch) =>
        {
            governing.RequireOwnerOfOpen(log.State);
            return new StatementAct.StartEpoch(startEpoch());
        }, cancellationToken);

    /// <summary>Wraps the newest key for all members again, as an Owner: for those to whom it is missing, or false.</summary>
    /// <returns>For how many.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.VaultKeyMissing"/>, and as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task<int> RewrapAsync(LocalVault account, Guid vaultId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        using Governing governing = await Governing.StartAsync(account, vaultId, cancellationToken).ConfigureAwait(false);
        LogState state = (await governing.PullAsync(cancellationToken).ConfigureAwait(false)).State;
        governing.RequireOwner(state);
        using SharedVaultKey key = governing.Vault.CopyKey();
        WrappedKey[] keys = [.. state.Members.Values.Select(member => governing.Wrap(key, member))];
        await governing.Server.RewrapAsync(vaultId, new RewrapRequest(key.Epoch.Number, keys), cancellationToken).ConfigureAwait(false);
        return keys.Length;
    }

    private static async Task GovernAsync(
        LocalVault account, Guid vaultId, Func<Governing, VaultLog, Func<EpochStart>, StatementAct?> decide, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        using Governing governing = await Governing.StartAsync(account, vaultId, cancellationToken).ConfigureAwait(false);
        await governing.AppendAsync((log, startEpoch) => decide(governing, log, startEpoch), cancellationToken).ConfigureAwait(false);
    }

    private static (Hash256 Fingerprint, VaultMember Member) Find(LogState state, string vault, string userId)
    {
        ArgumentNullException.ThrowIfNull(userId);
        string? digits = Digits(userId);
        List<KeyValuePair<Hash256, VaultMember>> found = [.. state.Members.Where(member => SharingRules.IsSameUser(member.Value.Identity.UserId, userId)
            || (digits is not null && Convert.ToHexString(member.Value.Identity.Fingerprint).StartsWith(digits, StringComparison.Ordinal)))];
        return found switch
        {
            [] => throw SharingErrors.MemberNotFound(vault, userId),
            [var one] => (one.Key, one.Value),
            _ => throw SharingErrors.TwoMembers(vault, userId),
        };
    }

    private static void RequireOtherOwner(LogState state, Hash256 member, string vault)
    {
        if (!state.Members.Any(other => other.Key != member && other.Value.Role == VaultRole.Owner))
            throw SharingErrors.LastOwner(vault);
    }
}
