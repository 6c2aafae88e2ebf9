using Passpack.Packing.Keys;
using Passpack.Protocol.Sharing;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Logs;

/// <summary>
/// The log of a shared vault, verified, and the keys that its statements chain to each other. For one thread at a time; a copy is another log.
/// </summary>
internal sealed class SharedLog
{
    private readonly Dictionary<int, EpochStart> _starts;

    private SharedLog(VaultLog log, Dictionary<int, EpochStart> starts)
    {
        Log = log;
        _starts = starts;
    }

    /// <summary>Not to be appended to.</summary>
    public VaultLog Log { get; }

    public LogState State => Log.State;

    /// <summary>The last statement.</summary>
    public ChainHead Head => Log.State.Head;

    /// <summary>Begins a log with the statement that creates a vault, and verifies it.</summary>
    /// <param name="first">Statement 0.</param>
    /// <param name="log">Null if it is refused.</param>
    public static StatementFault TryBegin(SignedStatement first, out SharedLog? log)
    {
        StatementFault fault = VaultLog.TryBegin(first, out VaultLog? verified);
        log = verified is null ? null : new SharedLog(verified, []);
        return fault;
    }

    /// <summary>The log in a vault file, whose signatures were verified before; the row of its account has to vouch for the last statement.</summary>
    /// <returns>Null if what is there is no log.</returns>
    public static SharedLog? Read(VaultConnection connection)
    {
        var starts = new Dictionary<int, EpochStart>();
        bool isSound = true;
        VaultLog? log = VaultLog.Restore(Statements().TakeWhile(statement => isSound).Select(statement => statement!));
        return log is null || !isSound ? null : new SharedLog(log, starts);

        IEnumerable<SignedStatement?> Statements()
        {
            foreach (byte[] bytes in StatementTable.From(connection, 0))
            {
                isSound = SignedStatement.TryRead(bytes, out SignedStatement? statement, out _);
                if (statement?.Content.Act.Starts is { } start)
                    starts[start.Epoch] = start;
                yield return statement;
            }
        }
    }

    /// <summary>The same log once more, to append to.</summary>
    public SharedLog Copy() => new(Log.Copy(), new Dictionary<int, EpochStart>(_starts));

    /// <summary>Verifies the next statement, and appends it. One that is refused changes nothing.</summary>
    public StatementFault TryAppend(SignedStatement statement)
    {
        StatementFault fault = Log.TryAppend(statement);
        if (fault == StatementFault.None && statement.Content.Act.Starts is { } start)
            _starts[start.Epoch] = start;
        return fault;
    }

    /// <summary>What the log says of an epoch's key. Null if it has no such epoch.</summary>
    public SharedEpoch? EpochOf(int number) =>
        State.Epochs.TryGetValue(number, out Hash256 commitment) ? new SharedEpoch(State.Random, number, commitment) : null;

    /// <summary>
    /// Opens, out of the key of one epoch, those of the epochs before it, one by one, and gives them to the vault's keys. It ends where one does not open:
    /// what is sealed under that, and under those before it, stays closed.
    /// </summary>
    /// <param name="keys">The shared vault's. They have the key of that epoch.</param>
    /// <param name="epoch">The newest.</param>
    public void OpenEarlier(VaultKeys keys, int epoch)
    {
        while (_starts.TryGetValue(epoch, out EpochStart? start) && EpochOf(start.ChainedEpoch) is { } earlier)
        {
            if (!keys.Has(earlier.Number))
            {
                using SharedVaultKey newer = keys.CopyOf(epoch);
                if (newer.TryOpenChained(start.ChainedKey, earlier) is not { } opened)
                    return;
                keys.Add(opened);
            }
            epoch = earlier.Number;
        }
    }
}
