using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Protocol;

namespace Passpack.Core.Tests;

/// <summary>Messages with records as they travel. Client and server have one reader, which these tests give every fault that bytes can have.</summary>
public sealed class RecordMessageTests
{
    private static readonly Guid s_id = new("00112233-4455-6677-8899-aabbccddeeff");

    /// <summary>One of each kind, with what each can have.</summary>
    internal static IReadOnlyList<RecordMessage> Samples { get; } =
    [
        new ChangePage([Record(1), Record(0, deleted: true), Record(300)], "2.1", null).ToMessage(),
        new ChangePage([Record(40)], null, new VaultHead(1, 2, 1, 7, [new ManifestLink(2, [1, 2, 3]), new ManifestLink(3, [4])])).ToMessage(),
        new RecordsAnswer([Record(5), Record(6)]).ToMessage(),
        new VersionPage([new EarlierVersion(Record(7), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1))], 3).ToMessage(),
        new PushRequest(s_id, 4, [Record(8), Record(9) with { Resealed = true }], new ManifestLink(5, [1, 2]), new byte[32], new byte[64]).ToMessage(),
        new RecordsAnswer([]).ToMessage(),
    ];

    public static TheoryData<int> EverySample => [.. Enumerable.Range(0, Samples.Count)];

    [Fact]
    public void The_layout_is_the_one_that_is_written_down()
    {
        byte[] body = [0xB0, 0xB1, 0xB2];
        var record = new RecordChange(1, s_id, 258, true, SHA256.HashData(body), body);
        string expected = "50505201" + "4D00000010" + Convert.ToHexString("{\"nextBefore\":2}"u8)
            + "560000004D" + "0000000000000000" + "FFFFFFFFFFFFFFFF" + "01" + "00112233445566778899AABBCCDDEEFF" + "0000000000000102" + "01"
            + Convert.ToHexString(record.Digest) + "B0B1B2" + "4500000000";
        RecordMessage message = new VersionPage([new EarlierVersion(record, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMilliseconds(-1))], 2).ToMessage();
        Assert.Equal(expected, Convert.ToHexString(message.ToArray()));
        Assert.Equal(expected.Length / 2, message.Length);
    }

    [Fact]
    public void Any_page_makes_the_round_trip() => Prop.ForAll<(byte, Guid, long, bool, byte[])[], string>((records, next) =>
    {
        var page = new ChangePage([.. records.Select(Record)], next ?? "", null);
        ChangePage read = Read(page.ToMessage().ToArray(), ChangePage.ReadAsync);
        Assert.Equal((page.NextPage, null), (read.NextPage, read.Head));
        Equal(page.Changes, read.Changes);
        Equal(page.Changes, Read(new RecordsAnswer(page.Changes).ToMessage().ToArray(), RecordsAnswer.ReadAsync).Records);
    }).Holds();

    [Fact]
    public void Any_push_makes_the_round_trip_in_whatever_pieces_it_arrives() => Prop.ForAll<(byte, Guid, long, bool, byte[])[], (Guid, long, byte[]), PositiveInt>((records, push, piece) =>
    {
        (Guid id, long revision, byte[] manifest) = push;
        var sent = new PushRequest(id, revision, [.. records.Select((record, i) => Record(record) with { Resealed = i % 2 == 1 })], new ManifestLink(revision, manifest ?? []),
            manifest ?? [], [7, .. manifest ?? []]);
        byte[] message = sent.ToMessage().ToArray();
        var reader = new RecordReader(new Trickle(message, piece.Get), message.Length);
        PushRequest read = Wait(PushRequest.ReadAsync(reader, ProtocolJson.Default.PushMetadata, CancellationToken.None));
        Assert.Equal((sent.PushId, sent.BaseRevision, sent.Manifest.Generation), (read.PushId, read.BaseRevision, read.Manifest.Generation));
        Assert.Equal(sent.Manifest.Sealed, read.Manifest.Sealed);
        Assert.Equal(sent.Previous, read.Previous);
        Assert.Equal(sent.Signature, read.Signature);
        Assert.Equal(sent.Digest(), read.Digest());
        Equal(sent.Records, read.Records);
        Assert.Equal(message.Length, reader.BytesRead);
    }).Holds();

    [Fact]
    public void Any_earlier_version_makes_the_round_trip() => Prop.ForAll<(byte, Guid, long, bool, byte[]), DateTimeOffset, DateTimeOffset>((record, stored, replaced) =>
    {
        var page = new VersionPage([new EarlierVersion(Record(record), Milliseconds(stored), Milliseconds(replaced))], null);
        EarlierVersion read = Assert.Single(Read(page.ToMessage().ToArray(), VersionPage.ReadAsync).Versions);
        Assert.Equal((page.Versions[0].Stored, page.Versions[0].Replaced), (read.Stored, read.Replaced));
        Equal([page.Versions[0].Record], [read.Record]);
    }).Holds();

    [Fact]
    public void Bodies_of_every_size_up_to_the_limit_make_the_round_trip()
    {
        // The reader's buffer has 32 KiB: around it, and around what it leaves of it.
        int[] sizes = [0, 1, 63, 32_695, 32_696, 32_767, 32_768, 32_769, 65_535, 65_536, 1 << 20, Limits.RecordBodyBytes];
        foreach (int size in sizes)
        {
            var answer = new RecordsAnswer([Record(3), Record(size), Record(size % 1000)]);
            Equal(answer.Records, Read(answer.ToMessage().ToArray(), RecordsAnswer.ReadAsync).Records);
        }
    }

    [Fact]
    public void A_message_is_hardly_larger_than_its_bodies() => Prop.ForAll<NonNegativeInt, NonNegativeInt>((count, size) =>
    {
        RecordChange[] records = [.. Enumerable.Range(0, 20 + (count.Get % 50)).Select(_ => Record(size.Get))];
        Assert.True(new ChangePage(records, "123456.789", null).ToMessage().Length <= records.Sum(record => (1.05 * record.Body.Length) + 100));
    }).Holds();

    [Theory]
    [MemberData(nameof(EverySample))]
    public void A_message_that_is_cut_anywhere_is_refused(int sample)
    {
        byte[] message = Samples[sample].ToArray();
        for (int bytes = 0; bytes < message.Length; bytes++)
            Refused(message[..bytes]);
    }

    [Theory]
    [MemberData(nameof(EverySample))]
    public void A_message_with_another_length_in_any_frame_is_refused_and_takes_no_memory_for_it(int sample)
    {
        byte[] message = Samples[sample].ToArray();
        foreach (int frame in Frames(message))
        {
            uint sound = BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(frame + 1));
            foreach (uint length in new uint[] { 0, sound - 1, sound + 1, sound + 5, 57, 58, Limits.RecordBodyBytes + 58, Limits.MessageBytes, int.MaxValue, uint.MaxValue }.Where(length => length != sound))
            {
                byte[] altered = [.. message];
                BinaryPrimitives.WriteUInt32BigEndian(altered.AsSpan(frame + 1), length);
                long before = GC.GetAllocatedBytesForCurrentThread();
                Refused(altered);
                // The buffer, and what little there was.
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512 << 10);
            }
        }
    }

    [Theory]
    [MemberData(nameof(EverySample))]
    public void A_message_with_another_kind_or_start_or_something_after_its_end_is_refused(int sample)
    {
        byte[] message = Samples[sample].ToArray();
        foreach (int at in Frames(message).Concat(Enumerable.Range(0, RecordMessage.Magic.Length)))
        {
            for (int value = 0; value < 256; value++)
            {
                if (value != message[at])
                    Refused([.. message[..at], (byte)value, .. message[(at + 1)..]]);
            }
        }
        int[] frames = [.. Frames(message)];
        Refused([.. message, 0]);
        Refused([.. message, .. message]);
        Refused([.. message, .. message[frames[^1]..]]);
        Refused([.. message[..(frames[0])], .. message[frames[1]..]]);
        Refused([.. message[..(frames[1])], .. message[frames[0]..]]);
        Refused(message[RecordMessage.Magic.Length..]);
        Refused([0xEF, 0xBB, 0xBF, .. message]);
    }

    [Fact]
    public void More_records_than_a_batch_has_are_refused_and_as_many_are_read()
    {
        RecordChange record = Record(1);
        Assert.Equal(Limits.RecordsPerBatch, Read(Many(Limits.RecordsPerBatch), RecordsAnswer.ReadAsync).Records.Count);
        Assert.Contains("1000 records", Refused(Many(Limits.RecordsPerBatch + 1)).Message, StringComparison.Ordinal);

        byte[] Many(int count) => new RecordsAnswer([.. Enumerable.Repeat(record, count)]).ToMessage().ToArray();
    }

    [Fact]
    public void A_body_beyond_the_limit_is_refused_by_name()
    {
        RecordChange large = Record(Limits.RecordBodyBytes + 1);
        var refused = Assert.IsType<RecordFormatException>(Refused(new RecordsAnswer([Record(1), large]).ToMessage().ToArray()));
        Assert.True(refused.IsRecordTooLarge);
        Assert.Contains($"records[1] ({large.Id} of stream 1)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_that_cannot_be_are_refused()
    {
        byte[] version = Samples[3].ToArray();
        int fields = Frames(version).ElementAt(1) + RecordMessage.FrameBytes;
        byte[] deleted = [.. version];
        deleted[fields + RecordMessage.TimeBytes + 25] = 2;
        Refused(deleted);
        foreach (int time in new[] { 0, 8 })
        foreach (long value in new[] { long.MinValue, long.MaxValue, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() + 1, DateTimeOffset.MinValue.ToUnixTimeMilliseconds() - 1 })
        {
            byte[] altered = [.. version];
            BinaryPrimitives.WriteInt64BigEndian(altered.AsSpan(fields + time), value);
            Refused(altered);
        }
    }

    [Fact]
    public void Only_a_push_says_that_a_record_was_sealed_anew_and_no_flag_is_unknown()
    {
        RecordChange record = Record(4, deleted: true) with { Resealed = true };
        byte[] push = new PushRequest(s_id, 4, [record], new ManifestLink(5, [1]), new byte[32], new byte[64]).ToMessage().ToArray();
        byte[] answer = new RecordsAnswer([record]).ToMessage().ToArray(), earlier = new VersionPage([new EarlierVersion(record, default, default)], null).ToMessage().ToArray();
        Equal([record], Read(push, ReadPushAsync).Records);
        Refused(answer, RecordsAnswer.ReadAsync);
        Refused(answer, ChangePage.ReadAsync);
        Refused(earlier, VersionPage.ReadAsync);
        foreach ((byte[] message, int before) in new[] { (push, 0), (answer, 0), (earlier, RecordMessage.TimeBytes) })
        {
            byte[] altered = [.. message];
            ref byte flags = ref altered[Frames(message).ElementAt(1) + RecordMessage.FrameBytes + before + 25];
            Assert.Equal(3, flags);
            for (int value = 4; value < 256; value++)
            {
                flags = (byte)value;
                Refused(altered);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("\"text\"")]
    [InlineData("{\"head\":[]}")]
    [InlineData("{\"nextPage\":5}")]
    public void Metadata_that_is_not_the_JSON_of_its_type_is_refused(string json) => Refused(With(json), ChangePage.ReadAsync);

    [Fact]
    public void Metadata_of_many_values_is_refused_before_it_takes_many_times_its_size()
    {
        foreach (string value in new[] { "{}", "[]", "0", "null" })
            Assert.Contains("more values", Refused(With($"{{\"head\":{{\"manifests\":[{string.Join(',', Enumerable.Repeat(value, 100_000))}]}}}}"), ChangePage.ReadAsync).Message, StringComparison.Ordinal);
        // The longest that is sent: as many manifests as there may be, as large as they may be.
        var head = new VaultHead(long.MaxValue, long.MaxValue, 1, 7, [.. Enumerable.Repeat(new ManifestLink(long.MaxValue, new byte[Limits.ManifestBytes]), Limits.ManifestsPerPage)]);
        Assert.Equal(Limits.ManifestsPerPage, Read(new ChangePage([], null, head).ToMessage().ToArray(), ChangePage.ReadAsync).Head!.Manifests.Count);
    }

    [Fact]
    public void Members_of_metadata_that_are_not_known_are_passed_over() =>
        Assert.Equal("a", Read(With("{\"signature\":\"AAAA\",\"nextPage\":\"a\"}"), ChangePage.ReadAsync).NextPage);

    /// <summary>Reads a message as each kind that there is, whichever it is.</summary>
    internal static void ReadAny(byte[] message)
    {
        var faults = new List<Exception>();
        foreach (Action read in new Action[]
        {
            () => Read(message, ChangePage.ReadAsync), () => Read(message, RecordsAnswer.ReadAsync), () => Read(message, VersionPage.ReadAsync),
            () => Read(message, ReadPushAsync),
        })
        {
            try
            {
                read();
            }
            catch (Exception e) when (e is RecordFormatException or JsonException)
            {
                faults.Add(e);
            }
        }
        // A fault that all of them find.
        if (faults.Count == 4)
            throw faults[0];
    }

    private static Task<PushRequest> ReadPushAsync(RecordReader reader, CancellationToken cancel) =>
        PushRequest.ReadAsync(reader, ProtocolJson.Default.PushMetadata, cancel);

    private static void Equal(IReadOnlyList<RecordChange> expected, IReadOnlyList<RecordChange> read)
    {
        Assert.Equal(expected.Select(Text), read.Select(Text));

        static string Text(RecordChange record) =>
            $"{record.Stream} {record.Id} {record.Version} {record.Deleted} {record.Resealed} {Convert.ToHexString(record.Digest)} {Convert.ToHexString(record.Body)}";
    }

    private static Exception Refused(byte[] message)
    {
        Exception? refused = Xunit.Record.Exception(() => ReadAny(message));
        Assert.True(refused is RecordFormatException or JsonException, $"{refused}");
        return refused;
    }

    private static Exception Refused<T>(byte[] message, Func<RecordReader, CancellationToken, Task<T>> read)
    {
        Exception? refused = Xunit.Record.Exception(() => { Read(message, read); });
        Assert.True(refused is RecordFormatException or JsonException, $"{refused}");
        return refused;
    }

    private static T Read<T>(byte[] message, Func<RecordReader, CancellationToken, Task<T>> read) => Wait(read(new RecordReader(new MemoryStream(message), message.Length), CancellationToken.None));

    // All is there, so nothing is waited for.
    private static T Wait<T>(Task<T> read) => read.IsCompleted ? read.GetAwaiter().GetResult() : throw new InvalidOperationException("It waits.");

    /// <summary>A page without records whose metadata is any text.</summary>
    private static byte[] With(string metadata)
    {
        byte[] json = Encoding.UTF8.GetBytes(metadata), length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, json.Length);
        return [.. RecordMessage.Magic, (byte)'M', .. length, .. json, (byte)'E', 0, 0, 0, 0];
    }

    private static RecordChange Record(int size) => Record(size, deleted: false);

    private static RecordChange Record(int size, bool deleted)
    {
        byte[] body = new byte[size];
        new Random(size).NextBytes(body);
        byte[] digest = SHA256.HashData(body);
        return new RecordChange(1, new Guid(digest.AsSpan(..16)), 1, deleted, digest, body);
    }

    private static RecordChange Record((byte Stream, Guid Id, long Version, bool Deleted, byte[]? Body) of) =>
        new(of.Stream, of.Id, of.Version, of.Deleted, SHA256.HashData(of.Body ?? []), of.Body ?? []);

    private static DateTimeOffset Milliseconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static IEnumerable<int> Frames(byte[] message)
    {
        for (int at = RecordMessage.Magic.Length; at < message.Length; at += RecordMessage.FrameBytes + BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(at + 1)))
            yield return at;
    }

    /// <summary>A stream that gives a few bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
    }
}
