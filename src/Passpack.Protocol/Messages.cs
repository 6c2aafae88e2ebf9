using System.Text.Json.Serialization;
using Passpack.Protocol.Sharing;

namespace Passpack.Protocol;

/// <summary>Where an online vault stands. Of a shared vault, <paramref name="KeyGeneration"/> and <paramref name="PackVersion"/> are 0.</summary>
/// <param name="Revision">The number of accepted pushes.</param>
/// <param name="Generation">Of the newest manifest.</param>
/// <param name="KeyGeneration">Of the key record.</param>
/// <param name="PackVersion">Of the key record.</param>
/// <param name="Manifests">
/// From the one after the generation that the client named up to the newest, oldest first. Only the newest when the client named
/// none, or when there are more than <see cref="Limits.ManifestsPerPage"/>: the client then asks for those between.
/// </param>
/// <param name="Removal">The removal of the account that is pending. Null if none is.</param>
/// <param name="Log">The end of the account's log. Null from a server that keeps none.</param>
/// <param name="Shared">Only of a shared vault: its log. Out of the same transaction as all else.</param>
/// <param name="SharedVaults">
/// Only of the personal vault, and if it was asked for: every shared vault that the account is or was a member of, in the order of their ids.
/// </param>
public sealed record VaultHead(
    long Revision, long Generation, int KeyGeneration, int PackVersion, IReadOnlyList<ManifestLink> Manifests,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PendingRemoval? Removal = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LogHead? Log = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SharedVaultHead? Shared = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SharedVaultPlace>? SharedVaults = null);

/// <summary>A removal of the account that was asked for without its keys.</summary>
/// <param name="Id">Names it, so that it can be cancelled.</param>
/// <param name="Due">When the account is removed, in whole milliseconds.</param>
public sealed record PendingRemoval(Guid Id, DateTimeOffset Due);

/// <summary>One manifest of the chain.</summary>
/// <param name="Generation">From 1, at registration, by one a push.</param>
/// <param name="Sealed">The bytes of a <see cref="SignedManifest"/>. The next manifest names their SHA-256.</param>
public sealed record ManifestLink(long Generation, byte[] Sealed);

/// <summary>Manifests by generation, oldest first.</summary>
public sealed record ManifestPage(IReadOnlyList<ManifestLink> Manifests);

/// <summary>Asks for the newest state of records by id.</summary>
public sealed record RecordsRequest(IReadOnlyList<RecordKey> Records);

/// <summary>Names one record.</summary>
public sealed record RecordKey(byte Stream, Guid Id);

/// <summary>The answer to an accepted push.</summary>
/// <param name="Revision">That it made.</param>
/// <param name="Generation">Of its manifest.</param>
/// <param name="Log">The end of the account's log. Null from a server that keeps none, and if the push is a repeat.</param>
public sealed record PushAnswer(
    long Revision, long Generation, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LogHead? Log = null);

/// <summary>A device asks for, or is given, a token.</summary>
/// <param name="Id">Made by the client.</param>
/// <param name="Name">A name by which the user recognises the machine.</param>
public sealed record DeviceDescription(Guid Id, string Name);

/// <summary>A new account. The User ID must be free.</summary>
/// <param name="UserId">As typed; compared by <see cref="UserIds.Normalize"/>.</param>
/// <param name="LoginSalt">16 random bytes.</param>
/// <param name="LoginKdf">scrypt parameters: <c>log2N.r.p</c>.</param>
/// <param name="Proof">32 bytes derived from the Password.</param>
/// <param name="Keys">Generation 1.</param>
/// <param name="Manifest">Generation 1, over no records.</param>
/// <param name="Device">The machine that registers.</param>
/// <param name="Challenge">As the server gave it for this User ID.</param>
/// <param name="Work">What <see cref="ProofOfWork.Solve"/> found for it.</param>
/// <param name="Invitation">An invitation to a server that is closed otherwise. Null for none.</param>
public sealed record RegisterRequest(
    string UserId, byte[] LoginSalt, string LoginKdf, byte[] Proof, KeyRecord Keys, ManifestLink Manifest, DeviceDescription Device,
    byte[] Challenge, byte[] Work, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Invitation = null);

