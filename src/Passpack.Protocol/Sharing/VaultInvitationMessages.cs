using System.Text.Json.Serialization;

namespace Passpack.Protocol.Sharing;

/// <summary>Invites somebody to a shared vault. Which one, and as what, the server does not learn. The same request again gets the same answer.</summary>
/// <param name="Id">Of the invitation, out of its secret.</param>
/// <param name="UserId">Who is invited; compared by <see cref="UserIds.Normalize"/>.</param>
/// <param name="Expires">Until when it may be answered, in whole milliseconds; at most 30 days.</param>
/// <param name="Registration">
/// SHA-256 of the text, in Base64url, that lets this User ID register where registration is closed. Null: it does not.
/// </param>
public sealed record NewVaultInvitationRequest(
    Guid Id, string UserId, DateTimeOffset Expires, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Registration = null);

/// <summary>An invitation that the account made.</summary>
/// <param name="Id">Its id.</param>
/// <param name="UserId">Who is invited, as the inviter wrote it.</param>
/// <param name="Expires">Until when it may be answered.</param>
/// <param name="Answer">The bytes of an <see cref="InvitationAnswer"/>. Null while there is none.</param>
public sealed record StoredVaultInvitation(
    Guid Id, string UserId, DateTimeOffset Expires, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Answer = null);

/// <summary>The invitations that the account made and that were not taken back, expired ones for a while.</summary>
public sealed record VaultInvitationPage(IReadOnlyList<StoredVaultInvitation> Invitations);

/// <summary>The identity of an account that is in force.</summary>
/// <param name="Identity">The bytes of an <see cref="AccountIdentity"/>: whoever reads them compares the fingerprint.</param>
public sealed record InviterAnswer(byte[] Identity);

/// <summary>Answers an invitation, once. The same bytes again get the same answer.</summary>
/// <param name="Answer">The bytes of an <see cref="InvitationAnswer"/>.</param>
public sealed record AnswerInvitationRequest(byte[] Answer);
