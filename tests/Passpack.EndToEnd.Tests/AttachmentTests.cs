using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Sync.Repair;
using Passpack.Sync.Session;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Files attached to entries, on two machines.</summary>
public sealed class AttachmentTests(RealServer server) : TwoMachineTests(server)
{
    private const double Day = 24 * 60 * 60 * 1000;

    [Fact]
    public async Task What_one_machine_attaches_another_reads_and_only_when_it_asks()
    {
        Guid id = await SharedAsync("router");
        byte[] content = Attachments.Content();
        A.Attach(id, "running-config.txt", content);
        A.Attach(id, "empty", []);
        SyncResult sent = await A.SyncAsync();
        Assert.InRange(sent.BytesSent, content.Length, content.Length + 10_000);
        SyncResult received = await B.SyncAsync();
        Assert.InRange(received.BytesReceived, 1, 20_000);

        Assert.Equal(2, B.Vault.Get(id).Attachments);
        Assert.Equal(3, B.Vault.MissingChunks(B.AttachmentsOf(id)[0]));
        Assert.Equal(content, await B.ReadAsync(id, "running-config.txt"));
        Assert.Empty(await B.ReadAsync(id, "empty"));
        await AssertConvergedAsync();
        Assert.Equal(3, A.ChunksOnline().Count);
    }

