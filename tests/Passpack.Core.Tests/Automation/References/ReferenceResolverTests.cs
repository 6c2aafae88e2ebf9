using System.Text;
using Passpack.Automation.References;
using Passpack.Core.Tests.Vault;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Automation.References;

public sealed class ReferenceResolverTests : IDisposable
{
    private const string Seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    // RFC 6238, appendix B: at 59 seconds, 8 digits.
    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(59);

    private readonly TestVault _test = new();
    private readonly EntrySummary _entry;

    public ReferenceResolverTests()
    {
        _entry = _test.Add(new EntryEdit
        {
            Name = "Bäcker DB", UserId = "anna", Password = "hunter2", Url = "https://db", Email = "a@b", Notes = "line 1\nline 2", SharedNotes = "shared",
            ExtraFields =
            [
                new ExtraField("pin", "hidden", "4711"), new ExtraField("PORT", "text", "5432"), new ExtraField("port", "text", "5433"),
                new ExtraField("code", "totp", $"otpauth://totp/x?secret={Seed}&digits=8"), new ExtraField("password", "hidden", "another"),
                new ExtraField("both", "text", "text"), new ExtraField("blob", "binary", "AAEC"), new ExtraField("none", "text", ""),
            ],
        });
        Attach("both", "file");
        Attach("a.pem", "pem");
        Attach("empty", "");
    }

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("", "hunter2", true)]
    [InlineData("/password", "hunter2", true)]
    [InlineData("/UserName", "anna", false)]
    [InlineData("/url", "https://db", false)]
    [InlineData("/email", "a@b", false)]
    [InlineData("/notes", "line 1\nline 2", true)]
    [InlineData("/sharednotes", "shared", true)]
    [InlineData("/totp", "94287082", true)]
    [InlineData("/pin", "4711", true)]
    [InlineData("/PIN", "4711", true)]
    [InlineData("/port", "5433", false)]
    [InlineData("/PORT", "5432", false)]
    [InlineData("/field:pin", "4711", true)]
    [InlineData("/field:password", "another", true)]
    [InlineData("/field:both", "text", false)]
    [InlineData("/field:code", $"otpauth://totp/x?secret={Seed}&digits=8", true)]
    [InlineData("/blob", "AAEC", true)]
    public void A_field_is_found(string field, string expected, bool isSecret)
    {
        foreach (string name in new[] { "B%C3%A4cker%20DB", "ba%CC%88CKER%20db", _entry.Id.ToString(), _entry.Id.ToString().ToUpperInvariant() })
        {
            ResolvedSecret found = Resolve($"passpack:///{name}{field}").Secret!;
            Assert.Equal((expected, isSecret, _entry.Id), (found.Text, found.IsSecret, found.Entry.Id));
        }
    }

    [Theory]
    [InlineData("a.pem", "pem")]
    [InlineData("A.PEM", "pem")]
    [InlineData("file:both", "file")]
    public void A_file_is_found(string field, string content)
    {
        ResolvedSecret found = Resolve($"passpack:///{_entry.Id}/{field}").Secret!;
        Assert.True(found.IsSecret);
        Assert.Null(found.Text);
        Assert.Equal(content.Length, found.File!.Size);
    }

    [Fact]
    public void Bytes_are_those_of_a_binary_field_else_those_of_the_text()
    {
        Assert.Equal([0, 1, 2], Resolve($"passpack:///{_entry.Id}/blob").Secret!.ToBytes());
        Assert.Equal("4711"u8.ToArray(), Resolve($"passpack:///{_entry.Id}/pin").Secret!.ToBytes());
    }

    [Theory]
    [InlineData("passpack://Ops/x", ErrorCodes.VaultNotFound, "'Ops'")]
    [InlineData("passpack:///nothing", ErrorCodes.ReferenceNotFound, "'nothing'")]
    [InlineData("passpack:///ID/missing", ErrorCodes.FieldMissing, "'pin'")]
    [InlineData("passpack:///ID/none", ErrorCodes.FieldMissing, "an empty field 'none'")]
    [InlineData("passpack:///ID/empty", ErrorCodes.FieldMissing, "an empty attachment 'empty'")]
    [InlineData("passpack:///ID/file:pin", ErrorCodes.FieldMissing, "no attachment 'pin'")]
    [InlineData("passpack:///ID/field:a.pem", ErrorCodes.FieldMissing, "no Extra Field 'a.pem'")]
    [InlineData("passpack:///ID/both", ErrorCodes.ReferenceAmbiguous, "field: or file:")]
    [InlineData("passpack:///ID/Port", ErrorCodes.ReferenceAmbiguous, "'Port'")]
    public void What_is_not_there_is_an_error_that_names_it(string text, string errorId, string says)
    {
        PasspackException error = Resolve(text.Replace("ID", _entry.Id.ToString(), StringComparison.Ordinal)).Error!;
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_entries_with_a_name_none_is_taken_and_their_ids_are_told()
    {
        EntrySummary second = _test.Add(new EntryEdit { Name = "BÄCKER db", UserId = "otto", Password = "x" });
        PasspackException error = Resolve("passpack:///B%C3%A4cker%20DB").Error!;
        Assert.Equal(ErrorCodes.ReferenceAmbiguous, error.ErrorId);
        Assert.Contains($"{_entry.Id} for anna", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{second.Id} for otto", error.Message, StringComparison.Ordinal);
        Assert.Equal("x", Resolve($"passpack:///{second.Id}").Secret!.Text);
    }

    [Fact]
    public void What_is_in_the_trash_is_not_found()
    {
        _test.Write(writer =>
        {
            writer.Trash(_entry.Id);
            return true;
        });
        Assert.Equal(ErrorCodes.ReferenceNotFound, Resolve($"passpack:///{_entry.Id}").Error!.ErrorId);
        Assert.Equal(ErrorCodes.ReferenceNotFound, Resolve("passpack:///B%C3%A4cker%20DB").Error!.ErrorId);
    }

    [Fact]
    public void Several_codes_are_ambiguous_and_a_damaged_seed_is_missing()
    {
        EntrySummary two = _test.Add(new EntryEdit { Name = "two", ExtraFields = [new ExtraField("a", "totp", Seed), new ExtraField("b", "totp", Seed)] });
        EntrySummary bad = _test.Add(new EntryEdit { Name = "bad", ExtraFields = [new ExtraField("a", "totp", "!")] });
        Assert.Equal(ErrorCodes.ReferenceAmbiguous, Resolve($"passpack:///{two.Id}/totp").Error!.ErrorId);
        Assert.Equal(ErrorCodes.FieldMissing, Resolve($"passpack:///{bad.Id}/totp").Error!.ErrorId);
    }

    /// <summary>Whatever else there is could not even be opened.</summary>
    [Fact]
    public void Entries_that_are_not_named_are_not_opened()
    {
        _test.Add(new EntryEdit { Name = "other", Password = "x" });
        Damage("head = zeroblob(length(head)), tail = zeroblob(length(tail))", "id <> $1");
        Assert.Equal("hunter2", Resolve("passpack:///B%C3%A4cker%20DB").Secret!.Text);
        Assert.Equal(ErrorCodes.RecordDamaged, Resolve("passpack:///other").Error!.ErrorId);
    }

    [Fact]
    public void The_secret_part_is_opened_only_for_what_lies_there()
    {
        Damage("tail = zeroblob(length(tail))", "id = $1");
        Assert.Equal("anna", Resolve($"passpack:///{_entry.Id}/username").Secret!.Text);
        Assert.Equal(ErrorCodes.RecordDamaged, Resolve($"passpack:///{_entry.Id}").Error!.ErrorId);
    }

    [Fact]
    public void Many_references_have_results_in_their_order_and_one_fault_spoils_no_other()
    {
        string[] texts = [.. Enumerable.Range(0, 500).SelectMany(number => new[] { "passpack:///nothing", $"passpack:///{_entry.Id}/pin", "passpack:///b%C3%A4cker%20db" })];
        IReadOnlyList<ReferenceResult> results = ReferenceResolver.Resolve(_test.Vault, [.. texts.Select(SecretReference.Parse)], s_now);
        Assert.Equal(texts.Select(SecretReference.Parse), results.Select(result => result.Reference));
        Assert.Equal(texts.Length / 3, results.Count(result => result.Error is not null));
        Assert.All(results.Chunk(3), three => Assert.Equal((null, "4711", "hunter2"), (three[0].Secret, three[1].Secret!.Text, three[2].Secret!.Text)));
    }

    [Fact]
    public void A_result_shows_no_secret_by_chance() => Assert.DoesNotContain("hunter2", $"{Resolve("passpack:///b%C3%A4cker%20db")}", StringComparison.Ordinal);

    private ReferenceResult Resolve(string text) => Assert.Single(ReferenceResolver.Resolve(_test.Vault, [SecretReference.Parse(text)], s_now));

    private void Attach(string name, string content) =>
        _test.Vault.AddAttachment(_entry.Id, name, new MemoryStream(Encoding.UTF8.GetBytes(content)));

    private void Damage(string change, string where)
    {
        using VaultConnection connection = VaultFile.Open(_test.Folder);
        connection.Execute($"UPDATE local_data SET {change} WHERE {where}", _entry.Id.ToByteArray(bigEndian: true));
    }
}
