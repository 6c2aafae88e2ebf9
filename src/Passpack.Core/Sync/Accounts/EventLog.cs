using System.Runtime.CompilerServices;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>The log of events of an online account.</summary>
public static class EventLog
{
    /// <summary>
    /// The events after a number, the oldest first, then what is being summed. Nothing is told before the chain has met the event at which this machine
    /// stood; read to its end, the machine stands there from now on.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="after">The number before the first wanted. 0: all that is kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotConnected"/>, <see cref="ErrorCodes.ServerTampered"/>, <see cref="ErrorCodes.ServerRolledBack"/>, and errors of the server.
    /// </exception>
    public static async IAsyncEnumerable<OnlineEvent> ReadAsync(
        LocalVault vault, long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using VaultUse use = vault.Use();
        AccountRow account = AccountRow.Load(use.Connection, use.Keys);
        using OnlineClient client = SyncRun.Connect(account, use.Keys);
        var reader = new EventLogReader(client, account.VaultId, account.Log, EventLogWatch.MayBeTrimmed(account, use.Now));
        var waiting = new Queue<OnlineEvent>();
        await foreach ((LoggedEvent row, _) in reader.ReadAsync(after, cancellationToken).ConfigureAwait(false))
        {
            waiting.Enqueue(new OnlineEvent(row.Number, row.Time, row.Type, row.Actor, row.Device, row.Since, row.Count, row.Bytes, Printable(row.Address)));
            while (reader.HasMetKnown && waiting.TryDequeue(out OnlineEvent? told))
                yield return told;
        }
        use.Connection.InTransaction(() => Keep(use, reader.End));
        foreach (OpenSum sum in reader.Open)
            yield return new OnlineEvent(null, sum.Time, sum.Type, (int)EventActor.Owner, sum.Device, sum.Since, sum.Count, sum.Bytes, null);
    }

    // A sync may have gone further meanwhile.
    private static void Keep(VaultUse use, LogHead end)
    {
        AccountRow now = AccountRow.Load(use.Connection, use.Keys);
        if (now.Log is null || now.Log.Number < end.Number)
            (now with { Log = end }).SaveLog(use.Connection, use.Keys);
    }

    private static string? Printable(string? address) => address is null ? null : PrintableText.Of(address, 100);
}
