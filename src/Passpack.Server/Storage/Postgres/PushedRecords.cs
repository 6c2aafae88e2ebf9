using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>
/// What a push does to the records of a vault, worked out before anything is written: so all of it is written at once. A record may come more than once; what
/// it passes through becomes an earlier version as if it had been stored.
/// </summary>
/// <param name="keys">The records of the push, each once.</param>
internal sealed class PushedRecords(RecordKey[] keys)
{
    private readonly Dictionary<RecordKey, (long Stored, StoredState State)> found = [];
    private readonly Dictionary<RecordKey, PushedRecord> newest = [];

    public short[] Streams { get; } = [.. keys.Select(key => (short)key.Stream)];

    public Guid[] Ids { get; } = [.. keys.Select(key => key.Id)];

    /// <summary>The records whose stored state becomes an earlier version.</summary>
    public List<RecordKey> Replaced { get; } = [];

    /// <summary>States that the push itself replaces.</summary>
    public List<PushedRecord> Passed { get; } = [];

    /// <summary>The new state of each record.</summary>
    public IReadOnlyList<PushedRecord> Newest => [.. newest.Values];

    /// <summary>The bytes of states that are only sealed anew: nothing of them is kept.</summary>
    public long Freed { get; private set; }

    /// <summary>A record that is there, with when it was stored.</summary>
    public void Found(RecordKey key, long stored, StoredState state) => found[key] = (stored, state);

    /// <summary>Works it out. The reason if the push is refused, otherwise null.</summary>
    public PushOutcome? Apply(IReadOnlyList<RecordChange> changes, long now)
    {
        for (int ordinal = 0; ordinal < changes.Count; ordinal++)
        {
            RecordChange change = changes[ordinal];
            var key = new RecordKey(change.Stream, change.Id);
            bool isStored = found.TryGetValue(key, out (long Stored, StoredState State) before);
            PushedRecord? passed = newest.GetValueOrDefault(key);
            StoredState? state = passed is not null ? StoredState.Of(passed.Change) : isStored ? before.State : null;
            if (StoredState.Refuse(state, isStored ? before.State.Version : 0, change) is { } refusal)
                return refusal;
            long stored = now;
            if (change.Resealed)
            {
                Freed += state!.Bytes + QuotaCost.Row;
                stored = passed?.Stored ?? before.Stored;
            }
            else if (passed is not null)
                Passed.Add(passed);
            else if (isStored)
                Replaced.Add(key);
            newest[key] = new PushedRecord(change, ordinal, stored);
        }

        return null;
    }
}

/// <summary>A state of a record.</summary>
/// <param name="Change">It.</param>
/// <param name="Ordinal">Its place in the push.</param>
/// <param name="Stored">When it is stored; of one that is sealed anew, when the state before was.</param>
internal sealed record PushedRecord(RecordChange Change, int Ordinal, long Stored);
