using Passpack.Protocol.Sharing;

namespace Passpack.Protocol;

/// <summary>Paths of the API, relative to the server's address.</summary>
public static class Routes
{
    /// <summary>GET: 200 while the server is alive.</summary>
    public const string Health = "/healthz";

    /// <summary>GET: 200 while the server can reach its store and takes requests; 503 while it cannot, or is about to stop.</summary>
    public const string Ready = "/readyz";

    /// <summary>GET: the OpenAPI document.</summary>
    public const string OpenApi = "/openapi/v1.json";

    /// <summary>
    /// POST <see cref="ChallengeRequest"/>: the challenge for a registration's proof of work; answers with <see cref="RegistrationChallenge"/>.
    /// </summary>
    public const string RegistrationChallenge = "/v1/accounts/challenge";

    /// <summary>POST <see cref="RegisterRequest"/>: a new account; answers 201 with <see cref="LoginAnswer"/>.</summary>
    public const string Accounts = "/v1/accounts";

    /// <summary>POST <see cref="LoginParametersRequest"/>: the parameters for deriving the proof of a Password.</summary>
    public const string LoginParameters = "/v1/login/parameters";

    /// <summary>POST <see cref="LoginRequest"/>: a device token for a proof.</summary>
    public const string Login = "/v1/login";

    /// <summary>POST <see cref="BeginResetRequest"/>: what a reset of the Password is signed over.</summary>
    public const string PasswordResetBase = "/v1/login/reset/base";

    /// <summary>POST <see cref="ResetPasswordRequest"/>: another Password, by a code of an administrator and the account's keys.</summary>
    public const string PasswordReset = "/v1/login/reset";

    /// <summary>
    /// GET: <see cref="KeysAnswer"/> of the account that the device token belongs to, which may sleep. PUT <see cref="ReplaceKeysRequest"/>.
    /// </summary>
    public const string KeyRecord = "/v1/account/keys";

    /// <summary>PUT <see cref="ChangePasswordRequest"/>: another Password, which revokes the tokens of all other devices.</summary>
    public const string Password = "/v1/account/password";

    /// <summary>
    /// POST <see cref="RemoveAccountRequest"/>: removes the account. Not a DELETE, because that needs a body here, which proxies may drop.
    /// </summary>
    public const string AccountRemoval = "/v1/account/removal";

    /// <summary>POST <see cref="RemoveWithoutKeysRequest"/>: removes the account later; answers with <see cref="PendingRemoval"/>.</summary>
    public const string RemovalWithoutKeys = "/v1/account/removal/without-keys";

    /// <summary>POST <see cref="CancelRemovalRequest"/>: cancels a removal that is pending.</summary>
    public const string RemovalCancelling = "/v1/account/removal/cancelling";

    /// <summary>POST <see cref="SetUpSecondFactorRequest"/>: a second factor, which is not in force yet.</summary>
    public const string SecondFactor = "/v1/account/second-factor";

    /// <summary>POST <see cref="ConfirmSecondFactorRequest"/>: puts it in force.</summary>
    public const string SecondFactorConfirmation = "/v1/account/second-factor/confirmation";

    /// <summary>POST <see cref="RemoveSecondFactorRequest"/>: removes it.</summary>
    public const string SecondFactorRemoval = "/v1/account/second-factor/removal";

    /// <summary>GET: the devices of the account. POST <see cref="RemoveDeviceRequest"/> to <see cref="OfDevice"/>: revokes one.</summary>
    public const string Devices = "/v1/account/devices";

    /// <summary>POST <see cref="WakeRequest"/>: a new token, which is awake, for the one that asks, which may sleep.</summary>
    public const string Wake = "/v1/account/devices/wake";

    /// <summary>POST <see cref="AddKeyFileRequest"/>: a token for a key file, which connects machines and does nothing else.</summary>
    public const string KeyFiles = "/v1/account/key-files";

    /// <summary>POST <see cref="ConnectByKeyFileRequest"/>: a machine, with a token that is awake, by the token of a key file.</summary>
    public const string KeyFileConnections = "/v1/account/key-files/connections";

    /// <summary>GET ?after=: <see cref="EventPage"/> of the account's log, after the event with a number.</summary>
    public const string Events = "/v1/events";

    /// <summary>POST <see cref="InviteRequest"/>: an invitation to register, by an administrator.</summary>
    public const string Invitations = "/v1/server/invitations";

    /// <summary>POST <see cref="ListInvitationsRequest"/>: a page of them.</summary>
    public const string InvitationList = "/v1/server/invitations/list";

