using System.Globalization;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Lies about pages: without end, leading nowhere, too large; and what they leave behind for the next pull.</summary>
public sealed class PageTamperingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Fact]
    public async Task Small_pages_without_an_end()
    {
        Lie lie = EndlessPages(number => [Forged(RecordStream.Data, Guid.NewGuid(), 1, false, BitConverter.GetBytes(number))]);
        await RefusedAsync(ErrorCodes.ServerTampered, lie);
        Assert.InRange(Hostile.Requests, 1, 200);
    }

    [Fact]
    public Task Empty_pages() => RefusedAsync(ErrorCodes.ServerTampered, EndlessPages(_ => []));

    [Fact]
    public Task The_same_page_again_and_again() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.About(Routes.Changes, async exchange => (await exchange.HonestAsync(exchange.Path.Split("&page=")[0]))
            .With(page => page with { Head = null, NextPage = "same" })));

    [Fact]
    public Task Pages_in_a_circle() => RefusedAsync(ErrorCodes.ServerTampered, Lies.About(Routes.Changes, async exchange =>
        (await exchange.HonestAsync(exchange.Path.Split("&page=")[0])).With(
            page => page with { Head = null, NextPage = exchange.Path.EndsWith("page=a", StringComparison.Ordinal) ? "b" : "a" })));

    [Fact]
    public Task A_page_with_neither_head_nor_next_page() => RefusedAsync(ErrorCodes.ServerRefused, Lies.Page(page => page with { Head = null }));

    [Fact]
    public Task A_page_with_both_head_and_next_page() => RefusedAsync(ErrorCodes.ServerRefused, Lies.Page(page => page with { NextPage = "more" }));

    [Fact]
    public Task A_page_token_of_great_length() =>
        RefusedAsync(ErrorCodes.ServerRefused, Lies.Page(page => page with { Head = null, NextPage = new string('x', 100_000) }));

    [Fact]
    public Task A_page_of_too_many_records() => RefusedAsync(ErrorCodes.ServerRefused, Lies.Page(page => page with
    {
        Changes = [.. Enumerable.Range(0, Limits.RecordsPerBatch + 1).Select(i => Forged(RecordStream.Data, Guid.NewGuid(), 1, false, BitConverter.GetBytes(i)))],
    }));

    [Fact]
    public Task A_body_over_the_limit() =>
        RefusedAsync(ErrorCodes.ServerRefused, Lies.Adding(Forged(RecordStream.Data, Guid.NewGuid(), 1, false, new byte[Limits.RecordBodyBytes + 1])));

    [Fact]
    public Task The_same_record_on_two_pages() => RefusedAsync(ErrorCodes.ServerTampered, Lies.About(Routes.Changes, async exchange =>
        exchange.Path.Contains("&page=", StringComparison.Ordinal)
            ? await exchange.HonestAsync(exchange.Path.Split("&page=")[0])
            : (await exchange.HonestAsync()).With(page => new ChangePage([page.Changes[0]], "2", null))));

    [Fact]
    public Task A_record_that_vanishes_between_two_pages() => RefusedAsync(ErrorCodes.ServerTampered, Lies.About(Routes.Changes, async exchange =>
        (await exchange.HonestAsync(exchange.Path.Split("&page=")[0])).With(page =>
            exchange.Path.Contains("&page=", StringComparison.Ordinal)
                ? page with { Changes = [.. page.Changes.Skip(2)] }
                : new ChangePage([page.Changes[0]], "2", null))));

    /// <summary>What a first page leaves staged, with its token, must not stop a later pull: neither records nor token may.</summary>
    [Theory]
    [InlineData("no token of this server", false)]
    [InlineData("999999.999999", false)]
    [InlineData("0.0", true)]
    [InlineData("2.0", true)]
    public async Task An_interrupted_pull_that_left_poison(string token, bool invented)
    {
        string before = Victim.DumpVault();
        Hostile.Lie = Lies.About(Routes.Changes, async exchange => exchange.Path.Contains("&page=", StringComparison.Ordinal)
            ? null
            : (await exchange.HonestAsync()).With(page => new ChangePage(
                invented ? [page.Changes[0] with { Version = 1_000_000 }, Forged((RecordStream)9, Guid.NewGuid(), 1, true, [1])] : [page.Changes[0]],
                token, null)));
        PasspackException cut = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        Assert.Equal(ErrorCodes.ServerUnreachable, cut.ErrorId);
        Assert.Equal(before, Victim.DumpVault());
        await HonestAgainAsync();
    }

    [Fact]
    public async Task An_honest_pull_in_many_pages_goes_on_where_it_was_cut()
    {
        int cutAt = 2;
        Lie pages = Lies.InPagesOf(1);
        Hostile.Requests = 0;
        Hostile.Lie = async exchange => exchange.Number >= cutAt ? null : await pages(exchange);
        for (; (await Record.ExceptionAsync(() => Victim.SyncAsync())) is PasspackException cut; cutAt++)
        {
            Assert.Equal(ErrorCodes.ServerUnreachable, cut.ErrorId);
            Hostile.Requests = cutAt - 1;
            Assert.InRange(cutAt, 2, 20);
        }
        await HonestAgainAsync();
    }

    [Fact]
    public async Task The_next_page_of_an_honest_pull_is_asked_for_while_one_is_staged()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Lie pages = Lies.InPagesOf(1);
        Hostile.Lie = async exchange =>
        {
            if (exchange.Path.EndsWith("&page=1", StringComparison.Ordinal))
                asked.TrySetResult();
            return await pages(exchange);
        };
        // While another process writes, the first page cannot be staged.
        using var other = VaultConnection.Open(Victim.Vault.Path);
        other.BeginImmediate();
        Task sync = Task.Run(() => Victim.SyncAsync());
        // A guard against a hang: without the question the sync would give up after 30 seconds.
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(2));
        Assert.False(sync.IsCompleted);
        other.RollBack();
        await sync;
        await HonestAgainAsync();
    }

    private Lie EndlessPages(Func<int, RecordChange[]> changes)
    {
        Hostile.Requests = 0;
        return Lies.About(Routes.Changes, exchange => Task.FromResult<Answer?>(Answer.Records(
            new ChangePage(changes(exchange.Number), exchange.Number.ToString(CultureInfo.InvariantCulture), null).ToMessage())));
    }
}
