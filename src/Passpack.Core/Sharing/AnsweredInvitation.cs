using System.Text.Json;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Sharing;

/// <summary>
/// An invitation that this account answered, until it is a member: which vault it is to only the log tells, whose statement that adds this account has its id
/// and is signed by the inviter.
/// </summary>
/// <param name="Invitation">Its id.</param>
/// <param name="Inviter">The fingerprint that its text has.</param>
/// <param name="InviterUserId">Whose it is.</param>
/// <param name="Name">Under which name the vault is to go here.</param>
/// <param name="Expires">Until when the invitation holds.</param>
/// <param name="Made">When it was answered.</param>
internal sealed record AnsweredInvitation(
    Guid Invitation, Hash256 Inviter, string InviterUserId, string Name, DateTimeOffset Expires, DateTimeOffset Made) : PersonalRecord
{
    public const string Kind = "answer";

    internal override Guid RecordId => Invitation;

    internal override RecordStream Stream => RecordStream.Invitation;

    internal static AnsweredInvitation Read(Guid id, PersonalMembers members) => new(
        id, Hash256.Read(members.Bytes("inviter", Hash256.Length)), SharingRules.UserId(members, "inviterUserId"),
        members.Text("name", SharingRules.MostNameLength), members.Time("expires"), members.Time("made")) { Unknown = members.Rest };

    private protected override void Write(Utf8JsonWriter json)
    {
        json.WriteString("kind"u8, Kind);
        json.WriteBase64String("inviter"u8, Inviter.ToBytes());
        json.WriteString("inviterUserId"u8, InviterUserId);
        json.WriteString("name"u8, Name);
        Time(json, "expires"u8, Expires);
        Time(json, "made"u8, Made);
    }
}
