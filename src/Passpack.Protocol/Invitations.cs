using System.Security.Cryptography;
using System.Text;

namespace Passpack.Protocol;

/// <summary>Invitations to register at a server that is closed otherwise: 256 random bits as text, of which the server keeps the hash.</summary>
public static class Invitations
{
    /// <summary>How long one may hold.</summary>
    public static readonly TimeSpan MostLife = TimeSpan.FromDays(30);

    /// <summary>A new invitation.</summary>
    public static string Create() =>
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>What the server knows an invitation by.</summary>
    public static byte[] HashOf(string invitation)
    {
        ArgumentNullException.ThrowIfNull(invitation);
        return SHA256.HashData(Encoding.UTF8.GetBytes(invitation.Trim()));
    }
}
