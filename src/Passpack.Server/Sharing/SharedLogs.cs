using Passpack.Protocol.Sharing;
using Passpack.Server.Storage;

namespace Passpack.Server.Sharing;

/// <summary>
/// What the logs of shared vaults say. Those that were asked for last stay in memory, and are gone on with. What is stored was verified when it was taken, so
/// signatures are not verified again.
/// </summary>
internal sealed class SharedLogs(IServerStore store)
{
    // Of those that stay: what one takes is mostly the identities that its statements add, 1.3 KiB each.
    private const int MostLogs = 1000, MostStatements = 50_000;

    private readonly Lock _gate = new();
    private readonly LinkedList<VaultLog> _logs = [];

    /// <summary>The log of a vault up to its head. Nobody appends to it: others read it.</summary>
    /// <param name="vaultId">The vault.</param>
    /// <param name="head">Its last statement, as the store has it.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<VaultLog> LoadAsync(Guid vaultId, ChainHead head, CancellationToken cancel)
    {
        VaultLog? known = Find(vaultId);
        if (known?.State.Head == head)
            return known;
        // A store that was restored may have gone on otherwise: then it is read from its beginning.
        VaultLog log = (known?.Count <= head.Number ? await GoOnAsync(known.Copy(), vaultId, head, cancel) : null)
            ?? await GoOnAsync(null, vaultId, head, cancel)
            ?? throw new StoreException(StoreFailure.Unusable, $"The database holds a log of the shared vault {vaultId} that is none.");
        Keep(log);
        return log;
    }

    private async Task<VaultLog?> GoOnAsync(VaultLog? log, Guid vaultId, ChainHead head, CancellationToken cancel)
    {
        while ((log?.Count ?? 0) <= head.Number)
        {
            IReadOnlyList<byte[]> page = await store.ReadStatementsAsync(vaultId, (log?.Count ?? 0) - 1L, head.Number, cancel);
            if (page.Count == 0)
                return null;
            foreach (byte[] bytes in page)
            {
                if (!SignedStatement.TryRead(bytes, out SignedStatement? statement, out _))
                    return null;
                if (log is null)
                    log = VaultLog.Restore([statement]);
                else if (log.TryRestore(statement) != StatementFault.None)
                    return null;
                if (log is null)
                    return null;
            }
        }

        return log!.State.Head == head ? log : null;
    }

    private VaultLog? Find(Guid vaultId)
    {
        lock (_gate)
        {
            for (LinkedListNode<VaultLog>? node = _logs.First; node is not null; node = node.Next)
            {
                if (node.Value.VaultId != vaultId)
                    continue;
                _logs.Remove(node);
                _logs.AddFirst(node);
                return node.Value;
            }

            return null;
        }
    }

    private void Keep(VaultLog log)
    {
        lock (_gate)
        {
            for (LinkedListNode<VaultLog>? node = _logs.First; node is not null; node = node.Next)
            {
                if (node.Value.VaultId == log.VaultId)
                {
                    _logs.Remove(node);
                    break;
                }
            }

            _logs.AddFirst(log);
            while (_logs.Count > MostLogs || (_logs.Count > 1 && _logs.Sum(one => one.Count) > MostStatements))
                _logs.RemoveLast();
        }
    }
}
