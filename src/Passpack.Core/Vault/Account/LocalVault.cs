using System.Collections.Concurrent;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Account;

/// <summary>
/// An unlocked local account: its keys, and the operations on its vault. Thread-safe; several processes may use one account at once. Disposing locks
/// it: work that is under way ends first, then the keys are zeroed.
/// </summary>
public sealed partial class LocalVault : IDisposable
{
    private VaultKeys _keys;
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

    /// <summary>Idle minutes after which the account locks by itself. 0 if never.</summary>
    public int LockAfterMinutes { get; private set; }

    /// <summary>Where the account lives.</summary>
    public AccountFolder Folder { get; }

    /// <summary>The envelope that the Packing Key opened. Null if the vault was not unlocked by a Packing Key.</summary>
    internal string? OpenedEnvelope { get; set; }

    /// <summary>
    /// The same Account Key under the same Packing Key in the current pack version; Null if <see cref="OpenedEnvelope"/> is of that version.
    /// </summary>
    internal string? ConvertedEnvelope { get; set; }

    internal TimeProvider Clock { get; }

    internal long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Makes an offline account with new keys.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="packingKey">The Packing Key, in UTF-8.</param>
    /// <param name="clock">For tests.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountExists"/>, <see cref="ErrorCodes.KeyTooWeak"/>, or errors of the disk.
    /// </exception>
    public static LocalVault Create(DataFolder folder, string userId, SecretBytes packingKey, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        PackingKeys.Check(packingKey);
        AccountFolder account = folder.Account(userId);
        VaultFile.RequireNone(account);
        var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        return Create(account, keys, PackingKeys.Wrap(keys, packingKey), row => row, clock);
    }

    /// <summary>Makes an account with existing keys, and takes ownership of them.</summary>
    internal static LocalVault Create(AccountFolder folder, VaultKeys keys, string keyEnvelope, Func<AccountRow, AccountRow> complete, TimeProvider? clock)
    {
        try
        {
            AccountRow account = complete(new AccountRow
            {
                UserId = folder.UserId,
                VaultId = keys.VaultId,
                Epoch = keys.Epoch,
                PackVersion = Packing.Keys.KeyEnvelope.PackVersion,
                KeyEnvelope = keyEnvelope,
            });
            VaultFile.Create(folder, account, keys);
            return new LocalVault(folder, account, keys, VaultLocks.LockForUse(folder), clock ?? TimeProvider.System);
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
        return Unlock(folder.Account(userId), (account, row) => PackingKeys.Open(row, packingKey, account),
            (keys, row) => Convert(keys, row, packingKey), clock);
    }

    /// <summary>
    /// Unlocks an account with the key that <see cref="UnattendedUnlock.Enable(AccountFolder, SecretBytes)"/> keeps; costs no key derivation.
    /// </summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountNotFound"/>, <see cref="ErrorCodes.UnattendedRefused"/>, <see cref="ErrorCodes.VaultDamaged"/>,
    /// <see cref="ErrorCodes.PackTooNew"/>.
    /// </exception>
    /// <param name="folder">The data folder.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="clock">For tests.</param>
    /// <param name="keyFile">The full path of a key file. Null if the key lies in the data folder.</param>
    public static LocalVault UnlockUnattended(DataFolder folder, string userId, TimeProvider? clock = null, string? keyFile = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Unlock(folder.Account(userId), (account, row) => UnattendedUnlock.Open(account, row, keyFile), null, clock);
    }

    private static LocalVault Unlock(
        AccountFolder account, Func<AccountFolder, AccountRow, (VaultKeys Keys, string Envelope)> open,
        Func<VaultKeys, AccountRow, string?>? convert, TimeProvider? clock)
    {
        FileStream? useLock = VaultLocks.LockForReading(account);
        try
        {
            using VaultConnection connection = VaultFile.Open(account);
            AccountRow row = AccountRow.Load(connection);
            // The pages are checked while the key is derived, which takes a second anyway.
            Task<string?> check = Task.Run(() => VaultFile.Check(account));
            (VaultKeys keys, string envelope) = OpenBeside(check, () => open(account, row));
            try
            {
                if (check.GetAwaiter().GetResult() is { } found)
                    throw VaultErrors.Damaged(account.VaultFile, found);
                if (KeyCheck.IsNeeded(row.PackVersion) && !KeyCheck.Opens(connection, keys))
                    throw PackingKeys.Mismatch(row);
                return new LocalVault(account, row, keys, useLock, clock ?? TimeProvider.System)
                {
                    OpenedEnvelope = envelope,
                    // Made now, because the Packing Key is not kept until the conversion, or until a backup of an account that cannot be converted.
                    ConvertedEnvelope = row.PackVersion == Packing.Keys.KeyEnvelope.PackVersion ? null : convert?.Invoke(keys, row),
                };
            }
            catch
            {
                keys.Dispose();
                throw;
            }
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            useLock?.Dispose();
            throw VaultCopies.NameNewestCopy(account, e);
        }
        catch
        {
            useLock?.Dispose();
            throw;
        }
    }

    // If opening fails, wait for the check to end, because it needs the use lock; then report the key error.
    private static T OpenBeside<T>(Task check, Func<T> open)
    {
        try
        {
            return open();
        }
        catch
        {
            Task.WaitAny(check);
            throw;
        }
    }

    private static string? Convert(VaultKeys keys, AccountRow row, SecretBytes packingKey)
    {
        string envelope = PackingKeys.Wrap(keys, packingKey);
        return PackConversion.IsConvertible(row.PackVersion) ? envelope : null;
    }

    /// <summary>Starts a transaction of changes. Keep it short, because other writers wait.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultInUse"/>: another writer did not finish within 30 seconds; of a shared vault <see cref="ErrorCodes.NotPermitted"/>, <see
    /// cref="ErrorCodes.VaultClosed"/>.
    /// </exception>
    public VaultWriter BeginWrite()
    {
        VaultUse use = Use();
        try
        {
            use.Connection.BeginImmediate();
            AccountRow.RequireEpoch(use.Connection, use.Keys);
            RequireWritable(use);
            return new VaultWriter(use, Now);
        }
        catch
        {
            use.Dispose();
            throw;
        }
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
}
