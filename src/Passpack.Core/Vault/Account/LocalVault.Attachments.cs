using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>Files attached to entries. Their content goes through here chunk by chunk; no more of it is in memory.</summary>
public sealed partial class LocalVault
{
    // So many chunks are on the disk at once, when a file is added.
    private const int ChunksPerTransaction = 16;

    /// <summary>Attaches a file to an entry.</summary>
    /// <param name="entryId">The entry.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="content">Its content, read to the end.</param>
    /// <param name="replace">Whether it takes the place of an attachment of the same name, which goes to the history.</param>
    /// <param name="cancellationToken">Gives up; nothing is attached then.</param>
    /// <returns>The attachment. As it was, if it has this content already.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AttachmentExists"/>, <see cref="ErrorCodes.RecordTooLarge"/>, <see cref="ErrorCodes.EntryNotFound"/>, errors of the disk.
    /// </exception>
    public Attachment AddAttachment(Guid entryId, string name, Stream content, bool replace = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        AttachmentNames.Require(name);
        RequireFree(entryId, ReadSecret(entryId).Attachments, name, replace);
        using VaultUse use = Use();
        using AttachmentStore store = AttachmentStore.Open(Folder, use.Keys.VaultId);
        // A sync does it for an account that is online, whose other machines may be about to name a content.
        if (AccountRow.Load(use.Connection).Server is null)
            UnnamedChunks.RemoveOffline(use, store);
        var id = Guid.NewGuid();
        bool isAttached = false;
        try
        {
            (long size, string sha256) = Store(use, store, entryId, id, name, content, cancellationToken);
            Failpoints.Hit("content stored");
            using VaultWriter writer = BeginWrite();
            IReadOnlyList<Attachment> before = writer.Attachments(entryId);
            Attachment? same = AttachmentNames.Find(before, name);
            RequireFree(entryId, before, name, replace);
            if (same is not null && same.Name == name && same.Size == size && same.Sha256 == sha256)
                return same;
            var added = new Attachment(id, name, size, sha256, Now);
            writer.Edit(entryId, new EntryEdit { Attachments = [.. before.Where(other => other != same), added] });
            writer.Commit();
            isAttached = true;
            return added;
        }
        finally
        {
            if (!isAttached)
            {
                using StoppableWork _ = StoppableWork.ToItsEnd();
                store.Discard(id);
            }
        }
    }

    /// <summary>Takes an attachment off an entry; the history keeps it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.AttachmentNotFound"/>.</exception>
    public EntrySummary RemoveAttachment(Guid entryId, string name)
    {
        using VaultWriter writer = BeginWrite();
        IReadOnlyList<Attachment> before = writer.Attachments(entryId);
        Attachment attachment = AttachmentNames.Find(before, name) ?? throw AttachmentErrors.NotFound(entryId, name);
        EntrySummary after = writer.Edit(entryId, new EntryEdit { Attachments = [.. before.Where(other => other != attachment)] });
        writer.Commit();
        return after;
    }

    /// <summary>How many chunks of an attachment's content are not on this machine.</summary>
    public int MissingChunks(Attachment attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        using VaultUse use = Use();
        using AttachmentStore? store = AttachmentStore.Find(Folder, use.Keys.VaultId);
        return AttachmentChunk.IdsOf(attachment).Count(id => store?.Has(id) is not true);
    }

    /// <summary>Writes the content of an attachment, all of which is on this machine, into a stream. What was written before an error is part of it.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AttachmentMissing"/>: some of it is not here; <see cref="ErrorCodes.RecordDamaged"/>: it is not what was attached.
    /// </exception>
    public void ReadAttachment(Guid entryId, Attachment attachment, Stream target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        ArgumentNullException.ThrowIfNull(target);
        using VaultUse use = Use();
        using AttachmentStore? store = AttachmentStore.Find(Folder, use.Keys.VaultId);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long left = attachment.Size;
        foreach (Guid id in AttachmentChunk.IdsOf(attachment))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using OpenedRecord plaintext = AttachmentContent.OpenChunk(use, store, entryId, attachment, id);
            ReadOnlySpan<byte> content = plaintext.Span[AttachmentChunk.HeadBytes..];
            if (content.Length > left)
                throw AttachmentErrors.Damaged(attachment.Name, entryId);
            hash.AppendData(content);
            target.Write(content);
            left -= content.Length;
        }
        if (left != 0 || !System.Convert.ToHexString(hash.GetHashAndReset()).Equals(attachment.Sha256, StringComparison.OrdinalIgnoreCase))
            throw AttachmentErrors.Damaged(attachment.Name, entryId);
    }

    /// <summary>Whether a sync fetches all contents that entries in force name, and not only what somebody asks for.</summary>
    public bool FetchesAttachments
    {
        get => AttachmentStore.FetchesAlways(Folder);
        set
        {
            using VaultUse use = Use();
            using AttachmentStore store = AttachmentStore.Open(Folder, use.Keys.VaultId);
            store.Set(AttachmentStore.Always, value ? 1 : 0);
        }
    }

    private (long Size, string Sha256) Store(
        VaultUse use, AttachmentStore store, Guid entryId, Guid id, string name, Stream content, CancellationToken cancellationToken)
    {
        byte[] buffer = AttachmentChunk.NewBuffer();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;
        int number = 0;
        try
        {
            for (bool isOver = false; !isOver;)
            {
                store.InTransaction(() =>
                {
                    for (int i = 0; i < ChunksPerTransaction && !isOver; i++)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        Span<byte> room = buffer.AsSpan(AttachmentChunk.HeadBytes);
                        int read = content.ReadAtLeast(room, room.Length, throwOnEndOfStream: false);
                        isOver = read < room.Length;
                        size += read;
                        if (size > Limits.AttachmentBytes)
                            throw AttachmentErrors.TooLarge(name, entryId);
                        if (read == 0)
                            break;
                        hash.AppendData(room[..read]);
                        var place = new ChunkPlace(entryId, id, number++);
                        store.Put(place, AttachmentChunk.Seal(use.Keys, place, 1, buffer.AsSpan(0, AttachmentChunk.HeadBytes + read)), Now);
                    }
                });
                Failpoints.Hit("chunks stored");
            }
            return (size, System.Convert.ToHexString(hash.GetHashAndReset()));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static void RequireFree(Guid entryId, IReadOnlyList<Attachment> attachments, string name, bool replace)
    {
        if (!replace && AttachmentNames.Find(attachments, name) is not null)
            throw AttachmentErrors.Exists(entryId, name);
    }
}
