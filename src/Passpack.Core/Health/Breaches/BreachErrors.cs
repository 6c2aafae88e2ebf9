using System.Globalization;
using Passpack.Protocol;

namespace Passpack.Health.Breaches;

/// <summary>The errors of lists of breached passwords. None tells at which line a search ended: that would tell of the password that was sought.</summary>
internal static class BreachErrors
{
    public static PasspackException Damaged(string path, string what) => new(ErrorCodes.BreachListDamaged,
        $"{path} is no whole list of breached passwords: {what}. Nothing can be said by it. It has to be a Pwned Passwords file that is ordered by hash, " +
        "a line each as 'HASH:COUNT', or a folder of its ranges; fetch it again.") { Target = path };

    public static PasspackException DamagedAt(string path, double share, string what) =>
        Damaged(path, string.Create(CultureInfo.InvariantCulture, $"{what}, at about {share * 100:0} % of it"));

    public static PasspackException WrongAnswer(string service, string what) => new(ErrorCodes.BreachListDamaged,
        $"{service} does not answer like a range API of breached passwords: {what}. Nothing can be said by it. Check -BreachUri, for example " +
        "https://passwords.example.com/range/.") { Target = service };

    public static PasspackException Unreachable(string service, string cause, Exception? inner) => new(ErrorCodes.ServerUnreachable,
        $"{service} cannot be reached: {cause}. Try again later, or check -BreachUri.", inner) { Target = service };

    public static PasspackException Refused(string service, int status) => status == 429
        ? new(ErrorCodes.RateLimited, $"{service} takes no more requests for now (HTTP 429). Wait some minutes, and try again.") { Target = service }
        : status is >= 500
        ? Unreachable(service, $"it answers with HTTP {status}", null)
        : new(ErrorCodes.ServerRefused, $"{service} answers with HTTP {status}" + (status is >= 300 and < 400
            ? ", which sends elsewhere; that is never followed. Give the address itself as -BreachUri."
            : ". Check -BreachUri: it is the address that a prefix of 5 digits is appended to.")) { Target = service };
}