    /// <summary>POST <see cref="RemoveInvitationRequest"/>: takes one back.</summary>
    public const string InvitationRemoval = "/v1/server/invitations/removal";

    /// <summary>POST <see cref="ReadStatusRequest"/>: how the server is.</summary>
    public const string ServerStatus = "/v1/server/status";

    /// <summary>POST <see cref="ReadServerEventsRequest"/>: <see cref="EventPage"/> of the server's own log.</summary>
    public const string ServerEvents = "/v1/server/events";

    /// <summary>POST <see cref="ListAccountsRequest"/>: a page of accounts.</summary>
    public const string ServerAccounts = "/v1/server/accounts/list";

    /// <summary>POST <see cref="ChangeAccountRequest"/>: disables, enables, bounds one.</summary>
    public const string ServerAccountChange = "/v1/server/accounts/change";

    /// <summary>POST <see cref="ResetAccountRequest"/>: helps its owner back in.</summary>
    public const string ServerAccountReset = "/v1/server/accounts/reset";

    /// <summary>POST <see cref="RemoveServerAccountRequest"/>: removes one.</summary>
    public const string ServerAccountRemoval = "/v1/server/accounts/removal";

    /// <summary>Below this, one vault: append its id and one of the parts below.</summary>
    public const string Vaults = "/v1/vaults";

    /// <summary>POST <see cref="CreateSharedVaultRequest"/>: a shared vault.</summary>
    public const string SharedVaults = "/v1/shared-vaults";

    /// <summary>
    /// POST <see cref="NewVaultInvitationRequest"/>: somebody is invited to a shared vault; GET: <see cref="VaultInvitationPage"/> of the account's own. DELETE of
    /// <see cref="OfVaultInvitation"/> takes one back.
    /// </summary>
    public const string VaultInvitations = "/v1/vault-invitations";

    /// <summary>GET: <see cref="InviterAnswer"/>, for who was invited.</summary>
    public const string Inviter = "inviter";

    /// <summary>PUT <see cref="AnswerInvitationRequest"/>: who was invited answers.</summary>
    public const string Answer = "answer";

    /// <summary>GET ?userId=&amp;fingerprint=: <see cref="InviterAnswer"/>, for who knows the fingerprint already.</summary>
    public const string Identities = "/v1/identities";

    /// <summary>
    /// GET ?after=&amp;page=&amp;generation=: <see cref="ChangePage"/>. With &amp;statements= of a shared vault also what is after that statement of its log
    /// (<see cref="VaultHead.Shared"/>); with &amp;shared=true of the personal vault also where the shared ones stand (<see cref="VaultHead.SharedVaults"/>).
    /// </summary>
    public const string Changes = "changes";

    /// <summary>GET ?after=&amp;before=: <see cref="ManifestPage"/> of the generations between, both excluded; the first page of them.</summary>
    public const string Manifests = "manifests";

    /// <summary>POST <see cref="RecordsRequest"/>: records by id.</summary>
    public const string Records = "records";

    /// <summary>GET ?stream=&amp;record=&amp;before=: <see cref="VersionPage"/> of one record, below a version if one is named.</summary>
    public const string Versions = "versions";

    /// <summary>POST <see cref="PushRequest"/>: changes, with the manifest that follows from them.</summary>
    public const string Pushes = "pushes";

    /// <summary>POST <see cref="PurgeRequest"/>: forgets earlier versions under old epochs; answers with <see cref="PurgeAnswer"/>.</summary>
    public const string Purge = "purge";

    /// <summary>GET ?after=: <see cref="StatementPage"/> of a shared vault's log. POST <see cref="AppendStatementRequest"/>: the next statement.</summary>
    public const string LogStatements = "statements";

    /// <summary>PUT <see cref="RewrapRequest"/>: the key of a shared vault's epoch, wrapped for members again.</summary>
    public const string WrappedKeys = "keys";

    /// <summary>The path by which a device is revoked.</summary>
    public static string OfDevice(Guid device) => $"{Devices}/{device:N}/removal";

    /// <summary>The path of one part of a vault.</summary>
    public static string OfVault(Guid vaultId, string part) => $"{Vaults}/{vaultId:N}/{part}";

    /// <summary>The path of an invitation to a shared vault, or of one part of it.</summary>
    public static string OfVaultInvitation(Guid invitation, string? part = null) => $"{VaultInvitations}/{invitation:N}{(part is null ? "" : $"/{part}")}";
}
