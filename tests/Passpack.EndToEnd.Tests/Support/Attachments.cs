using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Sync.Mirroring;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>What tests do with attachments of a machine.</summary>
internal static class Attachments
{
    /// <summary>Content of two chunks and a part of a third.</summary>
    public static byte[] Content(int bytes = (2 * Limits.AttachmentChunkBytes) + 1000) => RandomNumberGenerator.GetBytes(bytes);

    public static Attachment Attach(this Machine machine, Guid entry, string name, byte[] content, bool replace = false)
    {
        using var stream = new MemoryStream(content, writable: false);
        return machine.Vault.AddAttachment(entry, name, stream, replace);
    }

    public static IReadOnlyList<Attachment> AttachmentsOf(this Machine machine, Guid entry) => machine.Get(entry).Secret.Attachments;

    /// <summary>The content, fetched if need be.</summary>
    public static async Task<byte[]> ReadAsync(this Machine machine, Guid entry, string name)
    {
        Attachment attachment = machine.AttachmentsOf(entry).Single(one => one.Name == name);
        await AttachmentDownload.FetchAsync(machine.Vault, entry, attachment);
        using var content = new MemoryStream();
        machine.Vault.ReadAttachment(entry, attachment, content);
        return content.ToArray();
    }

    /// <summary>The chunks that are online, as the machine's mirror says.</summary>
    public static IReadOnlyList<Guid> ChunksOnline(this Machine machine)
    {
        using VaultUse use = machine.Vault.Use();
        return Mirror.Chunks(use.Connection);
    }

    /// <summary>The names of attachments that the machine shows and whose chunks are not all online.</summary>
    public static IReadOnlyList<string> NamedWithoutChunks(this Machine machine)
    {
        HashSet<Guid> online = [.. machine.ChunksOnline()];
        return [.. machine.Vault.ListFull(new EntryQuery()).SelectMany(entry => entry.Secret.Attachments)
            .Where(attachment => !AttachmentChunk.IdsOf(attachment).All(online.Contains)).Select(attachment => attachment.Name)];
    }
}
