using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Api;
using Passpack.Server.Storage;

namespace Passpack.Server.Sharing;

/// <summary>Every error about shared vaults that this server answers with.</summary>
internal static class SharingProblems
{
    public static IResult NoMember() => Of(403, ErrorCodes.NotPermitted, "The account is no member of the vault any more.", "Its log says since when.");

    public static IResult NotPermitted(string detail) => Of(403, ErrorCodes.NotPermitted, "The account's role in the vault does not allow that.", detail);

    public static IResult Closed() => Of(409, ErrorCodes.VaultClosed, "The vault is closed.", "An Owner can reopen it.");

    public static IResult LogMoved() => Of(
        409, ErrorCodes.StatementConflict, "The vault has gone on since.", "The statement does not name the last statement and the newest manifest. Pull first.");

    public static IResult TooMany(string detail) => Of(507, ErrorCodes.QuotaExceeded, "There are as many as there may be.", detail);

    /// <summary>Why a statement is refused.</summary>
    public static IResult OfStatement(StatementFault fault) => fault switch
    {
        StatementFault.NotNext or StatementFault.ManifestInvalid => LogMoved(),
        StatementFault.NotMember => NoMember(),
        StatementFault.NotPermitted => NotPermitted("Owners decide about members, roles and keys. Everybody may leave."),
        StatementFault.SignatureInvalid => Problems.NotSigned("statement"),
        StatementFault.MemberNotFound => Of(409, ErrorCodes.MemberNotFound, "The statement is about somebody who is no member.", null),
        StatementFault.InvitationUsed => Of(409, ErrorCodes.InvitationInvalid, "The invitation was answered before.", "Each is taken once in the life of a vault."),
        StatementFault.LastOwner => Of(409, ErrorCodes.LastOwner, "The vault would be without an Owner.", "Make somebody else an Owner first."),
        StatementFault.Closed => Closed(),
        StatementFault.AlreadyMember => Problems.Invalid("statement adds somebody who is a member already."),
        StatementFault.NothingChanges => Problems.Invalid("statement changes nothing."),
        StatementFault.EpochMissing => Problems.Invalid("statement removes another without an epoch, or the author with one."),
        StatementFault.EpochInvalid => Problems.Invalid("statement starts an epoch that does not follow the last, or chains one that is none before it."),
        StatementFault.NotRolledBack => Problems.Invalid("statement says of a log that is not ahead of this one that it was lost."),
        _ => Problems.Invalid($"a vault has at most {LogState.MostMembers} members, and a log {VaultLog.MostStatements} statements."),
    };

    /// <summary>What became of a change that the store refused.</summary>
    public static IResult OfOutcome(SharingOutcome outcome) => outcome switch
    {
        SharingOutcome.Done or SharingOutcome.Repeated => Results.NoContent(),
        SharingOutcome.Moved => LogMoved(),
        SharingOutcome.Taken => Problems.Invalid("There is something else with this id."),
        SharingOutcome.QuotaExceeded => Problems.QuotaExceeded("A shared vault counts on the account that created it."),
        SharingOutcome.Full => Problems.DiskFull(),
        SharingOutcome.TooMany => TooMany(
            $"An account creates at most {Limits.SharedVaultsFounded} shared vaults, and is or was a member of {Limits.SharedVaultsJoined}."),
        _ => NoMember(),
    };

    public static IResult Of(int status, string code, string title, string? detail) => new ProblemResult(new Problem(status, code, title, detail));
}
