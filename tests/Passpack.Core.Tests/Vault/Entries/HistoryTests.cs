using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault;

public sealed class HistoryTests : IDisposable
{
    private readonly TestVault _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Every_replaced_value_can_be_put_in_force_again()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", Password = "one", Notes = "first", Tags = ["a"] }).Id;
        _test.Write(writer => writer.Edit(id, new EntryEdit { Password = "two" }));
        _test.Write(writer => writer.Edit(id, new EntryEdit { Password = "three", Tags = ["b"], Favorite = true }));

        IReadOnlyList<EntryVersion> versions = _test.Vault.History(id);

        Assert.Equal([["Tags"], ["User ID/Password"], ["User ID/Password"]], versions.OrderBy(v => v.Stream == RecordStream.Data).Select(v => v.Fields));
        EntryVersion first = versions[^1];
        Assert.Equal(("one", "n", HistoryReason.Edit), (_test.Vault.ReadSecret(first).Password, first.Name, first.Reason));
        _test.Write(writer => writer.Restore(first));
        Assert.Equal("one", _test.Vault.ReadSecret(id).Password);
        Assert.Equal(["b"], _test.Vault.Get(id).Tags);
        _test.Write(writer => writer.Restore(versions.Single(v => v.Stream == RecordStream.Tags)));
        Assert.Equal(["a"], _test.Vault.Get(id).Tags);
        Assert.Contains(_test.Vault.History(id), v => v.Stream == RecordStream.Data && _test.Vault.ReadSecret(v).Password == "three");
    }

    [Fact]
    public void Number_and_age_are_bounded_and_the_newest_stays()
    {
        var clock = new ManualClock();
        using var test = new TestVault(clock);
        Guid id = test.Add(new EntryEdit { Name = "n", Notes = "0" }).Id;
        test.Vault.Configure(historyVersions: 3, historyDays: 10);
        for (int i = 1; i <= 5; i++)
            test.Write(writer => writer.Edit(id, new EntryEdit { Notes = $"{i}" }));
        Assert.Equal(["4", "3", "2"], test.Vault.History(id).Select(v => test.Vault.ReadSecret(v).Notes));

        clock.Now += TimeSpan.FromDays(11);
        test.Write(writer => writer.Edit(id, new EntryEdit { Notes = "6" }));
        Assert.Equal(["5"], test.Vault.History(id).Select(v => test.Vault.ReadSecret(v).Notes));
        clock.Now += TimeSpan.FromDays(11);
        Assert.Single(test.Vault.History(id));
    }

    [Fact]
    public void A_version_of_a_trashed_entry_takes_it_out_of_the_trash()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", Notes = "old" }).Id;
        _test.Write(writer => writer.Edit(id, new EntryEdit { Notes = "new" }));
        _test.Write(writer => { writer.Trash(id); return 0; });
        _test.Write(writer => writer.Restore(_test.Vault.History(id)[0]));
        Assert.Equal("old", Assert.Single(_test.Vault.ListFull(new EntryQuery())).Secret.Notes);
    }

    [Fact]
    public void A_version_that_is_gone_says_so()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", Notes = "old" }).Id;
        _test.Write(writer => writer.Edit(id, new EntryEdit { Notes = "new" }));
        EntryVersion version = _test.Vault.History(id)[0];
        _test.Write(writer => { writer.Trash(id); writer.Purge(id); return 0; });
        Assert.Equal(ErrorCodes.EntryNotFound, Assert.Throws<PasspackException>(() => _test.Vault.ReadSecret(version)).ErrorId);
    }
}
