namespace Passpack.PowerShell;

/// <summary>An invitation to register at a server, shown because it is made to be handed on.</summary>
public sealed class ServerInvitation
{
    internal ServerInvitation(string account, Sync.Administration.ServerInvitation invitation)
    {
        Account = account;
        Server = invitation.Server;
        Invitation = invitation.Text;
        Id = ServerInvitationInfo.IdOf(Protocol.Invitations.HashOf(invitation.Text));
        Expires = invitation.Expires;
    }

    /// <summary>What New-PasspackAccount -Invitation takes, once.</summary>
    public string Invitation { get; }

    /// <summary>By which Get- and Remove-PasspackServerInvitation name it: its SHA-256, in hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>Until when it holds.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Where.</summary>
    public Uri Server { get; }

    /// <summary>The User ID of the administrator who invited.</summary>
    public string Account { get; }

    /// <summary>A sentence without the invitation itself.</summary>
    public override string ToString() => $"An invitation to {Server}, until {View.Time(Expires)}";
}
