using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>Contacts, invitations and the list of shared vaults, as records of the personal vault.</summary>
public sealed class PersonalRecordTests
{
    private static readonly Guid s_id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid s_vault = Guid.Parse("10112233-4455-6677-8899-aabbccddeeff");
    private static readonly KeyValuePair<string, string>[] s_later = [new("later", """{"a":[1,"ü"]}"""), new("x", "null")];

    private static readonly Contact s_contact = new(s_id, Person.Bob.Identity, ContactProof.Invitation, Logs.Time);
    private static readonly Promise s_promise = new(s_id, "passpack-invitation#1#x#y", s_vault, "bob@example.com", VaultRole.Editor, 7, Logs.Time);
    private static readonly AnsweredInvitation s_answered = new(s_id, Person.Anna.Fingerprint, "anna@example.com", "Ops", Logs.Time.AddDays(7), Logs.Time);
    private static readonly SharedVaultRecord s_shared = new(
        s_vault, "Ops", SharedVaultStanding.Joined, Person.Anna.Fingerprint, new ChainHead(3, Logs.Hash("3")), 2, new byte[SharedVaultKey.SealedBytes], Logs.Time);

    public static TheoryData<string> Kinds => ["contact", "promise", "answer", "shared vault"];

    private static PersonalRecord Of(string kind) => kind switch { "contact" => s_contact, "promise" => s_promise, "answer" => s_answered, _ => s_shared };

    private static string Text(PersonalRecord record)
    {
        using SecretBuffer plaintext = record.ToPlaintext();
        return Encoding.UTF8.GetString(plaintext.Span);
    }

    private static PersonalRecord? Read(PersonalRecord like, string text) => PersonalRecord.Read(like.Stream, like.RecordId, Encoding.UTF8.GetBytes(text));

    [Theory, MemberData(nameof(Kinds))]
    public void Each_is_read_as_it_was_written_with_what_a_later_module_added(string kind)
    {
        PersonalRecord record = Of(kind) with { Unknown = s_later };
        PersonalRecord read = Read(record, Text(record))!;
        Assert.IsType(record.GetType(), read);
        Assert.Equal(record.RecordId, read.RecordId);
        Assert.Equal(s_later, read.Unknown);
        Assert.Equal(Text(record), Text(read));
    }

    [Fact]
    public void Any_values_make_the_round_trip() => Prop.ForAll<(NonNull<string> Name, Guid Vault, bool Left), (PositiveInt Number, bool HasKey), byte[]>((one, two, bytes) =>
    {
        string name = new([.. one.Name.Get.Where(c => !char.IsSurrogate(c)).Take(SharingRules.MostNameLength)]);
        var record = new SharedVaultRecord(
            one.Vault, name.Length == 0 ? "x" : name, one.Left ? SharedVaultStanding.Left : SharedVaultStanding.Joined, Hash256.Of(bytes),
            new ChainHead(two.Number.Get % VaultLog.MostStatements, Hash256.Of([.. bytes, 1])), two.Number.Get,
            two.HasKey ? [.. Enumerable.Repeat((byte)bytes.Length, SharedVaultKey.SealedBytes)] : null, Logs.Time.AddMilliseconds(two.Number.Get));
        var read = (SharedVaultRecord)Read(record, Text(record))!;
        return Text(read) == Text(record) && read.Name == record.Name && read.Head == record.Head && read.Since == record.Since && read.Standing == record.Standing;
    }).Holds();

    /// <summary>Whatever a hostile writer with the account's keys makes: read, passed over, or this one error.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void Whatever_is_changed_in_it_is_read_or_refused_by_one_error(string kind)
    {
        PersonalRecord record = Of(kind);
        byte[] sound = Encoding.UTF8.GetBytes(Text(record));
        Prop.ForAll<(NonNegativeInt At, byte To), NonNegativeInt>((change, cut) =>
        {
            byte[] changed = [.. sound];
            changed[change.At.Get % changed.Length] = change.To;
            Try(changed);
            Try(sound[..(cut.Get % sound.Length)]);
            return true;
        }).Holds();
        for (int length = 0; length < sound.Length; length += 7)
            Assert.ThrowsAny<JsonException>(() => PersonalRecord.Read(record.Stream, record.RecordId, sound.AsSpan(..length)));

        void Try(byte[] plaintext)
        {
            try
            {
                PersonalRecord.Read(record.Stream, record.RecordId, plaintext);
            }
            catch (JsonException)
            {
                return;
            }
        }
    }

