using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class EntryCodecTests
{
    private static EntryContent RoundTrip(EntryContent content)
    {
        using SecretBuffer summary = EntryCodec.WriteSummary(content), secret = EntryCodec.WriteSecret(content);
        using (JsonDocument.Parse(summary.Span.ToArray()))
        using (JsonDocument.Parse(secret.Span.ToArray()))
            return EntryCodec.ReadSecret(secret.Span, EntryCodec.ReadSummary(summary.Span));
    }

    private static EntryContent Read(string summary, string secret) =>
        EntryCodec.ReadSecret(Encoding.UTF8.GetBytes(secret), EntryCodec.ReadSummary(Encoding.UTF8.GetBytes(summary)));

    private static string[] Texts(string?[] texts) => [.. texts.Select(text => new string([.. (text ?? "").Where(c => !char.IsSurrogate(c))]))];

    private static bool AreSame(EntryContent one, EntryContent other) =>
        one.HasSameFieldsAs(other) && one.ImportKey == other.ImportKey && one.Flags == other.Flags && one.Created == other.Created && one.Modified == other.Modified
        && one.Times.Where(time => time.Value != one.Created).OrderBy(time => time.Key, StringComparer.Ordinal)
            .SequenceEqual(other.Times.OrderBy(time => time.Key, StringComparer.Ordinal));

    [Fact]
    public void Any_text_in_any_field_makes_the_round_trip() => Prop.ForAll<string?[], (long, long), (string?, string?, string?)[]>((any, times, fields) =>
    {
        string[] texts = Texts([.. any, .. new string?[12]]);
        var content = new EntryContent
        {
            Name = texts[0],
            UserId = texts[1],
            Password = texts[2],
            Url = texts[3],
            Email = texts[4],
            Notes = texts[5],
            SharedNotes = texts[6],
            ExtraFields = [.. fields.Select(field => Texts([field.Item1, field.Item2, field.Item3])).Select(field => new ExtraField(field[0], field[1], field[2]))],
            Type = texts[7],
            Expires = times.Item1 % 2 == 0 ? null : times.Item2,
            Pending = texts[8].Length == 0 ? null : new PendingPassword(texts[8], times.Item1, texts[9], texts[10]),
            Imported = texts[11].Length == 0 ? null : new ImportTrace("Kdbx", texts[9], texts[10], new Dictionary<string, string> { [texts[11]] = texts[8] }),
            ImportKey = texts[9],
            Created = times.Item1,
            Modified = times.Item2,
            Times = new Dictionary<string, long> { [EntryField.Name] = times.Item2, [EntryField.Notes] = times.Item1 + 1, ["extra:" + texts[0]] = 7 },
        };
        return AreSame(content with { Flags = EntryFlag.Of(content.ExtraFields, content.Pending) }, RoundTrip(content));
    }).Holds();

    [Theory]
    [InlineData("\"\\/\b\f\n\r\t\u0000\u001f\u007f\u0085\u2028\u2029\ufeff\ufffd")]
    [InlineData("<script>&amp;'+`</script>")]
    [InlineData("👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿\U0010FFFF")]
    [InlineData("e\u0301\u00e9\u202e")]
    public void Odd_texts_make_it_too(string text)
    {
        var content = new EntryContent { Name = text, UserId = text, Password = text, Url = text, Email = text, Notes = text, SharedNotes = text, ExtraFields = [new(text, text, text)] };
        Assert.True(AreSame(content, RoundTrip(content)));
        using SecretBuffer tags = EntryCodec.WriteTags([text, "", text]);
        Assert.Equal([text, "", text], EntryCodec.ReadTags(tags.Span));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused_wherever_it_is()
    {
        using var test = new TestVault();
        const string Half = "a\ud800b";
        foreach (EntryEdit edit in new EntryEdit[]
        {
            new() { Name = Half }, new() { Name = "n", UserId = Half }, new() { Name = "n", Password = Half }, new() { Name = "n", Url = Half },
            new() { Name = "n", Email = Half }, new() { Name = "n", Notes = Half }, new() { Name = "n", SharedNotes = Half }, new() { Name = "n", Tags = [Half] },
            new() { Name = "n", ExtraFields = [new(Half, "", "")] }, new() { Name = "n", ExtraFields = [new("", Half, "")] },
            new() { Name = "n", ExtraFields = [new("", "", Half)] }, new() { Name = "" }, new(),
        })
        {
            Assert.Throws<ArgumentException>(() => test.Add(edit));
        }
        Assert.Empty(test.Names());
    }

    [Fact]
    public void Members_that_this_version_does_not_know_survive_an_edit()
    {
        EntryContent content = Read(
            """{"name":"n","new":{"a":[1,"\u00e9\"",null]},"created":5,"times":{"later":9}}""",
            """{"password":"p","0":1e400,"extraFields":[{"name":"f","type":"text","data":"d","hidden":true,"o\"dd":{}},{"name":"g","type":"","data":""}],"list":[]}""");

        EntryContent edited = RoundTrip(RoundTrip(content).Apply(new EntryEdit
        {
            Name = "m",
            Password = "q",
            ExtraFields = [new("g", "", "2"), new("f", "text", "changed")],
        }, now: 100));

        Assert.Equal([new("new", """{"a":[1,"\u00e9\"",null]}""")], edited.UnknownInSummary);
        Assert.Equal([new("0", "1e400"), new("list", "[]")], edited.UnknownInSecret);
        Assert.Equal(9, edited.TimeOf("later"));
        Assert.Equal("changed", edited.ExtraFields[1].Data);
        Assert.Null(edited.ExtraFields[0].Unknown);
        using JsonDocument hidden = JsonDocument.Parse(edited.ExtraFields[1].Unknown!);
        Assert.True(hidden.RootElement.GetProperty("hidden").GetBoolean());
        Assert.Equal("{}", hidden.RootElement.GetProperty("o\"dd").GetRawText());
        Assert.Same(edited, edited.Apply(new EntryEdit { ExtraFields = [new("g", "", "2"), new("f", "text", "changed")] }, now: 200));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"name\":")]
    [InlineData("{\"name\":1}")]
    [InlineData("{\"created\":\"x\"}")]
    [InlineData("{\"created\":1.5}")]
    [InlineData("{\"times\":[]}")]
    [InlineData("{\"name\":\"\\ud800\"}")]
    [InlineData("not json")]
    public void What_this_product_never_wrote_is_a_damaged_record(string summary)
    {
        using var keys = new VaultKeys(SecretBytes.Random(32), Guid.NewGuid(), 1);
        var id = Guid.NewGuid();
        byte[] record = keys.Seal(RecordStream.Data, RecordPart.Summary, id, 1, Encoding.UTF8.GetBytes(summary));
        PasspackException error = Errors.Of(ErrorCodes.RecordDamaged, () => SealedEntry.OpenSummary(keys, id, 1, record));
        Assert.Equal(id, error.Target);
        Assert.Null(error.InnerException);
    }

    [Fact]
    public void Any_bytes_are_read_or_are_a_damaged_record() => Prop.ForAll<string>(text =>
    {
        using var keys = new VaultKeys(SecretBytes.Random(32), Guid.Empty, 1);
        foreach (string json in new[] { text ?? "", $"{{\"extraFields\":[{text}]}}", $"{{\"x\":{text}}}" })
        {
            byte[] record = keys.Seal(RecordStream.Data, RecordPart.Secret, Guid.Empty, 1, Encoding.UTF8.GetBytes(json));
            try
            {
                SealedEntry.OpenSecret(keys, Guid.Empty, 1, record, new EntryContent());
            }
            catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
            {
            }
        }
    }).Holds();

    [Fact]
    public void A_time_that_both_parts_name_and_one_that_no_calendar_has_do_no_harm()
    {
        EntryContent content = Read("""{"name":"n","created":9223372036854775807,"times":{"login":3}}""", """{"times":{"login":4,"notes":-9223372036854775808}}""");
        Assert.Equal(3, content.TimeOf(EntryField.Login));
        Assert.Equal(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), content.Created.ToTime().ToUnixTimeMilliseconds());
    }

    [Fact]
    public void Edit_times_only_grow_whatever_the_clock_does() => Prop.ForAll<(byte, int)[]>(edits =>
    {
        EntryContent content = EntryContent.New(new EntryEdit { Name = "n" }, 1000);
        foreach ((byte field, int now) in edits)
        {
            EntryContent before = content;
            string value = $"{field} {now} {before.Modified}";
            content = content.Apply((field % 5) switch
            {
                0 => new EntryEdit { Name = value },
                1 => new EntryEdit { Password = value },
                2 => new EntryEdit { Notes = value },
                3 => new EntryEdit { ExtraFields = [new($"f{field % 3}", "text", value)] },
                _ => new EntryEdit { ExtraFields = [] },
            }, now);
            IReadOnlyList<string> changed = EntryField.Differences(before, content);
            foreach (string name in before.Times.Keys.Union(content.Times.Keys))
            {
                long expected = changed.Contains(name) ? Math.Max(now, before.TimeOf(name) + 1) : before.TimeOf(name);
                if (content.TimeOf(name) != expected)
                    return false;
            }
            if (content.Modified < before.Modified || !AreSame(content, RoundTrip(content)))
                return false;
        }
        return true;
    }).Holds();
}
