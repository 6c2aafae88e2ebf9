using System.Management.Automation;
using Passpack.Protocol;

namespace Passpack.PowerShell;

/// <summary>The one place where an error becomes PowerShell's. The id is the error's own; the category is for those who group by it.</summary>
internal static class ErrorRecords
{
    public static ErrorRecord From(PasspackException error, object? target = null) =>
        new(error, error.ErrorId, Category(error.ErrorId), target ?? error.Target);

    private static ErrorCategory Category(string errorId) => errorId switch
    {
        ErrorCodes.PackingKeyMismatch or ErrorCodes.PackingKeyChangedOnline or ErrorCodes.PasswordRejected or ErrorCodes.DeviceRevoked
            => ErrorCategory.AuthenticationError,
        ErrorCodes.VaultLocked or ErrorCodes.AccountLockedOut or ErrorCodes.UnattendedRefused or ErrorCodes.ReadOnly
            => ErrorCategory.PermissionDenied,
        ErrorCodes.ServerRolledBack or ErrorCodes.ServerTampered or ErrorCodes.InsecureTransport => ErrorCategory.SecurityError,
        ErrorCodes.ServerUnreachable or ErrorCodes.NotConnected => ErrorCategory.ConnectionError,
        ErrorCodes.ServerRefused => ErrorCategory.ProtocolError,
        ErrorCodes.AccountExists or ErrorCodes.FileExists => ErrorCategory.ResourceExists,
        ErrorCodes.AccountNotFound or ErrorCodes.EntryNotFound => ErrorCategory.ObjectNotFound,
        ErrorCodes.AccountAmbiguous or ErrorCodes.KeyTooWeak => ErrorCategory.InvalidArgument,
        ErrorCodes.VaultDamaged or ErrorCodes.RecordDamaged or ErrorCodes.PackMisaligned or ErrorCodes.PackTooNew
            or ErrorCodes.ImportRowInvalid or ErrorCodes.FormatNotRecognized => ErrorCategory.InvalidData,
        ErrorCodes.RateLimited or ErrorCodes.RecordTooLarge => ErrorCategory.LimitsExceeded,
        ErrorCodes.QuotaExceeded => ErrorCategory.QuotaExceeded,
        ErrorCodes.SyncInProgress or ErrorCodes.SyncContention or ErrorCodes.VaultInUse => ErrorCategory.ResourceBusy,
        ErrorCodes.SyncConflict => ErrorCategory.InvalidOperation,
        ErrorCodes.DiskFull => ErrorCategory.WriteError,
        _ => ErrorCategory.NotSpecified,
    };
}
