using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>Holds a server to the log that it told before: the head that this machine keeps has to lead to the one that is served.</summary>
internal static class EventLogWatch
{
    /// <summary>Verifies the served head, and keeps it. Asks for events only if it is not the one that this machine keeps.</summary>
    /// <param name="run">The run.</param>
    /// <param name="served">The served head. Null if the server told none.</param>
    /// <param name="anew">Whether the server was restored, and what it serves is taken as it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerTampered"/>, <see cref="ErrorCodes.ServerRolledBack"/>.</exception>
    public static async Task VerifyAsync(SyncRun run, LogHead? served, bool anew, CancellationToken cancellationToken)
    {
        if (served is not null && !EventLogReader.IsHead(served))
            throw run.Client.NotPasspack("the head of its log is incomplete");
        LogHead? known = run.Account.Log;
        if (known is null ? served is null : known.IsSame(served))
            return;
        if (known is not null && !anew)
        {
            try
            {
                await FollowAsync(run, known, served, cancellationToken).ConfigureAwait(false);
            }
            catch (PasspackException e) when (run.Options.AcceptRollback && e.ErrorId is ErrorCodes.ServerTampered or ErrorCodes.ServerRolledBack)
            {
                run.Report.Note($"The log of events of {run.Account.UserId} does not continue what this machine saw of it; it is taken as it is now");
            }
        }
        run.Account = run.Account with { Log = served };
        if (!run.Options.WhatIf)
            run.InTransaction(() => run.Account.SaveLog(run.Connection, run.Keys));
    }

    /// <summary>Compares what the answer to a push says; events that came meanwhile are for the next pull.</summary>
    public static void Require(SyncRun run, LogHead? served)
    {
        if (served is null || run.Account.Log is not { } known)
            return;
        if (!EventLogReader.IsHead(served))
            throw run.Client.NotPasspack("the head of its log is incomplete");
        RequireNotBefore(run, known, served);
    }

    /// <summary>Whether events after those that this machine verified may have been removed, because they are old enough.</summary>
    public static bool MayBeTrimmed(AccountRow account, long now) =>
        account.LastSync is { } last && now - last > TimeSpan.FromDays(Limits.EventDays - 1).TotalMilliseconds;

    private static async Task FollowAsync(SyncRun run, LogHead known, LogHead? served, CancellationToken cancellationToken)
    {
        if (served is null)
            throw run.Diverged("it tells nothing of the account's log any more");
        RequireNotBefore(run, known, served);
        var reader = new EventLogReader(run.Client, run.Account.VaultId, known, MayBeTrimmed(run.Account, run.Now));
        await foreach ((_, LogHead at) in reader.ReadAsync(known.Number, cancellationToken).ConfigureAwait(false))
        {
            if (at.Number < served.Number)
                continue;
            if (!at.IsSame(served))
                throw run.Tampered($"event {served.Number} of its log is not the one that it spoke of");
            return;
        }
        if (!reader.End.IsSame(served))
            throw run.Tampered($"its log ends with event {reader.End.Number}, and it spoke of {served.Number}");
    }

    private static void RequireNotBefore(SyncRun run, LogHead known, LogHead served)
    {
        if (served.Number < known.Number)
            throw run.RolledBack($"its log ends with event {served.Number}, this machine saw {known.Number}");
        if (served.Number == known.Number && !served.IsSame(known))
            throw run.Diverged($"event {served.Number} of its log is not the one that this machine verified");
    }
}
