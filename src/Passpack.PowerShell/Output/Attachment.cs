using Passpack.Sync.Attachments;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>A file attached to an entry. Its content is fetched and opened by a method, or saved to a file.</summary>
public sealed class Attachment
{
    private readonly AccountFolder _folder;

    internal Attachment(Vault.Entries.Attachment attachment, Guid entryId, string entry, LocalVault vault)
    {
        Core = attachment;
        _folder = vault.Folder;
        Name = attachment.Name;
        Size = attachment.Size;
        Sha256 = attachment.Sha256;
        Added = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(attachment.Added, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        Entry = entry;
        EntryId = entryId;
        Account = vault.UserId;
    }

    /// <summary>The file's name.</summary>
    public string Name { get; }

    /// <summary>Bytes of its content.</summary>
    public long Size { get; }

    /// <summary>The SHA-256 of its content, as Get-FileHash shows it.</summary>
    public string Sha256 { get; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset Added { get; }

    /// <summary>The name of the entry that it is attached to.</summary>
    public string Entry { get; }

    /// <summary>The id of that entry.</summary>
    public Guid EntryId { get; }

    /// <summary>The User ID of the account.</summary>
    public string Account { get; }

    internal Vault.Entries.Attachment Core { get; }

    internal AccountFolder Folder => _folder;

    /// <summary>Its content, fetched from the online account if it is not on this machine. Save-PasspackAttachment needs less memory.</summary>
    public byte[] GetBytes()
    {
        LocalVault vault = UnlockedAccounts.Shared.Require(_folder);
        using IDisposable _ = vault.KeepUnlocked();
        // On another thread, because the caller's thread waits and no continuation can run on it.
        Task.Run(() => AttachmentDownload.FetchAsync(vault, EntryId, Core)).GetAwaiter().GetResult();
        using var content = new MemoryStream((int)Size);
        vault.ReadAttachment(EntryId, Core, content);
        return content.ToArray();
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}
