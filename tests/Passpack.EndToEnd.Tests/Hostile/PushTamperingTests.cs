using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Lies about pushes. Whatever is said of one, nothing is lost, nothing comes twice, and no conflict is made up.</summary>
public sealed class PushTamperingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    public static TheoryData<int, string, string> Refusals() => new()
    {
        { 400, ErrorCodes.RequestInvalid, ErrorCodes.ServerRefused },
        { 401, ErrorCodes.DeviceRevoked, ErrorCodes.DeviceRevoked },
        { 403, ErrorCodes.ServerRefused, ErrorCodes.ServerRefused },
        { 404, ErrorCodes.NotFound, ErrorCodes.ServerRefused },
        { 409, ErrorCodes.RevisionConflict, ErrorCodes.SyncContention },
        { 409, ErrorCodes.KeyGenerationConflict, ErrorCodes.ServerRefused },
        { 413, ErrorCodes.RecordTooLarge, ErrorCodes.RecordTooLarge },
        { 422, ErrorCodes.PushIdReused, ErrorCodes.ServerRefused },
        { 429, ErrorCodes.RateLimited, ErrorCodes.RateLimited },
        { 500, "SomethingNew", ErrorCodes.ServerRefused },
        { 503, ErrorCodes.ServerRefused, ErrorCodes.ServerRefused },
        { 507, ErrorCodes.QuotaExceeded, ErrorCodes.QuotaExceeded },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Push_refused(int status, string code, string errorId)
    {
        await FailsAsync(errorId, Lies.About(Routes.Pushes, _ => Task.FromResult<Answer?>(Answer.Problem(status, code))));
        await HonestAgainAsync();
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Push_accepted_and_then_said_to_be_refused(int status, string code, string errorId)
    {
        await FailsAsync(status == 409 && code == ErrorCodes.RevisionConflict ? null : errorId, Lies.About(Routes.Pushes, async exchange =>
        {
            await exchange.HonestAsync();
            return Answer.Problem(status, code);
        }));
        await HonestWithoutConflictAsync();
    }

    [Fact]
    public async Task Push_accepted_and_the_answer_lost()
    {
        await FailsAsync(ErrorCodes.ServerUnreachable, Lies.About(Routes.Pushes, async exchange =>
        {
            await exchange.HonestAsync();
            return null;
        }));
        await HonestWithoutConflictAsync();
    }

    [Fact]
    public async Task Push_accepted_and_answered_with_an_error_page()
    {
        await FailsAsync(ErrorCodes.ServerUnreachable, Lies.About(Routes.Pushes, async exchange =>
        {
            await exchange.HonestAsync();
            return Answer.Text("<html>Bad day</html>", "text/html", 500);
        }));
        await HonestWithoutConflictAsync();
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 1)]
    [InlineData(0, -1)]
    [InlineData(1_000_000_000, 1_000_000_000)]
    public async Task Push_answered_with_another_revision(long revision, long generation)
    {
        await FailsAsync(ErrorCodes.ServerTampered, Lies.About(Routes.Pushes, async exchange => (await exchange.HonestAsync())
            .With(ProtocolJson.Default.PushAnswer, answer => new PushAnswer(answer.Revision + revision, answer.Generation + generation))));
        await HonestWithoutConflictAsync();
    }

    [Fact]
    public async Task Push_said_to_be_accepted_and_thrown_away()
    {
        Hostile.Lie = Lies.About(Routes.Pushes, exchange =>
        {
            PushRequest push = Answer.ReadPush(exchange.Body);
            return Task.FromResult<Answer?>(Answer.Json(new PushAnswer(push.BaseRevision + 1, push.Manifest.Generation), ProtocolJson.Default.PushAnswer));
        });
        await Victim.SyncAsync();
        string after = Victim.DumpVault();
        Hostile.Lie = null;
        // Found out at once; this machine keeps everything that it had.
        Assert.Equal(ErrorCodes.ServerRolledBack, (await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync())).ErrorId);
        Assert.Equal(after, Victim.DumpVault());
        Assert.Equal("notes of the victim", Victim.Get(Own).Secret.Notes);
        AssertNothingLeaked();
    }

    [Fact]
    public async Task Push_repeated_on_the_way_is_taken_once()
    {
        Hostile.Lie = Lies.About(Routes.Pushes, async exchange =>
        {
            Answer first = await exchange.HonestAsync(), second = await exchange.HonestAsync();
            Assert.Equal(first.Body, second.Body);
            return second;
        });
        await Victim.SyncAsync();
        await HonestAgainAsync();
    }

    [Fact]
    public async Task Own_push_served_back_damaged_after_it_was_said_to_be_refused()
    {
        // What this machine made is still here: it must not give it up for a record that it cannot read.
        Lie damaged = Lies.Page(page => page with { Changes = [.. page.Changes.Select(change => change with { Body = RecordTamperingTests.Flipped(change.Body) })] });
        Hostile.Lie = Lies.About(Routes.Pushes, async exchange =>
        {
            await exchange.HonestAsync();
            return Answer.Problem(400, ErrorCodes.RequestInvalid);
        });
        await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        string before = Victim.Dump();
        Hostile.Lie = async exchange =>
            exchange.Is(Routes.Records) ? Answer.Records(new RecordsAnswer([]).ToMessage()) : await damaged(exchange);
        await Victim.SyncAsync();
        await Victim.SyncAsync();
        Assert.Equal(before, Victim.Dump());
        await HonestAgainAsync();
    }

    [Fact]
    public async Task Online_edit_accepted_and_the_answer_lost()
    {
        Hostile.Lie = null;
        await Victim.SyncAsync();
        Hostile.Lie = Lies.About(Routes.Pushes, async exchange =>
        {
            await exchange.HonestAsync();
            return null;
        });
        var edit = new OnlineEdit { Id = Added, Values = new EntryEdit { SharedNotes = "shared notes, edited online" } };
        PasspackException lost = await Assert.ThrowsAsync<PasspackException>(() => Victim.OnlineAsync(edit));
        Assert.Equal(ErrorCodes.ServerUnreachable, lost.ErrorId);
        await HonestWithoutConflictAsync();
        Assert.Equal("shared notes, edited online", Friend.Get(Added).Secret.SharedNotes);
    }

    [Fact]
    public async Task Online_edit_over_a_damaged_record_is_refused()
    {
        Hostile.Lie = Lies.Changes(change => change.Id == Changed && change.Stream == 1, change => change with { Body = RecordTamperingTests.Flipped(change.Body) });
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(
            () => Victim.OnlineAsync(new OnlineEdit { Id = Changed, Values = new EntryEdit { Email = "over@what.is.unseen" } }));
        Assert.Equal(ErrorCodes.RecordDamaged, refused.ErrorId);
        await HonestAgainAsync();
    }

    private async Task FailsAsync(string? errorId, Lie lie)
    {
        Hostile.Lie = lie;
        Exception? outcome = await Record.ExceptionAsync(() => Victim.SyncAsync());
        if (errorId is null)
            Assert.Null(outcome);
        else
            Assert.Equal(errorId, Assert.IsType<PasspackException>(outcome).ErrorId);
        // The victim's own edits, which the refused push carried, are still what it shows.
        Assert.Equal("notes of the victim", Victim.Get(Own).Secret.Notes);
        Assert.Single(Victim.Vault.List(new EntryQuery { Name = "entry added by victim" }));
    }

    private async Task HonestWithoutConflictAsync()
    {
        Hostile.Lie = null;
        Assert.DoesNotContain((await Victim.SyncAsync()).Changes, change => change.Action is SyncAction.Conflict or SyncAction.Merged or SyncAction.Pulled);
        await HonestAgainAsync();
    }
}
