using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage;

/// <summary>What holds whatever database keeps the data: limits, times, and how rows of logs come about. Every store derives from it.</summary>
internal abstract class StoreRules
{
    /// <summary>The most devices of an account; one that is woken replaces the one seen longest ago.</summary>
    public const int MostDevices = 500;

    /// <summary>Machines that an account's key files have connected, all together: a job that makes a new one each time pushes out no device of a person.</summary>
    public const int MostKeyFileMachines = 500;

    /// <summary>The most tokens of an account that were never woken; a new one replaces the oldest.</summary>
    public const int MostSignIns = 50;

    /// <summary>The most known networks of an account; a new one replaces the least recently used.</summary>
    public const int KnownPlaces = 16;

    /// <summary>The most buckets that are kept, because strangers can make up any number of User IDs.</summary>
    public const int MostBuckets = 200_000;

    /// <summary>How many sign-ins of an hour have a row of their own, so that nobody with a Password fills a log.</summary>
    public const int SignInsAnHour = 10;

    /// <summary>The most rows in one transaction of the sweeper, because other writers wait for it.</summary>
    protected const int UpkeepBatch = 500;

    /// <summary>The size in bytes at which a part of an erasure ends, because other writers wait while it is freed.</summary>
    protected const long EraseBytes = 8 << 20;

    protected const long ServerLog = 0;

    /// <summary>How many invitations to shared vaults an account has stored, expired ones among them.</summary>
    protected const int MostVaultInvitations = 1000;

    /// <summary>How long they stay after they expired, so that a machine that was away sees an answer.</summary>
    protected static readonly TimeSpan KeptVaultInvitations = TimeSpan.FromDays(30);

    /// <summary>How old the last use of a known network must be to be written again.</summary>
    protected static readonly TimeSpan UsedEvery = TimeSpan.FromDays(1);

    protected static (DateTimeOffset Since, DateTimeOffset Due) HourOf(DateTimeOffset now) => PeriodOf(now, TimeSpan.FromHours(1));

    protected static (DateTimeOffset Since, DateTimeOffset Due) DayOf(DateTimeOffset now) => PeriodOf(now, TimeSpan.FromDays(1));

    private static (DateTimeOffset Since, DateTimeOffset Due) PeriodOf(DateTimeOffset now, TimeSpan length)
    {
        DateTimeOffset utc = now.ToUniversalTime();
        DateTimeOffset since = utc - TimeSpan.FromTicks(utc.Ticks % length.Ticks);
        return (since, since + length);
    }

    /// <summary>
    /// Every push is dated after the vault's newest one, so times never go backwards; otherwise rows written while the clock was behind would expire as soon
    /// as it is corrected. Besides, only versions within one push have the same time of storing and replacing.
    /// </summary>
    protected static long After(long? earlier, DateTimeOffset now) => Math.Max(now.ToStored(), (earlier + 1) ?? long.MinValue);

    /// <summary>Whether an invitation is what is stored under its id, answered or not.</summary>
    protected static bool IsSame(NewVaultInvitationRequest invitation, StoredVaultInvitation stored, byte[]? registration) =>
        invitation.UserId == stored.UserId && invitation.Expires.ToStored() == stored.Expires.ToStored()
        && (registration is null || registration.AsSpan().SequenceEqual(invitation.Registration));

    /// <summary>An act as the log of another account tells it, which learns no address.</summary>
    protected static Act OfAnother(Act act) => new(EventActor.None, null, null, act.Now);

    /// <summary>An event of an act, which has no number yet.</summary>
    protected static LoggedEvent ToEvent(EventType type, Act act, long count, long bytes, long subject)
    {
        (byte[]? key, byte[]? hash) = Address(act.Address);
        return new LoggedEvent(0, act.Now, (int)type, (int)act.Actor, act.Device, null, count, bytes, subject, hash, key, act.Address);
    }

    /// <summary>The event of a sum that is over, which has no number yet.</summary>
    protected static LoggedEvent ToEvent(int type, Guid? device, DateTimeOffset since, DateTimeOffset last, long count, long bytes, string? address)
    {
        (byte[]? key, byte[]? hash) = Address(address);
        return new LoggedEvent(0, last, type, (int)EventActor.Owner, device, since, count, bytes, 0, hash, key, address);
    }

    /// <summary>An event as the next one of a log, and the head that the log has with it.</summary>
    protected static (LoggedEvent Row, LogHead Head) Follow(LogHead before, LoggedEvent row)
    {
        // As it is stored, whole milliseconds are hashed.
        row = row with { Number = before.Number + 1, Time = DateTimeOffset.FromUnixTimeMilliseconds(row.Time.ToStored()) };
        return (row, new LogHead(row.Number, EventChain.Hash(before.Hash, row)));
    }

    private static (byte[]? Key, byte[]? Hash) Address(string? address)
    {
        if (address is null)
            return (null, null);
        byte[] key = RandomNumberGenerator.GetBytes(EventChain.AddressKeyBytes);
        return (key, EventChain.HashAddress(key, address));
    }
}
