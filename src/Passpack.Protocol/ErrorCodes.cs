namespace Passpack.Protocol;

/// <summary>
/// The stable ids of every error that a user or a client of the online account can meet. An id never changes its meaning:
/// scripts act on it. The server sends one of them as <c>code</c> of its problem details (RFC 9457).
/// </summary>
public static class ErrorCodes
{
#pragma warning disable CS1591 // The names say what they mean; docs/en-US/about_Passpack_Errors.md says what to do.
    // Keys and accounts
    public const string PackingKeyMismatch = "PackingKeyMismatch";
    public const string PackingKeyChangedOnline = "PackingKeyChangedOnline";
    public const string KeysReplacedOnline = "KeysReplacedOnline";
    public const string PasswordRejected = "PasswordRejected";
    public const string AccountExists = "AccountExists";
    public const string AccountNotFound = "AccountNotFound";
    public const string AccountAmbiguous = "AccountAmbiguous";
    public const string AccountLockedOut = "AccountLockedOut";
    public const string DeviceRevoked = "DeviceRevoked";
    public const string NotConnected = "NotConnected";
    public const string KeyTooWeak = "KeyTooWeak";
    public const string TextDamaged = "TextDamaged";
    public const string PackMisaligned = "PackMisaligned";
    public const string PackTooNew = "PackTooNew";
    public const string UnattendedRefused = "UnattendedRefused";
    public const string KeyFileDamaged = "KeyFileDamaged";
    public const string KeyFileTooNew = "KeyFileTooNew";
    public const string NotForKeyFile = "NotForKeyFile";
    public const string ChangesNotSynced = "ChangesNotSynced";
    public const string SecondFactorRequired = "SecondFactorRequired";
    public const string SecondFactorRejected = "SecondFactorRejected";
    public const string InvitationInvalid = "InvitationInvalid";
    public const string NotPermitted = "NotPermitted";
    public const string AccountDisabled = "AccountDisabled";
    public const string ServerAccountNotFound = "ServerAccountNotFound";
    public const string ResetCodeInvalid = "ResetCodeInvalid";
    public const string AccountRemovalPending = "AccountRemovalPending";

    // Server
    public const string ServerUnreachable = "ServerUnreachable";
    public const string ServerRefused = "ServerRefused";
    public const string ServerRolledBack = "ServerRolledBack";
    public const string ServerTampered = "ServerTampered";
    public const string InsecureTransport = "InsecureTransport";
    public const string CertificateMismatch = "CertificateMismatch";
    public const string RateLimited = "RateLimited";
    public const string QuotaExceeded = "QuotaExceeded";

    // Sync
    public const string SyncInProgress = "SyncInProgress";
    public const string SyncConflict = "SyncConflict";
    public const string SyncContention = "SyncContention";

    // Vault
    public const string VaultLocked = "VaultLocked";
    public const string VaultDamaged = "VaultDamaged";
    public const string VaultInUse = "VaultInUse";
    public const string ReadOnly = "ReadOnly";
    public const string DiskFull = "DiskFull";
    public const string RecordDamaged = "RecordDamaged";
    public const string BackupDamaged = "BackupDamaged";
    public const string RecordTooLarge = "RecordTooLarge";
    public const string EntryNotFound = "EntryNotFound";
    public const string AttachmentExists = "AttachmentExists";
    public const string AttachmentNotFound = "AttachmentNotFound";
    public const string AttachmentMissing = "AttachmentMissing";

    // Rotations
    public const string RotationPending = "RotationPending";
    public const string RotationConflict = "RotationConflict";
    public const string RotationFailed = "RotationFailed";

    // Transfer
    public const string ImportRowInvalid = "ImportRowInvalid";
    public const string FormatNotRecognized = "FormatNotRecognized";
    public const string FormatAmbiguous = "FormatAmbiguous";
    public const string SourceKeyRequired = "SourceKeyRequired";
    public const string SourceKeyMismatch = "SourceKeyMismatch";
    public const string SourceDamaged = "SourceDamaged";
    public const string SourceTooCostly = "SourceTooCostly";
    public const string SourceNotSupported = "SourceNotSupported";
    public const string ExportNotWhole = "ExportNotWhole";
    public const string FileExists = "FileExists";

    // References
    public const string ReferenceInvalid = "ReferenceInvalid";
    public const string ReferenceNotFound = "ReferenceNotFound";
    public const string ReferenceAmbiguous = "ReferenceAmbiguous";
    public const string FieldMissing = "FieldMissing";
    public const string VaultNotFound = "VaultNotFound";

    // Shared vaults
    public const string VaultClosed = "VaultClosed";
    public const string LastOwner = "LastOwner";
    public const string VaultKeyMissing = "VaultKeyMissing";
    public const string ContactNotVerified = "ContactNotVerified";
    public const string ContactKeysChanged = "ContactKeysChanged";
    public const string MemberNotFound = "MemberNotFound";
    public const string VaultAmbiguous = "VaultAmbiguous";
    public const string EntryAmbiguous = "EntryAmbiguous";

    // Programs that get secrets
    public const string ProgramNotStarted = "ProgramNotStarted";
    public const string ValueTooLong = "ValueTooLong";
    public const string TemplateInvalid = "TemplateInvalid";

    // Health
    public const string HealthFindings = "HealthFindings";
    public const string BreachListDamaged = "BreachListDamaged";

    // Scheduled tasks
    public const string SchedulerFailed = "SchedulerFailed";
    public const string SyncTaskNotFound = "SyncTaskNotFound";

    // Between client and server only: a client answers these by itself, a user never meets them.
    public const string RevisionConflict = "RevisionConflict";
    public const string StatementConflict = "StatementConflict";
    public const string PushIdReused = "PushIdReused";
    public const string RequestInvalid = "RequestInvalid";
    public const string NotFound = "NotFound";
    public const string SignatureInvalid = "SignatureInvalid";
    public const string KeyGenerationConflict = "KeyGenerationConflict";
#pragma warning restore CS1591
}
