using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;

namespace Passpack.Sync.Sharing;

/// <summary>By which statement of a verified log this account is a member now.</summary>
/// <param name="Log">The log.</param>
/// <param name="Voucher">The fingerprint of who signed it: that vouches for all before it. Of the founder its own.</param>
/// <param name="VoucherUserId">Whose that is.</param>
/// <param name="Invitation">The id of the invitation that it names.</param>
internal sealed record Joining(VaultLog Log, Hash256 Voucher, string VoucherUserId, Guid? Invitation)
{
    /// <summary>Null if the account is no member.</summary>
    public static Joining? Find(VaultLog log, IReadOnlyList<SignedStatement> statements, AccountIdentity identity)
    {
        var own = Hash256.Read(identity.Fingerprint);
        if (log.State.RoleOf(own) is null)
            return null;
        Statement added = statements.Select(statement => statement.Content).Last(statement => statement.Act switch
        {
            StatementAct.Create create => Hash256.Read(create.Founder.Fingerprint) == own,
            StatementAct.Add add => Hash256.Read(add.Identity.Fingerprint) == own,
            _ => false,
        });
        // Of whoever adds somebody, the state before knows who it is; the founder is its own.
        string voucher = added.Number == 0 ? identity.UserId : log.StateAt(added.Number - 1).Members[added.Author].Identity.UserId;
        return new Joining(log, added.Author, voucher, (added.Act as StatementAct.Add)?.Invitation);
    }

    /// <summary>The account's record of the vault, without a key: the sync that brings the vault unwraps it.</summary>
    public SharedVaultRecord ToRecord(string name, DateTimeOffset now) =>
        new(Log.VaultId, name, SharedVaultStanding.Joined, Voucher, Log.State.Head, Log.State.Epoch, null, now);
}
