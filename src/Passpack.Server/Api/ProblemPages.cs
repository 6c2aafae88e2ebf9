using Microsoft.AspNetCore.Connections;
using Passpack.Protocol;
using Passpack.Server.Storage;

namespace Passpack.Server.Api;

/// <summary>Gives every error answer problem details, whether it comes from an endpoint, the framework or an exception.</summary>
internal static class ProblemPages
{
    private const string MediaTypes = $"The body must be application/json, or {RecordMessage.MediaType} of a push.";

    public static void UseProblemPages(this WebApplication app)
    {
        FaultLog log = app.Services.GetRequiredService<FaultLog>();
        app.Use((context, next) => AnswerAsync(context, next, log));
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, FaultLog log)
    {
        // Headers: tokens and sealed records must not be cached, and no answer is a web page.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return Task.CompletedTask;
        });
        IResult? problem;
        try
        {
            await next(context);
            problem = ForBareStatus(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            return; // The client has disconnected.
        }
        catch (ConnectionResetException)
        {
            // A reset may come here before it is told of as an abort; Kestrel would look for the rest of the body, and log a stack.
            context.Abort();
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            problem = ForException(e, log);
            context.Response.Clear();
        }

        if (problem is not null)
            await problem.ExecuteAsync(context);
    }

    private static IResult? ForBareStatus(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (response.HasStarted || response.StatusCode < 400 || response.ContentType is not null)
            return null;
        return response.StatusCode switch
        {
            404 => Problems.NotFound("This server knows no such path."),
            405 => Problems.Unreadable(405, "The path does not take this method."),
            415 => Problems.Unreadable(415, MediaTypes),
            int status => Problems.Unreadable(status, null),
        };
    }

    private static IResult ForException(Exception exception, FaultLog log)
    {
        switch (exception)
        {
            case UnreadableBodyException { Code: ErrorCodes.RecordTooLarge } large:
                return Problems.RecordTooLarge(large.Message);
            case BadHttpRequestException bad:
                return Problems.Unreadable(bad.StatusCode, bad is UnreadableBodyException ? bad.Message : Words(bad.StatusCode));
            case StoreException { Failure: StoreFailure.Busy }:
                log.Note(exception.Message);
                return Problems.StoreBusy();
            case StoreException { Failure: StoreFailure.Unsure }:
                log.Note(exception.Message);
                return Problems.StoreUnsure();
            case StoreException { Failure: StoreFailure.Full }:
                log.Note(exception.Message);
                return Problems.DiskFull();
            default:
                log.Note(exception);
                return Problems.Failed();
        }
    }

    // The framework's own messages name its types and parameters of this server's code.
    private static string Words(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => "The body came too slowly.",
        StatusCodes.Status413PayloadTooLarge => "The body is larger than this path takes.",
        StatusCodes.Status415UnsupportedMediaType => MediaTypes,
        _ => "A part of the path, the query or the body is not of the form that this path takes.",
    };
}
