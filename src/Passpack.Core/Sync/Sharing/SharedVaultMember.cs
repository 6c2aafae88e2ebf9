using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Sync.Sharing;

/// <summary>A member of a shared vault, as its log says.</summary>
/// <param name="UserId">The User ID of its identity.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Since">When it was added last, by the clock of who added it.</param>
/// <param name="AddedBy">The User ID of who added it. Null of the founder.</param>
/// <param name="Identity">Who it is: with new keys somebody is another member.</param>
/// <param name="Contact">How that stands to the contact of its User ID.</param>
public sealed record SharedVaultMember(string UserId, VaultRole Role, DateTimeOffset Since, string? AddedBy, AccountIdentity Identity, ContactStanding Contact);
