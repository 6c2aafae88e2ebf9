using Passpack.Protocol;

namespace Passpack.Core.Tests;

/// <summary>The chain of the log of events: what a hash is over is frozen. The values come from docs/events.md by another program.</summary>
public sealed class EventChainTests
{
    private static readonly DateTimeOffset s_day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly LogHead s_begin = EventChain.Begin(new Guid("00112233-4455-6677-8899-aabbccddeeff"));

    private static readonly LoggedEvent s_first = new(
        1, s_day.AddMilliseconds(123), 1, 1, new Guid("01020304-0506-0708-090a-0b0c0d0e0f10"), null, 1, 0, 0, EventChain.HashAddress(s_key, "192.0.2.7"), s_key, "192.0.2.7");

    [Fact]
    public void The_encoding_is_the_documented_one()
    {
        Assert.Equal("65AE374A991CBAA6F068943707E0221094DA6519330A5399BC2F0077730402C6", Convert.ToHexString(s_begin.Hash));
        Assert.Equal("2EB3513EE0E06C25D4428A1AC8C0213E79A5E50F509CDD079AE8C964CFC7276D", Convert.ToHexString(s_first.AddressHash!));
        byte[] first = EventChain.Hash(s_begin.Hash, s_first);
        Assert.Equal("1338023033171D78AB64FC4B51E3FBB081BBA8F76244266694FA81332183A143", Convert.ToHexString(first));
        var second = new LoggedEvent(2, s_day.AddDays(1), 11, 1, s_first.Device, s_day, 3, 4096, 0);
        Assert.Equal("B75AFB569A4A46B717A89BF0DC17DF81BAF105ABAB9536FEC91E090CD8163190", Convert.ToHexString(EventChain.Hash(first, second)));
    }

    [Fact]
    public void A_hash_is_over_every_member_but_the_address_itself_and_its_key()
    {
        LoggedEvent row = s_first with { Since = s_day };
        LoggedEvent[] others =
        [
            row with { Number = 2 }, row with { Time = row.Time.AddMilliseconds(1) }, row with { Type = 2 }, row with { Actor = 2 }, row with { Device = null },
            row with { Device = Guid.Empty }, row with { Since = null }, row with { Since = DateTimeOffset.UnixEpoch }, row with { Count = 2 }, row with { Bytes = 1 },
            row with { Subject = 1 }, row with { AddressHash = null }, row with { AddressHash = new byte[32] }, row with { Since = null, Device = null },
        ];
        string[] hashes = [.. others.Append(row).Select(other => Convert.ToHexString(EventChain.Hash(s_begin.Hash, other)))];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.NotEqual(hashes[^1], Convert.ToHexString(EventChain.Hash(new byte[32], row)));
        Assert.Equal(hashes[^1], Convert.ToHexString(EventChain.Hash(s_begin.Hash, row with { Address = null, AddressKey = null })));
    }

    [Fact]
    public void An_address_is_held_to_its_hash()
    {
        Assert.True(EventChain.IsWhole(s_first));
        Assert.True(EventChain.IsWhole(s_first with { Address = null, AddressKey = null }));
        Assert.False(EventChain.IsWhole(s_first with { Address = "192.0.2.8" }));
        Assert.False(EventChain.IsWhole(s_first with { AddressKey = null }));
        Assert.False(EventChain.IsWhole(s_first with { AddressHash = [1] }));
        Assert.False(EventChain.IsWhole(null));
    }
}
