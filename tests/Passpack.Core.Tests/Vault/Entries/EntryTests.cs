using Microsoft.Extensions.Time.Testing;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

/// <summary>What a writer does to an entry, its history and the trash.</summary>
public sealed class EntryTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)) { AutoAdvanceAmount = TimeSpan.Zero };
    private readonly TestVault _test;

    public EntryTests() => _test = new TestVault(_clock);

    public void Dispose() => _test.Dispose();

    private long Count(string table)
    {
        using VaultUse use = _test.Vault.Use();
        return use.Connection.Scalar<long>($"SELECT count(*) FROM {table}");
    }

    private List<EntryContent> HistoryOf(Guid id)
    {
        using VaultUse use = _test.Vault.Use();
        return [.. use.Connection.Query("SELECT version, head, tail FROM history WHERE stream = 1 AND id = $1 ORDER BY seq",
            row => SealedEntry.OpenContent(use.Keys, id, row.GetInt64(0), row.GetBytes(1), row.GetBytesOrNull(2)), id)];
    }

    [Fact]
    public void Every_value_that_an_edit_replaces_stays_in_the_history()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", Password = "0", Tags = ["a"] }).Id;
        for (int i = 1; i <= 3; i++)
            _test.Write(writer => writer.Edit(id, new EntryEdit { Password = $"{i}", Tags = [$"t{i}"], Favorite = i % 2 == 1 }));
        Assert.Equal(["0", "1", "2"], HistoryOf(id).Select(content => content.Password));
        Assert.Equal("3", _test.Vault.ReadSecret(id).Password);
        using VaultUse use = _test.Vault.Use();
        Assert.Equal(3, use.Connection.Scalar<long>("SELECT count(*) FROM history WHERE stream = 2"));
        Assert.Equal(2, use.Connection.Scalar<long>("SELECT count(*) FROM history WHERE stream = 3"));
    }

    [Fact]
    public void Entries_sealed_side_by_side_are_as_those_added_one_by_one()
    {
        EntryEdit[] values = [.. Enumerable.Range(0, 500).Select(i => new EntryEdit
        {
            Name = i % 100 == 7 ? "half \ud800" : $"n{i}",
            Password = $"p{i}",
            Notes = i % 100 == 9 ? new string('x', Limits.PartPlaintextBytes) : $"notes {i}",
            Tags = i % 3 == 0 ? [$"t{i}"] : [],
            Favorite = i % 5 == 0,
        })];
        var refused = new List<int>();
        var added = new List<EntrySummary>();
        _test.Write(writer =>
        {
            IReadOnlyList<Func<EntrySummary>> adds = writer.SealNew(values);
            for (int i = 0; i < adds.Count; i++)
            {
                try
                {
                    added.Add(adds[i]());
                }
                catch (Exception e) when (e is ArgumentException or PasspackException { ErrorId: ErrorCodes.RecordTooLarge })
                {
                    refused.Add(i);
                }
            }
            return 0;
        });
        Assert.Equal(Enumerable.Range(0, 500).Where(i => i % 100 is 7 or 9), refused);
        // The ids sort in the order of the values.
        Assert.Equal(added.Select(entry => entry.Id.ToString()).Order(StringComparer.Ordinal), added.Select(entry => entry.Id.ToString()));
        EntryEdit[] kept = [.. values.Where((_, i) => i % 100 is not (7 or 9))];
        IReadOnlyList<FullEntry> listed = [.. _test.Vault.ListFull(new EntryQuery()).OrderBy(entry => entry.Summary.Id.ToString(), StringComparer.Ordinal)];
        Assert.Equal(kept.Select(Show), listed.Select(entry => Show(new EntryEdit
        {
            Name = entry.Summary.Name, Password = entry.Secret.Password, Notes = entry.Secret.Notes, Tags = entry.Summary.Tags, Favorite = entry.Summary.Favorite,
        })));

        static string Show(EntryEdit edit) => $"{edit.Name}|{edit.Password}|{edit.Notes}|{string.Join(',', edit.Tags ?? [])}|{edit.Favorite}";
    }

    [Fact]
    public void An_edit_that_changes_nothing_writes_nothing()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", Password = "p", Tags = ["a"], ExtraFields = [new("f", "t", "d")] }).Id;
        _test.Write(writer =>
        {
            EntrySummary entry = writer.Edit(id, new EntryEdit { Name = "n", Password = "p", AddTags = ["A"], Favorite = false, ExtraFields = [new("f", "t", "d")] }, out bool changed);
            Assert.False(changed);
            return entry;
        });
        Assert.Equal(0, Count("history"));
    }

    [Fact]
    public void A_clock_that_goes_back_does_not_take_edit_times_with_it()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n" }).Id;
        DateTimeOffset created = _test.Vault.Get(id).Created;
        _test.Vault.Dispose();
        var past = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_000_000_000));
        using LocalVault vault = TestVault.Unlock(_test.Home, past);
        for (int i = 1; i <= 3; i++)
        {
            using VaultWriter writer = vault.BeginWrite();
            Assert.Equal(created.AddMilliseconds(i), writer.Edit(id, new EntryEdit { Name = $"{i}" }).Modified);
            writer.Commit();
        }
        Assert.Equal(created, vault.Get(id).Created);
    }

    [Fact]
    public void Names_are_found_by_the_index_whatever_their_case_and_composition()
    {
        string[] names = ["Straße", "ÉTÉ", "Ωμέγα", "日本語", "🔐 Vault", "a\u0300", "İstanbul", "half"];
        foreach (string name in names)
            _test.Add(new EntryEdit { Name = name });
        foreach (string name in names)
        {
            foreach (string asked in new[] { name, name.ToLowerInvariant(), name.Normalize(System.Text.NormalizationForm.FormD) })
                Assert.Equal(name, Assert.Single(_test.Vault.List(new EntryQuery { Name = asked })).Name);
        }
        Assert.Equal("ÉTÉ", Assert.Single(_test.Vault.List(new EntryQuery { Name = "e\u0301te\u0301" })).Name);
        Assert.Empty(_test.Vault.List(new EntryQuery { Name = "hal" }));
        Assert.Empty(_test.Vault.List(new EntryQuery { Name = "half " }));
        Assert.Empty(_test.Vault.List(new EntryQuery { Name = "" }));
    }

    [Fact]
    public void A_renamed_entry_is_found_by_its_new_name_alone()
    {
        Guid id = _test.Add(new EntryEdit { Name = "old" }).Id;
        _test.Write(writer => writer.Edit(id, new EntryEdit { Name = "new" }));
        Assert.Empty(_test.Vault.List(new EntryQuery { Name = "old" }));
        Assert.Single(_test.Vault.List(new EntryQuery { Name = "NEW" }));
        Assert.Empty(_test.Vault.List(new EntryQuery { Name = "old", Id = id }));
        Assert.Single(_test.Vault.List(new EntryQuery { Name = "New", Id = id }));
    }

    [Fact]
    public void A_hundred_entries_may_have_one_name()
    {
        _test.Write(writer =>
        {
            for (int i = 0; i < 100; i++)
                writer.Add(new EntryEdit { Name = "same", UserId = $"{i}" });
            return 0;
        });
        List<EntrySummary> found = [.. _test.Vault.List(new EntryQuery { Name = "Same" })];
        Assert.Equal(100, found.Select(entry => entry.UserId).Distinct().Count());
        _test.Write(writer => { writer.Trash(found[0].Id); return 0; });
        Assert.Equal(99, _test.Vault.List(new EntryQuery { Name = "same" }).Count());
        Assert.Single(_test.Vault.List(new EntryQuery { Name = "same", Trashed = true }));
    }

    [Fact]
    public void A_query_holds_everything_that_it_names()
    {
        _test.Add(new EntryEdit { Name = "a", Tags = ["Red", "Blue"], Favorite = true });
        _test.Add(new EntryEdit { Name = "b", Tags = ["red"] });
        _test.Add(new EntryEdit { Name = "c" });
        string Names(EntryQuery query) => string.Concat(_test.Vault.List(query).Select(entry => entry.Name).Order(StringComparer.Ordinal));
        Assert.Equal("ab", Names(new EntryQuery { Tag = "RED" }));
        Assert.Equal("a", Names(new EntryQuery { Tag = "red", Favorite = true }));
        Assert.Equal("bc", Names(new EntryQuery { Favorite = false }));
        Assert.Equal("", Names(new EntryQuery { Name = "c", Tag = "red" }));
        Assert.Equal(2, _test.Vault.Tags().Single(tag => tag.Name == "Red").Count);
    }

    [Fact]
    public void What_is_too_large_is_refused_and_leaves_nothing_in_the_change()
    {
        string tooLarge = new('x', Limits.PartPlaintextBytes + 1);
        Guid id = _test.Add(new EntryEdit { Name = "there", Password = "p" }).Id;
        using (VaultWriter writer = _test.Vault.BeginWrite())
        {
            foreach (EntryEdit edit in new EntryEdit[]
            {
                new() { Name = "notes", Notes = tooLarge }, new() { Name = tooLarge }, new() { Name = "tags", Tags = [tooLarge] },
                new() { Name = "fields", ExtraFields = [new("f", "t", tooLarge)] },
            })
            {
                Errors.Of(ErrorCodes.RecordTooLarge, () => writer.Add(edit), "Shorten");
                Errors.Of(ErrorCodes.RecordTooLarge, () => writer.Edit(id, edit));
            }
            Errors.Of(ErrorCodes.RecordTooLarge, () => writer.Edit(id, new EntryEdit { Password = "q", AddTags = [tooLarge] }));
            writer.Add(new EntryEdit { Name = "next" });
            writer.Commit();
        }
        Assert.Equal(["next", "there"], _test.Names());
        Assert.Equal("p", _test.Vault.ReadSecret(id).Password);
        Assert.Equal(0, Count("history"));
    }

    [Fact]
    public void The_largest_entry_that_fits_makes_the_round_trip()
    {
        string notes = new('x', Limits.PartPlaintextBytes - 100);
        Guid id = _test.Add(new EntryEdit { Name = "n", Notes = notes }).Id;
        _test.Reopen();
        Assert.Equal(notes, _test.Vault.ReadSecret(id).Notes);
    }

    [Fact]
    public void A_new_entry_in_the_place_of_a_trashed_one_has_nothing_of_it()
    {
        Guid id = _test.Add(new EntryEdit { Name = "old", Notes = "old", Tags = ["old"], Favorite = true }).Id;
        Assert.Throws<ArgumentException>(() => _test.Write(writer => writer.Add(new EntryEdit { Name = "x" }, id)));
        _test.Write(writer => { writer.Trash(id); return writer.Add(new EntryEdit { Name = "new" }, id); });
        FullEntry entry = Assert.Single(_test.Vault.ListFull(new EntryQuery()));
        Assert.Equal((id, "new", "", false), (entry.Summary.Id, entry.Summary.Name, entry.Secret.Notes, entry.Summary.Favorite));
        Assert.Empty(entry.Summary.Tags);
        Assert.Equal(["old"], HistoryOf(id).Select(content => content.Name));
    }

    [Fact]
    public void The_trash_is_apart_and_what_comes_out_of_it_is_whole()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", Password = "p", Tags = ["t"], Favorite = true }).Id;
        _test.Write(writer => { writer.Trash(id); return 0; });
        foreach (Action<VaultWriter> again in new Action<VaultWriter>[] { w => w.Trash(id), w => w.Edit(id, new EntryEdit { Name = "m" }) })
            Errors.Of(ErrorCodes.EntryNotFound, () => _test.Write(writer => { again(writer); return 0; }), id.ToString());
        Assert.NotNull(_test.Vault.Get(id).Trashed);
        Assert.Empty(_test.Vault.Tags());
        Assert.Equal(0, _test.Vault.Describe().PendingChanges);

        EntrySummary restored = _test.Write(writer => writer.Restore(id));

        Assert.Equal(("n", true), (restored.Name, restored.Favorite));
        Assert.Equal(["t"], restored.Tags);
        Assert.Equal("p", _test.Vault.ReadSecret(id).Password);
        Errors.Of(ErrorCodes.EntryNotFound, () => _test.Write(writer => writer.Restore(id)));
        Errors.Of(ErrorCodes.EntryNotFound, () => _test.Write(writer => { writer.Purge(id); return 0; }));
    }

    [Fact]
    public void A_purged_entry_is_gone_with_its_history_and_others_keep_theirs()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", Tags = ["t"], Favorite = true }).Id, other = _test.Add(new EntryEdit { Name = "o" }).Id;
        _test.Write(writer => { writer.Edit(id, new EntryEdit { Name = "m", Tags = [] }); return writer.Edit(other, new EntryEdit { Name = "p" }); });
        _test.Write(writer => { writer.Trash(id); writer.Purge(id); return 0; });
        Errors.Of(ErrorCodes.EntryNotFound, () => _test.Vault.Get(id));
        Assert.Equal((1, 1, 0, 0), (Count("history"), Count("local_data"), Count("local_tags"), Count("local_favorites")));
        Assert.Single(HistoryOf(other));
    }

    [Fact]
    public void Listing_fifty_thousand_entries_keeps_none_of_them()
    {
        for (int batch = 0; batch < 50; batch++)
        {
            _test.Write(writer =>
            {
                for (int i = 0; i < 1000; i++)
                    writer.Add(new EntryEdit { Name = "some entry or other", UserId = "somebody", Url = "https://example.com/", Tags = ["t"] });
                return 0;
            });
        }
        // Other tests fill the heap at the same time, so its size tells nothing here (bench/ measures it): what was listed must be gone.
        var listed = new List<WeakReference>();
        foreach (EntrySummary entry in _test.Vault.List(new EntryQuery()))
        {
            listed.Add(new WeakReference(entry));
            if (listed.Count % 10_000 != 0)
                continue;
            GC.Collect();
            Assert.InRange(listed.Count(summary => summary.IsAlive), 0, 10);
        }
        Assert.Equal(50_000, listed.Count);
    }
}
