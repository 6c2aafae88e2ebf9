using Passpack.Protocol.Sharing;

namespace Passpack.Sync.Sharing;

/// <summary>An invitation to a shared vault that this account gave, without its text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="UserId">Who is invited.</param>
/// <param name="Vault">This account's own name of the vault; its id where it is not listed any more.</param>
/// <param name="Role">As what.</param>
/// <param name="Expires">Until when it may be answered.</param>
/// <param name="IsAnswered">Whether it was answered: the next sync judges the answer.</param>
public sealed record GivenInvitation(Guid Id, string UserId, string Vault, VaultRole Role, DateTimeOffset Expires, bool IsAnswered);
