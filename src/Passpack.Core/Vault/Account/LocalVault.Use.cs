using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>Counting the users of the keys, and the idle time.</summary>
public sealed partial class LocalVault
{
    /// <summary>
    /// Until the result is disposed, the account does not lock by itself: for work with waits between its uses of the account. Locking the account on
    /// purpose still works.
    /// </summary>
    public IDisposable KeepUnlocked()
    {
        if (Owner is not null)
            return Owner.KeepUnlocked();
        lock (_gate)
        {
            if (_locked)
                throw LockedError(UserId);
            _keepers++;
        }
        return new Keeper(this);
    }

    /// <summary>Begins a use of the account: the keys stay until the result is disposed.</summary>
    internal VaultUse Use()
    {
        Enter();
        try
        {
            if (!_connections.TryTake(out VaultConnection? connection))
                connection = VaultFile.Open(Folder);
            try
            {
                _shared?.Refresh(connection, _keys, Owner!._keys);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
            return new VaultUse(Folder, UserId, Clock, connection, _keys, Return);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    // Whoever uses a shared vault uses its account.
    private void Enter()
    {
        Owner?.Enter();
        lock (_gate)
        {
            if (!_locked)
            {
                _users++;
                return;
            }
        }
        Owner?.Leave();
        throw LockedError(UserId);
    }

    private void Return(VaultConnection connection)
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

    /// <summary>Locks the account if nobody has used it for its idle time. Returns whether it did.</summary>
    internal bool LockWhenIdle()
    {
        lock (_gate)
        {
            if (_locked || _users > 0 || _keepers > 0 || LockAfterMinutes == 0 || IdleTime() < TimeSpan.FromMinutes(LockAfterMinutes))
                return false;
            _locked = true;
        }
        Close();
        return true;
    }

    /// <summary>
    /// Starts the idle time anew, when the account has been unlocked again. False if it is locked by now, or its keys or idle time have changed.
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

    // Also by the wall clock: on some platforms the monotonic clock stands still while the machine sleeps.
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
        bool isLast;
        lock (_gate)
        {
            NoteUse();
            isLast = --_users == 0 && _locked;
        }
        if (isLast)
            Close();
        Owner?.Leave();
    }

    private void Close()
    {
        // Keys first: closing files can fail.
        _keys.Dispose();
        try
        {
            LockShared();
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
