using Passpack.Core.Tests.Vault;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Sources;
using Passpack.TransferSamples;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;
using Passpack.Vault.Files;

namespace Passpack.Core.Tests.Transfer.Importing;

/// <summary>Importing another program's items: the same file twice, values that were changed there, here and on both sides, history, trash and archive.</summary>
public sealed class SourceImportTests : IDisposable
{
    private static readonly DateTimeOffset s_time = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TestVault _test = new();

    public static TheoryData<string> Samples => [.. TransferSamples.Samples.All.Select(sample => sample.File)];

    private LocalVault Vault => _test.Vault;

    public void Dispose() => _test.Dispose();

    [Theory, MemberData(nameof(Samples))]
    public void A_sample_imported_twice_changes_nothing_and_a_plan_says_the_same(string file)
    {
        List<ImportResult> plan = ImportSample(file, preview: true);
        Assert.Empty(Vault.List(new EntryQuery()));

        List<ImportResult> first = ImportSample(file);
        List<FullEntry> entries = Entries();
        List<ImportResult> second = ImportSample(file);

        Assert.Equal(plan.Select(row => (row.Action, row.Reason)), first.Select(row => (row.Action, row.Reason)));
        Assert.Contains(first, row => row.Action == ImportAction.Added);
        Assert.All(second, row => Assert.Contains(row.Action, new[] { ImportAction.Unchanged, ImportAction.Failed, ImportAction.Skipped }));
        Assert.Equal(first.Select(row => row.Id), second.Select(row => row.Id));
        Assert.Equal(entries.Select(Text), Entries().Select(Text));
    }

    [Fact]
    public void Types_fields_expiry_and_flags_arrive()
    {
        Import(Item(item =>
        {
            item.Type = EntryTypes.Card;
            item.Add("pin", "PIN", FieldTypes.Hidden, "0815");
            item.Totp("otp", "JBSW Y3DP EHPK 3PXP");
            item.Expires("exp", s_time);
            item.Tag("folder", "Work/Bank");
            item.Favorite("fav", true);
        }));

        FullEntry entry = Assert.Single(Entries());
        Assert.Equal(EntryTypes.Card, entry.Summary.Type);
        Assert.Equal(s_time, entry.Summary.Expires);
        Assert.Equal(EntryFlags.Totp, entry.Summary.Flags);
        Assert.Equal(["Work/Bank"], entry.Summary.Tags);
        Assert.True(entry.Summary.Favorite);
        Assert.Equal([new ExtraField("PIN", "hidden", "0815"), new ExtraField("TOTP", "totp", "otpauth://totp/jo?secret=JBSWY3DPEHPK3PXP")],
            entry.Secret.ExtraFields.Select(field => field with { Data = field.Data.Replace("Bank:", "", StringComparison.Ordinal).Replace("&issuer=Bank", "", StringComparison.Ordinal) }));
    }

    [Fact]
    public void A_value_changed_in_the_source_alone_is_taken()
    {
        Guid id = Import(Item()).Id!.Value;
        ImportResult again = Import(Item(item => item.Set(EntryColumn.Notes, "note", "new")));

        Assert.Equal((ImportAction.Updated, id), (again.Action, again.Id));
        Assert.Equal("new", Vault.ReadSecret(id).Notes);
    }

    [Fact]
    public void A_value_changed_here_alone_stays()
    {
        Guid id = Import(Item()).Id!.Value;
        Edit(id, new EntryEdit { Password = "mine" });

        Assert.Equal(ImportAction.Unchanged, Import(Item()).Action);
        Assert.Equal("mine", Vault.ReadSecret(id).Password);
    }

