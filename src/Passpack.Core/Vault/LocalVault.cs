using System.Collections.Concurrent;
using Passpack.Packing;
using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>
/// An unlocked local account: its keys, and what can be done with them. Thread-safe; several processes may use one account at once.
/// Disposing locks it: work that is under way ends first, then the keys are zeroed.
/// </summary>
public sealed partial class LocalVault : IDisposable
{
    private readonly VaultKeys _keys;
    private readonly FileStream? _useLock;
    private readonly ConcurrentBag<VaultConnection> _connections = [];
    private readonly object _gate = new();
    private int _users;
    private int _keepers;
    private bool _locked;
    private long _lastUsed;
    private DateTimeOffset _lastUsedAt;

    internal LocalVault(AccountFolder folder, AccountRow account, VaultKeys keys, FileStream? useLock, TimeProvider clock)
    {
        Folder = folder;
        UserId = account.UserId;
        LockAfterMinutes = account.LockAfterMinutes;
        _keys = keys;
        _useLock = useLock;
        Clock = clock;
        NoteUse();
    }

    /// <summary>The account's User ID.</summary>
    public string UserId { get; }

    /// <summary>The full path of the vault file.</summary>
    public string Path => Folder.VaultFile;

    /// <summary>Whether it has been locked, by <see cref="Dispose"/>.</summary>
    public bool IsLocked
    {
        get
        {
            lock (_gate)
                return _locked;
        }
    }

    /// <summary>Idle minutes after which the account locks by itself; 0: never.</summary>
    public int LockAfterMinutes { get; }

    /// <summary>Where the account lives.</summary>
    public AccountFolder Folder { get; }

    internal TimeProvider Clock { get; }

    internal long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Makes an offline account with new keys.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="packingKey">The Packing Key, in UTF-8.</param>
    /// <param name="clock">For tests.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountExists"/>, <see cref="ErrorCodes.KeyTooWeak"/>, or what the disk says.
    /// </exception>
    public static LocalVault Create(DataFolder folder, string userId, SecretBytes packingKey, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        PackingKeys.Check(packingKey);
        AccountFolder account = folder.Account(userId);
        VaultFiles.DemandNone(account);
        using WrappingKey wrappingKey = WrappingKey.Create(packingKey, KdfParameters.Current);
        var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        return Create(account, keys, keys.WrapAccountKey(wrappingKey), row => row, clock);
    }

    /// <summary>Makes an account of keys that are there already; owns them from now on.</summary>
    internal static LocalVault Create(AccountFolder folder, VaultKeys keys, string keyEnvelope, Func<AccountRow, AccountRow> complete, TimeProvider? clock)
    {
        try
        {
            AccountRow account = complete(new AccountRow
            {
                UserId = folder.UserId,
                VaultId = keys.VaultId,
                Epoch = keys.Epoch,
                PackVersion = Packing.KeyEnvelope.PackVersion,
                KeyEnvelope = keyEnvelope,
            });
            VaultFiles.Create(folder, account);
            return new LocalVault(folder, account, keys, VaultFiles.LockForUse(folder), clock ?? TimeProvider.System);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>Unlocks an account. Costs one key derivation, about a second, whether or not the Packing Key fits.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountNotFound"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.VaultDamaged"/>,
    /// <see cref="ErrorCodes.PackTooNew"/>.
    /// </exception>
    public static LocalVault Unlock(DataFolder folder, string userId, SecretBytes packingKey, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        AccountFolder account = folder.Account(userId);
        FileStream? useLock = VaultFiles.LockForReading(account);
        try
        {
            AccountRow row;
            using (VaultConnection connection = VaultFiles.Open(account))
                row = AccountRow.Load(connection);
            SecretBytes accountKey = PackingKeys.Open(row, packingKey, account);
            return new LocalVault(account, row, new VaultKeys(accountKey, row.VaultId, row.Epoch), useLock, clock ?? TimeProvider.System);
        }
        catch
        {
            useLock?.Dispose();
            throw;
        }
    }

    /// <summary>Starts a change of the vault: one transaction, to be short; others who write wait for it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultInUse"/>: another one was not over within 30 seconds.</exception>
    public VaultWriter BeginWrite()
    {
        VaultUse use = Use();
        try
        {
            use.Connection.BeginImmediate();
            return new VaultWriter(use, Now);
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Until the result is disposed, the account does not lock by itself: for work that waits on others between its uses. Locking it on
    /// purpose still does.
    /// </summary>
    public IDisposable KeepUnlocked()
    {
        lock (_gate)
        {
            if (_locked)
                throw LockedError(UserId);
            _keepers++;
        }
        return new Keeper(this);
    }

    /// <summary>Locks the account.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_locked)
                return;
            _locked = true;
            if (_users > 0)
                return;
        }
        Close();
    }

    internal static PasspackException LockedError(string userId) =>
        new(ErrorCodes.VaultLocked, $"The account {userId} is locked. Unlock it with Unlock-PasspackVault.") { Target = userId };

    /// <summary>Takes part: until the result is disposed, the keys stay.</summary>
    internal VaultUse Use()
    {
        lock (_gate)
        {
            if (_locked)
                throw LockedError(UserId);
            _users++;
        }
        try
        {
            if (!_connections.TryTake(out VaultConnection? connection))
                connection = VaultFiles.Open(Folder);
            return new VaultUse(this, connection, _keys);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    internal void Return(VaultConnection connection)
    {
        try
        {
            connection.RollBack();
            _connections.Add(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Locks the account if nobody has used it for its idle time.</summary>
    internal void LockWhenIdle()
    {
        lock (_gate)
        {
            if (_locked || _users > 0 || _keepers > 0 || LockAfterMinutes == 0 || IdleTime() < TimeSpan.FromMinutes(LockAfterMinutes))
                return;
            _locked = true;
        }
        Close();
    }

    /// <summary>
    /// Starts the idle time anew, for somebody who has just unlocked the account again. False: it is locked, or its keys or its idle
    /// time are not those any more.
    /// </summary>
    internal bool TryTouch(LocalVault again)
    {
        lock (_gate)
        {
            if (_locked || _keys.VaultId != again._keys.VaultId || _keys.Epoch != again._keys.Epoch || LockAfterMinutes != again.LockAfterMinutes)
                return false;
            NoteUse();
            return true;
        }
    }

    // By the wall clock too: on some platforms the other one stands still while the machine sleeps.
    private TimeSpan IdleTime()
    {
        TimeSpan elapsed = Clock.GetElapsedTime(_lastUsed), byWallClock = Clock.GetUtcNow() - _lastUsedAt;
        return elapsed > byWallClock ? elapsed : byWallClock;
    }

    private void NoteUse()
    {
        _lastUsed = Clock.GetTimestamp();
        _lastUsedAt = Clock.GetUtcNow();
    }

    private void Release()
    {
        lock (_gate)
        {
            NoteUse();
            _keepers--;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            NoteUse();
            if (--_users > 0 || !_locked)
                return;
        }
        Close();
    }

    private void Close()
    {
        // The keys first: whatever the disk says to the rest.
        _keys.Dispose();
        try
        {
            ForgetNames();
            while (_connections.TryTake(out VaultConnection? connection))
                connection.Dispose();
        }
        finally
        {
            _useLock?.Dispose();
        }
    }

    private sealed class Keeper(LocalVault vault) : IDisposable
    {
        private LocalVault? _vault = vault;

        public void Dispose() => Interlocked.Exchange(ref _vault, null)?.Release();
    }
}
