using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Sync.OnlineEditing;

/// <summary>Joins two entries.</summary>
public static partial class OnlineVault
{
    // A server keeps 20 by default: half of them stay the entry's own.
    private const int MostMergedVersions = 10;

    /// <summary>
    /// Joins an entry into another, everywhere: this machine syncs, copies attachments, and then one push has the earlier versions and the values of the one,
    /// as earlier versions of the other, the other with what it lacked, and the deletion of the first. An interruption leaves both.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="from">The entry that goes; restorable online for the recycle period.</param>
    /// <param name="into">The entry that stays.</param>
    /// <param name="progress">Receives the progress. Null if nobody listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entry that stays, as online has it now.</returns>
    /// <exception cref="ArgumentException">Both are the same, or a rotation of one is not finished.</exception>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>, <see cref="ErrorCodes.RecordTooLarge"/>: joined, they would be too
    /// large; <see cref="ErrorCodes.SyncConflict"/>: one of them changed meanwhile; <see cref="ErrorCodes.AttachmentMissing"/>. And as
    /// <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task<EntrySummary> MergeAsync(
        LocalVault vault, Guid from, Guid into, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        if (from == into)
            throw new ArgumentException($"The entry {into} cannot be merged into itself.");
        await VaultSync.RunAsync(vault, s_quiet, progress, cancellationToken).ConfigureAwait(false);
        if (await CopyAttachmentsAsync(vault, from, into, progress, cancellationToken).ConfigureAwait(false))
            await VaultSync.RunAsync(vault, s_quiet, progress, cancellationToken).ConfigureAwait(false);

        using SyncRun run = await SyncRun.StartAsync(vault, s_quiet, progress, cancellationToken).ConfigureAwait(false);
        var push = new Push(run);
        await push.ResumeAsync(cancellationToken).ConfigureAwait(false);
        int most = MostMergedVersions;
        for (int round = 0; ; round++)
        {
            await run.BackOffAsync(round, cancellationToken).ConfigureAwait(false);
            await VaultSync.PullAsync(run, cancellationToken).ConfigureAwait(false);
            OnlineEdit edit = await MergingAsync(run, from, into, most, cancellationToken).ConfigureAwait(false);
            OnlineBatch batch = OnlineBatch.Prepare(run, [edit, new OnlineEdit { Id = from, Delete = true }], [into, from], 0);
            if (batch.FirstError is { } error)
                throw error;
            PushResult result = batch.Count < 2 ? PushResult.TooLarge : await push.PushAsync(batch.Records, cancellationToken).ConfigureAwait(false);
            if (result == PushResult.Accepted)
            {
                run.InTransaction(() => KeepVersions(run, into, batch.Records));
                return batch.Results(run.Use).First().Entry!;
            }
            if (result == PushResult.TooLarge && most == 1)
            {
                throw new PasspackException(ErrorCodes.RecordTooLarge,
                    $"The entries {from} and {into} are too large to be merged in one push. Nothing was changed.") { Target = from };
            }
            // The oldest stay behind; the entry that goes is restorable with them.
            most = result == PushResult.TooLarge ? most / 2 : most;
        }
    }

    private static async Task<bool> CopyAttachmentsAsync(
        LocalVault vault, Guid from, Guid into, IProgress<SyncProgress>? progress, CancellationToken cancellationToken)
    {
        bool isAny = false;
        foreach (Attachment attachment in vault.ReadSecret(from).Attachments)
        {
            await AttachmentDownload.FetchAsync(vault, from, attachment, progress, cancellationToken).ConfigureAwait(false);
            isAny |= vault.CopyAttachment(from, attachment, into, cancellationToken);
        }
        return isAny;
    }

    private static async Task<OnlineEdit> MergingAsync(SyncRun run, Guid from, Guid into, int most, CancellationToken cancellationToken)
    {
        EntryRow goes = Require(run.Use, from, withSecret: true);
        EntryContent going = goes.OpenContent(run.Keys), staying = Require(run.Use, into, withSecret: true).OpenContent(run.Keys);
        if (going.Pending is not null || staying.Pending is not null)
            throw new ArgumentException("The password of one of the entries is being changed. Finish that first, or undo it; then merge them.");
        if (going.Attachments.Any(attachment => !staying.Attachments.Any(own => LocalVault.IsSame(own, attachment))))
        {
            throw new PasspackException(ErrorCodes.SyncConflict,
                $"A file was attached to the entry {from} meanwhile. Nothing was changed; merge again.") { Target = from };
        }
        IReadOnlyList<EarlierVersion> versions = await EarlierVersions.ReadAsync(run, DataOf(from), long.MaxValue, cancellationToken).ConfigureAwait(false);
        IEnumerable<EntryContent> earlier = versions.Where(version => !version.Record.Deleted)
            .Select(version => SealedEntry.OrNull(() => SealedEntry.OpenBody(run.Keys, from, version.Record.Version, version.Record.Body)))
            .OfType<EntryContent>();
        return new OnlineEdit
        {
            Id = into,
            Values = MergedEntry.Edit(staying, going, OnlineBatch.TagsOf(run, goes), goes.OpenFavorite(run.Keys)),
            // The newest first, as far as there is room; then in the order in which they were.
            Before = [.. earlier.Prepend(going).Take(most).Select(version => MergedEntry.AsVersionOf(staying, version)).Reverse()],
        };
    }

    // On other machines they are in the history online, as whatever was replaced elsewhere is.
    private static void KeepVersions(SyncRun run, Guid into, IReadOnlyList<RecordChange> records)
    {
        RecordChange[] versions = [.. records.Where(record => record.Stream == (byte)RecordStream.Data && record.Id == into)];
        foreach (RecordChange version in versions[..^1])
        {
            if (RecordBody.TrySplit(version.Body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail))
            {
                var value = new SealedVersion(RecordStream.Data, into, version.Version, head.ToArray(), tail.ToArray());
                Vault.Entries.History.Keep(run.Connection, value, HistoryReason.Edit, run.Now);
            }
        }
    }
}
