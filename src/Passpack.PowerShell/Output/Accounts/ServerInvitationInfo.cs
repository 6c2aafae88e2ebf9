using Passpack.Protocol;

namespace Passpack.PowerShell;

/// <summary>An invitation to a server, without its text, which the server does not have.</summary>
public sealed class ServerInvitationInfo
{
    private const int IdCharacters = 64;

    internal ServerInvitationInfo(InvitationSummary invitation, string administrator)
    {
        Id = IdOf(invitation.Hash);
        Expires = invitation.Expires;
        Used = invitation.Used;
        Administrator = invitation.Administrator;
        By = invitation.By;
        QuotaBytes = invitation.Quota;
        Account = administrator;
    }

    /// <summary>The SHA-256 of its text, in hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>Until when it holds.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>When somebody registered with it. Null if nobody did.</summary>
    public DateTimeOffset? Used { get; }

    /// <summary>Whether the account that registers with it is an administrator's.</summary>
    public bool Administrator { get; }

    /// <summary>The User ID of the administrator who made it. Null: the server itself, or an account that was removed.</summary>
    public string? By { get; }

    /// <summary>How many bytes the account may hold. Null: as the server says.</summary>
    public long? QuotaBytes { get; }

    /// <summary>The User ID of the administrator's account by which it was seen.</summary>
    public string Account { get; }

    /// <summary>Its id.</summary>
    public override string ToString() => Id;

    internal static string IdOf(byte[] hash) => Convert.ToHexString(hash).ToLowerInvariant();

    /// <summary>What an id or a text stands for.</summary>
    internal static byte[] HashOf(string given) =>
        given.Trim() is { Length: IdCharacters } id && id.All(char.IsAsciiHexDigit) ? Convert.FromHexString(id) : Invitations.HashOf(given);
}