    [Theory]
    [InlineData(false, "mine", "theirs")]
    [InlineData(true, "theirs", "mine")]
    public void Of_a_value_changed_on_both_sides_one_is_in_force_and_one_in_the_history(bool preferSource, string inForce, string inHistory)
    {
        Guid id = Import(Item()).Id!.Value;
        Edit(id, new EntryEdit { Password = "mine" });
        ImportResult again = Import(Item(password: "theirs"), new ImportOptions { PreferSource = preferSource });

        Assert.Equal(inForce, Vault.ReadSecret(id).Password);
        Assert.Contains(Vault.History(id), version => Vault.ReadSecret(version).Password == inHistory);
        Assert.Equal(preferSource ? 0 : 1, again.Changed.Count(told => told.StartsWith("Password: changed here, too", StringComparison.Ordinal)));
        // Settled: the next import of the same item is silent.
        ImportResult third = Import(Item(password: "theirs"), new ImportOptions { PreferSource = preferSource });
        Assert.Equal(ImportAction.Unchanged, third.Action);
        Assert.Empty(third.Changed);
        Assert.Equal(inForce, Vault.ReadSecret(id).Password);
    }

    [Fact]
    public void Files_are_attached_once_and_one_that_was_taken_off_here_stays_off()
    {
        Action<SourceItem> files = item =>
        {
            item.File("one", new SourceFile("a/b.txt", 3, () => new MemoryStream([1, 2, 3])));
            item.File("two", new SourceFile("A_B.txt", 1, () => new MemoryStream([4])));
        };
        ImportResult first = Import(Item(files));
        IReadOnlyList<Attachment> attached = Vault.ReadSecret(first.Id!.Value).Attachments;
        Assert.Equal([("a_b.txt", 3L), ("A_B 2.txt", 1L)], attached.Select(attachment => (attachment.Name, attachment.Size)));
        using var content = new MemoryStream();
        Vault.ReadAttachment(first.Id.Value, attached[0], content);
        Assert.Equal([1, 2, 3], content.ToArray());
        Assert.Equal(2, first.Kept.Count(told => told.EndsWith(": Attachments", StringComparison.Ordinal)));

        Vault.RemoveAttachment(first.Id.Value, "a_b.txt");
        ImportResult second = Import(Item(files));
        Assert.Equal(ImportAction.Unchanged, second.Action);
        Assert.StartsWith("one: the item was imported before", Assert.Single(second.NoPlace), StringComparison.Ordinal);
        Assert.Equal(["A_B 2.txt"], Vault.ReadSecret(first.Id.Value).Attachments.Select(attachment => attachment.Name));
    }

    [Fact]
    public void A_file_that_cannot_be_attached_is_told_and_its_item_is_imported()
    {
        ImportResult result = Import(Item(item => item.File("big", new SourceFile("big.bin", long.MaxValue, () => new Endless()))));
        Assert.Equal(ImportAction.Added, result.Action);
        Assert.StartsWith("big: an attachment that was not taken", Assert.Single(result.NoPlace), StringComparison.Ordinal);
        Assert.DoesNotContain(result.Kept, told => told.EndsWith(": Attachments", StringComparison.Ordinal));
        Assert.Empty(Vault.ReadSecret(result.Id!.Value).Attachments);
    }

    [Theory]
    [InlineData(ErrorCodes.SourceTooCostly)]
    [InlineData(ErrorCodes.SourceNotSupported)]
    public void A_file_that_cannot_be_opened_is_told_and_its_item_is_imported(string errorId)
    {
        ImportResult result = Import(Item(item => item.File("disk", new SourceFile("disk.img", 3, () => throw new PasspackException(errorId, "not opened.")))));
        Assert.Equal(ImportAction.Added, result.Action);
        Assert.Equal("disk: an attachment that was not taken: not opened", Assert.Single(result.NoPlace));
    }

    [Fact]
    public void Files_whose_names_are_equal_and_long_are_all_attached()
    {
        string name = new string('é', 125) + "x.txt"; // 255 bytes.
        ImportResult result = Import(Item(item =>
        {
            for (int i = 0; i < 3; i++)
                item.File($"file {i}", new SourceFile(name, 1, () => new MemoryStream([1])));
        }));
        Assert.Empty(result.NoPlace);
        Assert.Equal([name, $"{new string('é', 124)} 2.txt", $"{new string('é', 124)} 3.txt"],
            Vault.ReadSecret(result.Id!.Value).Attachments.Select(attachment => attachment.Name));
    }

    [Fact]
    public void Files_whose_names_differ_in_composition_only_are_all_attached()
    {
        ImportResult result = Import(Item(item =>
        {
            item.File("one", new SourceFile("\u00E9.txt", 1, () => new MemoryStream([1])));
            item.File("two", new SourceFile("e\u0301.txt", 1, () => new MemoryStream([2])));
        }));
        Assert.Empty(result.NoPlace);
        Assert.Equal(2, Vault.ReadSecret(result.Id!.Value).Attachments.Count);
    }

