using System.Net;
using Polly;
using Polly.Retry;

namespace Passpack.Sync.Client;

/// <summary>
/// When a request that may be repeated is sent again: while nothing answers, or only what stands in front of the server does, or somebody
/// asks to wait. As long as the caller has time; where it did not say, as long as a restart takes, or three times where nothing ever answered.
/// </summary>
internal sealed class Retries(OnlineClient client, Patience patience, CancellationTokenSource limit)
{
    private const int Few = 3;
    private const int Many = 1000;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    // A try that the end of the time cuts off would hide what the one before was answered.
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(0.5);

    private readonly long _start = TimeProvider.System.GetTimestamp();

    public static ResiliencePropertyKey<Retries> Key { get; } = new("retries");

    // One for all: building one takes longer than a request on this machine.
    public static ResiliencePipeline<HttpResponseMessage> Pipeline { get; } = new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = Many,
            ShouldHandle = arguments => ValueTask.FromResult(Of(arguments.Context).IsToRepeat(arguments.Outcome, arguments.AttemptNumber)),
            DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(Of(arguments.Context).Delay(arguments.Outcome, arguments.AttemptNumber)),
        })
        .Build();

    /// <summary>How long an answer asks to wait, in seconds or until a date (RFC 9110, section 10.2.3); null: it does not.</summary>
    public static TimeSpan? AskedFor(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: TimeSpan wait } => wait,
        { Date: DateTimeOffset date } => TimeSpan.FromTicks(Math.Max(0, (date - TimeProvider.System.GetUtcNow()).Ticks)),
        _ => null,
    };

    private static Retries Of(ResilienceContext context) => context.Properties.GetValue(Key, null!);

    private TimeSpan Left => patience.Until is long until
        ? TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), until)
        : patience.Return - TimeProvider.System.GetElapsedTime(_start);

    private bool IsToRepeat(Outcome<HttpResponseMessage> outcome, int attempt)
    {
        TimeSpan left = Left;
        if (outcome.Result is { } answer)
            return IsOverrun(answer) && (LongWait(answer, attempt) is TimeSpan wait ? wait <= left : IsEarly(attempt) || left > s_least);
        bool isAway = outcome.Exception switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.ResponseEnded } => true,
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => patience.Until is not null || client.HasAnswered,
            HttpRequestException { InnerException: IOException } => true,
            _ => false,
        };
        return isAway && (IsEarly(attempt) || ((patience.Until is not null || client.HasAnswered) && left > s_least));
    }

    // What the caller's time has no room for is not waited for: its own error says more than that the time is over.
    private bool IsEarly(int attempt) => attempt < Few && patience.Until is null;

    private static bool IsOverrun(HttpResponseMessage answer) => answer.StatusCode switch
    {
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => true,
        >= HttpStatusCode.InternalServerError => !OnlineClient.HasProblem(answer),
        _ => false,
    };

    private TimeSpan OwnWait(int attempt) => TimeSpan.FromTicks(Math.Min(s_longest.Ticks, patience.Retry.Ticks << Math.Min(attempt, 20)));

    // Who asks to wait for no time at all, or until a date that is past, must not make this machine a flood: then it waits as if nobody had asked.
    private TimeSpan? LongWait(HttpResponseMessage answer, int attempt) => AskedFor(answer) is TimeSpan wait && wait >= OwnWait(attempt) ? wait : null;

    private TimeSpan Delay(Outcome<HttpResponseMessage> outcome, int attempt)
    {
        // The limit is one of a try; the next sets it anew.
        limit.CancelAfter(Timeout.InfiniteTimeSpan);
        if (outcome.Result is { } answer && LongWait(answer, attempt) is TimeSpan wait)
            return wait;
        TimeSpan delay = OwnWait(attempt);
        delay *= 0.75 + Random.Shared.NextDouble() / 2; // Machines that a restart cut off do not come back all at once.
        return patience.Until is not null && Left / 2 is var half && half < delay ? half : delay;
    }
}
