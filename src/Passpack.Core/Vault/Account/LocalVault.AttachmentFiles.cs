using Passpack.Protocol;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>Attachments from files, and to files.</summary>
public sealed partial class LocalVault
{
    /// <summary>Attaches a regular file to an entry.</summary>
    /// <param name="entryId">The entry.</param>
    /// <param name="path">The file.</param>
    /// <param name="name">The attachment's name. Null for the file's.</param>
    /// <param name="replace">As of <see cref="AddAttachment"/>.</param>
    /// <param name="cancellationToken">Gives up; nothing is attached then.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It is a folder, a device or a pipe, or cannot be read.</exception>
    /// <exception cref="PasspackException">As of <see cref="AddAttachment"/>.</exception>
    public Attachment AttachFile(Guid entryId, string path, string? name = null, bool replace = false, CancellationToken cancellationToken = default)
    {
        path = System.IO.Path.GetFullPath(path);
        name ??= System.IO.Path.GetFileName(path);
        if (Directory.Exists(path))
            throw new IOException($"{path} is a folder, and only files are attached.");
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.", path);
        if (!RegularFile.IsOrCanBe(path))
            throw new IOException($"{path} is no regular file: a device, a pipe or a socket is not attached.");
        // No copy of the content stays in a buffer.
        using FileStream file = SharedRead.Open(path, bufferSize: 0);
        if (file.Length > Limits.AttachmentBytes)
            throw AttachmentErrors.TooLarge(name, entryId);
        return AddAttachment(entryId, name, file, replace, cancellationToken);
    }

    /// <summary>
    /// Writes the content of an attachment, all of which is on this machine, to a file that only its owner can read. It appears once it is complete and
    /// proved.
    /// </summary>
    /// <param name="entryId">The entry.</param>
    /// <param name="attachment">What of it.</param>
    /// <param name="folder">The folder, which exists.</param>
    /// <param name="overwrite">Whether it may take the place of a file.</param>
    /// <param name="cancellationToken">Gives up; no file is left then.</param>
    /// <returns>The file: of the attachment's name, without what not every file system takes.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.FileExists"/>, and as of <see cref="ReadAttachment"/>.</exception>
    public string SaveAttachment(Guid entryId, Attachment attachment, string folder, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        // Again: fetching the content may have taken long, and a link may be there by now.
        string path = RequireSavable(attachment, folder, overwrite);
        AtomicFile.Write(path, overwrite, stream => ReadAttachment(entryId, attachment, stream, cancellationToken));
        return path;
    }

    /// <summary>Refuses what <see cref="SaveAttachment"/> would refuse, before anything is fetched.</summary>
    /// <returns>The file to be.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.FileExists"/>.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static string RequireSavable(Attachment attachment, string folder, bool overwrite)
    {
        string path = FileOf(attachment, folder);
        AtomicFile.RequireWritable(path, overwrite);
        // Onto a link, its target would be replaced, which may be anywhere.
        if (new FileInfo(path).LinkTarget is not null)
        {
            throw new PasspackException(ErrorCodes.FileExists, $"{path} is a link, and was left as it is. Remove it, or choose another folder.")
            {
                Target = path,
            };
        }
        return path;
    }

    private static string FileOf(Attachment attachment, string folder)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return System.IO.Path.Combine(System.IO.Path.GetFullPath(folder), AttachmentNames.ForFile(attachment.Name));
    }
}
