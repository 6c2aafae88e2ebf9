using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Sharing;

/// <summary>
/// Writes personal records of shared vaults as online edits are written: a verified pull, the change against what it brought, a push; from the beginning if
/// another machine was first. So two machines never have to be merged.
/// </summary>
internal static class PersonalStore
{
    private static readonly SyncOptions s_quiet = new() { ExcludeTags = true, ExcludeFavorites = true };

    /// <summary>Begins a run in which personal records are written; it holds the sync lock.</summary>
    /// <exception cref="PasspackException">As <see cref="SyncRun.StartAsync"/>.</exception>
    public static Task<SyncRun> StartAsync(LocalVault account, CancellationToken cancellationToken) =>
        SyncRun.StartAsync(account, s_quiet, null, cancellationToken);

    /// <summary>Changes personal records.</summary>
    /// <param name="account">Unlocked.</param>
    /// <param name="prepare">The changes, of what the personal vault has now; called again if another machine was first. It may throw: then nothing was
    /// written.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">As <see cref="VaultSync.RunAsync"/>.</exception>
    public static async Task WriteAsync(
        LocalVault account, Func<PersonalMirror, IReadOnlyList<PersonalEdit>> prepare, CancellationToken cancellationToken)
    {
        using SyncRun run = await StartAsync(account, cancellationToken).ConfigureAwait(false);
        await WriteAsync(run, prepare, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same within a run.</summary>
    public static async Task WriteAsync(SyncRun run, Func<PersonalMirror, IReadOnlyList<PersonalEdit>> prepare, CancellationToken cancellationToken)
    {
        var push = new Push(run);
        await push.ResumeAsync(cancellationToken).ConfigureAwait(false);
        for (int round = 0; ; round++)
        {
            await run.BackOffAsync(round, cancellationToken).ConfigureAwait(false);
            await VaultSync.PullAsync(run, cancellationToken).ConfigureAwait(false);
            List<RecordChange> records = [.. prepare(new PersonalMirror(run.Connection, run.Keys)).Select(edit => Seal(run, edit)).OfType<RecordChange>()];
            if (records.Count == 0 || await push.PushAsync(records, cancellationToken).ConfigureAwait(false) == PushResult.Accepted)
                return;
        }
    }

    /// <summary>Null if there is nothing to remove.</summary>
    private static RecordChange? Seal(SyncRun run, PersonalEdit edit)
    {
        MirrorRecord? before = Mirror.Find(run.Connection, edit.Key);
        long version = (before?.Version ?? 0) + 1;
        if (edit.Record is null)
        {
            if (before is null or { Deleted: true })
                return null;
            byte[] tombstone = SealedEntry.SealTombstone(run.Keys, edit.Key.Id, version, run.Now, (RecordStream)edit.Key.Stream);
            return new RecordChange(edit.Key.Stream, edit.Key.Id, version, true, RecordBody.Digest(tombstone), tombstone);
        }
        byte[] body = edit.Record.Seal(run.Keys, version);
        return new RecordChange(edit.Key.Stream, edit.Key.Id, version, false, RecordBody.Digest(body), body);
    }
}
