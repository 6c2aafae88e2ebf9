using System.Text.Json;
using System.Text.Json.Serialization;

namespace Passpack.Protocol;

/// <summary>
/// How messages are written: UTF-8 JSON, camel case, bytes in Base64. Members that a reader does not know are passed over, so that
/// an older side understands a newer one. What is missing reads as null, so a reader checks what it needs.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ChangePage))]
[JsonSerializable(typeof(ManifestPage))]
[JsonSerializable(typeof(RecordsRequest))]
[JsonSerializable(typeof(RecordsAnswer))]
[JsonSerializable(typeof(VersionPage))]
[JsonSerializable(typeof(PushRequest))]
[JsonSerializable(typeof(PushAnswer))]
[JsonSerializable(typeof(KeyRecord))]
[JsonSerializable(typeof(ChallengeRequest))]
[JsonSerializable(typeof(RegistrationChallenge))]
[JsonSerializable(typeof(RegisterRequest))]
[JsonSerializable(typeof(LoginParametersRequest))]
[JsonSerializable(typeof(LoginParameters))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(LoginAnswer))]
[JsonSerializable(typeof(ReplaceKeysRequest))]
[JsonSerializable(typeof(ChangePasswordRequest))]
[JsonSerializable(typeof(RemoveAccountRequest))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ProtocolJson : JsonSerializerContext;
