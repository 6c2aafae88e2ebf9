using System.Text.Json;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Sharing;

/// <summary>
/// An invitation that this account gave: what was promised, and the text, by whose secret the answer is judged. It ends when somebody is added, and when an
/// answer turns out to add nobody.
/// </summary>
/// <param name="Invitation">Its id.</param>
/// <param name="Text">It: whoever reads it can answer.</param>
/// <param name="VaultId">To which shared vault.</param>
/// <param name="UserId">Who was invited.</param>
/// <param name="Role">As what.</param>
/// <param name="Statement">The number of the log's last statement then: a removal of the User ID after it takes the promise back.</param>
/// <param name="Made">When.</param>
internal sealed record Promise(Guid Invitation, string Text, Guid VaultId, string UserId, VaultRole Role, long Statement, DateTimeOffset Made) : PersonalRecord
{
    public const string Kind = "promise";

    internal override Guid RecordId => Invitation;

    internal override RecordStream Stream => RecordStream.Invitation;

    /// <summary>The invitation; the caller disposes it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.InvitationInvalid"/>.</exception>
    public VaultInvitation Open() => VaultInvitation.Parse(Text);

    internal static Promise Read(Guid id, PersonalMembers members) => new(
        id, members.Text("text", VaultInvitation.MostCharacters), new Guid(members.Bytes("vault", 16), bigEndian: true), SharingRules.UserId(members, "userId"),
        (VaultRole)members.Number("role", (int)VaultRole.Reader, (int)VaultRole.Owner), members.Number("statement", 0, VaultLog.MostStatements),
        members.Time("made")) { Unknown = members.Rest };

    private protected override void Write(Utf8JsonWriter json)
    {
        json.WriteString("kind"u8, Kind);
        json.WriteString("text"u8, Text);
        json.WriteBase64String("vault"u8, VaultId.ToByteArray(bigEndian: true));
        json.WriteString("userId"u8, UserId);
        json.WriteNumber("role"u8, (int)Role);
        json.WriteNumber("statement"u8, Statement);
        Time(json, "made"u8, Made);
    }
}
