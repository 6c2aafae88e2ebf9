using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>What a server can do below the messages: redirects, other content, too much of it, too slowly, or none at all.</summary>
public sealed class TransportTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1);

    // The start of a frame, behind which metadata goes on for a long time.
    private static readonly byte[] s_longMetadata = [(byte)'M', 0, 0x50, 0, 0], s_begun = [.. RecordMessage.Magic, .. s_longMetadata];

    public static TheoryData<int, string> Redirects() => new()
    {
        { 301, "/elsewhere" },
        { 302, "http://127.0.0.1:9/" },
        { 307, "https://passpack.invalid/v1/vaults" },
        { 308, "http://passpack.invalid/v1/vaults" },
        { 302, "file:///etc/passwd" },
    };

    [Theory]
    [MemberData(nameof(Redirects))]
    public Task Redirect_is_not_followed(int status, string where) =>
        RefusedAsync(ErrorCodes.ServerRefused, Always(new Answer(status, null, []) { Headers = new() { ["Location"] = where } }));

    [Fact]
    public async Task Redirect_to_another_server_shows_it_nothing()
    {
        await using HostileServer other = await HostileServer.StartAsync(Server.Address);
        await RefusedAsync(ErrorCodes.ServerRefused, exchange =>
            Task.FromResult<Answer?>(new Answer(307, null, []) { Headers = new() { ["Location"] = new Uri(other.Address, exchange.Path).AbsoluteUri } }));
        Assert.Empty(other.Seen);
    }

    public static TheoryData<int, string> Pages() => new()
    {
        { 200, "text/html" }, { 404, "text/html" }, { 404, "text/html; charset=utf-16" }, { 401, "text/html" },
        { 200, "" }, { 403, "application/json" }, { 418, "nonsense" },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public Task HTML_in_place_of_an_answer(int status, string contentType) =>
        RefusedAsync(ErrorCodes.ServerRefused, Always(Answer.Text("<!DOCTYPE html><html><title>Sign in to the hotel network</title></html>", contentType, status)));

    [Fact]
    public Task Answer_said_to_be_compressed() => RefusedAsync(ErrorCodes.ServerRefused, Always(Compressed(100)));

    [Fact]
    public Task Compressed_answer_that_would_unfold_to_many_megabytes() => RefusedAsync(ErrorCodes.ServerRefused, Always(Compressed(64 << 20)));

    [Fact]
    public Task Answer_without_an_end() => RefusedAsync(ErrorCodes.ServerRefused, Always(Answer.Text("") with
    {
        Write = async context =>
        {
            byte[] spaces = Encoding.ASCII.GetBytes(new string(' ', 65536));
            await context.Response.Body.WriteAsync(s_begun, context.RequestAborted);
            while (true)
                await context.Response.Body.WriteAsync(spaces, context.RequestAborted);
        },
    }));

    [Fact]
    public Task Records_without_an_end() => RefusedAsync(ErrorCodes.ServerRefused, Lies.About(Routes.Changes, async exchange =>
    {
        Answer honest = await exchange.HonestAsync();
        Frame record = Frame.All(honest.Body).ElementAt(1);
        return honest with
        {
            Write = async context =>
            {
                await context.Response.Body.WriteAsync(honest.Body.AsMemory(0, record.Start), context.RequestAborted);
                while (true)
                    await context.Response.Body.WriteAsync(honest.Body.AsMemory(record.Start, record.End - record.Start), context.RequestAborted);
            },
        };
    }));

    [Fact]
    public Task Answer_without_an_end_to_an_error() =>
        RefusedAsync(ErrorCodes.ServerRefused, Always(Answer.Text("", "application/problem+json", 500) with
    {
        Write = async context =>
        {
            byte[] open = Encoding.ASCII.GetBytes(new string('[', 65536));
            while (true)
                await context.Response.Body.WriteAsync(open, context.RequestAborted);
        },
    }));

    [Theory]
    [InlineData(1L << 40)]
    [InlineData(200)]
    public Task Answer_shorter_than_it_says(long said) => RefusedAsync(ErrorCodes.ServerUnreachable, Always(Answer.Text("") with
    {
        Write = async context =>
        {
            context.Response.ContentLength = said;
            // A frame that fits into what was said: a longer one would be refused for that.
            await context.Response.Body.WriteAsync((byte[])[.. RecordMessage.Magic, (byte)'M', 0, 0, 0, 100]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        },
    }));

    [Fact]
    public Task Connection_reset() => RefusedAsync(ErrorCodes.ServerUnreachable, _ => Task.FromResult<Answer?>(null));

    [Fact]
    public Task Silence() =>
        RefusedAsync(ErrorCodes.ServerUnreachable, Always(Lies.Never), new SyncOptions { Timeouts = SyncTimeouts.Default with { Request = s_short } });

    [Fact]
    public Task Silence_bounded_by_the_callers_own_limit() =>
        RefusedAsync(ErrorCodes.ServerUnreachable, Always(Lies.Never), new SyncOptions { Timeout = s_short });

    [Fact]
    public Task Answer_that_trickles() => RefusedAsync(ErrorCodes.ServerUnreachable, Always(Answer.Text("") with
    {
        Write = async context =>
        {
            await context.Response.Body.WriteAsync(s_begun, context.RequestAborted);
            while (true)
            {
                await context.Response.Body.WriteAsync(" "u8.ToArray(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(50, context.RequestAborted);
            }
        },
    }), new SyncOptions { Timeouts = SyncTimeouts.Default with { Request = s_short } });

    [Fact]
    public async Task Unavailable_is_asked_again_a_few_times_only()
    {
        Hostile.Requests = 0;
        await RefusedAsync(ErrorCodes.ServerUnreachable, Always(Answer.Text("", "text/plain", 503)));
    }

    [Theory]
    [InlineData(429, ErrorCodes.AccountLockedOut, "300", "has had too many failed logins, and asks to wait 5 minutes before the next attempt.")]
    [InlineData(429, ErrorCodes.AccountLockedOut, "5", "has had too many failed logins, and asks to wait 5 seconds before the next attempt.")]
    [InlineData(429, ErrorCodes.AccountLockedOut, null, "refused (HTTP 429, AccountLockedOut): Title.")]
    [InlineData(404, ErrorCodes.NotFound, null, "refused (HTTP 404, NotFound): Title. Check the address.")]
    public async Task A_lockout_and_a_path_that_is_not_there_are_told_with_the_way_on(int status, string code, string? wait, string message)
    {
        Answer answer = Answer.Problem(status, code, "Title.");
        Hostile.Lie = Always(wait is null ? answer : answer with { Headers = new() { ["Retry-After"] = wait } });
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        Assert.Equal($"{Hostile.Address} {message}", refused.Message);
        Assert.Equal((code == ErrorCodes.NotFound ? ErrorCodes.ServerRefused : code, code), (refused.ErrorId, refused.ServerCode));
    }

    public static TheoryData<int, string, string> Problems() => new()
    {
        { 401, ErrorCodes.DeviceRevoked, ErrorCodes.DeviceRevoked },
        { 401, "", ErrorCodes.ServerRefused },
        { 403, ErrorCodes.AccountLockedOut, ErrorCodes.AccountLockedOut },
        { 429, ErrorCodes.RateLimited, ErrorCodes.RateLimited },
        { 507, ErrorCodes.QuotaExceeded, ErrorCodes.QuotaExceeded },
        // Ids that only this machine may give: a server must not make the user lock, reset or delete anything.
        { 409, ErrorCodes.RevisionConflict, ErrorCodes.ServerRefused },
        { 400, ErrorCodes.VaultDamaged, ErrorCodes.ServerRefused },
        { 400, ErrorCodes.PackingKeyMismatch, ErrorCodes.ServerRefused },
        { 400, ErrorCodes.PackingKeyChangedOnline, ErrorCodes.ServerRefused },
        { 400, ErrorCodes.ServerRolledBack, ErrorCodes.ServerRefused },
        { 400, ErrorCodes.PackMisaligned, ErrorCodes.ServerRefused },
    };

    [Theory]
    [MemberData(nameof(Problems))]
    public Task Problem_told(int status, string code, string errorId) => RefusedAsync(errorId, Always(Answer.Problem(status, code)));

    [Theory]
    [InlineData("RateLimited")]
    [InlineData("\u001b]0;title\u0007\u001b[31mGive your Packing Key\r\n to \u202ereversed")]
    public async Task Words_of_the_server_cannot_play_with_the_terminal(string code)
    {
        string words = "\u001b[2J\u009b1A\nEnter your Packing Key at \u202ehttps://evil.example\u2028\ud800 " + new string('x', 100_000);
        string problem = JsonSerializer.Serialize(new Dictionary<string, object?> { ["status"] = 400, ["code"] = code, ["title"] = words, ["detail"] = null });
        Hostile.Lie = Always(Answer.Text(problem, "application/problem+json", 400));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        Assert.DoesNotContain(refused.Message, c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u202e' or '\u2028');
        Assert.InRange(refused.Message.Length, 1, 600);
    }

    [Fact]
    public async Task Revoked_in_the_middle()
    {
        Lie pages = Lies.InPagesOf(1);
        Hostile.Requests = 0;
        await RefusedAsync(ErrorCodes.DeviceRevoked, async exchange => exchange.Number > 2 ? Answer.Problem(401, ErrorCodes.DeviceRevoked) : await pages(exchange));
    }

    private static Lie Always(Answer answer) => _ => Task.FromResult<Answer?>(answer);

    private static Answer Compressed(int bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            byte[] spaces = new byte[1 << 20];
            spaces.AsSpan().Fill((byte)' ');
            gzip.Write(RecordMessage.Magic);
            gzip.Write(s_longMetadata);
            for (int written = 0; written < bytes; written += spaces.Length)
                gzip.Write(spaces);
        }
        return new Answer(200, RecordMessage.MediaType, compressed.ToArray()) { Headers = new() { ["Content-Encoding"] = "gzip" } };
    }
}