    [Fact]
    public async Task A_download_that_was_interrupted_goes_on_where_it_was()
    {
        Guid id = await SharedAsync("router");
        byte[] content = Attachments.Content();
        Attachment attachment = A.Attach(id, "image.bin", content);
        await A.SyncAsync();
        await B.SyncAsync();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AttachmentDownload.FetchAsync(B.Vault, id, attachment,
            new Immediately(progress => { if (progress.Done == 2) stop.Cancel(); }), stop.Token));
        Assert.Equal(1, B.Vault.MissingChunks(attachment));
        Assert.Equal(content, await B.ReadAsync(id, "image.bin"));
    }

    [Fact]
    public async Task With_Always_a_sync_fetches_what_entries_name()
    {
        Guid id = await SharedAsync("router");
        B.Vault.FetchesAttachments = true;
        Attachment attachment = A.Attach(id, "image.bin", Attachments.Content());
        await A.SyncAsync();
        await B.SyncAsync();
        Assert.Equal(0, B.Vault.MissingChunks(attachment));
        Assert.Equal(1, (await B.SyncAsync()).Requests);
        B.Vault.FetchesAttachments = false;
        Attachment second = A.Attach(id, "second.bin", Attachments.Content());
        await A.SyncAsync();
        await B.SyncAsync();
        Assert.Equal(3, B.Vault.MissingChunks(second));
    }

    [Fact]
    public async Task Attachments_merge_by_name_and_the_later_of_one_name_wins()
    {
        Guid id = await SharedAsync("router");
        byte[] first = Attachments.Content(10), second = Attachments.Content(20), third = Attachments.Content(30);
        A.Attach(id, "a.txt", first);
        Clock.Pass();
        B.Attach(id, "b.txt", second);
        await A.SyncAsync();
        SyncChange merged = Assert.Single((await B.SyncAsync()).Changes);
        Assert.Equal(SyncAction.Merged, merged.Action);
        await A.SyncAsync();
        Assert.Equal(["a.txt", "b.txt"], A.AttachmentsOf(id).Select(attachment => attachment.Name).Order());

        A.Attach(id, "b.txt", first, replace: true);
        Clock.Pass();
        B.Attach(id, "b.txt", third, replace: true);
        await A.SyncAsync();
        SyncChange conflict = Assert.Single((await B.SyncAsync()).Changes);
        Assert.Equal((SyncAction.Conflict, "Attachment b.txt"), (conflict.Action, Assert.Single(conflict.Fields)));
        await A.SyncAsync();
        Assert.Equal(third, await A.ReadAsync(id, "b.txt"));
        await AssertConvergedAsync();
        // What lost is in the history, and still online.
        Assert.Contains(A.Vault.History(id), version => A.Vault.ReadSecret(version).Attachments.Any(attachment => attachment.Size == first.Length));
        Assert.Empty(A.NamedWithoutChunks());
    }

    [Fact]
    public async Task A_killed_upload_that_was_collected_goes_up_again_and_nothing_is_lost_or_twice()
    {
        Guid id = await SharedAsync("router");
        byte[] content = Attachments.Content(5 * Limits.AttachmentChunkBytes);
        A.Attach(id, "image.bin", content);
        // After the first batch of chunks, before the entry.
        int step = 0;
        do
        {
            Assert.True(await Worker.RunUntilAsync("sync", Account, A, ++step));
            await B.SyncAsync();
        }
        while (B.ChunksOnline().Count == 0);
        Assert.Empty(B.AttachmentsOf(id));

        Clock.Off += (long)(29 * Day);
        await B.SyncAsync();
        Assert.NotEmpty(B.ChunksOnline());
        Clock.Off += (long)(2 * Day);
        await B.SyncAsync();
        Assert.Empty(B.ChunksOnline());

        await A.SyncAsync();
        await B.SyncAsync();
        Assert.Equal(content, await B.ReadAsync(id, "image.bin"));
        Assert.Equal(5, B.ChunksOnline().Count);
        await AssertConvergedAsync();
        Assert.Equal(A.ChunksOnline().Order(), B.ChunksOnline().Order());
    }

    [Fact]
    public async Task A_chunk_stays_while_an_earlier_version_names_it_and_goes_when_none_does()
    {
        Guid id = await SharedAsync("router");
        A.Attach(id, "image.bin", Attachments.Content());
        await A.SyncAsync();
        A.Vault.RemoveAttachment(id, "image.bin");
        await A.SyncAsync();
        // A machine that never saw the attachment named has to ask whose the chunks are.
        Machine c = await Account.MachineAsync("c", Clock);
        for (int month = 0; month < 3; month++)
        {
            await c.SyncAsync();
            await A.SyncAsync();
            Clock.Off += (long)(31 * Day);
        }
        Assert.Equal(3, c.ChunksOnline().Count);

        // The newest earlier version stays online whatever its age, so there has to be a newer one.
        A.Edit(id, new EntryEdit { Notes = "replaced" });
        await A.SyncAsync();
        Server.Clock.Off += (long)(400 * Day);
        try
        {
            await Server.SweepAsync();
            Clock.Off += (long)(31 * Day);
            await c.SyncAsync();
            Assert.Empty(c.ChunksOnline());
        }
        finally
        {
            Server.Clock.Off = 0;
        }
    }

    [Fact]
    public async Task An_entry_whose_content_is_nowhere_waits_and_is_told_and_the_others_go_up()
    {
        Guid id = await SharedAsync("router");
        A.Attach(id, "image.bin", Attachments.Content());
        File.Delete(A.Vault.Folder.AttachmentFile);
        Guid other = A.Add("other").Id;
        SyncChange waits = Assert.Single((await A.SyncAsync()).Changes, change => change.Id == id);
        Assert.Equal(SyncAction.Damaged, waits.Action);
        Assert.Contains("Remove-PasspackAttachment", waits.Reason, StringComparison.Ordinal);
        await B.SyncAsync();
        Assert.True(B.Has(other));
        Assert.Empty(B.AttachmentsOf(id));

        A.Vault.RemoveAttachment(id, "image.bin");
        await A.SyncAsync();
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task What_is_neither_here_nor_online_is_missing()
    {
        Guid id = await SharedAsync("router");
        Attachment attachment = A.Attach(id, "image.bin", Attachments.Content());
        File.Delete(A.Vault.Folder.AttachmentFile);
        await RequireAsync(ErrorCodes.AttachmentMissing, () => AttachmentDownload.FetchAsync(A.Vault, id, attachment));
    }

    [Fact]
    public async Task A_sync_with_chunks_leaves_pages_as_small_as_without()
    {
        Guid id = await SharedAsync("router");
        A.Attach(id, "image.bin", Attachments.Content(40 * Limits.AttachmentChunkBytes));
        await A.SyncAsync();
        Machine c = await Account.MachineAsync("c", Clock);
        SyncResult first = await c.SyncAsync();
        Assert.InRange(first.BytesReceived, 1, 200_000);
        Assert.Equal(1, (await c.SyncAsync()).Requests);
        Assert.Equal(40, c.ChunksOnline().Count);
        Assert.Empty(c.NamedWithoutChunks());
        Assert.Equal(40, AttachmentChunk.Count(c.AttachmentsOf(id)[0].Size));
    }

    [Fact]
    public async Task What_is_damaged_on_this_machine_is_found_told_and_fetched_again()
    {
        Guid id = await SharedAsync("router");
        byte[] content = Attachments.Content();
        Attachment attachment = A.Attach(id, "image.bin", content);
        await A.SyncAsync();
        Assert.Empty(VaultTest.Find(A.Vault));
        using (VaultUse use = A.Vault.Use())
        using (AttachmentStore store = AttachmentStore.Open(A.Vault.Folder, use.Keys.VaultId))
            store.Put(new ChunkPlace(id, attachment.Id, 1), new byte[1000], 0);
        Assert.Contains("damaged", Assert.Single(VaultTest.Find(A.Vault)).Description, StringComparison.Ordinal);
        await RequireAsync(ErrorCodes.RecordDamaged, () => A.ReadAsync(id, "image.bin"));
        Assert.Equal(content, await A.ReadAsync(id, "image.bin"));
        Assert.Empty(VaultTest.Find(A.Vault));
    }

    [Fact]
    public async Task A_damaged_file_of_contents_keeps_no_entry_from_syncing()
    {
        Guid id = await SharedAsync("router");
        A.Attach(id, "image.bin", Attachments.Content());
        await A.SyncAsync();
        await File.WriteAllTextAsync(A.Vault.Folder.AttachmentFile, new string('x', 5000));
        Clock.Off += (long)(2 * Day);
        A.Edit(id, new EntryEdit { Notes = "goes up" });
        SyncResult result = await A.SyncAsync();
        Assert.Contains(A.Vault.Folder.AttachmentFile, Assert.Single(result.Notices), StringComparison.Ordinal);
        Assert.Equal(SyncAction.Pushed, Assert.Single(result.Changes).Action);
        Assert.Null(A.Vault.Describe().Problem);
        Assert.Single(VaultTest.Find(A.Vault));
    }

    private sealed class Immediately(Action<SyncProgress> report) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => report(value);
    }
}
