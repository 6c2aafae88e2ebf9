using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Backups;

/// <summary>Makes backup files.</summary>
public static class VaultBackup
{
    private const int BufferBytes = 1 << 16;

    /// <summary>
    /// Writes all entries with tags, favorites, earlier versions and trash into one file, sealed under a separate key, and verifies the file. The
    /// file appears whole and verified, or not at all.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="path">Where.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the backup; no file is left.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.FileExists"/>, <see cref="ErrorCodes.KeyTooWeak"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>: the Packing Key was
    /// changed since the account was unlocked; and errors of the disk.
    /// </exception>
    public static BackupInfo Create(LocalVault vault, string path, BackupOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        options ??= new BackupOptions();
        if (options.BackupKey is not null)
            PackingKeys.CheckBackupKey(options.BackupKey);
        AtomicFile.RequireWritable(path, options.Overwrite);
        if (options.Attachments == BackupAttachments.All)
            RequireContents(vault);
        using VaultUse use = vault.Use();
        use.Connection.BeginRead();
        using SecretBytes backupKey = SecretBytes.Random(KeyDerivation.KeyBytes);
        var header = new BackupHeader
        {
            Id = Guid.NewGuid(),
            Created = vault.Now,
            Key = options.BackupKey is null ? BackupKeyKind.PackingKey : BackupKeyKind.BackupKey,
            ExcludesAttachments = options.Attachments == BackupAttachments.None,
            UserId = vault.UserId,
            KeyEnvelope = Wrap(use, backupKey, options),
        };
        long damaged = 0;
        AtomicFile.Write(path, options.Overwrite,
            stream => header = Write(stream, header, backupKey, Entries(), options.Progress, WriteContents),
            temporary => Verify(temporary, path, header, backupKey, cancellationToken));
        return BackupFiles.Describe(path) with { Path = Path.GetFullPath(path) };

        void WriteContents(BackupWriter writer)
        {
            using AttachmentStore? store = options.Attachments == BackupAttachments.None ? null : AttachmentStore.Find(vault.Folder, use.Keys.VaultId);
            foreach (Guid id in store?.Ids() ?? [])
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (store!.Body(id) is not { } body)
                    continue;
                if (!AttachmentChunk.TryOpen(use.Keys, id, body, out ChunkPlace place, out OpenedRecord plaintext))
                {
                    // It counts as missing, and is fetched again.
                    store.Delete(id);
                    PasspackException e = AttachmentErrors.DamagedChunk(id);
                    (options.Damaged ?? throw e)(e);
                    continue;
                }
                writer.WriteChunk(place.Entry, plaintext.Span);
                plaintext.Dispose();
            }
        }

        IEnumerable<BackupEntry> Entries() => VaultContents.Read(use.Connection, use.Keys, e =>
        {
            damaged++;
            (options.Damaged ?? throw e)(e);
        }, cancellationToken);
    }

    private static string Wrap(VaultUse use, SecretBytes backupKey, BackupOptions options)
    {
        if ((options.BackupKey ?? options.PackingKey) is { } key)
        {
            using WrappingKey wrapping = WrappingKey.Create(key, options.Derivation);
            return KeyEnvelope.Seal(EnvelopePurpose.BackupKey, wrapping, backupKey.Span);
        }
        AccountRow account = AccountRow.Load(use.Connection);
        return use.Keys.WrapForPackingKey(backupKey, account.KeyEnvelope) ?? throw new PasspackException(ErrorCodes.PackingKeyMismatch,
            $"The Packing Key of {account.UserId} was changed since this process unlocked it. " +
            "Unlock it again with Unlock-PasspackVault, and repeat the backup.")
        { Target = account.UserId };
    }

    private static void RequireContents(LocalVault vault)
    {
        using VaultUse use = vault.Use();
        using AttachmentStore? store = AttachmentStore.Find(vault.Folder, use.Keys.VaultId);
        int missing = NamedAttachments.InForce(use).OfType<(Guid, Attachment Attachment)>().Select(named => named.Attachment).Distinct()
            .Count(attachment => !AttachmentChunk.IdsOf(attachment).All(id => store?.Has(id) is true));
        if (missing > 0)
            throw AttachmentErrors.NotForBackup(missing, vault.UserId);
    }

    private static BackupHeader Write(
        Stream stream, BackupHeader header, SecretBytes backupKey, IEnumerable<BackupEntry> entries, Action<long>? progress, Action<BackupWriter> contents)
    {
        var buffered = new BufferedStream(stream, BufferBytes); // Not disposed of: the file is not ours.
        using var writer = new BackupWriter(buffered, header, backupKey);
        foreach (long count in writer.Write(entries))
            progress?.Invoke(count);
        contents(writer);
        BackupHeader complete = writer.Complete();
        buffered.Flush();
        return complete;
    }

    /// <summary>Verifies that every frame opens at its place, and that none is missing.</summary>
    private static void Verify(string temporary, string path, BackupHeader written, SecretBytes backupKey, CancellationToken cancellationToken)
    {
        using var reader = new BackupReader(SharedRead.Open(temporary, BufferBytes), path);
        reader.Unlock(written, backupKey);
        long entries = 0, trashed = 0, versions = 0;
        foreach (BackupEntry entry in reader.Read(e => throw e, cancellationToken))
        {
            entries += entry is { Content: not null, Trashed: null } ? 1 : 0;
            trashed += entry is { Content: not null, Trashed: not null } ? 1 : 0;
            versions += entry.Versions.Count;
        }
        if (reader.Header != written || (entries, trashed, versions) != (written.Entries, written.Trashed, written.Versions))
            throw BackupErrors.Damaged(path, "what was read back is not what was written; the disk may be failing");
    }
}

/// <summary>Which contents of attachments a backup holds.</summary>
public enum BackupAttachments
{
    /// <summary>All that entries in force or in the trash name: the backup is refused if one is not here. Of earlier versions, what is here.</summary>
    All,

    /// <summary>Those that are on this machine.</summary>
    Here,

    /// <summary>None.</summary>
    None,
}

/// <summary>How to make a backup.</summary>
public sealed record BackupOptions
{
    /// <summary>A separate Backup Key in UTF-8, rated 64 or better. Null if the account's Packing Key is to open the backup.</summary>
    public SecretBytes? BackupKey { get; init; }

    /// <summary>Which contents of attachments it holds.</summary>
    public BackupAttachments Attachments { get; init; }

    /// <summary>Overwrite a file that is there.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Called for every record that does not open, which is then left out. Null if the first one is to end the backup.</summary>
    public Action<PasspackException>? Damaged { get; init; }

    /// <summary>Called with the number of entries written so far.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>For a reset: the Packing Key that the account will have afterwards. Null if it is the present one.</summary>
    internal SecretBytes? PackingKey { get; init; }

    /// <summary>For tests.</summary>
    internal KdfParameters Derivation { get; init; } = KdfParameters.Current;
}
