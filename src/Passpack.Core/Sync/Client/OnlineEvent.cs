namespace Passpack.Sync.Client;

/// <summary>An event of an account's log, as the server told it and the chain vouches for it.</summary>
/// <param name="Number">In the log. Null if it is being summed: then no chain vouches for it.</param>
/// <param name="Time">When; of a sum the last of what it sums.</param>
/// <param name="Type">A <see cref="Protocol.EventType"/>, or a number that this module does not know.</param>
/// <param name="Actor">An <see cref="Protocol.EventActor"/>, or a number that this module does not know.</param>
/// <param name="Device">The device that acted, or that was revoked. Null if none is known.</param>
/// <param name="Since">Where the hour or day of a sum begins. Null if it is no sum.</param>
/// <param name="Count">How many acts, or what its type says.</param>
/// <param name="Bytes">What its type says.</param>
/// <param name="Address">Where it came from. Null if that is not known, or was erased.</param>
public sealed record OnlineEvent(
    long? Number, DateTimeOffset Time, int Type, int Actor, Guid? Device, DateTimeOffset? Since, long Count, long Bytes, string? Address);
