using System.Text.Json;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Sharing;

/// <summary>Another account whose identity this account has verified. There is no trust on first use.</summary>
/// <param name="Id">The record's, random: that two records of one User ID are never made is seen to when it is written.</param>
/// <param name="Identity">What was verified.</param>
/// <param name="How">By what.</param>
/// <param name="Verified">When.</param>
public sealed record Contact(Guid Id, AccountIdentity Identity, ContactProof How, DateTimeOffset Verified) : PersonalRecord
{
    /// <summary>The User ID as it was registered.</summary>
    public string UserId => Identity.UserId;

    /// <summary>The fingerprint of the identity.</summary>
    public Hash256 Fingerprint => Hash256.Read(Identity.Fingerprint);

    internal override Guid RecordId => Id;

    internal override RecordStream Stream => RecordStream.Contact;

    /// <summary>Whether it is of a User ID.</summary>
    internal bool IsOf(string userId) => SharingRules.IsSameUser(UserId, userId);

    internal static Contact? Read(Guid id, PersonalMembers members)
    {
        ContactProof? proof = members.Text("proof", 32) switch
        {
            "comparison" => ContactProof.Comparison,
            "invitation" => ContactProof.Invitation,
            _ => null,
        };
        AccountIdentity identity = SharingRules.Identity(members.Bytes("identity"));
        DateTimeOffset verified = members.Time("verified");
        return proof is { } known ? new Contact(id, identity, known, verified) { Unknown = members.Rest } : null;
    }

    private protected override void Write(Utf8JsonWriter json)
    {
        json.WriteString("proof"u8, How == ContactProof.Comparison ? "comparison"u8 : "invitation"u8);
        json.WriteBase64String("identity"u8, Identity.Bytes);
        Time(json, "verified"u8, Verified);
    }
}
