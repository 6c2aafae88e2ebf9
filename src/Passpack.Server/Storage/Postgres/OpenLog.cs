using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>A log to which a transaction may append, because it holds the account's row, or the lock of the server's log.</summary>
internal sealed class OpenLog(long account, LogHead head, LogHead anchor)
{
    public long Account => account;

    /// <summary>Where it ends by now.</summary>
    public LogHead Head { get; set; } = head;

    /// <summary>Where what is left of it begins.</summary>
    public LogHead Anchor => anchor;

    /// <summary>The sums that are due, and were not appended yet.</summary>
    public List<DueSum> Due { get; init; } = [];
}

/// <summary>A sum whose hour or day is over.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Type">Of what.</param>
/// <param name="Device">Of which device. Zero if it is not summed by device.</param>
/// <param name="Since">Where the hour or day begins, as it is stored.</param>
/// <param name="Row">The event that becomes of it.</param>
internal sealed record DueSum(long Account, int Type, Guid Device, long Since, LoggedEvent Row);
