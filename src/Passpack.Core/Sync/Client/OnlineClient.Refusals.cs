using System.Net;
using Passpack.Protocol;

namespace Passpack.Sync.Client;

/// <summary>The errors for refusals: the server's, and those of what stands in front of it.</summary>
internal sealed partial class OnlineClient
{
    private static readonly HashSet<string> s_passedOn =
    [
        ErrorCodes.PasswordRejected, ErrorCodes.AccountExists, ErrorCodes.AccountLockedOut, ErrorCodes.DeviceRevoked, ErrorCodes.RateLimited,
        ErrorCodes.QuotaExceeded, ErrorCodes.RecordTooLarge, ErrorCodes.KeysReplacedOnline, ErrorCodes.SecondFactorRequired, ErrorCodes.SecondFactorRejected,
        ErrorCodes.InvitationInvalid, ErrorCodes.NotPermitted, ErrorCodes.NotForKeyFile, ErrorCodes.AccountDisabled, ErrorCodes.ServerAccountNotFound,
        ErrorCodes.ResetCodeInvalid, ErrorCodes.VaultClosed, ErrorCodes.LastOwner, ErrorCodes.MemberNotFound,
    ];

    /// <summary>Whether an error answer may come from the server itself, not from a proxy.</summary>
    public static bool HasProblem(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json";

    private PasspackException Refusal(HttpResponseMessage response, byte[] content, Body? sent)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
            return NotPasspack($"it redirects (HTTP {status}), which is not followed");
        Problem? problem = null;
        if (HasProblem(response))
            problem = Read(content, ProtocolJson.Default.Problem);
        if (problem?.Code is not { } code)
            return ForeignRefusal(response, sent);
        code = PrintableText.Of(code, 40);
        string told = Told(problem);
        string message = code switch
        {
            ErrorCodes.PasswordRejected => $"{Server} rejected User ID and Password. The Password is case-sensitive. Nothing was changed.",
            ErrorCodes.SecondFactorRequired when status is 403 => $"{Server} demands a second factor of this account, and it has none: " +
                "Enable-PasspackSecondFactor sets one up. Until then nothing is synced; this machine keeps all that it has. Nothing was changed.",
            ErrorCodes.SecondFactorRequired => $"{Server} asks for the second factor of this account: give the code that your authenticator app shows, " +
                "or a recovery code, with -SecondFactor. Nothing was changed.",
            ErrorCodes.SecondFactorRejected => $"{Server} did not take the code of the second factor. A code holds for half a minute and is taken once: wait " +
                "for the next one. A recovery code is taken once, too; a set-up that is not in force holds for ten minutes. Nothing was changed.",
            ErrorCodes.InvitationInvalid => $"{Server} does not take this invitation: it was used, has expired, or is none of this server. Ask for another. " +
                "Nothing was changed.",
            ErrorCodes.AccountDisabled => $"An administrator of {Server} has disabled this account. What it holds there is untouched, and this machine " +
                "keeps all that it has. Ask who runs the server. Nothing was changed.",
            ErrorCodes.ResetCodeInvalid => $"{Server} does not take this code: it was used, has expired after its hour, was voided by a login, " +
                "or is not this account's. Ask the administrator for another. Nothing was changed.",
            ErrorCodes.ServerAccountNotFound => $"{Server} has no account with this User ID. Get-PasspackServerAccount lists those that it has. " +
                "Nothing was changed.",
            ErrorCodes.NotPermitted => $"{Server} lets only administrators do that, and this account is not one's. Nothing was changed.",
            ErrorCodes.NotForKeyFile => $"{Server} lets a machine that a key file connected do nothing but sync: this is done on a machine that was " +
                "connected with the Password. Nothing was changed.",
            ErrorCodes.DeviceRevoked => $"{Server} no longer accepts this machine: its token was revoked, or the Password was changed, or the key file " +
                "that connected it was removed. Connect it again with Connect-PasspackAccount.",
            ErrorCodes.KeysReplacedOnline => $"{Server} says that the keys of this account were replaced since this machine got its token. " +
                "Update-PasspackLocalAccount -PackingKey takes the new ones over.",
            ErrorCodes.AccountExists => $"{Server} already has an account with this User ID. If it is yours, use Connect-PasspackAccount.",
            ErrorCodes.AccountLockedOut or ErrorCodes.RateLimited when Retries.AskedFor(response, _timeouts.Clock) is TimeSpan wait =>
                $"{Server} has had too many {(code == ErrorCodes.AccountLockedOut ? "failed logins" : "requests")}, and " +
                $"asks to wait {PatienceText(wait)} before the next attempt.",
            // The one thing that a server forbids by this code. Whoever comes with a second machine learns the way on.
            ErrorCodes.ServerRefused when status is 403 =>
                $"{Server} refused (HTTP {status}): {told} If the account is there already, Connect-PasspackAccount sets this machine up with it.",
            ErrorCodes.NotFound when status is 404 => $"{Server} refused (HTTP {status}, {code}): {told} Check the address.",
            ErrorCodes.QuotaExceeded => $"{Server} has no room for this: {told} Delete entries online, or ask who runs the server.",
            _ => $"{Server} refused (HTTP {status}, {code}): {told}",
        };
        return new PasspackException(s_passedOn.Contains(code) ? code : ErrorCodes.ServerRefused, message)
        {
            Target = Server,
            ServerCode = code,
            Ahead = problem.Ahead,
            IsDefinite = status is 400 or 409 or 413 or 415 or 422 or 507,
            IsTooLarge = status is 413 && code != ErrorCodes.RecordTooLarge,
        };
    }

    // An answer that does not follow the protocol comes from a proxy in front of the server: the proxy cannot reach the server, or has limits of its
    // own.
    private PasspackException ForeignRefusal(HttpResponseMessage response, Body? sent)
    {
        string answered = $"HTTP {(int)response.StatusCode} {PrintableText.Of(response.Content.Headers.ContentType?.MediaType ?? "", 80)}".TrimEnd();
        return response.StatusCode switch
        {
            >= HttpStatusCode.InternalServerError => ConnectionErrors.Unreachable(Server, $"what stands in front of it answers {answered}", null),
            HttpStatusCode.TooManyRequests => new(ErrorCodes.RateLimited, $"{Server}, or what stands in front of it, has " +
                $"had too many requests ({answered}) and asks to wait " +
                $"{(Retries.AskedFor(response, _timeouts.Clock) is TimeSpan wait ? PatienceText(wait) : "a while")} before the next attempt. " +
                "The local account was not changed.") { Target = Server },
            HttpStatusCode.RequestEntityTooLarge => new(ErrorCodes.RecordTooLarge, $"What stands in front of {Server} takes " +
                $"no request of {sent?.Bytes.Length ?? 0:N0} bytes ({answered}). " +
                $"Ask who runs the server to let requests of {Limits.MessageBytes >> 20} MiB through (nginx: " +
                $"client_max_body_size {Limits.MessageBytes >> 20}m).")
            { Target = Server, IsDefinite = true, IsTooLarge = true },
            _ => NotPasspack($"it answers {answered}"),
        };
    }

    private static string PatienceText(TimeSpan wait) => wait.TotalSeconds < 60
        ? $"{Math.Ceiling(wait.TotalSeconds)} seconds"
        : Math.Ceiling(wait.TotalMinutes) is 1 ? "a minute" : $"{Math.Ceiling(wait.TotalMinutes):N0} minutes";

    // The server's own text: it may be hostile, so it is cut to one short line.
    private static string Told(Problem problem) => PrintableText.Of($"{problem.Title} {problem.Detail}".Trim(), 300);
}
