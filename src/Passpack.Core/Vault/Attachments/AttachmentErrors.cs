using Passpack.Protocol;

namespace Passpack.Vault.Attachments;

/// <summary>The errors of attachments.</summary>
internal static class AttachmentErrors
{
    public static PasspackException Exists(Guid entryId, string name) => new(ErrorCodes.AttachmentExists,
        $"The entry {entryId} has an attachment '{name}' already. -Force replaces it, and the old one stays in the history; -Name gives the file another name.")
    {
        Target = entryId,
    };

    public static PasspackException NotFound(Guid entryId, string name) => new(ErrorCodes.AttachmentNotFound,
        $"The entry {entryId} has no attachment '{name}'. Get-PasspackAttachment -Id {entryId} lists those that it has.") { Target = entryId };

    public static PasspackException Missing(string name, Guid entryId, string why) => new(ErrorCodes.AttachmentMissing,
        $"The content of the attachment '{name}' of entry {entryId} is missing: {why}. Where it still is, on another machine or in a backup, it can be taken "
        + "from; Remove-PasspackAttachment takes its name off the entry.") { Target = entryId };

    public static PasspackException Damaged(string name, Guid entryId) => new(ErrorCodes.RecordDamaged,
        $"The content of the attachment '{name}' of entry {entryId} is not what was attached. What is damaged on this machine is fetched again where the "
        + "account is online: try again. A backup has it too.") { Target = entryId };

    public static PasspackException DamagedFile(string path, Exception? inner = null) => new(ErrorCodes.VaultDamaged,
        $"{path}, which holds the contents of attachments, is damaged; the vault itself is not affected. Move the file away: what is online is fetched again "
        + "when it is asked for, and a backup has the others.", inner) { Target = path };

    public static PasspackException DamagedChunk(Guid id) => new(ErrorCodes.RecordDamaged,
        $"A part of an attachment's content ({id}) is damaged on this machine; all others are not affected. The next download fetches it again where the "
        + "account is online.");

    public static PasspackException NotForBackup(int count, string userId) => new(ErrorCodes.AttachmentMissing,
        $"The contents of {count} attachments of {userId} are not on this machine, so no backup was written. Connected to the online account, "
        + "Backup-PasspackVault fetches them; -ExcludeAttachments leaves all contents out.") { Target = userId };

    public static PasspackException TooLarge(string name, Guid entryId) => new(ErrorCodes.RecordTooLarge,
        $"'{name}' is too large to be attached to entry {entryId}: an attachment has at most {Limits.AttachmentBytes >> 20} MiB.") { Target = entryId };
}
