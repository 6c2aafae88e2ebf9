using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell;

/// <summary>The only place where an exception becomes an ErrorRecord. The id is the exception's own; the category is for grouping.</summary>
internal static class ErrorRecords
{
    public static ErrorRecord From(PasspackException error, object? target = null)
    {
        var record = new ErrorRecord(error, error.ErrorId, Category(error.ErrorId), target ?? error.Target);
        // Error views show the target's name, so it is made printable; the target itself is unchanged data.
        record.CategoryInfo.TargetName = View.Text(record.CategoryInfo.TargetName);
        return record;
    }

    /// <summary>An invalid argument or combination of arguments. Not one of the product's errors, so not in ErrorCodes.</summary>
    public const string InvalidArgument = "InvalidArgument";

    /// <summary>A question that nobody can answer: PowerShell's own id of it.</summary>
    private const string InvalidOperation = "InvalidOperation";

    /// <summary>A file that the user named does not exist.</summary>
    public const string PathNotFound = "PathNotFound";

    /// <summary>A file that the user named cannot be read or written.</summary>
    public const string PathNotAccessible = "PathNotAccessible";

    /// <summary>The online account has no device with the given name.</summary>
    public const string DeviceNotFound = "DeviceNotFound";

    /// <summary>Several entries or devices have a name that should mean one.</summary>
    public const string NameAmbiguous = "NameAmbiguous";

    /// <summary>A new Packing Key or Password was not given, and there is no user to ask.</summary>
    public const string SecretRequired = "SecretRequired";

    /// <summary>A secret is longer than the longest SecureString.</summary>
    public const string SecretTooLong = "SecretTooLong";

    /// <summary>An entry has no seed of one-time codes, or none that can be read.</summary>
    public const string NoTotp = "NoTotp";

    /// <summary>A program ended with another exit code than 0, and the user wants to know: PowerShell's own id of it.</summary>
    public const string ProgramExitedWithNonZeroCode = "ProgramExitedWithNonZeroCode";

    /// <summary>A script block with secrets, while another one runs.</summary>
    public const string CommandInProgress = "CommandInProgress";

    public static PasspackException ProgramFailed(string program, int code) =>
        new(ProgramExitedWithNonZeroCode, $"{program} ended with the exit code {code}.") { Target = program };

    public static PasspackException Invalid(string message, object? target) => new(InvalidArgument, message) { Target = target };

    /// <summary>A cmdlet that was told of no entry to work on.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="id">What was given in place of an id.</param>
    public static PasspackException NoEntryGiven(string command, string? id)
    {
        string what = string.IsNullOrEmpty(id) ? "-Id is missing" : $"-Id takes the id of an entry, and '{id}' is none";
        return Invalid(command == "Restore-PasspackEntry"
            ? $"{what}. Say which entry: by its name, Restore-PasspackEntry VPN, or by a pipe, Get-PasspackEntry VPN -Deleted " +
                "| Restore-PasspackEntry. Get-PasspackEntry -Deleted lists the trash."
            : $"{what}. Say which entry: by its name, {command} VPN, or pipe the entry: Get-PasspackEntry VPN | {command}.", id);
    }

    public static PasspackException NoEntryOfAttachment(string command) =>
        Invalid($"Say whose attachment is meant: by -Id, the id of an entry, or by a pipe: Get-PasspackEntry VPN | {command}.", null);

    public static PasspackException NoSuchAttachment(string name, EntrySummary entry) => new(ErrorCodes.AttachmentNotFound,
        $"The entry '{entry.Name}' ({entry.Id}) has no attachment '{name}'. Get-PasspackAttachment -Id {entry.Id} lists " +
        "those that it has.") { Target = entry.Id };

    public static PasspackException NoSuchEntry(string what, string account, object target) =>
        new(ErrorCodes.EntryNotFound, $"There is no entry {what} in the account {account}.") { Target = target };

    /// <summary>An entry without one-time codes, or without those that were asked for.</summary>
    /// <param name="entry">Its name.</param>
    /// <param name="sought">The name of the field that was asked for. Null if any would do.</param>
    /// <param name="fields">The names of its fields of type totp.</param>
    public static PasspackException WithoutTotp(string entry, string? sought, IReadOnlyCollection<string> fields) => new(NoTotp, fields.Count == 0
        ? $"The entry '{entry}' has no one-time codes. Set-PasspackEntry -ExtraField (@($entry.GetExtraFields()) + @{{ Name = 'code'; Type = 'totp'; "
            + "Data = $seed }) adds them: the seed is the text in Base32, or the otpauth:// address, that the site shows where it sets up an authenticator app."
        : $"The entry '{entry}' has no one-time codes in a field '{sought}', but in: {string.Join(", ", fields)}.");

