using Passpack.Protocol;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault.Attachments;

/// <summary>What a large file takes of memory; alone, because the heap is everybody's.</summary>
[Collection(nameof(AttachmentMemoryTests))]
public sealed class AttachmentMemoryTests : IDisposable
{
    private readonly TestVault _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_file_of_64_MiB_takes_few_MiB_of_memory_both_ways_and_one_byte_more_is_refused()
    {
        Guid entry = _test.Add(new EntryEdit { Name = "router" }).Id;
        using var source = new Pattern(Limits.AttachmentBytes);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Attachment attachment = _test.Vault.AddAttachment(entry, "large.bin", source);
        Assert.InRange(source.MostLive - before, long.MinValue, 16 << 20);
        using var target = new Pattern(0);
        _test.Vault.ReadAttachment(entry, attachment, target);
        Assert.Equal(Limits.AttachmentBytes, target.Length);
        Assert.InRange(target.MostLive - before, long.MinValue, 16 << 20);

        using var more = new Pattern(Limits.AttachmentBytes + 1);
        Assert.Equal(ErrorCodes.RecordTooLarge, Assert.Throws<PasspackException>(() => _test.Vault.AddAttachment(entry, "larger.bin", more)).ErrorId);
        Assert.Single(_test.Vault.ReadSecret(entry).Attachments);
        using VaultUse use = _test.Vault.Use();
        using AttachmentStore store = AttachmentStore.Find(_test.Folder, use.Keys.VaultId)!;
        Assert.Equal(AttachmentChunk.Most, store.Ids().Count);
    }
}

/// <summary>Tests that look at the heap.</summary>
[CollectionDefinition(nameof(AttachmentMemoryTests), DisableParallelization = true)]
public sealed class AttachmentMemoryCollection;
