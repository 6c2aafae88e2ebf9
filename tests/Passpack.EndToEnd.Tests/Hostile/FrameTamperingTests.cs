using System.Buffers.Binary;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>
/// Lies about the bytes of an answer with records, frame by frame. What is no such message is refused as a whole, and nothing of it is taken in.
/// (Every single byte of one: RecordMessageTests.)
/// </summary>
public sealed class FrameTamperingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Theory]
    [InlineData(Routes.Changes)]
    [InlineData(Routes.Records)]
    [InlineData(Routes.Versions)]
    public async Task An_answer_with_a_frame_cut_altered_left_out_or_twice_is_refused(string part)
    {
        if (part == Routes.Records)
            await DamageAsync();
        Answer? honest = null;
        Hostile.Lie = Lies.About(part, async exchange =>
        {
            honest = await exchange.HonestAsync();
            return null;
        });
        await Assert.ThrowsAsync<PasspackException>(() => AskAsync(part));
        Assert.NotNull(honest);
        // Its metadata, at least one record, its end.
        Assert.InRange(Frame.All(honest.Body).Count(), 3, 100);
        string before = Victim.DumpVault();
        foreach (byte[] altered in Altered(honest.Body))
        {
            Hostile.Lie = Lies.About(part, _ => Task.FromResult<Answer?>(honest with { Body = altered }));
            PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => AskAsync(part));
            Assert.Equal(ErrorCodes.ServerRefused, refused.ErrorId);
            Assert.Equal(before, Victim.DumpVault());
        }
        await HonestAgainAsync();
    }

    private static IEnumerable<byte[]> Altered(byte[] message)
    {
        byte[] end = [(byte)'E', 0, 0, 0, 0];
        Frame first = Frame.First(message);
        // Another magic, another layout, none; something after the end; a second end.
        yield return [(byte)'X', .. message[1..]];
        yield return [.. message[..3], (byte)(message[3] + 1), .. message[4..]];
        yield return message[first.Start..];
        yield return [.. message, 0];
        yield return [.. message, .. end];
        // More records than there may be.
        Frame record = Frame.All(message).ElementAt(1);
        yield return [.. message[..record.Start], .. Enumerable.Repeat(message[record.Start..record.End], Limits.RecordsPerBatch + 1).SelectMany(bytes => bytes), .. end];
        foreach (Frame frame in Frame.All(message))
        {
            // Cut before it, in its start, after it, in it.
            foreach (int bytes in new[] { frame.Start, frame.Start + 1, frame.Start + 4, frame.ContentStart, frame.ContentStart + 40, frame.End - 1 })
            {
                if (bytes < message.Length)
                    yield return message[..Math.Min(bytes, message.Length - 1)];
            }
            // Another kind: no kind, or that of another place.
            foreach (byte kind in "\0mMRVE"u8.ToArray().Where(kind => kind != message[frame.Start]))
                yield return [.. message[..frame.Start], kind, .. message[(frame.Start + 1)..]];
            // Another length.
            foreach (uint length in new uint[] { 0, (uint)frame.Length - 1, (uint)frame.Length + 1, 57, int.MaxValue, uint.MaxValue }.Where(length => length != frame.Length))
            {
                byte[] altered = [.. message];
                BinaryPrimitives.WriteUInt32BigEndian(altered.AsSpan(frame.Start + 1), length);
                yield return altered;
            }
            // Twice; left out, where it is no record.
            if (message[frame.Start] is (byte)'M' or (byte)'E')
            {
                yield return [.. message[..frame.End], .. message[frame.Start..]];
                yield return [.. message[..frame.Start], .. message[frame.End..]];
            }
        }
    }

    private async Task AskAsync(string part)
    {
        if (part == Routes.Versions)
            await OnlineVault.HistoryAsync(Victim.Vault, Changed);
        else if (part == Routes.Records)
            await Victim.SyncAsync();
        else
            await Victim.SyncAsync(new SyncOptions { WhatIf = true });
    }

    // So that a sync asks for a record by id, again and again.
    private async Task DamageAsync()
    {
        Hostile.Lie = Lies.Changes(change => change.Id == Changed && change.Stream == 1, change => change with { Body = RecordTamperingTests.Flipped(change.Body) });
        await Victim.SyncAsync();
        Assert.Contains("notes of changed", Victim.Texts());
    }
}