    /// <summary>A field of type totp that was imported or synced with data that makes no codes.</summary>
    public static PasspackException UnreadableTotp(string entry, string field, string? fault) => new(NoTotp,
        $"The field '{field}' of the entry '{entry}' makes no one-time codes: {fault}. Set-PasspackEntry -ExtraField sets another seed.");

    public static PasspackException AmbiguousEntry(string name, string account, IEnumerable<Guid> ids) =>
        new(NameAmbiguous, $"Several entries of the account {account} are named '{name}', so nothing was changed. " +
            $"Name the one that is meant by -Id: {string.Join(", ", ids)}.");

    public static PasspackException AmbiguousDevice(string name, string account, IEnumerable<Device> devices)
    {
        IEnumerable<string> told = devices.Select(
            device => $"{device.Id}, connected {device.Created.UtcDateTime:u}{(device.Current ? ", this machine" : "")}");
        return new(NameAmbiguous, $"Several devices of the account {account} are named '{name}', so none was revoked: {string.Join("; ", told)}. " +
            "'Get-PasspackDevice | Where-Object Id -eq ID | Remove-PasspackDevice' revokes one of them.") { Target = name };
    }

    /// <summary>A question that nobody can answer.</summary>
    public static PasspackException NotConfirmed(string question, Exception inner) =>
        new(InvalidOperation, $"{question} That has to be confirmed, and nobody can be asked here. Nothing was changed. -Confirm:$false confirms it.", inner);

    public static PasspackException NotGiven(string parameter, string what, Exception? inner) =>
        new(SecretRequired, $"The {what} was not given, and nobody can be asked for it here. Give it with -{parameter}.", inner);

    public static PasspackException NoSuchVersion(long version, Guid entry, string account, bool online) =>
        new(ErrorCodes.EntryNotFound, $"The entry {entry} has no earlier version {version} {(online ? "online" : "on this machine")}, " +
            $"in the account {account}. " +
            $"Get-PasspackEntryHistory{(online ? " -Online" : "")} without -Version lists those that there are.");

    public static PasspackException NotDeletedOnline(string name, string account, Guid id) =>
        new(ErrorCodes.EntryNotFound, $"The entry '{name}' ({id}) is not deleted in the online account {account}, or no version of it " +
            "is left there that could be restored. Get-PasspackEntryHistory -Online lists its versions. Nothing was changed.") { Target = id };

    public static PasspackException NoSuchTag(string[] tags, string account) =>
        new(ErrorCodes.EntryNotFound, $"No entry of the account {account} has the tag {string.Join(" or ", tags)}, so nothing was exported. " +
            "Get-PasspackTag lists the tags.");

    public static PasspackException NoSuchDevice(string what, string account, object target) =>
        new(DeviceNotFound, $"The online account {account} has no device {what}. Get-PasspackDevice lists them.") { Target = target };

    public static PasspackException NameAndId(object name) => Invalid("-Name and -Id both say which entry is meant: give one of them.", name);

    public static PasspackException Offline(string account) =>
        new(ErrorCodes.NotConnected, $"The local account {account} is offline. Connect-PasspackAccount connects it to an online account that is there already; "
            + "New-PasspackAccount registers one.") { Target = account };

    /// <summary>The account has to be unlocked with the Packing Key that this machine knows, before it can take over a new one.</summary>
    public static PasspackException LockedWithAnother(string account, Exception inner) =>
        new(ErrorCodes.PackingKeyMismatch,
            $"The local account {account} is locked, and this is not the Packing Key that it is locked with. Nothing was changed. " +
            "If this is the one that was set online: " +
            "unlock the account with the one before (Unlock-PasspackVault), then take this one over. Who does not know that one any more uses " +
            "Connect-PasspackAccount with this one.", inner)
        { Target = account };

    /// <summary>An entry that is in the trash and should not be, or the other way round.</summary>
    public static PasspackException NotThere(EntrySummary entry, string account, bool inTrash) => inTrash
        ? new(ErrorCodes.EntryNotFound, $"The entry '{entry.Name}' of the account {account} is not in the trash. Remove-PasspackEntry puts it there first.")
        : new(ErrorCodes.EntryNotFound, $"The entry '{entry.Name}' of the account {account} is in the trash. Restore-PasspackEntry takes it out.");

