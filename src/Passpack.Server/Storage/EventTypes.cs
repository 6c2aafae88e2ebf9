using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>Who changes something, from where and when: as the log tells it.</summary>
/// <param name="Actor">Who.</param>
/// <param name="Device">The device that acts. Null if none is known.</param>
/// <param name="Address">The address that it comes from. Null if there is none.</param>
/// <param name="Now">When.</param>
internal sealed record Act(EventActor Actor, Guid? Device, string? Address, DateTimeOffset Now)
{
    /// <summary>What the server does by itself.</summary>
    public static Act OfServer(DateTimeOffset now) => new(EventActor.Server, null, null, now);
}

/// <summary>An event that was stored.</summary>
/// <param name="Account">Whose log it is in. 0: the server's.</param>
/// <param name="Event">What it says.</param>
internal sealed record StoredEvent(long Account, LoggedEvent Event);

/// <summary>Attempts at User IDs that do not exist, in one hour.</summary>
internal sealed record UnknownRefusals(DateTimeOffset Hour, long Refused, long LockedOut);
