using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Backups;

/// <summary>A backup that has been opened with its key: a file, a rolling copy, or a vault that was set aside.</summary>
public sealed class BackupSource : IDisposable
{
    private readonly BackupReader? _reader;
    private readonly VaultKeys? _ownKeys;
    private readonly VaultUse? _use;
    private readonly VaultConnection? _connection;
    private readonly string? _temporary;

    private BackupSource(string path, BackupReader reader)
    {
        Path = path;
        _reader = reader;
    }

    private BackupSource(string path, VaultConnection connection, VaultKeys? ownKeys, VaultUse? use, string temporary)
    {
        Path = path;
        _connection = connection;
        _ownKeys = ownKeys;
        _use = use;
        _temporary = temporary;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Whether the backup is a vault file, which could replace the live one; otherwise it is a file of entries.</summary>
    public bool IsVault => _connection is not null;

    /// <summary>The account's User ID.</summary>
    public string UserId => _reader?.Header.UserId ?? AccountRow.Load(_connection!).UserId;

    /// <summary>Whether a file is a backup or a vault; otherwise it may be a text of an old format.</summary>
    public static bool Recognizes(string path)
    {
        RequireFile(path);
        using FileStream file = SharedRead.Open(path);
        byte[] start = new byte[16];
        int count = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return BackupHeader.Starts(start.AsSpan(..count)) || start.AsSpan(..count).SequenceEqual("SQLite format 3\0"u8);
    }

    /// <summary>Opens a backup. The unlocked account opens its own backups; any other needs its key.</summary>
    /// <param name="path">A backup file or a vault file that nobody uses.</param>
    /// <param name="vault">The unlocked account. Null if there is none.</param>
    /// <param name="key">The backup's Packing Key or Backup Key, in UTF-8.</param>
    /// <param name="folder">The account's folder; copies of vault files are opened there.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.BackupDamaged"/>, <see cref="ErrorCodes.VaultDamaged"/>,
    /// <see cref="ErrorCodes.FormatNotRecognized"/>, <see cref="ErrorCodes.PackTooNew"/>.
    /// </exception>
    public static BackupSource Open(string path, LocalVault? vault, SecretBytes? key, AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        path = System.IO.Path.GetFullPath(path);
        RequireFile(path);
        return IsBackupFile(path) ? OpenFile(path, vault, key) : OpenVault(path, vault, key, folder);
    }

    /// <summary>The entries, as they are read.</summary>
    internal IEnumerable<BackupEntry> Read(Action<PasspackException> damaged, CancellationToken cancellationToken = default) =>
        Read(damaged, null, cancellationToken);

    /// <summary>The same, and chunks of attachments.</summary>
    /// <param name="damaged">Called for every record that is missing or does not open.</param>
    /// <param name="chunk">Called for every chunk of an attachment that a backup file holds. A vault's lie beside it.</param>
    /// <param name="cancellationToken">Checked before every entry and chunk.</param>
    internal IEnumerable<BackupEntry> Read(Action<PasspackException> damaged, Action<byte[]>? chunk, CancellationToken cancellationToken = default) =>
        _reader is not null
            ? _reader.Read(damaged, chunk, cancellationToken)
            : VaultContents.Read(_connection!, _ownKeys ?? _use!.Keys, damaged, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader?.Dispose();
        _connection?.Dispose();
        _ownKeys?.Dispose();
        _use?.Dispose();
        if (_temporary is not null)
            Leftovers.Remove(new DirectoryInfo(_temporary));
    }

    /// <summary>Refuses a device, a pipe or a socket: a backup is read more than once, and opening a pipe waits for whoever writes into it.</summary>
    internal static void RequireFile(string path)
    {
        if (!RegularFile.IsOrCanBe(path))
            throw BackupErrors.NoFile(path);
    }

    internal static bool IsBackupFile(string path)
    {
        using FileStream file = SharedRead.Open(path);
        byte[] start = new byte[8];
        return BackupHeader.Starts(start.AsSpan(..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
    }

    private static BackupSource OpenFile(string path, LocalVault? vault, SecretBytes? key)
    {
        var reader = new BackupReader(SharedRead.Open(path, 1 << 16), path);
        try
        {
            if (key is not null)
            {
                reader.Unlock(key);
                return new BackupSource(path, reader);
            }
            using VaultUse? use = vault?.Use();
            return use is not null && reader.TryUnlock(use.Keys) ? new BackupSource(path, reader) : throw BackupErrors.KeyMissing(path, reader.Header);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    private static BackupSource OpenVault(string path, LocalVault? vault, SecretBytes? key, AccountFolder folder)
    {
        if (TruePath.Of(path) == TruePath.Of(folder.VaultFile))
        {
            throw new PasspackException(ErrorCodes.VaultInUse,
                $"{path} is the live vault of {folder.UserId}, not a backup of it. Get-PasspackBackup lists its backups.") { Target = path };
        }
        string temporary = VaultCopies.CopyAside(folder, path);
        VaultConnection? connection = null;
        VaultUse? use = null;
        try
        {
            connection = VaultConnection.Open(System.IO.Path.Combine(temporary, VaultFile.FileName));
            VaultSchema.Migrate(connection);
            AccountRow account = AccountRow.Load(connection);
            use = key is null ? vault?.Use() : null;
            if (use is not null && use.Keys.VaultId == account.VaultId && use.Keys.Epoch == account.Epoch)
                return new BackupSource(path, connection, null, use, temporary);
            use?.Dispose();
            VaultKeys ownKeys = OpenKeys(path, account, key, folder);
            if (!KeyCheck.IsNeeded(account.PackVersion) || KeyCheck.Opens(connection, ownKeys))
                return new BackupSource(path, connection, ownKeys, null, temporary);
            ownKeys.Dispose();
            throw Mismatch(path, account);
        }
        catch (Exception e)
        {
            connection?.Dispose();
            use?.Dispose();
            Leftovers.Remove(new DirectoryInfo(temporary));
            // The message names the backup, because the user does not know the temporary copy.
            if (e is PasspackException { ErrorId: ErrorCodes.VaultDamaged })
                throw BackupErrors.NoVault(path, e);
            throw;
        }
    }

    private static VaultKeys OpenKeys(string path, AccountRow account, SecretBytes? key, AccountFolder folder)
    {
        try
        {
            return key is null ? throw KeyMissing(path, account) : PackingKeys.Open(account, key, folder).Keys;
        }
        catch (PasspackException e) when (key is not null && e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            throw Mismatch(path, account);
        }
    }

    private static PasspackException KeyMissing(string path, AccountRow account) => new(ErrorCodes.PackingKeyMismatch,
        $"The vault {path} of {account.UserId} needs the Packing Key that the account had when it was copied or set aside: " +
        "give it with -PackingKey.") { Target = path };

    private static PasspackException Mismatch(string path, AccountRow account) => new(ErrorCodes.PackingKeyMismatch,
        $"The Packing Key is not the one that the account {account.UserId} had when the vault {path} was copied or set aside. " +
        "Packing Keys are case-sensitive, " +
        "and spaces count.") { Target = path };
}
