using Passpack.Protocol;

namespace Passpack.PowerShell;

/// <summary>How a server is, as its administrator sees it.</summary>
public sealed class ServerState
{
    internal ServerState(ServerStatus status, Uri server, string administrator)
    {
        Server = server;
        Version = status.Version;
        Schema = status.Schema;
        Registration = status.Registration;
        Accounts = status.Accounts;
        Disabled = status.Disabled;
        Administrators = status.Administrators;
        Bytes = status.Bytes;
        Started = status.Started;
        Uptime = status.Now - status.Started;
        Time = status.Now;
        ServerLimits limits = status.Limits;
        QuotaBytes = limits.Quota;
        TotalQuotaBytes = limits.TotalQuota;
        DiskReserveBytes = limits.DiskReserve;
        Connections = limits.Connections;
        ConnectionsPerAddress = limits.ConnectionsPerAddress;
        RequestsPerMinute = limits.RequestsPerMinute;
        SignInsPerMinute = limits.SignInsPerMinute;
        RegistrationsPerHour = limits.RegistrationsPerHour;
        HistoryVersions = limits.HistoryVersions;
        HistoryDays = limits.HistoryDays;
        RecycleDays = limits.RecycleDays;
        Account = administrator;
    }

    /// <summary>Where it is.</summary>
    public Uri Server { get; }

    /// <summary>Its version.</summary>
    public string Version { get; }

    /// <summary>The version of its database's schema.</summary>
    public int Schema { get; }

    /// <summary>Who may register: first, invitation, open or closed.</summary>
    public string Registration { get; }

    /// <summary>How many accounts there are.</summary>
    public long Accounts { get; }

    /// <summary>How many of them are disabled.</summary>
    public long Disabled { get; }

    /// <summary>How many of them are an administrator's.</summary>
    public long Administrators { get; }

    /// <summary>What all accounts together hold, as quotas count it.</summary>
    public long Bytes { get; }

    /// <summary>When it was started; of several nodes that which answered.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>How long ago that was, by its clock.</summary>
    public TimeSpan Uptime { get; }

    /// <summary>Its clock, when it answered.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>Bytes that an account may hold of which nothing else was said.</summary>
    public long QuotaBytes { get; }

    /// <summary>Bytes that all accounts may hold. Null for no bound.</summary>
    public long? TotalQuotaBytes { get; }

    /// <summary>Bytes of the disk that stay free.</summary>
    public long DiskReserveBytes { get; }

    /// <summary>Connections at once.</summary>
    public int Connections { get; }

    /// <summary>Connections at once from one address.</summary>
    public int ConnectionsPerAddress { get; }

    /// <summary>Requests in a minute from one address.</summary>
    public int RequestsPerMinute { get; }

    /// <summary>Logins and registrations in a minute from one address.</summary>
    public int SignInsPerMinute { get; }

    /// <summary>Registrations in an hour from one address.</summary>
    public int RegistrationsPerHour { get; }

    /// <summary>Earlier versions that are kept of a record.</summary>
    public int HistoryVersions { get; }

    /// <summary>How many days they are kept.</summary>
    public int HistoryDays { get; }

    /// <summary>How many days the content of a deleted record is kept.</summary>
    public int RecycleDays { get; }

    /// <summary>The User ID of the administrator's account.</summary>
    public string Account { get; }

    /// <summary>A sentence.</summary>
    public override string ToString() => $"{Server}: version {Version}, {Accounts} account(s)";
}