/// <summary>Asks for the challenge of a registration. The answer does not depend on whether the User ID is free.</summary>
/// <param name="UserId">As typed.</param>
/// <param name="Invitation">As in <see cref="RegisterRequest"/>. Null for none.</param>
public sealed record ChallengeRequest(
    string UserId, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Invitation = null);

/// <summary>An administrator invites somebody to register. A repeat gets the same answer, and makes no second one.</summary>
/// <param name="Hash">SHA-256 of the text of the invitation, which the server never sees before it is used.</param>
/// <param name="Expires">Until when it holds, in whole milliseconds; at most 30 days.</param>
/// <param name="Head">The newest manifest of the administrator's vault.</param>
/// <param name="Signature">Over <see cref="Statements.Invitation"/>.</param>
/// <param name="Quota">How many bytes the account may hold. Null: as the server says.</param>
public sealed record InviteRequest(
    byte[] Hash, DateTimeOffset Expires, ManifestName Head, byte[] Signature,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Quota = null);

/// <summary>The challenge of a registration, for a proof of work.</summary>
/// <param name="Challenge">Opaque; holds for this User ID and a few minutes.</param>
/// <param name="Difficulty">See <see cref="ProofOfWork"/>; at most <see cref="Limits.WorkDifficulty"/>.</param>
public sealed record RegistrationChallenge(byte[] Challenge, int Difficulty);

/// <summary>Asks for the parameters of the proof of a User ID's Password. An unknown User ID, too, always gets the same answer.</summary>
public sealed record LoginParametersRequest(string UserId);

/// <summary>The parameters for deriving the proof of a Password.</summary>
public sealed record LoginParameters(byte[] Salt, string Kdf);

/// <summary>A proof of the Password, for a device token.</summary>
/// <param name="UserId">As typed.</param>
/// <param name="Proof">Of the Password.</param>
/// <param name="Device">The machine that asks.</param>
/// <param name="SecondFactor">A code of the account's second factor, or a recovery code. Null for none.</param>
public sealed record LoginRequest(
    string UserId, byte[] Proof, DeviceDescription Device, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SecondFactor = null);

/// <summary>
/// A device token: a bearer credential (<c>Authorization: Bearer</c>, the token in base64url without padding). It sleeps: it reads <see cref="KeysAnswer"/>
/// and nothing else, until a <see cref="WakeRequest"/> replaces it.
/// </summary>
/// <param name="DeviceToken">32 random bytes; the server keeps only their hash.</param>
/// <param name="Account">The account's keys, and where it stands.</param>
public sealed record LoginAnswer(byte[] DeviceToken, KeysAnswer Account);

/// <summary>The token of the machine that registered an account; it is awake.</summary>
/// <param name="DeviceToken">32 random bytes; the server keeps only their hash.</param>
public sealed record RegisterAnswer(byte[] DeviceToken);

/// <summary>An account's keys, and where it stands, out of one transaction.</summary>
/// <param name="Keys">The key record in force.</param>
/// <param name="Head">The newest manifest of its vault.</param>
/// <param name="Succession">How the key record's epoch came about. Null if its keys were never replaced.</param>
/// <param name="Removal">The removal of the account that is pending. Null if none is.</param>
/// <param name="Administered">Of an administrator's account: how many requests of an administrator it has made. Null of any other.</param>
public sealed record KeysAnswer(
    KeyRecord Keys, ManifestName Head,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Succession? Succession = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PendingRemoval? Removal = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Administered = null);

