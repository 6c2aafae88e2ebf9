namespace Passpack.Server.Storage;

/// <summary>
/// A vault's queue: of many machines that push at once, one that always comes second would starve. From its second refusal on a machine has a place, which holds
/// for a lease after each; until the first in the queue has pushed, or its lease is over, the pushes of others are refused. A place is not renewed once its
/// machine was told that it is the first: so nobody holds the others up for longer than one lease.
/// </summary>
internal static class PushQueue
{
    /// <summary>From so many refusals on a machine has a place.</summary>
    public const int Refusals = 2;

    /// <summary>For how long a place holds.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    /// <summary>Whose turn it is. Null: everybody's.</summary>
    public static Guid? Turn(IEnumerable<PushPlace> places, DateTimeOffset now) =>
        places.Where(place => place.Refused >= Refusals && place.Until > now).MinBy(place => place.Order)?.Device;

    /// <summary>The place of a device that was refused, and how many are ahead of it, if it has one.</summary>
    /// <param name="places">Those of the vault.</param>
    /// <param name="device">The device.</param>
    /// <param name="next">The order of the next that comes.</param>
    /// <param name="now">When.</param>
    public static (PushPlace Place, int? Ahead) Refuse(IReadOnlyCollection<PushPlace> places, Guid device, long next, DateTimeOffset now)
    {
        if (places.FirstOrDefault(place => place.Device == device && place.Until > now) is not { } mine)
            return (new PushPlace(device, next, 1, now + Lease, IsFirst: false), null);
        int ahead = places.Count(place => place.Refused >= Refusals && place.Until > now && place.Order < mine.Order);
        return (mine with { Refused = mine.Refused + 1, Until = mine.IsFirst ? mine.Until : now + Lease, IsFirst = mine.IsFirst || ahead == 0 }, ahead);
    }
}

/// <summary>A machine's place in a vault's queue.</summary>
/// <param name="Device">The machine.</param>
/// <param name="Order">Lower ones were there first.</param>
/// <param name="Refused">How often it was refused.</param>
/// <param name="Until">How long the place holds.</param>
/// <param name="IsFirst">Whether it was told that it is the first.</param>
internal sealed record PushPlace(Guid Device, long Order, int Refused, DateTimeOffset Until, bool IsFirst);
