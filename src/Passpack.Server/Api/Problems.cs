using System.Globalization;
using Passpack.Protocol;
using Passpack.Server.Login;

namespace Passpack.Server.Api;

/// <summary>An error answer: problem details (RFC 9457) with a code of the protocol.</summary>
internal sealed class ProblemResult(Problem problem, TimeSpan? retryAfter = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.StatusCode = problem.Status;
        if (retryAfter is { } wait)
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return response.WriteAsJsonAsync(problem, ProtocolJson.Default.Problem, Problems.MediaType, httpContext.RequestAborted);
    }
}

/// <summary>Every error that this server answers with, in one place.</summary>
internal static class Problems
{
    public const string MediaType = "application/problem+json";

    /// <summary>The request can be read, but has an invalid value.</summary>
    public static IResult Invalid(string fault) => Of(422, ErrorCodes.RequestInvalid, "The request is not valid.", fault);

    /// <summary>The request itself is unacceptable: malformed, too large, or with another content type or method.</summary>
    public static IResult Unreadable(int status, string? detail) =>
        Of(status, ErrorCodes.RequestInvalid, "The request cannot be read.", detail);

    public static IResult NotFound(string detail) => Of(404, ErrorCodes.NotFound, "There is nothing here.", detail);

    public static IResult AccountExists() =>
        Of(409, ErrorCodes.AccountExists, "An account with this User ID exists.", "Choose another User ID, or connect to the account.");

    public static IResult RegistrationClosed() =>
        Of(403, ErrorCodes.ServerRefused, "This server takes no new accounts.",
            "Whoever runs it can open it with --registration open.");

    public static IResult InvitationInvalid() => Of(
        403, ErrorCodes.InvitationInvalid, "The invitation does not hold.", "It was used, has expired, or is none of this server.");

    public static IResult NotPermitted() => Of(
        403, ErrorCodes.NotPermitted, "That is for administrators of this server.", "Whoever runs the server says who is one.");

    public static IResult NotForKeyFiles() => Of(
        403, ErrorCodes.NotForKeyFile, "The token comes from a key file.", "It is taken for connecting and syncing. Whoever has the Password does anything else.");

    public static IResult NoKeyFile() => Of(
        403, ErrorCodes.NotForKeyFile, "The token is a device's.", "Only that of a key file connects machines.");

    public static IResult AccountDisabled() => Of(
        403, ErrorCodes.AccountDisabled, "An administrator has disabled the account.", "What it holds is untouched. Whoever runs the server can enable it again.");

    public static IResult SecondFactorDemanded() => Of(
        403, ErrorCodes.SecondFactorRequired, "The account has to have a second factor.", "Set one up: until then its tokens are taken for nothing else.");

    public static IResult ServerAccountNotFound() =>
        Of(404, ErrorCodes.ServerAccountNotFound, "There is no account with this User ID.", "The list of accounts has those that there are.");

    /// <summary>The same for unknown User IDs, codes of others, and codes that were used.</summary>
    public static IResult ResetCodeInvalid() => Of(
        403, ErrorCodes.ResetCodeInvalid, "The code does not hold.", "It was used or voided by a login, has expired, or is not this account's.");

    public static IResult NotOneself() => Of(
        422, ErrorCodes.RequestInvalid, "No administrator disables or removes his own account this way.", "Another administrator can.");

    public static IResult DeviceRevoked() => Of(
        401, ErrorCodes.DeviceRevoked, "The device token is missing, unknown or revoked.", "Log in with the Password for a new one.");

    /// <summary>The answer to a failed login; the same for wrong Passwords and unknown User IDs.</summary>
    public static IResult NotProved(ProofVerdict verdict) => verdict.Wait is { } wait
        ? new ProblemResult(
            new Problem(429, ErrorCodes.AccountLockedOut, "Too many failed logins.", "Wait, then try again."),
            LockoutPolicy.Coarse(wait))
        : verdict.Factor switch
        {
            FactorFit.Missing => Of(401, ErrorCodes.SecondFactorRequired, "The account has a second factor.", "Send a code of it beside the proof."),
            FactorFit.Wrong => SecondFactorRejected(),
            _ => Of(401, ErrorCodes.PasswordRejected, "User ID or Password is wrong.", null),
        };