/// <summary>The statement by which an identity named the one of the next epoch.</summary>
/// <param name="Record">The bytes of the first key record of the new epoch.</param>
/// <param name="Head">The last manifest of the old epoch.</param>
/// <param name="FirstManifest">SHA-256 of the first manifest of the new epoch.</param>
/// <param name="Signature">By the old epoch's identity, over <see cref="Statements.Succession"/>.</param>
public sealed record Succession(byte[] Record, ManifestName Head, byte[] FirstManifest, byte[] Signature);

/// <summary>
/// Wakes the device that asks: its token is replaced by a new one, which may be used for everything until the keys are replaced. A repeat, known by the new
/// token, gets the same answer.
/// </summary>
/// <param name="TokenHash">SHA-256 of the new token, which is 32 random bytes of the client.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.Wake"/>.</param>
public sealed record WakeRequest(byte[] TokenHash, ManifestName Head, byte[] Signature);

/// <summary>
/// Adds a token that stands in a key file: it reads <see cref="KeysAnswer"/> and connects machines, and nothing else. A repeat, known by id and token,
/// gets the same answer.
/// </summary>
/// <param name="KeyFile">Its id, made by the client, and its name in the list of devices.</param>
/// <param name="TokenHash">SHA-256 of its token, which is 32 random bytes of the client.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.KeyFile"/>.</param>
public sealed record AddKeyFileRequest(DeviceDescription KeyFile, byte[] TokenHash, ManifestName Head, byte[] Signature);

/// <summary>
/// Connects a machine by the token of a key file. The machine's token is awake, syncs, and holds until the key file is removed. A repeat, known by id and
/// token, gets the same answer.
/// </summary>
/// <param name="Device">The machine.</param>
/// <param name="TokenHash">SHA-256 of its token, which is 32 random bytes of the client.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.Wake"/>, as if the machine were woken.</param>
public sealed record ConnectByKeyFileRequest(DeviceDescription Device, byte[] TokenHash, ManifestName Head, byte[] Signature);

/// <summary>Replaces the key record; needs a fresh proof beside the device token. A repeat of the record in force gets the same answer.</summary>
/// <param name="Keys">Its generation is the server's plus one.</param>
/// <param name="Proof">Of the Password.</param>
/// <param name="Successor">If the new record is of the next epoch. Null if it is of the same.</param>
/// <param name="SecondFactor">As in <see cref="LoginRequest"/>; the code of this device's login will do for some minutes.</param>
public sealed record ReplaceKeysRequest(
    KeyRecord Keys, byte[] Proof, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SuccessorRequest? Successor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SecondFactor = null);

/// <summary>What comes with the key record of the next epoch.</summary>
/// <param name="Head">The newest manifest, the last of the old epoch.</param>
/// <param name="Signature">By the identity in force, over <see cref="Statements.Succession"/>.</param>
/// <param name="Manifest">The first manifest of the new epoch, over the same records.</param>
/// <param name="Wake">Of the device that asks; its head is <paramref name="Manifest"/>. All other tokens sleep.</param>
public sealed record SuccessorRequest(ManifestName Head, byte[] Signature, ManifestLink Manifest, WakeRequest Wake);

/// <summary>
/// Changes the Password; every other device's token is revoked. Needs the signature of the account's identity and, unless the Password was lost, a fresh
/// proof of the old one. A repeat, known by its salt, gets the same answer.
/// </summary>
/// <param name="LoginSalt">16 new random bytes.</param>
/// <param name="LoginKdf">scrypt parameters: <c>log2N.r.p</c>.</param>
/// <param name="NewProof">32 bytes derived from the new Password with them.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.Password"/>.</param>
/// <param name="Proof">Of the Password as it is, 32 bytes. Null if it was lost.</param>
/// <param name="SecondFactor">Beside a proof, as in <see cref="ReplaceKeysRequest"/>.</param>
public sealed record ChangePasswordRequest(
    byte[] LoginSalt, string LoginKdf, byte[] NewProof, ManifestName Head, byte[] Signature,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Proof = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SecondFactor = null);

/// <summary>Revokes a device.</summary>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.DeviceRemoval"/>.</param>
public sealed record RemoveDeviceRequest(ManifestName Head, byte[] Signature);

