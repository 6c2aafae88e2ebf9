using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>
/// The accounts that this process has unlocked, by the true path of their folders: shared by all its threads, locked by themselves
/// after their idle time, never while in use.
/// </summary>
public sealed class UnlockedAccounts : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, LocalVault> _vaults = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private ITimer? _timer;

    /// <summary>A separate set, for tests; a process needs only <see cref="Shared"/>.</summary>
    public UnlockedAccounts(TimeProvider? clock = null) => _clock = clock ?? TimeProvider.System;

    /// <summary>The set of this process.</summary>
    public static UnlockedAccounts Shared { get; } = new();

    /// <summary>The unlocked account of a folder; of a shared vault's place that vault, through its account. Null if it is locked.</summary>
    /// <param name="folder">The place.</param>
    /// <exception cref="PasspackException">Of a shared vault: as <see cref="LocalVault.OpenShared(Guid)"/>.</exception>
    public LocalVault? Find(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (folder.Owner is { } owner)
            return Find(owner)?.OpenShared(folder.SharedId!.Value);
        string path = TruePath.Of(folder.Path);
        lock (_vaults)
            return _vaults.TryGetValue(path, out LocalVault? vault) && !vault.IsLocked ? vault : null;
    }

    /// <summary>As <see cref="Find"/>, and it has to be unlocked.</summary>
    /// <param name="folder">The place.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultLocked"/>, <see cref="ErrorCodes.AccountNotFound"/>; of a shared vault as <see cref="LocalVault.OpenShared(Guid)"/>.
    /// </exception>
    public LocalVault Require(AccountFolder folder)
    {
        if (Find(folder) is { } vault)
            return vault;
        AccountFolder account = folder.Owner ?? folder;
        if (!account.Exists)
            throw VaultErrors.Missing(account.VaultFile);
        throw LocalVault.LockedError(folder.UserId);
    }

    /// <summary>Unlocks an account for the process; the key is checked even if the account is unlocked already.</summary>
    public LocalVault Unlock(DataFolder folder, string userId, SecretBytes packingKey) =>
        TakeIn(LocalVault.Unlock(folder, userId, packingKey, _clock));

    /// <summary>As <see cref="Unlock"/>, by <see cref="LocalVault.UnlockUnattended"/>.</summary>
    public LocalVault UnlockUnattended(DataFolder folder, string userId, string? keyFile = null) =>
        TakeIn(LocalVault.UnlockUnattended(folder, userId, _clock, keyFile));

    private LocalVault TakeIn(LocalVault unlocked)
    {
        // The unlocked account stays if its keys are the same: replacing it would lock it under work that is going on.
        if (Find(unlocked.Folder) is { } known && known.TryTouch(unlocked))
        {
            unlocked.Dispose();
            return known;
        }
        return Add(unlocked);
    }

    /// <summary>Adds an account that was just made or unlocked, and locks the previous one of this folder.</summary>
    public LocalVault Add(LocalVault vault)
    {
        ArgumentNullException.ThrowIfNull(vault);
        string path = TruePath.Of(vault.Folder.Path);
        LocalVault? before;
        lock (_vaults)
        {
            _vaults.Remove(path, out before);
            _vaults.Add(path, vault);
            if (ReferenceEquals(before, vault))
                before = null;
            _timer ??= _clock.CreateTimer(_ => LockIdle(), null, s_period, s_period);
        }
        before?.Dispose();
        return vault;
    }

    /// <summary>Locks an account, if it is unlocked.</summary>
    public void Lock(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string path = TruePath.Of(folder.Path);
        LocalVault? vault;
        lock (_vaults)
            _vaults.Remove(path, out vault);
        vault?.Dispose();
        if (vault is not null)
            GiveBackCopies();
    }

    /// <summary>Locks all accounts.</summary>
    public void LockAll()
    {
        LocalVault[] vaults;
        lock (_vaults)
        {
            vaults = [.. _vaults.Values];
            _vaults.Clear();
        }
        foreach (LocalVault vault in vaults)
            vault.Dispose();
        if (vaults.Length > 0)
            GiveBackCopies();
    }

    /// <summary>Locks all accounts, and stops the timer for idle ones.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        LockAll();
    }

    private void LockIdle()
    {
        LocalVault[] vaults;
        lock (_vaults)
            vaults = [.. _vaults.Values];
        bool hasLocked = false;
        foreach (LocalVault vault in vaults)
        {
            try
            {
                hasLocked |= vault.LockWhenIdle();
            }
            catch (Exception e) when (e is PasspackException or Microsoft.Data.Sqlite.SqliteException or IOException)
            {
                // The keys are zeroed already. A file that could not be closed must not let a timer end the process.
                hasLocked = true;
            }
        }
        if (hasLocked)
            GiveBackCopies();
    }

    // BouncyCastle's scrypt leaves eight copies of the Packing Key to the garbage collector. No reference leads to them; only a collection that gives
    // free memory back to the system takes them out of the process.
    private static void GiveBackCopies() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
}
