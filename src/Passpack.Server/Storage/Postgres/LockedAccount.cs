using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>An account whose row is held until the commit, and the vault of its keys with it.</summary>
/// <param name="IsThere">Whether it is there, and not removed.</param>
/// <param name="Head">Its newest manifest. Null if it is not there.</param>
/// <param name="Log">The end of its log, and what is due to be appended.</param>
internal sealed record LockedAccount(bool IsThere, ManifestName? Head, OpenLog Log)
{
    /// <summary>
    /// Whether a manifest is the newest. Every epoch begins with a manifest of its own, so who signed for this one signed under the identity in force.
    /// </summary>
    public bool IsHead(ManifestName head) => IsThere && Head is not null && head.IsSame(Head);
}