/// <summary>Removes the account with everything in it, for good and at once.</summary>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.AccountRemoval"/>.</param>
public sealed record RemoveAccountRequest(ManifestName Head, byte[] Signature);

/// <summary>Removes the account without its keys, later; the answer is the <see cref="PendingRemoval"/>. A second request does not move its date.</summary>
/// <param name="Proof">Of the Password.</param>
/// <param name="SecondFactor">As in <see cref="ReplaceKeysRequest"/>.</param>
public sealed record RemoveWithoutKeysRequest(
    byte[] Proof, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SecondFactor = null);

/// <summary>
/// Sets a second factor up. It is not in force before a <see cref="ConfirmSecondFactorRequest"/>; one that is in force stays so until then. A new set-up takes
/// the place of one that waits.
/// </summary>
/// <param name="Seed">20 random bytes, from which the codes are made.</param>
/// <param name="Recovery">The hashes of ten recovery codes, one after the other (<see cref="SecondFactors.HashOf"/>).</param>
/// <param name="Proof">Of the Password.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.SecondFactor"/>.</param>
/// <param name="SecondFactor">Of the one in force, as in <see cref="ReplaceKeysRequest"/>. Null if none is.</param>
public sealed record SetUpSecondFactorRequest(
    byte[] Seed, byte[] Recovery, byte[] Proof, ManifestName Head, byte[] Signature,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SecondFactor = null);

/// <summary>Puts the second factor in force that was set up within the last ten minutes. A repeat by the same device gets the same answer.</summary>
/// <param name="Code">A code of it.</param>
public sealed record ConfirmSecondFactorRequest(string Code);

/// <summary>Removes the second factor, and a set-up that waits. Without one, it is removed already.</summary>
/// <param name="Proof">Of the Password.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.SecondFactorRemoval"/>.</param>
/// <param name="SecondFactor">As in <see cref="ReplaceKeysRequest"/>.</param>
public sealed record RemoveSecondFactorRequest(
    byte[] Proof, ManifestName Head, byte[] Signature,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SecondFactor = null);

/// <summary>Cancels a removal that is pending.</summary>
/// <param name="Removal">Its id.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.RemovalCancelling"/>.</param>
public sealed record CancelRemovalRequest(Guid Removal, ManifestName Head, byte[] Signature);

/// <summary>Removes the earlier versions whose header names an epoch before one; newest states and manifests never.</summary>
/// <param name="Epoch">At most the one in force.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.Purge"/>.</param>
public sealed record PurgeRequest(int Epoch, ManifestName Head, byte[] Signature);

/// <summary>How many earlier versions a purge removed.</summary>
public sealed record PurgeAnswer(long Removed);

/// <summary>A device of the account, as the server knows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Created">When it was connected.</param>
/// <param name="LastSeen">When it last asked for anything.</param>
/// <param name="Current">Whether it is the one that asks.</param>
/// <param name="Asleep">Whether its token sleeps, because the keys were replaced since.</param>
public sealed record DeviceSummary(Guid Id, string Name, DateTimeOffset Created, DateTimeOffset LastSeen, bool Current, bool Asleep)
{
    /// <summary>Whether it is a key file; it is last seen when a machine that it connected is, and current for each of them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool KeyFile { get; init; }

    /// <summary>How many machines a key file has connected that still have their tokens.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Machines { get; init; }
}

/// <summary>The devices of the account.</summary>
public sealed record DeviceList(IReadOnlyList<DeviceSummary> Devices);

/// <summary>RFC 9457 problem details with this protocol's code.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Title">What is wrong, for a person.</param>
/// <param name="Detail">Where, and what to do.</param>
public sealed record Problem(int Status, string Code, string Title, string? Detail)
{
    /// <summary>
    /// Of a push that was refused because others were first: how many machines are ahead of this one in the queue of the vault. Null: it has no place in it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Ahead { get; init; }
}
