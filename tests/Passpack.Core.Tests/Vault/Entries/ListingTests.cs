using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault;

/// <summary>A listing shows the vault as it is, however often it was listed before.</summary>
public sealed class ListingTests : IDisposable
{
    private readonly TestVault _test = new();

    public void Dispose() => _test.Dispose();

    private string[] Listed(LocalVault? vault = null) => [.. (vault ?? _test.Vault).List(new EntryQuery()).Select(entry => $"{entry.Name}:{string.Join(',', entry.Tags)}:{entry.Favorite}")];

    [Fact]
    public void Again_it_is_the_same_and_of_what_the_query_asks_for()
    {
        _test.Add(new EntryEdit { Name = "a", Tags = ["x"], Favorite = true });
        _test.Add(new EntryEdit { Name = "b", Tags = ["X", "y"] });
        Assert.Equal(["a:x:True", "b:X,y:False"], Listed());
        Assert.Equal(["a:x:True", "b:X,y:False"], Listed());
        Assert.Equal(2, _test.Vault.List(new EntryQuery { Tag = "x" }).Count());
        Assert.Equal("b", Assert.Single(_test.Vault.List(new EntryQuery { Favorite = false })).Name);
    }

    [Fact]
    public void A_change_by_whomever_shows_at_once()
    {
        EntrySummary entry = _test.Add(new EntryEdit { Name = "one" });
        using LocalVault second = TestVault.Unlock(_test.Home);
        foreach ((Action<VaultWriter> change, string[] after) in new (Action<VaultWriter>, string[])[]
        {
            (writer => writer.Edit(entry.Id, new EntryEdit { Name = "two" }), ["two::False"]),
            (writer => writer.Edit(entry.Id, new EntryEdit { AddTags = ["t"] }), ["two:t:False"]),
            (writer => writer.Edit(entry.Id, new EntryEdit { Favorite = true }), ["two:t:True"]),
            (writer => writer.Trash(entry.Id), []),
            (writer => writer.Restore(entry.Id), ["two:t:True"]),
        })
        {
            foreach (LocalVault vault in new[] { _test.Vault, second })
                _ = Listed(vault);
            using (VaultWriter writer = second.BeginWrite())
            {
                change(writer);
                // Not before it is committed.
                Assert.Equal(Listed(), Listed());
                writer.Commit();
            }
            Assert.Equal(after, Listed());
            Assert.Equal(after, Listed(second));
        }
    }

    [Fact]
    public void A_change_during_a_listing_shows_in_the_next()
    {
        _test.Add(new EntryEdit { Name = "one" });
        _test.Add(new EntryEdit { Name = "two" });
        foreach (EntrySummary entry in _test.Vault.List(new EntryQuery()))
        {
            if (entry.Name == "one")
                _test.Add(new EntryEdit { Name = "three" });
        }
        Assert.Equal(["one::False", "three::False", "two::False"], Listed().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void One_that_ends_early_makes_none_of_the_next_ones_shorter()
    {
        _test.Add(new EntryEdit { Name = "one" });
        _test.Add(new EntryEdit { Name = "two" });
        Assert.Equal("one", _test.Vault.List(new EntryQuery()).First().Name);
        Assert.Equal(2, Listed().Length);
    }

    [Fact]
    public void What_is_damaged_is_told_every_time()
    {
        EntrySummary entry = _test.Add(new EntryEdit { Name = "one" });
        _test.Add(new EntryEdit { Name = "two" });
        _ = Listed();
        using (var connection = new SqliteConnection($"Data Source={_test.Folder.VaultFile};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE local_data SET head = zeroblob(length(head)) WHERE id = $1";
            command.Parameters.AddWithValue("$1", entry.Id.ToByteArray(bigEndian: true));
            command.ExecuteNonQuery();
        }
        for (int i = 0; i < 3; i++)
        {
            var damaged = new List<PasspackException>();
            Assert.Equal("two", Assert.Single(_test.Vault.List(new EntryQuery(), damaged.Add)).Name);
            Assert.Equal(entry.Id, Assert.Single(damaged).Target);
            Errors.Of(ErrorCodes.RecordDamaged, () => _test.Vault.List(new EntryQuery()).Count());
        }
    }

    [Theory]
    [InlineData(LocalVault.MostSummariesKept)]
    [InlineData(LocalVault.MostSummariesKept + 1)]
    public void All_are_listed_whether_or_not_they_are_kept(int entries)
    {
        _test.Write(writer => Enumerable.Range(0, entries).Select(i => writer.Add(new EntryEdit { Name = $"entry {i}" })).Count());
        for (int i = 0; i < 3; i++)
            Assert.Equal(entries, _test.Vault.List(new EntryQuery()).Select(entry => entry.Id).Distinct().Count());
    }

    [Fact]
    public void A_locked_account_lists_nothing()
    {
        _test.Add(new EntryEdit { Name = "one" });
        _ = Listed();
        _test.Vault.Dispose();
        Errors.Of(ErrorCodes.VaultLocked, () => Listed());
    }
}