    [Fact]
    public void A_plan_says_what_becomes_of_files()
    {
        Action<SourceItem> files = item =>
        {
            item.File("small", new SourceFile("small.bin", 1, () => new MemoryStream([1])));
            item.File("big", new SourceFile("big.bin", Limits.AttachmentBytes + 1, () => new Endless()));
        };
        var plan = new ImportOptions { Preview = true };
        ImportResult planned = Import(Item(files), plan), first = Import(Item(files));
        Assert.Equal(first.Kept.Concat(first.NoPlace), planned.Kept.Concat(planned.NoPlace));
        Assert.StartsWith("big: an attachment that was not taken", Assert.Single(planned.NoPlace), StringComparison.Ordinal);
        Vault.RemoveAttachment(first.Id!.Value, "small.bin");
        ImportResult plannedAgain = Import(Item(files), plan), again = Import(Item(files));
        Assert.Equal(again.Kept.Concat(again.NoPlace), plannedAgain.Kept.Concat(plannedAgain.NoPlace));
        Assert.Equal(2, plannedAgain.NoPlace.Count);
    }

    [Fact]
    public void Items_that_share_an_id_are_each_met_again()
    {
        ImportRow[] rows = [Item(), Item(name: "Shop"), Item(password: "other"), Item()];
        List<ImportResult> first = ImportAll(rows), second = ImportAll(rows), third = ImportAll([.. rows.Reverse()]);

        Assert.All(first, result => Assert.Equal(ImportAction.Added, result.Action));
        Assert.All(second.Concat(third), result => Assert.Equal(ImportAction.Unchanged, result.Action));
        Assert.Equal(rows.Length, Vault.List(new EntryQuery()).Count());
        Assert.Equal(first.Select(result => result.Id).Order(), second.Select(result => result.Id).Order());
    }

    [Fact]
    public void An_archived_item_without_an_id_goes_to_the_trash_once()
    {
        ImportRow row = Item(item => (item.Id, item.State) = (null, SourceState.Archived));
        var options = new ImportOptions { Archived = ArchivedItems.Trash };
        ImportResult first = Import(row, options), second = Import(row, options);

        Assert.Equal((ImportAction.Unchanged, first.Id), (second.Action, second.Id));
        Assert.Single(Vault.List(new EntryQuery { Trashed = true }));
    }

    [Fact]
    public void An_archived_item_is_not_taken_for_another_entry_in_the_trash()
    {
        using (VaultWriter writer = Vault.BeginWrite())
        {
            writer.Trash(writer.Add(new EntryEdit { Name = "Bank", UserId = "jo", Url = "https://bank.example", Password = "of here" }).Id);
            writer.Commit();
        }
        ImportResult result = Import(Item(item => (item.Id, item.State) = (null, SourceState.Archived)), new ImportOptions { Archived = ArchivedItems.Trash });
        Assert.Equal(ImportAction.Added, result.Action);
    }

