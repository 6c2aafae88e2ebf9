using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Attachments;

/// <summary>Brings contents of attachments down, chunk by chunk. What came stays, so that an interrupted download goes on.</summary>
public static class AttachmentDownload
{
    /// <summary>Fetches what of an attachment's content is not on this machine.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="entryId">The entry.</param>
    /// <param name="attachment">What of it.</param>
    /// <param name="progress">Receives the progress. Null if nobody listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AttachmentMissing"/>: it is not online, or this machine is not connected; <see cref="ErrorCodes.ServerTampered"/>, and errors of
    /// the server.
    /// </exception>
    public static async Task FetchAsync(
        LocalVault vault, Guid entryId, Attachment attachment, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        if (vault.MissingChunks(attachment) == 0)
            return;
        using SyncRun run = Open(vault, entryId, attachment);
        using AttachmentStore store = AttachmentStore.Open(vault.Folder, run.Keys.VaultId);
        await FetchAsync(run, store, entryId, attachment, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fetches all contents that entries in force or in the trash name. What cannot be had is left: who needs it looks.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="progress">Receives the progress. Null if nobody listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerTampered"/>, and errors of the disk.</exception>
    public static async Task FetchNamedAsync(LocalVault vault, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        try
        {
            using SyncRun run = SyncRun.OpenReadOnly(vault, progress: progress);
            if (Mirror.Chunks(run.Connection).Count == 0)
                return;
            using AttachmentStore store = AttachmentStore.Open(vault.Folder, run.Keys.VaultId);
            await FetchNamedAsync(run, store, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.NotConnected or ErrorCodes.ServerUnreachable or ErrorCodes.DeviceRevoked)
        {
            // Offline: what is here has to do.
        }
    }

    /// <summary>After a sync: fetches all that entries name, if the account is set so. What is nowhere is told.</summary>
    internal static async Task FetchAllAsync(SyncRun run, CancellationToken cancellationToken)
    {
        if (!AttachmentStore.FetchesAlways(run.Use.Folder))
            return;
        using AttachmentStore store = AttachmentStore.Open(run.Use.Folder, run.Keys.VaultId);
        // Names of files are secrets of the vault, and notices are logged.
        int missing = await FetchNamedAsync(run, store, cancellationToken).ConfigureAwait(false);
        if (missing > 0)
            run.Report.Note($"The contents of {missing} attachments of {run.Account.UserId} are neither on this machine nor online.");
    }

    /// <summary>Fetches all contents that entries in force or in the trash name.</summary>
    /// <param name="run">The run.</param>
    /// <param name="store">The machine's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The number of attachments whose content is not online.</returns>
    internal static async Task<int> FetchNamedAsync(SyncRun run, AttachmentStore store, CancellationToken cancellationToken)
    {
        // All that is online is here: nothing has to be opened.
        if (!Mirror.Chunks(run.Connection).Except(store.Ids()).Any())
            return 0;
        int missing = 0;
        foreach ((Guid entry, Attachment attachment) in NamedAttachments.InForce(run.Use).OfType<(Guid, Attachment)>().Distinct().ToList())
        {
            try
            {
                await FetchAsync(run, store, entry, attachment, run.Progress, cancellationToken).ConfigureAwait(false);
            }
            catch (PasspackException e) when (e.ErrorId == ErrorCodes.AttachmentMissing)
            {
                missing++;
            }
        }
        return missing;
    }

    /// <summary>A chunk as the server has it, opened to see that it is sound.</summary>
    /// <returns>The sealed body, and whose it is. Null if it is not online.</returns>
    internal static async Task<(byte[] Body, ChunkPlace Place)?> FetchAsync(SyncRun run, Guid id, CancellationToken cancellationToken)
    {
        var key = new RecordKey((byte)RecordStream.Attachment, id);
        if (Mirror.Find(run.Connection, key) is not { Deleted: false } claimed)
            return null;
        RecordsAnswer answer = await run.Client.PostAsync(Routes.OfVault(run.Account.VaultId, Routes.Records), new RecordsRequest([key]),
            ProtocolJson.Default.RecordsRequest, RecordsAnswer.ReadAsync, cancellationToken).ConfigureAwait(false);
        RecordChange? served = answer.Records.FirstOrDefault(record => record.Stream == key.Stream && record.Id == id);
        // Deleted by another machine since the last pull.
        if (served is { Deleted: true } && served.Version > claimed.Version)
            return null;
        // The manifest that this machine verified vouches for it, or a later one will.
        if (served is null || served.Deleted || served.Version < claimed.Version
            || (served.Version == claimed.Version && !RecordBody.Digest(served.Body).AsSpan().SequenceEqual(claimed.Digest)))
        {
            throw run.Tampered($"a chunk of an attachment ({id}) is left out, or is not the one that its manifest names");
        }
        if (served.Body.Length > Limits.AttachmentBodyBytes
            || !AttachmentChunk.TryOpen(run.Keys, id, served.Body, out ChunkPlace place, out OpenedRecord opened))
            throw run.Tampered($"a chunk of an attachment ({id}) was not sealed by this account");
        opened.Dispose();
        return (served.Body, place);
    }

    private static async Task FetchAsync(
        SyncRun run, AttachmentStore store, Guid entryId, Attachment attachment, IProgress<SyncProgress>? progress, CancellationToken cancellationToken)
    {
        long done = 0, total = AttachmentChunk.Count(attachment.Size);
        foreach (Guid id in AttachmentChunk.IdsOf(attachment))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!store.Has(id))
            {
                (byte[] body, ChunkPlace place) = await FetchAsync(run, id, cancellationToken).ConfigureAwait(false)
                    ?? throw AttachmentErrors.Missing(attachment.Name, entryId, "it is neither on this machine nor online");
                store.Put(place, body, run.Now);
                Vault.Files.Failpoints.Hit("chunk fetched");
            }
            progress?.Report(new SyncProgress($"Receiving {attachment.Name}", ++done, total));
        }
    }

    private static SyncRun Open(LocalVault vault, Guid entryId, Attachment attachment)
    {
        try
        {
            return SyncRun.OpenReadOnly(vault);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.NotConnected)
        {
            throw AttachmentErrors.Missing(attachment.Name, entryId, "it is not on this machine, which is not connected to the online account");
        }
    }
}
