namespace Passpack.PowerShell;

/// <summary>A code by which the owner of an account sets another Password, shown because it is made to be handed on.</summary>
public sealed class PasswordResetCode
{
    internal PasswordResetCode(string userId, string code, DateTimeOffset expires, Uri server, string administrator)
    {
        Code = code;
        UserId = userId;
        Expires = expires;
        Server = server;
        Account = administrator;
    }

    /// <summary>What Set-PasspackPassword -ResetCode takes, once, together with the Packing Key.</summary>
    public string Code { get; }

    /// <summary>Of the account.</summary>
    public string UserId { get; }

    /// <summary>Until when it holds, by the server's clock.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Where.</summary>
    public Uri Server { get; }

    /// <summary>The User ID of the administrator.</summary>
    public string Account { get; }

    /// <summary>A sentence without the code itself.</summary>
    public override string ToString() => $"A code for the Password of {UserId} at {Server}, until {View.Time(Expires)}";
}