    [Theory]
    [InlineData("contact", "\"verified\":", "\"verified\":1,\"verified\":")]
    [InlineData("contact", "\"identity\":\"AQ", "\"identity\":\"Ag")]
    [InlineData("contact", "\"verified\":", "\"verified\":-")]
    [InlineData("promise", "\"role\":2", "\"role\":0")]
    [InlineData("promise", "\"role\":2", "\"role\":4")]
    [InlineData("promise", "\"role\":2", "\"role\":\"2\"")]
    [InlineData("promise", "\"userId\":\"bob@example.com\"", "\"userId\":\" \"")]
    [InlineData("promise", "\"statement\":7", "\"statement\":100001")]
    [InlineData("answer", "\"name\":\"Ops\"", "\"name\":\"\"")]
    [InlineData("answer", "\"inviter\":\"", "\"inviter\":\"AAAA")]
    [InlineData("shared vault", "\"epoch\":2", "\"epoch\":0")]
    [InlineData("shared vault", "\"epoch\":2", "\"epoch\":2.5")]
    [InlineData("shared vault", "\"key\":\"", "\"key\":\"AAAA")]
    [InlineData("shared vault", "\"statementHash\":", "\"hash\":")]
    public void What_no_writer_of_this_module_makes_is_refused(string kind, string find, string replace)
    {
        PersonalRecord record = Of(kind);
        string text = Text(record);
        Assert.Contains(find, text, StringComparison.Ordinal);
        Assert.ThrowsAny<JsonException>(() => Read(record, text.Replace(find, replace, StringComparison.Ordinal)));
        Assert.ThrowsAny<JsonException>(() => Read(record, text + "{}"));
    }

    [Theory]
    [InlineData("contact", "\"proof\":\"invitation\"", "\"proof\":\"by a notary\"")]
    [InlineData("promise", "\"kind\":\"promise\"", "\"kind\":\"later\"")]
    [InlineData("shared vault", "\"standing\":\"joined\"", "\"standing\":\"later\"")]
    public void A_kind_of_a_later_module_is_passed_over(string kind, string find, string replace) =>
        Assert.Null(Read(Of(kind), Text(Of(kind)).Replace(find, replace, StringComparison.Ordinal)));

    [Theory]
    [InlineData("name")]
    [InlineData("later")]
    public void One_that_is_too_long_is_neither_written_nor_read(string where)
    {
        string huge = new('x', PersonalRecord.MostBytes);
        Assert.ThrowsAny<JsonException>(() => Read(s_answered, Text(s_answered).Replace("\"Ops\"", $"\"{huge}\"", StringComparison.Ordinal)));
        PersonalRecord record = where == "name" ? s_answered with { Name = huge } : s_answered with { Unknown = [new("later", $"\"{huge}\"")] };
        Assert.Throws<InvalidOperationException>(() => record.ToPlaintext());
    }

    [Fact]
    public void What_a_record_prints_holds_nothing_of_it() => Assert.All<PersonalRecord>([s_contact, s_promise, s_answered, s_shared], record =>
        Assert.Equal($"{record.Stream} {record.RecordId}", record.ToString()));

    [Fact]
    public void The_key_in_a_record_opens_under_the_personal_keys_alone_and_is_the_committed_one()
    {
        using var anna = new VaultKeys(SecretBytes.Random(32), Guid.NewGuid(), 1);
        using var other = new VaultKeys(SecretBytes.Random(32), anna.VaultId, 1);
        using SharedVaultKey key = SharedVaultKey.Create(Logs.Hash("random"), 2), another = SharedVaultKey.Create(Logs.Hash("random"), 2);
        SharedVaultRecord record = s_shared.With(key, anna);
        Assert.Equal(SharedVaultKey.SealedBytes, record.SealedKey!.Length);
        using SharedVaultKey? opened = record.OpenKey(anna, key.Epoch);
        Assert.Equal(key.Span.ToArray(), opened!.Span.ToArray());

        Assert.Null(record.OpenKey(other, key.Epoch));
        Assert.Null(record.OpenKey(anna, another.Epoch));
        Assert.Null(record.OpenKey(anna, key.Epoch with { Number = 3 }));
        Assert.Null((record with { VaultId = s_id }).OpenKey(anna, key.Epoch));
        Assert.Null((record with { SealedKey = null }).OpenKey(anna, key.Epoch));

        using VaultKeys later = anna.Next(SecretBytes.Random(32));
        using SharedVaultKey? after = record.OpenKey(later, key.Epoch);
        Assert.NotNull(after);
    }
}
