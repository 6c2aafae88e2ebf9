using Passpack.Protocol;

namespace Passpack.PowerShell;

/// <summary>An event of a server's own log.</summary>
public sealed class ServerEvent
{
    internal ServerEvent(LoggedEvent told, string administrator)
    {
        Number = told.Number;
        Time = told.Time;
        Type = (EventKind)told.Type;
        Actor = (EventOrigin)told.Actor;
        AccountNumber = told.Subject == 0 ? null : told.Subject;
        DeviceId = told.Device;
        From = told.Address;
        Times = told.Count;
        Bytes = told.Bytes;
        Account = administrator;
    }

    /// <summary>Its number in the log.</summary>
    public long Number { get; }

    /// <summary>When it happened, by the server's clock.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>What happened.</summary>
    public EventKind Type { get; }

    /// <summary>Who did it.</summary>
    public EventOrigin Actor { get; }

    /// <summary>The number of the account that it is about. Null if it is about none.</summary>
    public long? AccountNumber { get; }

    /// <summary>The id of the device by which an administrator did it. Null if it was none.</summary>
    public Guid? DeviceId { get; }

    /// <summary>The address from where. Null if that is not known, or is older than 30 days.</summary>
    public string? From { get; }

    /// <summary>What its type says; otherwise 1.</summary>
    public long Times { get; }

    /// <summary>What its type says.</summary>
    public long Bytes { get; }

    /// <summary>The User ID of the administrator's account by which it was read.</summary>
    public string Account { get; }

    /// <summary>Its number and type.</summary>
    public override string ToString() => $"{Number} {Type}";
}
