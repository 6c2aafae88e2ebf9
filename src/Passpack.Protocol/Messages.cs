using System.Text.Json.Serialization;

namespace Passpack.Protocol;

/// <summary>Where an online vault stands.</summary>
/// <param name="Revision">The number of accepted pushes.</param>
/// <param name="Generation">Of the newest manifest.</param>
/// <param name="KeyGeneration">Of the key record.</param>
/// <param name="PackVersion">Of the key record.</param>
/// <param name="Manifests">
/// From the one after the generation that the client named up to the newest, oldest first. Only the newest when the client named
/// none, or when there are more than <see cref="Limits.ManifestsPerPage"/>: the client then asks for those between.
/// </param>
public sealed record VaultHead(long Revision, long Generation, int KeyGeneration, int PackVersion, IReadOnlyList<ManifestLink> Manifests);

/// <summary>One sealed manifest of the chain.</summary>
/// <param name="Generation">From 1, at registration, by one a push.</param>
/// <param name="Sealed">Opaque to the server. The next manifest names its SHA-256.</param>
public sealed record ManifestLink(long Generation, byte[] Sealed);

/// <summary>Manifests by generation, oldest first.</summary>
public sealed record ManifestPage(IReadOnlyList<ManifestLink> Manifests);

/// <summary>Asks for the newest state of records by id.</summary>
public sealed record RecordsRequest(IReadOnlyList<RecordKey> Records);

/// <summary>Names one record.</summary>
public sealed record RecordKey(byte Stream, Guid Id);

/// <summary>The answer to an accepted push.</summary>
public sealed record PushAnswer(long Revision, long Generation);

/// <summary>A device asks for, or is given, a token.</summary>
/// <param name="Id">Made by the client.</param>
/// <param name="Name">A name by which the user recognises the machine.</param>
public sealed record DeviceDescription(Guid Id, string Name);

/// <summary>The wrapped keys of an account's vault. The server cannot open them.</summary>
/// <param name="Generation">From 1; every replacement adds one.</param>
/// <param name="PackVersion">Of the key envelope.</param>
/// <param name="VaultId">The account's vault.</param>
/// <param name="Epoch">The epoch of the vault's keys, from 1.</param>
/// <param name="KeyEnvelope">The Account Key, sealed under the Packing Key.</param>
/// <param name="Mac">HMAC-SHA-256 over all the fields before it, under a key derived from the Account Key.</param>
public sealed record KeyRecord(int Generation, int PackVersion, Guid VaultId, int Epoch, string KeyEnvelope, byte[] Mac);

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
/// <param name="Invitation">An invitation to a server that is closed otherwise. Null for none. No server issues any yet.</param>
public sealed record RegisterRequest(
    string UserId, byte[] LoginSalt, string LoginKdf, byte[] Proof, KeyRecord Keys, ManifestLink Manifest, DeviceDescription Device,
    byte[] Challenge, byte[] Work, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Invitation = null);

/// <summary>Asks for the challenge of a registration. The answer does not depend on whether the User ID is free.</summary>
public sealed record ChallengeRequest(string UserId);

/// <summary>The challenge of a registration, for a proof of work.</summary>
/// <param name="Challenge">Opaque; holds for this User ID and a few minutes.</param>
/// <param name="Difficulty">See <see cref="ProofOfWork"/>; at most <see cref="Limits.WorkDifficulty"/>.</param>
public sealed record RegistrationChallenge(byte[] Challenge, int Difficulty);

/// <summary>Asks for the parameters of the proof of a User ID's Password. An unknown User ID, too, always gets the same answer.</summary>
public sealed record LoginParametersRequest(string UserId);

/// <summary>The parameters for deriving the proof of a Password.</summary>
public sealed record LoginParameters(byte[] Salt, string Kdf);

/// <summary>A proof of the Password, for a device token.</summary>
public sealed record LoginRequest(string UserId, byte[] Proof, DeviceDescription Device);

/// <summary>
/// A device token: a bearer credential (<c>Authorization: Bearer</c>, the token in base64url without padding) for everything but
/// replacing keys and removing the account.
/// </summary>
/// <param name="DeviceToken">32 random bytes; the server keeps only their hash.</param>
/// <param name="Keys">The account's key record.</param>
public sealed record LoginAnswer(byte[] DeviceToken, KeyRecord Keys);

/// <summary>Replaces the key record; needs a fresh proof beside the device token.</summary>
/// <param name="Keys">Its generation is the server's plus one.</param>
/// <param name="Proof">Of the Password.</param>
public sealed record ReplaceKeysRequest(KeyRecord Keys, byte[] Proof);

/// <summary>
/// Changes the Password. Needs a fresh proof of the old one beside the device token; every other device's token is revoked. A repeat, known by its
/// salt, gets the same answer.
/// </summary>
/// <param name="Proof">Of the Password as it is, 32 bytes.</param>
/// <param name="LoginSalt">16 new random bytes.</param>
/// <param name="LoginKdf">scrypt parameters: <c>log2N.r.p</c>.</param>
/// <param name="NewProof">32 bytes derived from the new Password with them.</param>
public sealed record ChangePasswordRequest(byte[] Proof, byte[] LoginSalt, string LoginKdf, byte[] NewProof);

/// <summary>Removes the account with everything in it, for good; needs a fresh proof beside the device token.</summary>
/// <param name="Proof">Of the Password.</param>
public sealed record RemoveAccountRequest(byte[] Proof);

/// <summary>A device of the account, as the server knows it.</summary>
public sealed record DeviceSummary(Guid Id, string Name, DateTimeOffset Created, DateTimeOffset LastSeen, bool Current);

/// <summary>The devices of the account.</summary>
public sealed record DeviceList(IReadOnlyList<DeviceSummary> Devices);

/// <summary>RFC 9457 problem details with this protocol's code.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Title">What is wrong, for a person.</param>
/// <param name="Detail">Where, and what to do.</param>
public sealed record Problem(int Status, string Code, string Title, string? Detail);
