using System.Globalization;
using System.Runtime.CompilerServices;
using Passpack.Protocol;
using Passpack.Sync.Client;

namespace Passpack.Sync.Manifests;

/// <summary>
/// Reads the account's log page by page, and follows its chain: each event has to continue the one before it, and the event at which this machine last
/// stood has to be the same. docs/events.md, "What a machine verifies".
/// </summary>
/// <param name="client">To the server.</param>
/// <param name="vault">The id of the account's vault, with which its log begins.</param>
/// <param name="known">Where this machine last stood. Null if it never did.</param>
/// <param name="mayBeTrimmed">Whether so much time went by that events after that may have been removed.</param>
/// <param name="read">Asks for the page after an event. Null: of the account's own log.</param>
internal sealed class EventLogReader(
    OnlineClient client, Guid vault, LogHead? known, bool mayBeTrimmed, Func<long, CancellationToken, Task<EventPage>>? read = null)
{
    /// <summary>The most pages of one reading. What can be logged in 400 days, however often strangers fail, fits into them.</summary>
    private const int MostPages = 500;

    private LogHead? _at;

    /// <summary>The end of the log, once all is read.</summary>
    public LogHead End => _at ?? throw new InvalidOperationException("The log has not been read.");

    /// <summary>What is being summed, as the last page told it; no chain vouches for it.</summary>
    public IReadOnlyList<OpenSum> Open { get; private set; } = [];

    /// <summary>Whether the chain has come to where this machine stood: until then nothing vouches for what was read.</summary>
    public bool HasMetKnown => known is null || _at?.Number >= known.Number;

    /// <summary>The events after a number, or from the beginning of what is kept; each with its place in the chain.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerTampered"/>, <see cref="ErrorCodes.ServerRolledBack"/>.</exception>
    public async IAsyncEnumerable<(LoggedEvent Event, LogHead At)> ReadAsync(
        long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // From where this machine stood, at the latest: otherwise nothing would join the one to the other.
        long asked = Math.Min(after, known?.Number ?? after);
        for (int pages = 0; ; pages++)
        {
            if (pages == MostPages)
                throw Tampered("a log without an end");
            EventPage page = await (read ?? ReadOwnAsync)(asked, cancellationToken).ConfigureAwait(false);
            RequireForm(page);
            if (_at is null)
                Begin(page.After, asked);
            else if (!page.After.IsSame(_at))
                throw Tampered($"a page of its log does not continue event {_at.Number}");
            foreach (LoggedEvent row in page.Events)
            {
                if (row.Number != _at!.Number + 1)
                    throw Tampered($"event {row.Number} of its log follows event {_at.Number}");
                Go(new LogHead(row.Number, EventChain.Hash(_at.Hash, row)));
                if (row.Number > after)
                    yield return (row, _at);
            }
            if (_at!.Number >= page.Head.Number)
            {
                if (!page.Head.IsSame(_at))
                    throw Tampered("its log does not end as it says");
                if (!HasMetKnown)
                    throw SyncErrors.RolledBack(client.Server, $"its log ends with event {_at.Number}, this machine saw {known!.Number}");
                Open = page.Open;
                yield break;
            }
            if (page.Events.Count == 0)
                throw Tampered("a part of its log is missing");
            asked = _at.Number;
        }
    }

    private Task<EventPage> ReadOwnAsync(long after, CancellationToken cancellationToken) => client.GetAsync(
        string.Create(CultureInfo.InvariantCulture, $"{Routes.Events}?after={after}"), ProtocolJson.Default.EventPage, cancellationToken);

    private void Begin(LogHead first, long asked)
    {
        if (first.Number == 0 && !first.IsSame(EventChain.Begin(vault)))
            throw Tampered("its log is of another account");
        if (known is not null && first.Number > known.Number && !mayBeTrimmed)
            throw Tampered($"its log begins after event {first.Number}, although nothing after event {known.Number} can be old enough to be removed");
        if (known is not null && first.Number < asked)
            throw SyncErrors.RolledBack(client.Server, $"its log ends with event {first.Number}, this machine saw {known.Number}");
        Go(first);
    }

    private void Go(LogHead to)
    {
        if (known is not null && to.Number == known.Number && !to.IsSame(known))
            throw SyncErrors.Diverged(client.Server, $"event {to.Number} of its log is not the one that this machine verified");
        _at = to;
    }

    private void RequireForm(EventPage page)
    {
        bool isWhole = page is { After: not null, Events.Count: <= Limits.EventsPerPage, Head: not null, Open.Count: <= Limits.EventsPerPage }
            && IsHead(page.After) && IsHead(page.Head) && page.Events.All(EventChain.IsWhole) && page.Open.All(sum => sum is { Count: >= 0, Bytes: >= 0 });
        if (!isWhole)
            throw client.NotPasspack("a page of its log is incomplete");
    }

    /// <summary>Whether a head has the form of one.</summary>
    public static bool IsHead(LogHead head) => head is { Number: >= 0, Hash.Length: EventChain.HashBytes };

    private PasspackException Tampered(string how) => SyncErrors.Tampered(client.Server, how);
}
