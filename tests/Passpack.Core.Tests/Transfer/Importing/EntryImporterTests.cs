using System.Text;
using Passpack.Core.Tests.Vault;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

public sealed class EntryImporterTests : IDisposable
{
    private readonly TestVault _test = new();

    private LocalVault Vault => _test.Vault;

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_file_that_is_imported_twice_changes_nothing_the_second_time()
    {
        var importer = new EntryImporter(Vault);
        List<ImportResult> first = [.. importer.Import(SamplePath)];
        Assert.All(first, result => Assert.Equal(ImportAction.Added, result.Action));
        byte[] export = Sorted();

        List<ImportResult> second = [.. importer.Import(SamplePath)];

        Assert.All(second, result => Assert.Equal(ImportAction.Unchanged, result.Action));
        Assert.Equal(first.Select(result => result.Id), second.Select(result => result.Id));
        Assert.Equal(export, Sorted());
    }

    [Theory]
    [InlineData(EntryFileFormat.Csv)]
    [InlineData(EntryFileFormat.Json)]
    public void An_export_of_the_vault_changes_nothing_when_it_is_imported(EntryFileFormat format)
    {
        _ = Import(File.ReadAllText(SamplePath)).Count();
        byte[] export = Export(format, Vault.ListFull(new EntryQuery()));

        ImportInto(Vault, ImportAction.Unchanged);

        using var other = new TestVault();
        ImportInto(other.Vault, ImportAction.Added);
        ImportInto(other.Vault, ImportAction.Unchanged);

        void ImportInto(LocalVault vault, ImportAction expected) =>
            Assert.All(new EntryImporter(vault).Import(new MemoryStream(export), "x"), result => Assert.Equal(expected, result.Action));
    }

    [Fact]
    public void The_kth_of_equal_rows_is_the_kth_of_equal_entries_even_over_batches()
    {
        const int count = 2500;
        string rows = string.Concat(Enumerable.Range(0, count).Select(i => $"same,{i}\n"));
        Assert.Equal(count, Import("Entry Name,Password\n" + rows).Count(result => result.Action == ImportAction.Added));

        Assert.All(Import("Entry Name,Password\n" + rows), result => Assert.Equal(ImportAction.Unchanged, result.Action));

        List<ImportResult> third = [.. Import("Entry Name,Password\nsame,0\nsame,x\n" + rows)];
        Assert.Equal([ImportAction.Unchanged, ImportAction.Updated], third.Take(2).Select(result => result.Action));
        Assert.Equal([ImportAction.Added, ImportAction.Added], third.TakeLast(2).Select(result => result.Action));
    }

    [Fact]
    public void Name_User_ID_and_URL_match_exactly()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", UserId = "u", Url = "l", Password = "old" }).Id;

        List<ImportResult> results = [.. Import("Entry Name,User ID,URL,Password\nN,u,l,1\nn,U,l,2\nn,u,,3\nn,u,l,4\n")];

