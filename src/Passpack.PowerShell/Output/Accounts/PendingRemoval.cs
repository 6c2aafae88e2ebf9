namespace Passpack.PowerShell;

/// <summary>A removal of an online account that was asked for without its keys, and takes effect later.</summary>
public sealed class PendingRemoval
{
    internal PendingRemoval(string account, Uri server, DateTimeOffset due)
    {
        Account = account;
        Server = server;
        Due = due;
    }

    /// <summary>The User ID of the account.</summary>
    public string Account { get; }

    /// <summary>Where the online account is.</summary>
    public Uri Server { get; }

    /// <summary>When the server removes it.</summary>
    public DateTimeOffset Due { get; }

    /// <summary>A sentence.</summary>
    public override string ToString() => $"The online account {Account} at {Server} is removed on {View.Time(Due)}";
}
