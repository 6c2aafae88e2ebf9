namespace Passpack.Server.Storage;

/// <summary>The queues of all vaults of a store that one process serves, in memory: a queue that is lost with it is worth two seconds.</summary>
internal sealed class PushQueues
{
    // Beyond it, those that nobody waits in go.
    private const int Most = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<VaultKey, List<PushPlace>> _queues = [];
    private long _next;

    /// <summary>Whether it is a device's turn.</summary>
    public bool IsTurnOf(VaultKey vault, Guid? device, DateTimeOffset now)
    {
        lock (_gate)
            return !_queues.TryGetValue(vault, out List<PushPlace>? places) || PushQueue.Turn(places, now) is not { } first || first == device;
    }

    /// <summary>A device was refused.</summary>
    public int? Refuse(VaultKey vault, Guid device, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_queues.Count > Most)
            {
                foreach (VaultKey empty in _queues.Where(queue => queue.Value.All(place => place.Until <= now)).Select(queue => queue.Key).ToList())
                    _queues.Remove(empty);
            }

            if (!_queues.TryGetValue(vault, out List<PushPlace>? places))
                _queues[vault] = places = [];
            places.RemoveAll(place => place.Until <= now);
            (PushPlace mine, int? ahead) = PushQueue.Refuse(places, device, _next++, now);
            places.RemoveAll(place => place.Device == device);
            places.Add(mine);
            return ahead;
        }
    }

    /// <summary>A device's push was taken.</summary>
    public void Leave(VaultKey vault, Guid? device)
    {
        lock (_gate)
        {
            if (_queues.TryGetValue(vault, out List<PushPlace>? places) && places.RemoveAll(place => place.Device == device) > 0 && places.Count == 0)
                _queues.Remove(vault);
        }
    }
}