        Assert.Equal([ImportAction.Added, ImportAction.Added, ImportAction.Added, ImportAction.Updated], results.Select(result => result.Action));
        Assert.Equal(id, results[3].Id);
        Assert.Equal("4", Vault.ReadSecret(id).Password);
    }

    [Fact]
    public void An_id_matches_whatever_else_was_edited_and_an_unknown_one_becomes_the_new_entrys()
    {
        Guid id = _test.Add(new EntryEdit { Name = "old", UserId = "u", Notes = "stay" }).Id;
        var other = Guid.NewGuid();

        List<ImportResult> results = [.. Import($"Id,Entry Name,User ID,Notes\n{id},new,v,\n{other},new,v,n\n")];

        Assert.Equal([(ImportAction.Updated, id), (ImportAction.Added, other)], results.Select(result => (result.Action, result.Id!.Value)));
        Assert.Equal("new", Vault.Get(id).Name);
        Assert.Equal("", Vault.ReadSecret(id).Notes);
    }

    [Fact]
    public void The_same_id_twice_fails_the_second_row()
    {
        var id = Guid.NewGuid();
        List<ImportResult> results = [.. Import($"Id,Entry Name\n{id},a\n{id},b\n")];
        Assert.Equal([ImportAction.Added, ImportAction.Failed], results.Select(result => result.Action));
        Assert.Equal(ErrorCodes.ImportRowInvalid, results[1].ErrorId);
        Assert.StartsWith("Row 2 (line 3): Id: ", results[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_file_lacks_stays_and_what_it_holds_overwrites()
    {
        Guid id = _test.Add(new EntryEdit
        {
            Name = "n",
            Password = "p",
            Notes = "notes",
            Email = "e",
            Tags = ["Old"],
            Favorite = true,
            ExtraFields = [new("a", "text", "1")],
        }).Id;

        ImportResult result = Assert.Single(Import("Entry Name,Notes,Tags\nn,,\"{\"\"tags\"\":[\"\"{\\\"\"tag\\\"\":\\\"\"New\\\"\"}\"\"]}\"\n"));

        Assert.Equal(ImportAction.Updated, result.Action);
        FullEntry entry = Assert.Single(Vault.ListFull(new EntryQuery { Id = id }));
        Assert.Equal(["New"], entry.Summary.Tags);
        Assert.True(entry.Summary.Favorite);
        Assert.Equal(("p", "", "e"), (entry.Secret.Password, entry.Secret.Notes, entry.Summary.Email));
        Assert.Single(entry.Secret.ExtraFields);
    }

    [Fact]
    public void An_entry_in_the_trash_is_not_matched_by_name_and_comes_back_by_id()
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", Password = "old" }).Id;
        Trash(id);

        ImportResult byName = Assert.Single(Import("Entry Name,Password\nn,new\n"));
        Assert.Equal(ImportAction.Added, byName.Action);
        Assert.NotEqual(id, byName.Id);
        Trash(byName.Id!.Value);

        ImportResult byId = Assert.Single(Import($"Id,Entry Name,Password\n{id},n,newer\n"));
        Assert.Equal((ImportAction.Added, id), (byId.Action, byId.Id!.Value));
        Assert.Equal("newer", Vault.ReadSecret(id).Password);
        Assert.Equal(ImportAction.Unchanged, Assert.Single(Import($"Id,Entry Name,Password\n{id},n,newer\n")).Action);
    }

    [Fact]
    public void An_added_row_says_that_one_like_it_is_in_the_trash()
    {
        _test.Write<object?>(writer =>
        {
            writer.Trash(writer.Add(new EntryEdit { Name = "n", UserId = "u", Url = "l" }).Id);
            return null;
        });
        foreach (bool preview in new[] { true, false })
        {
            List<ImportResult> results = [.. Import("Entry Name,User ID,URL\nn,u,l\nn,u,other\n", new ImportOptions { Preview = preview })];
            Assert.All(results, result => Assert.Equal(ImportAction.Added, result.Action));
            Assert.Equal(["Row 1 (line 2): one like it is in the trash.", null], results.Select(result => result.Reason));
        }
        Assert.All(Import("Entry Name,User ID,URL\nn,u,l\nn,u,other\n"), result => Assert.Equal((ImportAction.Unchanged, null), (result.Action, result.Reason)));
    }

    [Theory]
    [InlineData("""[{"Entry Name":"n","Extra Fields":{"pin":"1","new":"2"}}]""")]
    [InlineData("""[{"Entry Name":"n","Extra Fields":"{\"extraFields\":[\"{\\\"name\\\":\\\"pin\\\",\\\"data\\\":\\\"1\\\"}\",\"{\\\"name\\\":\\\"new\\\",\\\"data\\\":\\\"2\\\"}\"]}"}]""")]
    public void An_Extra_Field_whose_cell_says_no_type_keeps_the_type_that_is_there(string json)
    {
        Guid id = _test.Add(new EntryEdit { Name = "n", ExtraFields = [new("pin", "password", "0")] }).Id;
        Assert.Equal(ImportAction.Updated, Assert.Single(Import(json)).Action);
        Assert.Equal([new("pin", "password", "1"), new("new", "text", "2")], Vault.ReadSecret(id).ExtraFields);
        Assert.Equal(ImportAction.Unchanged, Assert.Single(Import(json)).Action);
        _test.Write(writer => writer.Edit(id, new EntryEdit { ExtraFields = [new("pin", "text", "1")] }));
        Assert.Equal([new("pin", "text", "1")], Vault.ReadSecret(id).ExtraFields);
    }

    [Theory]
    [InlineData("Name,UserName,Password,Url,Notes", "a header of another program")]
    [InlineData("name,url,username,password", "as Chrome or Edge writes it")]
    [InlineData("name,url,username,password,note", "as Chrome or Edge writes it")]
    public void A_header_is_called_Chromes_only_where_it_is_and_the_way_on_is_told(string header, string said)
    {
        PasspackException error = Assert.Throws<PasspackException>(() => Import($"{header}\na,b,c,d,e\n", new ImportOptions { Format = EntryFileFormat.Csv }).ToList());
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains("Rename its columns to Entry Name, User ID, Password, URL", error.Message, StringComparison.Ordinal);
        Assert.Contains("-Format ClassicCsv -ColumnOrder Name, UserId, Password, Link, Notes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_to_add_come_to_those_of_the_file_or_of_the_entry()
    {
        _test.Add(new EntryEdit { Name = "there", Tags = ["Mine"] });
        var options = new ImportOptions { AddTags = ["Imported", "imported"] };

        Assert.Equal([ImportAction.Updated, ImportAction.Added], Import("Entry Name\nthere\nnew\n", options).Select(result => result.Action));
        Assert.Equal(["Mine", "Imported"], Vault.List(new EntryQuery { Name = "there" }).Single().Tags);
        Assert.Equal(["Imported"], Vault.List(new EntryQuery { Name = "new" }).Single().Tags);
        Assert.All(Import("Entry Name\nthere\nnew\n", options), result => Assert.Equal(ImportAction.Unchanged, result.Action));
    }

    [Fact]
    public void The_same_tags_in_other_case_or_order_are_no_change()
    {
        _test.Add(new EntryEdit { Name = "n", Tags = ["One", "Two"] });
        string cell = ModernLayout.WriteTags(["two", "ONE", "", "one"]).Replace("\"", "\"\"", StringComparison.Ordinal);
        Assert.Equal(ImportAction.Unchanged, Assert.Single(Import($"Entry Name,Tags\nn,\"{cell}\"\n")).Action);
    }

    [Fact]
    public void Bad_rows_fail_and_all_good_ones_are_imported()
    {
        string huge = new('x', 1 << 20);
        List<ImportResult> results = [.. Import($"Entry Name,Notes,Tags\nok,n,\n,n,\nbad,n,{{json\nhuge,{huge},\nshort\nok2,n,\n\"open,n,\n")];

        Assert.Equal(
            [null, "ImportRowInvalid", "ImportRowInvalid", "RecordTooLarge", "ImportRowInvalid", null, "ImportRowInvalid"],
            results.Select(result => result.ErrorId));
        Assert.Equal(["ok", "ok2"], Vault.List(new EntryQuery()).Select(entry => entry.Name).Order());
        Assert.All(results, (result, i) => Assert.Equal(i + 1, result.Row));
        Assert.StartsWith("Row 3 (line 4): Tags: it is not valid JSON, or a string in it is not; write ", results[2].Reason, StringComparison.Ordinal);
        Assert.All(results.Where(result => result.Action == ImportAction.Failed), result =>
            Assert.StartsWith($"Row {result.Row} (line ", result.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_preview_says_the_same_and_writes_nothing()
    {
        _test.Add(new EntryEdit { Name = "same" });
        _test.Add(new EntryEdit { Name = "other", Password = "old" });
        const string file = "Entry Name,Password\nsame,\nother,new\nadded,p\n,p\n";

        List<ImportResult> preview = [.. Import(file, new ImportOptions { Preview = true })];

        Assert.Equal(2, Vault.List(new EntryQuery()).Count());
        Assert.Equal("old", Vault.ReadSecret(preview[1].Id!.Value).Password);
        Assert.Equal([ImportAction.Unchanged, ImportAction.Updated, ImportAction.Added, ImportAction.Failed], preview.Select(result => result.Action));
        Assert.Equal(preview.Select(result => result.Action), Import(file).Select(result => result.Action));
    }

    [Fact]
    public void What_was_reported_is_saved_and_the_rest_is_not_when_the_caller_stops()
    {
        string rows = string.Concat(Enumerable.Range(0, 5000).Select(i => $"n{i}\n"));
        var reported = new List<Guid>();
        foreach (ImportResult result in Import("Entry Name\n" + rows).Take(1500))
        {
            reported.Add(result.Id!.Value);
            if (reported.Count is 1 or 1001)
                Assert.All(reported, id => Vault.Get(id));
        }

        HashSet<Guid> saved = [.. Vault.List(new EntryQuery()).Select(entry => entry.Id)];
        Assert.Superset(reported.ToHashSet(), saved);
        Assert.Equal(2000, saved.Count);
    }

    [Fact]
    public void A_cancelled_import_keeps_what_it_reported_and_nothing_else()
    {
        using var cancellation = new CancellationTokenSource();
        string rows = string.Concat(Enumerable.Range(0, 5000).Select(i => $"n{i}\n"));
        int reported = 0;

        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (ImportResult _ in new EntryImporter(Vault).Import(Stream("Entry Name\n" + rows), "x", null, cancellation.Token))
            {
                if (++reported == 1000)
                    cancellation.Cancel();
            }
        });

        Assert.Equal(1000, reported);
        Assert.Equal(1000, Vault.List(new EntryQuery()).Count());
    }

    [Fact]
    public void A_slow_source_does_not_wait_for_a_full_batch()
    {
        var clock = new ManualClock();
        IEnumerable<ImportRow> Rows()
        {
            for (int i = 1; ; i++)
            {
                clock.Now += TimeSpan.FromMilliseconds(100);
                yield return new ImportRow(i, i) { Name = $"n{i}", Values = new EntryEdit { Name = $"n{i}" } };
            }
        }

        _ = new EntryImporter(Vault, clock).Import(Rows(), new ImportOptions(), CancellationToken.None).First();

        Assert.InRange(Vault.List(new EntryQuery()).Count(), 1, 10);
    }

    [Fact]
    public void Others_can_write_between_the_results()
    {
        foreach (ImportResult _ in Import("Entry Name\na\nb\n"))
            _test.Add(new EntryEdit { Name = "meanwhile" });
        Assert.Equal(4, Vault.List(new EntryQuery()).Count());
    }

    [Fact]
    public void A_file_that_is_not_there_or_is_a_folder_says_so()
    {
        Assert.Throws<FileNotFoundException>(() => new EntryImporter(Vault).Import(Path.Combine(_test.Home.Path, "none.csv")).ToList());
        Assert.Equal(ErrorCodes.FormatNotRecognized,
            Assert.Throws<PasspackException>(() => new EntryImporter(Vault).Import(_test.Home.Path).ToList()).ErrorId);
    }

    [Fact]
    public void Ids_ascend()
    {
        List<Guid> made = [.. Enumerable.Range(0, 10_000).Select(_ => EntryIds.Next(1_700_000_000_000))];
        Assert.Equal(made.Order(), made);
        Assert.Equal(made.Count, made.Distinct().Count());
        Assert.All(made, id => Assert.Equal('7', id.ToString()[14]));
    }

    private IEnumerable<ImportResult> Import(string text, ImportOptions? options = null) =>
        new EntryImporter(Vault).Import(Stream(text), "test.csv", options);

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));

    private void Trash(Guid id) => _test.Write(writer =>
    {
        writer.Trash(id);
        return id;
    });

    private byte[] Sorted() => Export(EntryFileFormat.Json, Vault.ListFull(new EntryQuery()).OrderBy(entry => entry.Summary.Id));
}