    private sealed class Endless : ForwardStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Clear();
            return buffer.Length;
        }
    }

    [Fact]
    public void An_item_is_met_again_under_another_name_and_tags_of_this_vault_stay()
    {
        Guid id = Import(Item(item => item.Tag("folder", "A"))).Id!.Value;
        Edit(id, new EntryEdit { AddTags = ["mine"] });
        ImportResult again = Import(Item(item => item.Tag("folder", "B"), name: "Renamed"));

        Assert.Equal(id, again.Id);
        EntrySummary entry = Vault.Get(id);
        Assert.Equal("Renamed", entry.Name);
        Assert.Equal(["A", "mine", "B"], entry.Tags);
    }

    [Fact]
    public void Earlier_passwords_become_history_in_their_order()
    {
        Guid id = Import(Item(item =>
        {
            item.Earlier("history[0]", DateTimeOffset.UtcNow.AddDays(-3), new EntryEdit { Password = "first" });
            item.Earlier("history[1]", DateTimeOffset.UtcNow.AddDays(-2), new EntryEdit { Password = "second" });
        })).Id!.Value;

        Assert.Equal(["second", "first"], Vault.History(id).Select(version => Vault.ReadSecret(version).Password));
        Assert.Equal("secret", Vault.ReadSecret(id).Password);
    }

    [Fact]
    public void An_item_in_the_sources_trash_goes_to_the_trash_and_stays_there()
    {
        ImportResult first = Import(Item(item => item.State = SourceState.Trashed));
        ImportResult second = Import(Item(item => item.State = SourceState.Trashed));

        Assert.Empty(Vault.List(new EntryQuery()));
        Assert.Equal(first.Id, Assert.Single(Vault.List(new EntryQuery { Trashed = true })).Id);
        Assert.Equal((ImportAction.Unchanged, first.Id), (second.Action, second.Id));
    }

    [Fact]
    public void An_archived_item_is_tagged_left_out_or_in_the_trash()
    {
        var archived = (ArchivedItems how) => Import(Item(item => item.State = SourceState.Archived, id: $"{how}"), new ImportOptions { Archived = how });

        Assert.Equal(["Archived"], Vault.Get(archived(ArchivedItems.Tag).Id!.Value).Tags);
        Assert.Equal(ImportAction.Skipped, archived(ArchivedItems.Skip).Action);
        Guid trashed = archived(ArchivedItems.Trash).Id!.Value;
        Assert.Equal(trashed, Assert.Single(Vault.List(new EntryQuery { Trashed = true })).Id);
    }

    [Fact]
    public void An_entry_never_imported_gets_the_items_values_and_keeps_the_others()
    {
        Guid id;
        using (VaultWriter writer = Vault.BeginWrite())
        {
            id = writer.Add(new EntryEdit { Name = "Bank", UserId = "jo", Url = "https://bank.example", Notes = "mine", Password = "old" }).Id;
            writer.Commit();
        }
        ImportResult result = Import(Item());

        Assert.Equal((ImportAction.Updated, id), (result.Action, result.Id));
        Assert.Equal(("secret", "mine"), (Vault.ReadSecret(id).Password, Vault.ReadSecret(id).Notes));
    }

    private static ImportRow Item(Action<SourceItem>? more = null, string id = "item-1", string name = "Bank", string password = "secret")
    {
        var item = new SourceItem(1, null) { Id = id };
        item.Set(EntryColumn.EntryName, "name", name);
        item.Set(EntryColumn.UserId, "username", "jo");
        item.Set(EntryColumn.Password, "password", password);
        item.Set(EntryColumn.Url, "url", "https://bank.example");
        more?.Invoke(item);
        ImportRow row = item.ToRow();
        return row with { Source = row.Source! with { Format = EntryFileFormat.Bitwarden } };
    }

    private ImportResult Import(ImportRow row, ImportOptions? options = null) =>
        Assert.Single(new EntryImporter(Vault).Import([row], options ?? new ImportOptions(), CancellationToken.None));

    private List<ImportResult> ImportAll(ImportRow[] rows) => [.. new EntryImporter(Vault).Import(rows, new ImportOptions(), CancellationToken.None)];

    private List<ImportResult> ImportSample(string file, bool preview = false)
    {
        Sample sample = TransferSamples.Samples.All.Single(sample => sample.File == file);
        using SecretBytes? key = sample.Key is null ? null : SecretBytes.FromChars(sample.Key);
        return [.. new EntryImporter(Vault).Import(new MemoryStream(sample.Make()), file, new ImportOptions
        {
            Format = sample.IsAmbiguous ? Enum.Parse<EntryFileFormat>(sample.Format) : null,
            SourceKey = key,
            SourceKeyContent = sample.KeyFile?.Invoke(),
            Preview = preview,
        })];
    }

    private void Edit(Guid id, EntryEdit values)
    {
        using VaultWriter writer = Vault.BeginWrite();
        writer.Edit(id, values);
        writer.Commit();
    }

    private List<FullEntry> Entries() => [.. Vault.ListFull(new EntryQuery()).OrderBy(entry => entry.Summary.Id)];

    private static string Text(FullEntry entry) => System.Text.Json.JsonSerializer.Serialize(entry);
}
