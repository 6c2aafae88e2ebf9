using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Transfer.Writing;

public sealed class TargetLossesTests : IDisposable
{
    private static readonly TargetLoss s_lost = new("Colours"), s_changed = new("Tags", "a folder");
    private static readonly EntrySummary s_entry = new() { Id = Guid.NewGuid(), Name = "entry" };
    private readonly TargetFormat _target = new(EntryFileFormat.Html, "Nobody") { Open = (_, _, _) => throw new NotSupportedException(), Losses = [s_lost, s_changed] };
    private readonly List<string> _warnings = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-losses-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_kind_is_counted_by_entries_and_told_in_one_warning()
    {
        var losses = new TargetLosses(_target);
        for (int i = 0; i < 1200; i++)
        {
            losses.Next(s_entry);
            losses.Tell(s_changed);
            losses.Tell(s_changed);
            losses.Tell(s_lost, has: i == 7);
        }
        losses.End(isStrict: false, _warnings.Add);
        Assert.Equal(["Html has no place for: Colours (1 entry). They are not in the file.", "Html holds in another form: Tags as a folder (1,200 entries)."], _warnings);
    }

    [Fact]
    public void Attachments_are_told_of_by_every_format()
    {
        foreach (TargetFormat target in TargetFormats.All)
        {
            _warnings.Clear();
            var losses = new TargetLosses(target);
            losses.Next(s_entry with { Attachments = 2 });
            losses.End(isStrict: false, _warnings.Add);
            Assert.Contains("no place for: Attachments (1 entry)", Assert.Single(_warnings), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_kind_that_help_does_not_have_cannot_be_told()
    {
        var losses = new TargetLosses(_target);
        losses.Next(s_entry);
        Assert.Throws<InvalidOperationException>(() => losses.Tell(new TargetLoss("Shapes")));
    }

    [Fact]
    public void Under_Strict_another_form_is_no_error_and_what_has_no_place_is()
    {
        var losses = new TargetLosses(_target);
        losses.Next(s_entry);
        losses.Tell(s_changed);
        losses.End(isStrict: true, _warnings.Add);
        Assert.Single(_warnings);
        losses.Tell(s_lost);
        var error = Assert.Throws<PasspackException>(() => losses.End(isStrict: true, _warnings.Add));
        Assert.Equal((ErrorCodes.ExportNotWhole, (object)s_entry.Id), (error.ErrorId, error.Target));
        Assert.Contains("Colours (1 entry)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_strict_export_that_is_not_whole_leaves_the_earlier_file()
    {
        string file = Path.Combine(_folder, "classic.csv");
        File.WriteAllText(file, "earlier");
        var error = Assert.Throws<PasspackException>(() => EntryExporter.WriteFile(
            [new FullEntry(s_entry, new EntrySecret { SharedNotes = "a secret" })], file, EntryFileFormat.ClassicCsv, overwrite: true, new ExportOptions { Strict = true }));
        Assert.Equal(ErrorCodes.ExportNotWhole, error.ErrorId);
        Assert.DoesNotContain("a secret", error.Message, StringComparison.Ordinal);
        Assert.Equal("earlier", File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFiles(_folder));
    }

    [Fact]
    public void No_format_leaves_out_attachments_without_a_word()
    {
        using SecretBytes key = SecretBytes.FromChars("key");
        foreach (TargetFormat target in TargetFormats.All)
        {
            var error = Assert.Throws<PasspackException>(() => EntryExporter.Write(
                [new FullEntry(s_entry with { Attachments = 2 }, new EntrySecret())], Stream.Null, target.Format,
                new ExportOptions { Strict = true, Key = target.IsEncrypted ? key : null }));
            Assert.Equal(ErrorCodes.ExportNotWhole, error.ErrorId);
            Assert.Contains("Attachments (1 entry)", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_format_that_is_only_read_is_refused_and_those_that_are_written_are_named()
    {
        var error = Assert.Throws<ArgumentException>(() => EntryExporter.WriteFile([], Path.Combine(_folder, "x"), EntryFileFormat.LastPass));
        Assert.Contains("Csv, Json, ClassicCsv", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }
}
