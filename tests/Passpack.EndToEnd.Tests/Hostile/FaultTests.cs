using System.Collections.Concurrent;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>
/// One fault at every single request of a sync that pulls in several pages, pushes, meets a push of another machine, pulls again and
/// pushes again. Afterwards the next sync finishes the work, without loss or duplicate.
/// </summary>
public sealed class FaultTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    /// <summary>Requests of that sync when nothing goes wrong: four pages, a push that conflicts, one page, a push.</summary>
    private const int Requests = 7;

    private static readonly Dictionary<string, Func<Exchange, Lie, Task<Answer?>>> s_faults = new()
    {
        ["cut before the server saw it"] = (_, _) => Task.FromResult<Answer?>(null),
        ["cut after the server did it"] = async (exchange, honest) =>
        {
            await honest(exchange);
            return null;
        },
        ["answer cut in the middle"] = async (exchange, honest) =>
        {
            Answer answer = (await honest(exchange))!;
            return answer.CutAfter(answer.Body.Length / 2);
        },
        ["half an answer said to be whole"] = async (exchange, honest) =>
        {
            Answer answer = (await honest(exchange))!;
            return answer with { Body = answer.Body[..(answer.Body.Length / 2)] };
        },
        ["silence"] = async (exchange, honest) =>
        {
            await honest(exchange);
            return Lies.Never;
        },
        ["sent twice"] = async (exchange, honest) =>
        {
            await honest(exchange);
            return await honest(exchange);
        },
        ["late"] = async (exchange, honest) =>
        {
            await Task.Delay(50);
            return await honest(exchange);
        },
        ["an error of the server's"] = (_, _) => Task.FromResult<Answer?>(Answer.Problem(500, "Oops")),
        ["an error after the server did it"] = async (exchange, honest) =>
        {
            await honest(exchange);
            return Answer.Text("", "text/plain", 502);
        },
    };

    public static TheoryData<string, bool, int> EveryFault()
    {
        var data = new TheoryData<string, bool, int>();
        foreach (string fault in s_faults.Keys)
        {
            for (int request = 1; request <= Requests; request++)
            {
                data.Add(fault, false, request);
                // Once, retries heal a cut; so also from there on.
                if (fault.StartsWith("cut", StringComparison.Ordinal))
                    data.Add(fault, true, request);
            }
        }
        return data;
    }

    [Fact]
    public async Task Without_a_fault_there_are_as_many_requests_as_are_gone_through_here()
    {
        Hostile.Requests = 0;
        Hostile.Lie = Busy();
        Assert.Equal(Requests, (await Victim.SyncAsync()).Requests);
        Assert.Equal(Requests, Hostile.Requests);
        await HonestAgainAsync();
    }

    [Theory]
    [MemberData(nameof(EveryFault))]
    public async Task A_fault_at_one_request(string fault, bool fromThereOn, int request)
    {
        Lie honest = Busy();
        bool met = false;
        Hostile.Requests = 0;
        Hostile.Lie = async exchange =>
        {
            bool faulty = fromThereOn ? exchange.Number >= request : exchange.Number == request;
            met |= faulty;
            return faulty ? await s_faults[fault](exchange, honest) : await honest(exchange);
        };
        var options = new SyncOptions { Timeouts = SyncTimeouts.Default with { Request = TimeSpan.FromSeconds(1) } };
        Exception? outcome = await Record.ExceptionAsync(() => Victim.SyncAsync(options));
        if (outcome is not null)
            Assert.Contains(Assert.IsType<PasspackException>(outcome).ErrorId, new[] { ErrorCodes.ServerUnreachable, ErrorCodes.ServerRefused });
        Assert.True(met);
        AssertSound();
        await HonestAgainAsync();
        AssertSound();
    }

    [Fact]
    public async Task Earlier_requests_that_arrive_again_later()
    {
        var earlier = new ConcurrentQueue<Exchange>();
        Lie honest = Busy();
        Hostile.Lie = async exchange =>
        {
            Answer? answer = await honest(exchange);
            foreach (Exchange old in earlier)
                await old.HonestAsync();
            earlier.Enqueue(exchange);
            return answer;
        };
        await Victim.SyncAsync();
        Victim.Edit(Own, new EntryEdit { Email = "later@victim.example" });
        await Victim.SyncAsync();
        await HonestAgainAsync();
    }

    [Fact]
    public async Task A_push_whose_answer_was_lost_is_reported_by_the_sync_that_hears_of_it()
    {
        Hostile.Lie = Lies.About(Routes.Pushes, async exchange =>
        {
            await exchange.HonestAsync();
            return null;
        });
        Assert.Equal(ErrorCodes.ServerUnreachable, (await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync())).ErrorId);
        Hostile.Lie = null;
        SyncResult heard = await Victim.SyncAsync();
        Assert.Equal(SyncAction.Pushed, Assert.Single(heard.Changes, change => change.Id == Own).Action);
        await HonestAgainAsync();
    }
}
