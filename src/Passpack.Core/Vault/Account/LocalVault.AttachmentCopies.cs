using Passpack.Protocol;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Account;

/// <summary>Attachments of one entry, attached to another: sealed anew, because a chunk belongs to its entry.</summary>
public sealed partial class LocalVault
{
    /// <summary>Attaches what one entry has to another, under a name that is free there. Nothing happens if that has the same content already.</summary>
    /// <param name="from">The entry that has it; all of its content is on this machine.</param>
    /// <param name="attachment">What of it.</param>
    /// <param name="into">The other entry.</param>
    /// <param name="cancellationToken">Gives up; nothing is attached then.</param>
    /// <returns>Whether it was attached.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.AttachmentMissing"/>, and as of <see cref="AddAttachment"/>.</exception>
    internal bool CopyAttachment(Guid from, Attachment attachment, Guid into, CancellationToken cancellationToken)
    {
        IReadOnlyList<Attachment> there = ReadSecret(into).Attachments;
        if (there.Any(other => IsSame(other, attachment)))
            return false;
        using VaultUse use = Use();
        using AttachmentStore store = AttachmentStore.Open(Folder, use.Keys.VaultId);
        using var content = new AttachmentContent(use, store, from, attachment);
        Attachment added = AddAttachment(into, FreeName(there, attachment.Name), content, replace: false, cancellationToken);
        if (IsSame(added, attachment))
            return true;
        RemoveAttachment(into, added.Name);
        throw AttachmentErrors.Damaged(attachment.Name, from);
    }

    /// <summary>Whether two attachments have the same content.</summary>
    internal static bool IsSame(Attachment a, Attachment b) => a.Size == b.Size && a.Sha256.Equals(b.Sha256, StringComparison.OrdinalIgnoreCase);

    private static string FreeName(IReadOnlyList<Attachment> there, string name)
    {
        string free = name, ending = System.IO.Path.GetExtension(name);
        for (int number = 2; AttachmentNames.Find(there, free) is not null; number++)
            free = AttachmentNames.Join(name[..^ending.Length], $" ({number}){ending}");
        return free;
    }
}
