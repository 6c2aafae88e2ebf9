using System.Globalization;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Logs;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Pulling;

/// <summary>The log of a shared vault, as a pull brings it: statements first, each verified in its place; then the key of the newest epoch.</summary>
internal static class SharedLogPull
{
    /// <summary>Asks for the last statement that is here, so that a log that is another one is noticed, and for those after it.</summary>
    public static string Query(SharedRun shared) => string.Create(CultureInfo.InvariantCulture, $"&statements={shared.Log.Log.Count - 2}");

    /// <summary>Verifies what a head says of the log. Nothing is saved before the records are verified, too.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ServerRolledBack"/>, <see cref="ErrorCodes.ServerTampered"/>, <see cref="ErrorCodes.VaultKeyMissing"/>.
    /// </exception>
    public static async Task TakeInAsync(SyncRun run, VaultHead head, CancellationToken cancellationToken)
    {
        SharedRun shared = run.Shared!;
        if (head.Shared is not { New: { } page } served)
            throw run.Client.NotPasspack("the log of a shared vault is missing");
        (SharedLog log, List<SignedStatement> fresh) = await ReadAsync(run, page, served.Statements, cancellationToken).ConfigureAwait(false);
        RequireRecorded(run, log);
        shared.TakeIn(log, fresh, RequireKey(run, log, served.WrappedKey));
    }

    /// <summary>Reads the log of a vault that lets this account see nothing else: it has to say that the account is no member any more.</summary>
    /// <param name="run">The run.</param>
    /// <param name="refusal">What the server said.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerRefused"/>: the log does not say so.</exception>
    public static async Task TakeInRemovalAsync(SyncRun run, PasspackException refusal, CancellationToken cancellationToken)
    {
        SharedRun shared = run.Shared!;
        (SharedLog log, List<SignedStatement> fresh) = await ReadAsync(run, [], long.MaxValue, cancellationToken).ConfigureAwait(false);
        shared.TakeIn(log, fresh, null);
        if (!shared.IsOut)
            throw shared.Refused(refusal);
    }

    /// <summary>A manifest that a statement names is not to be kept back.</summary>
    public static void RequireFit(SyncRun run, Checkpoint newest)
    {
        if (run.Shared is { } shared && !shared.Log.Log.Fits(new ChainHead(newest.Generation, Hash256.Read(newest.Hash))))
            throw run.RolledBack($"its newest manifest is {newest.Generation}, and the log names a later one", isAcceptable: false);
    }

    /// <param name="run">The run.</param>
    /// <param name="page">The first statements, from this machine's last one on.</param>
    /// <param name="count">How many there are; more that come meanwhile are for the next pull.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private static async Task<(SharedLog Log, List<SignedStatement> New)> ReadAsync(
        SyncRun run, IReadOnlyList<byte[]> page, long count, CancellationToken cancellationToken)
    {
        SharedLog log = run.Shared!.Log.Copy();
        long own = log.Head.Number, next = own;
        if (count <= own)
            throw run.RolledBack($"its log has {count} statements, this machine verified {own + 1}", isAcceptable: false);
        var fresh = new List<SignedStatement>();
        while (true)
        {
            foreach (byte[] bytes in page.Take((int)Math.Min(int.MaxValue, count - next)))
            {
                if (!SignedStatement.TryRead(bytes, out SignedStatement? statement, out string? wrong))
                    throw run.Tampered($"a statement that {wrong}");
                if (next++ == own)
                {
                    if (statement.Head != log.Head)
                        throw run.Diverged($"statement {own} of its log is not the one that this machine verified");
                    continue;
                }
                StatementFault fault = log.TryAppend(statement);
                if (fault != StatementFault.None)
                    throw run.Tampered($"statement {statement.Content.Number} of its log is not to be believed ({fault})");
                fresh.Add(statement);
            }
            if (next >= count)
                return (log, fresh);
            StatementPage more = await run.GetAsync(Routes.LogStatements, string.Create(CultureInfo.InvariantCulture, $"?after={next - 1}"),
                ProtocolJson.Default.StatementPage, cancellationToken).ConfigureAwait(false);
            page = more.Statements ?? throw run.Client.NotPasspack("a page of statements is incomplete");
            if (page.Count == 0)
                return count == long.MaxValue && next > own ? (log, fresh) : throw run.Tampered("a part of its log is missing");
        }
    }

    /// <summary>Another machine of this account may have seen more of the log.</summary>
    private static void RequireRecorded(SyncRun run, SharedLog log)
    {
        if (Record(run) is not { } record)
            return;
        if (record.Head.Number >= log.Log.Count)
            throw run.RolledBack($"its log has {log.Log.Count} statements, another machine of this account saw {record.Head.Number + 1}", isAcceptable: false);
        if (log.Log.StateAt(record.Head.Number).Head != record.Head)
            throw run.Diverged($"statement {record.Head.Number} of its log is not the one that another machine of this account verified");
    }

    /// <returns>The served key, if the file does not have it. Null if it has, or if the served one is not the key and another way led to it.</returns>
    private static byte[]? RequireKey(SyncRun run, SharedLog log, byte[]? served)
    {
        VaultKeys account = run.Shared!.Owner.Keys;
        SharedEpoch epoch = log.EpochOf(log.State.Epoch)!.Value;
        bool isKnown = run.Keys.Has(epoch.Number);
        if (isKnown && (served is null || served.AsSpan().SequenceEqual(run.Account.WrappedKey)))
            return null;
        SharedVaultKey? unwrapped = served is null ? null : account.TryUnwrap(served, epoch, run.Account.VaultId, run.Identity.UserId);
        bool isServed = unwrapped is not null;
        if (!isKnown)
        {
            run.Keys.Add(unwrapped ?? Record(run)?.OpenKey(account, epoch) ?? throw SharedErrors.KeyMissing(run.Account.VaultId));
            log.OpenEarlier(run.Keys, epoch.Number);
        }
        else
        {
            unwrapped?.Dispose();
        }
        return isServed ? served : null;
    }

    private static SharedVaultRecord? Record(SyncRun run) =>
        new PersonalMirror(run.Shared!.Owner.Connection, run.Shared.Owner.Keys).SharedVault(run.Account.VaultId);
}
