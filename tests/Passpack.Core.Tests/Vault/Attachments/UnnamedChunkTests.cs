using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault.Attachments;

/// <summary>Contents that nothing names any more, in an account that was never online.</summary>
public sealed class UnnamedChunkTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly TestVault _test;
    private readonly Guid _entry;

    public UnnamedChunkTests()
    {
        _test = new TestVault(_clock);
        _test.Vault.Configure(historyVersions: 10, historyDays: 10);
        _entry = _test.Add(new EntryEdit { Name = "router" }).Id;
    }

    public void Dispose() => _test.Dispose();

    [Fact]
    public void What_nothing_names_goes_after_as_long_as_copies_of_the_vault_are_kept()
    {
        Attachment removed = Attach(_entry, "removed.txt"), stays = Attach(_entry, "stays.txt");
        _test.Vault.RemoveAttachment(_entry, "removed.txt");
        // The newest earlier version stays whatever its age, so that there has to be a newer one.
        _test.Write(writer => writer.Edit(_entry, new EntryEdit { Notes = "later" }));
        Pass(11);
        _test.Write(writer => writer.Edit(_entry, new EntryEdit { Notes = "later still" }));
        Attach(_entry, "noted.txt");
        Assert.True(IsHere(removed));
        Pass(90);
        Attach(_entry, "too early.txt");
        Assert.True(IsHere(removed));
        Pass(2);
        Attach(_entry, "late enough.txt");
        Assert.False(IsHere(removed));
        Assert.True(IsHere(stays));
        Assert.Equal(4, _test.Vault.ReadSecret(_entry).Attachments.Count(IsHere));
    }

    [Fact]
    public void What_the_history_or_the_trash_names_stays()
    {
        Guid trashed = _test.Add(new EntryEdit { Name = "trashed" }).Id;
        Attachment removed = Attach(_entry, "removed.txt"), inTrash = Attach(trashed, "kept.txt");
        _test.Vault.RemoveAttachment(_entry, "removed.txt");
        _test.Write(writer => { writer.Trash(trashed); return 0; });
        Guid other = _test.Add(new EntryEdit { Name = "other" }).Id;
        for (int month = 0; month < 8; month++)
        {
            Attach(other, $"{month}.txt");
            Pass(31);
        }
        Assert.True(IsHere(removed));
        Assert.True(IsHere(inTrash));
    }

    [Fact]
    public void The_content_of_an_erased_entry_goes_and_one_that_is_named_again_stays()
    {
        Guid erased = _test.Add(new EntryEdit { Name = "erased" }).Id;
        Attachment gone = Attach(erased, "gone.txt"), back = Attach(_entry, "back.txt");
        _test.Write(writer => { writer.Trash(erased); writer.Purge(erased); return 0; });
        Attach(_entry, "first.txt");
        Pass(2);
        Attach(_entry, "looks.txt");
        Pass(92);
        // Looked for once a day, and this is a day: what is named by then is not what was not.
        Assert.True(IsHere(gone));
        Attach(_entry, "collects.txt");
        Assert.False(IsHere(gone));
        Assert.True(IsHere(back));
    }

    [Fact]
    public void A_clock_that_was_ahead_deletes_nothing_early()
    {
        Guid erased = _test.Add(new EntryEdit { Name = "erased" }).Id;
        Attachment kept = Attach(erased, "kept.txt");
        _test.Write(writer => { writer.Trash(erased); writer.Purge(erased); return 0; });
        Pass(1000);
        Attach(_entry, "ahead.txt");
        Pass(-1000);
        Attach(_entry, "back.txt");
        Pass(60);
        Attach(_entry, "later.txt");
        Assert.True(IsHere(kept));
    }

    private Attachment Attach(Guid entry, string name)
    {
        using var content = new MemoryStream([1, 2, 3]);
        return _test.Vault.AddAttachment(entry, name, content);
    }

    private bool IsHere(Attachment attachment) => _test.Vault.MissingChunks(attachment) == 0;

    private void Pass(int days) => _clock.Now += TimeSpan.FromDays(days);
}
