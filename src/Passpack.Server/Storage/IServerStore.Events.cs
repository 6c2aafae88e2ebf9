using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>
/// The log: a chain of events for each account and one, of account 0, for the server. Every method that changes something appends to it in its own
/// transaction; what comes often is summed first, and appended once its hour or day is over.
/// </summary>
internal partial interface IServerStore
{
    /// <summary>A page of a log after a number, whose sums that are due have been appended. Null if the account was removed.</summary>
    /// <param name="account">Whose. 0: the server's.</param>
    /// <param name="after">The number before the first wanted.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<EventPage?> ReadEventsAsync(long account, long after, DateTimeOffset now, CancellationToken cancel);

    /// <summary>Notes in the server's log that it was started and, if the schema is another than at the start before, migrated.</summary>
    Task NoteStartAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>Appends an event to the server's log.</summary>
    Task NoteServerEventAsync(EventType type, Act act, CancellationToken cancel);

    /// <summary>How often User IDs that do not exist were tried, by hour, from an hour on; the oldest first, for at most 400 days.</summary>
    Task<IReadOnlyList<UnknownRefusals>> ReadUnknownRefusalsAsync(DateTimeOffset since, CancellationToken cancel);

    /// <summary>Appends a limited number of sums whose hour or day is over. True while there are more.</summary>
    Task<bool> CloseSumsAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>Erases a limited number of addresses from before a time, with the keys of their hashes. True while there are more.</summary>
    Task<bool> EraseAddressesAsync(DateTimeOffset before, CancellationToken cancel);

    /// <summary>Removes a limited number of events from before a time; of each log the last number and hash stay. True while there are more.</summary>
    Task<bool> TrimEventsAsync(DateTimeOffset before, CancellationToken cancel);
}
