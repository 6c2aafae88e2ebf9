using Passpack.Protocol;

namespace Passpack.PowerShell;

/// <summary>Whether an account of a server is used as usual.</summary>
public enum ServerAccountState
{
    /// <summary>It is.</summary>
    Active,

    /// <summary>An administrator disabled it.</summary>
    Disabled,

    /// <summary>Its removal was asked for with its Password, and is due.</summary>
    Leaving,
}

/// <summary>An account of a server, as its administrator sees it: nothing of what it holds.</summary>
public sealed class ServerAccount
{
    internal ServerAccount(ServerAccountSummary account, string administrator)
    {
        UserId = account.UserId;
        State = account.Disabled ? ServerAccountState.Disabled : account.RemovalDue is null ? ServerAccountState.Active : ServerAccountState.Leaving;
        Administrator = account.Administrator;
        SecondFactor = account.SecondFactor;
        NeedsSecondFactor = account.NeedsSecondFactor;
        Devices = account.Devices;
        Vaults = account.Vaults;
        Records = account.Records;
        Bytes = account.Bytes;
        QuotaBytes = account.Quota;
        Created = account.Created;
        LastSeen = account.LastSeen;
        RemovalDue = account.RemovalDue;
        ResetUntil = account.ResetUntil;
        Number = account.Number;
        Account = administrator;
    }

    /// <summary>Its User ID, as the server compares it.</summary>
    public string UserId { get; }

    /// <summary>Whether it is used as usual.</summary>
    public ServerAccountState State { get; }

    /// <summary>Whether it is an administrator's.</summary>
    public bool Administrator { get; }

    /// <summary>Whether a second factor is in force.</summary>
    public bool SecondFactor { get; }

    /// <summary>Whether it has to have one.</summary>
    public bool NeedsSecondFactor { get; }

    /// <summary>How many devices it has.</summary>
    public int Devices { get; }

    /// <summary>How many vaults it has.</summary>
    public int Vaults { get; }

    /// <summary>How many records they hold: data, tags, favorites, chunks of attachments; what was deleted counts, too.</summary>
    public long Records { get; }

    /// <summary>What counts for its quota, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The most that it may hold, in bytes. Null: as much as the server lets every account hold.</summary>
    public long? QuotaBytes { get; }

    /// <summary>When it was registered.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>When one of its devices last asked the server for something. Null if it has no device.</summary>
    public DateTimeOffset? LastSeen { get; }

    /// <summary>When it is removed, as was asked for with its Password. Null if that was not.</summary>
    public DateTimeOffset? RemovalDue { get; }

    /// <summary>Until when a code of an administrator sets another Password. Null if there is none.</summary>
    public DateTimeOffset? ResetUntil { get; }

    /// <summary>By which the server's log names it.</summary>
    public long Number { get; }

    /// <summary>The User ID of the administrator's account by which it was seen.</summary>
    public string Account { get; }

    /// <summary>Its User ID.</summary>
    public override string ToString() => UserId;
}
