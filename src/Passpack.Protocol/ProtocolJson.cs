using System.Text.Json;
using System.Text.Json.Serialization;

namespace Passpack.Protocol;

/// <summary>
/// The form of messages, and of the metadata of those that carry records (<see cref="RecordMessage"/>): UTF-8 JSON, camel case, bytes in Base64.
/// Unknown members are ignored, so that an older side understands a newer one. Missing members read as null, so a reader checks the ones that it needs.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ChangePageMetadata))]
[JsonSerializable(typeof(ManifestPage))]
[JsonSerializable(typeof(RecordsRequest))]
[JsonSerializable(typeof(RecordsAnswerMetadata))]
[JsonSerializable(typeof(VersionPageMetadata))]
[JsonSerializable(typeof(PushMetadata))]
[JsonSerializable(typeof(PushAnswer))]
[JsonSerializable(typeof(KeysAnswer))]
[JsonSerializable(typeof(ChallengeRequest))]
[JsonSerializable(typeof(RegistrationChallenge))]
[JsonSerializable(typeof(InviteRequest))]
[JsonSerializable(typeof(RegisterRequest))]
[JsonSerializable(typeof(LoginParametersRequest))]
[JsonSerializable(typeof(LoginParameters))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(LoginAnswer))]
[JsonSerializable(typeof(RegisterAnswer))]
[JsonSerializable(typeof(WakeRequest))]
[JsonSerializable(typeof(AddKeyFileRequest))]
[JsonSerializable(typeof(ConnectByKeyFileRequest))]
[JsonSerializable(typeof(ReplaceKeysRequest))]
[JsonSerializable(typeof(ChangePasswordRequest))]
[JsonSerializable(typeof(RemoveDeviceRequest))]
[JsonSerializable(typeof(RemoveAccountRequest))]
[JsonSerializable(typeof(RemoveWithoutKeysRequest))]
[JsonSerializable(typeof(PendingRemoval))]
[JsonSerializable(typeof(SetUpSecondFactorRequest))]
[JsonSerializable(typeof(ConfirmSecondFactorRequest))]
[JsonSerializable(typeof(RemoveSecondFactorRequest))]
[JsonSerializable(typeof(CancelRemovalRequest))]
[JsonSerializable(typeof(PurgeRequest))]
[JsonSerializable(typeof(PurgeAnswer))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(ReadStatusRequest))]
[JsonSerializable(typeof(ServerStatus))]
[JsonSerializable(typeof(ListAccountsRequest))]
[JsonSerializable(typeof(ServerAccountPage))]
[JsonSerializable(typeof(ReadServerEventsRequest))]
[JsonSerializable(typeof(ListInvitationsRequest))]
[JsonSerializable(typeof(InvitationPage))]
[JsonSerializable(typeof(RemoveInvitationRequest))]
[JsonSerializable(typeof(ChangeAccountRequest))]
[JsonSerializable(typeof(ResetAccountRequest))]
[JsonSerializable(typeof(ResetAnswer))]
[JsonSerializable(typeof(RemoveServerAccountRequest))]
[JsonSerializable(typeof(BeginResetRequest))]
[JsonSerializable(typeof(ResetBase))]
[JsonSerializable(typeof(ResetPasswordRequest))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ProtocolJson : JsonSerializerContext;