    /// <summary>
    /// Translates .NET's exceptions about arguments and files into errors with ids. Null if the exception is a defect, or not this module's.
    /// </summary>
    public static PasspackException? Translate(Exception exception) => exception switch
    {
        PasspackException e => e,
        // .NET adds the name of a parameter that the user never saw.
        ArgumentException e => new(InvalidArgument, e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal), e),
        WildcardPatternException e => new(InvalidArgument, $"{e.Message}. A bracket that is meant as it is takes a backtick before it: `[", e),
        // If a file name is invalid, the file does not exist: Windows reports this with another error code.
        FileNotFoundException or DirectoryNotFoundException or IOException { HResult: unchecked((int)0x8007007B) /* ERROR_INVALID_NAME */ } =>
            new(PathNotFound, exception.Message, exception),
        UnauthorizedAccessException or IOException => new(PathNotAccessible, exception.Message, exception),
        _ => null,
    };

    private static ErrorCategory Category(string errorId) => errorId switch
    {
        ErrorCodes.PackingKeyMismatch or ErrorCodes.SourceKeyMismatch or ErrorCodes.PackingKeyChangedOnline or ErrorCodes.KeysReplacedOnline
            or ErrorCodes.PasswordRejected or ErrorCodes.SecondFactorRequired or ErrorCodes.SecondFactorRejected or ErrorCodes.DeviceRevoked
            => ErrorCategory.AuthenticationError,
        ErrorCodes.VaultLocked or ErrorCodes.AccountLockedOut or ErrorCodes.UnattendedRefused or ErrorCodes.ReadOnly
            or ErrorCodes.InvitationInvalid or ErrorCodes.NotPermitted or ErrorCodes.NotForKeyFile or ErrorCodes.AccountDisabled or ErrorCodes.ResetCodeInvalid
            or ErrorCodes.VaultClosed or PathNotAccessible => ErrorCategory.PermissionDenied,
        ErrorCodes.ServerRolledBack or ErrorCodes.ServerTampered or ErrorCodes.InsecureTransport
            or ErrorCodes.CertificateMismatch or ErrorCodes.SignatureInvalid
            or ErrorCodes.ContactNotVerified or ErrorCodes.ContactKeysChanged => ErrorCategory.SecurityError,
        ErrorCodes.ServerUnreachable or ErrorCodes.NotConnected => ErrorCategory.ConnectionError,
        ErrorCodes.ServerRefused => ErrorCategory.ProtocolError,
        ErrorCodes.AccountExists or ErrorCodes.FileExists or ErrorCodes.AttachmentExists => ErrorCategory.ResourceExists,
        ErrorCodes.AccountNotFound or ErrorCodes.ServerAccountNotFound or ErrorCodes.EntryNotFound or PathNotFound or DeviceNotFound
            or ErrorCodes.SyncTaskNotFound or ErrorCodes.AttachmentNotFound or ErrorCodes.AttachmentMissing or NoTotp
            or ErrorCodes.ReferenceNotFound or ErrorCodes.FieldMissing or ErrorCodes.VaultNotFound
            or ErrorCodes.MemberNotFound or ErrorCodes.VaultKeyMissing => ErrorCategory.ObjectNotFound,
        ErrorCodes.AccountAmbiguous or ErrorCodes.KeyTooWeak or InvalidArgument or NameAmbiguous or SecretRequired
            or ErrorCodes.FormatAmbiguous or ErrorCodes.SourceKeyRequired or ErrorCodes.ReferenceInvalid or ErrorCodes.ReferenceAmbiguous
            or ErrorCodes.VaultAmbiguous or ErrorCodes.EntryAmbiguous
            => ErrorCategory.InvalidArgument,
        ErrorCodes.SourceNotSupported => ErrorCategory.NotImplemented,
        ErrorCodes.VaultDamaged or ErrorCodes.BackupDamaged or ErrorCodes.RecordDamaged or ErrorCodes.TextDamaged
            or ErrorCodes.PackMisaligned or ErrorCodes.PackTooNew
            or ErrorCodes.ImportRowInvalid or ErrorCodes.FormatNotRecognized or ErrorCodes.SourceDamaged or ErrorCodes.ExportNotWhole
            or ErrorCodes.TemplateInvalid or ErrorCodes.KeyFileDamaged or ErrorCodes.KeyFileTooNew or ErrorCodes.BreachListDamaged =>
                ErrorCategory.InvalidData,
        ErrorCodes.RateLimited or ErrorCodes.RecordTooLarge or ErrorCodes.ValueTooLong or SecretTooLong or ErrorCodes.SourceTooCostly =>
            ErrorCategory.LimitsExceeded,
        ErrorCodes.QuotaExceeded => ErrorCategory.QuotaExceeded,
        ErrorCodes.SyncInProgress or ErrorCodes.SyncContention or ErrorCodes.VaultInUse or CommandInProgress => ErrorCategory.ResourceBusy,
        ErrorCodes.RotationPending or ErrorCodes.RotationConflict or ErrorCodes.HealthFindings
            or ErrorCodes.SyncConflict or ErrorCodes.ChangesNotSynced or ErrorCodes.AccountRemovalPending or ErrorCodes.LastOwner
            or InvalidOperation => ErrorCategory.InvalidOperation,
        ErrorCodes.RotationFailed => ErrorCategory.OperationStopped,
        ErrorCodes.DiskFull => ErrorCategory.WriteError,
        ErrorCodes.SchedulerFailed or ErrorCodes.ProgramNotStarted => ErrorCategory.ResourceUnavailable,
        _ => ErrorCategory.NotSpecified,
    };
}
