using System.Net;
using System.Runtime.CompilerServices;
using Polly;
using Polly.Retry;

namespace Passpack.Sync.Client;

/// <summary>
/// Decides when a repeatable request is sent again: if nothing answers, if only a proxy in front of the server answers, or if the answer asks to
/// wait. Retries go on until the caller's deadline. Without a deadline, they go on for as long as a server takes to restart, or three times if
/// nothing has ever answered.
/// </summary>
internal sealed class Retries(OnlineClient client, SyncTimeouts timeouts, CancellationTokenSource limit)
{
    private const int Few = 3;
    private const int Many = 1000;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    // With less time left there is no further try: the deadline would cut it off, and its timeout would hide the answer to the previous try.
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(0.5);

    // One for all of a clock: building one takes longer than a request on this machine.
    private static readonly ConditionalWeakTable<TimeProvider, ResiliencePipeline<HttpResponseMessage>> s_pipelines = [];

    private readonly long _start = timeouts.Clock.GetTimestamp();

    public static ResiliencePropertyKey<Retries> Key { get; } = new("retries");

    public static ResiliencePipeline<HttpResponseMessage> PipelineOf(TimeProvider clock) => s_pipelines.GetValue(clock, Build);

    private static ResiliencePipeline<HttpResponseMessage> Build(TimeProvider clock) =>
        new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = Many,
            ShouldHandle = arguments => ValueTask.FromResult(Of(arguments.Context).IsToRepeat(arguments.Outcome, arguments.AttemptNumber)),
            DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(Of(arguments.Context).Delay(arguments.Outcome, arguments.AttemptNumber)),
        })
        .Build();

    /// <summary>How long an answer asks to wait, in seconds or until a date (RFC 9110, section 10.2.3). Null if it does not ask.</summary>
    public static TimeSpan? AskedFor(HttpResponseMessage answer, TimeProvider clock) => answer.Headers.RetryAfter switch
    {
        { Delta: TimeSpan wait } => wait,
        { Date: DateTimeOffset date } => TimeSpan.FromTicks(Math.Max(0, (date - clock.GetUtcNow()).Ticks)),
        _ => null,
    };

    private static Retries Of(ResilienceContext context) => context.Properties.GetValue(Key, null!);

    private TimeSpan Left => timeouts.Until is long until
        ? timeouts.Clock.GetElapsedTime(timeouts.Clock.GetTimestamp(), until)
        : timeouts.Return - timeouts.Clock.GetElapsedTime(_start);

    private bool IsToRepeat(Outcome<HttpResponseMessage> outcome, int attempt)
    {
        TimeSpan left = Left;
        if (outcome.Result is { } answer)
            return IsOverrun(answer) && (LongWait(answer, attempt) is TimeSpan wait ? wait <= left : IsEarly(attempt) || left > s_least);
        bool isAway = outcome.Exception switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.ResponseEnded } => true,
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => timeouts.Until is not null || client.HasAnswered,
            HttpRequestException { InnerException: IOException } => true,
            _ => false,
        };
        return isAway && (IsEarly(attempt) || ((timeouts.Until is not null || client.HasAnswered) && left > s_least));
    }

    // The free first tries are for callers without a deadline. With one, a wait that does not fit is not begun: the last answer says more than "time
    // is over".
    private bool IsEarly(int attempt) => attempt < Few && timeouts.Until is null;

    private static bool IsOverrun(HttpResponseMessage answer) => answer.StatusCode switch
    {
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => true,
        >= HttpStatusCode.InternalServerError => !OnlineClient.HasProblem(answer),
        _ => false,
    };

    private TimeSpan OwnWait(int attempt) => TimeSpan.FromTicks(Math.Min(s_longest.Ticks, timeouts.Retry.Ticks << Math.Min(attempt, 20)));

    // Who asks to wait for no time at all, or until a date that is past, must not make this machine a flood: then it waits as if nobody had asked.
    private TimeSpan? LongWait(HttpResponseMessage answer, int attempt) =>
        AskedFor(answer, timeouts.Clock) is TimeSpan wait && wait >= OwnWait(attempt) ? wait : null;

    private TimeSpan Delay(Outcome<HttpResponseMessage> outcome, int attempt)
    {
        // The timeout is that of one try; the next try sets it anew.
        limit.CancelAfter(Timeout.InfiniteTimeSpan);
        if (outcome.Result is { } answer && LongWait(answer, attempt) is TimeSpan wait)
            return wait;
        TimeSpan delay = OwnWait(attempt);
        delay *= 0.75 + Random.Shared.NextDouble() / 2; // Jitter: machines that a restart cut off must not all come back at once.
        return timeouts.Until is not null && Left / 2 is var half && half < delay ? half : delay;
    }
}