    public static IResult SecondFactorRejected(string detail = "Each code is taken once, and holds for half a minute.") =>
        Of(401, ErrorCodes.SecondFactorRejected, "The code of the second factor is not right.", detail);

    public static IResult KeyGenerationConflict(int current) => Of(
        409, ErrorCodes.KeyGenerationConflict, "The key record was replaced by someone else.",
        string.Create(CultureInfo.InvariantCulture, $"It is at generation {current}; read it again."));

    public static IResult SignatureInvalid(string detail) => Of(403, ErrorCodes.SignatureInvalid, "A signature is not right.", detail);

    /// <summary>A signature that is not by the identity in force over exactly what the request says.</summary>
    public static IResult NotSigned(string member) => SignatureInvalid(
        $"{member} is not by the account's identity, over what this request says. If the keys or the Password were replaced meanwhile, read them again.");

    /// <summary>The token was woken before the keys were replaced.</summary>
    public static IResult KeysReplaced() => Of(
        403, ErrorCodes.KeysReplacedOnline, "The account's keys were replaced.", "This device's token sleeps until it is woken under the new keys.");

    /// <summary>The token came from a login alone.</summary>
    public static IResult NeverWoken() => Of(
        403, ErrorCodes.SignatureInvalid, "The device token sleeps.", "It came from a login, and reads the account's keys alone until a signature wakes it.");

    public static IResult HeadMoved() => RevisionConflict("The newest manifest is not the one that head names.");

    public static IResult RevisionConflict(string? detail, int? ahead = null) => new ProblemResult(
        new Problem(409, ErrorCodes.RevisionConflict, "The vault has changed since; pull first.", detail) { Ahead = ahead });

    public static IResult PushIdReused(string? detail) => Of(422, ErrorCodes.PushIdReused, "The push id is taken.", detail);

    public static IResult RecordTooLarge(string detail) => Of(413, ErrorCodes.RecordTooLarge, "A record is too large.", detail);

    public static IResult QuotaExceeded(string? detail) => Of(507, ErrorCodes.QuotaExceeded, "The account's quota is used up.", detail);

    public static IResult RateLimited(TimeSpan wait) => new ProblemResult(
        new Problem(429, ErrorCodes.RateLimited, "Too many requests from this address.", "Wait, then try again."),
        LockoutPolicy.Coarse(wait));

    public static IResult DiskFull() =>
        Of(507, ErrorCodes.ServerRefused, "The server has no space left.", "Nothing was changed. Tell who runs it.");

    public static IResult AnotherHost() => Of(421, ErrorCodes.ServerRefused, "This server does not answer to that name.",
        "It listens on its own machine only. Whoever runs it names the proxy in front of it with --trusted-proxy, or the name with --host.");

    public static IResult StoreBusy() => new ProblemResult(
        new Problem(503, ErrorCodes.ServerRefused, "The server is too busy.", "Nothing was changed. Try again."), TimeSpan.FromSeconds(1));

    public static IResult StoreUnsure() => new ProblemResult(
        new Problem(503, ErrorCodes.ServerRefused, "The server lost its store while it wrote.", "It may have been done, or not. Ask again: that tells."), TimeSpan.FromSeconds(1));

    public static IResult Stopping() => new ProblemResult(
        new Problem(503, ErrorCodes.ServerRefused, "The server is about to stop.", "Nothing was changed. Try again."), TimeSpan.FromSeconds(3));

    public static IResult Unavailable() => Of(503, ErrorCodes.ServerRefused, "The server cannot reach its store.", null);

    public static IResult Failed() =>
        Of(500, ErrorCodes.ServerRefused, "The server failed.", "Its log says more.");

    private static ProblemResult Of(int status, string code, string title, string? detail) => new(new Problem(status, code, title, detail));
}
