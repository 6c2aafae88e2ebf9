using System.Globalization;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Verbs.HealthChecks;

/// <summary>What the database says of itself, and what follows from it.</summary>
internal static class StoreChecks
{
    public const string Database = "database", Schema = "schema", Settings = "settings", Clock = "clock", Registration = "registration";

    // A clock that steps back by less is being set right.
    private static readonly TimeSpan s_drift = TimeSpan.FromMinutes(1);

    /// <summary>All of them; the first alone if there is no database to look at.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(IStoreInspection store, ServerOptions options, DateTimeOffset now, CancellationToken cancel)
    {
        StoreFindings found;
        try
        {
            found = await store.InspectAsync(cancel);
        }
        catch (StoreException e)
        {
            return [new Finding(Database, e.Message, "Nothing else about it can be checked until it can be read.")];
        }
        return
        [
            new Finding(Database, string.Create(CultureInfo.InvariantCulture, $"{found.Product}, {found.Bytes} bytes, {found.Accounts} accounts.")),
            CheckSchema(found), .. CheckSettings(found), CheckClock(found, now), CheckRegistration(options, found.Accounts),
        ];
    }

    private static Finding CheckSchema(StoreFindings found) => (found.Schema - found.KnownSchema) switch
    {
        0 => new Finding(Schema, $"version {found.Schema}."),
        < 0 => new Finding(Schema, $"version {found.Schema}, and this program makes {found.KnownSchema}.", "The next start moves it on, and no older program reads it then: make a backup before."),
        _ => new Finding(Schema, $"version {found.Schema}, and this program knows {found.KnownSchema}.", "A newer server wrote it: use that one."),
    };

    private static IEnumerable<Finding> CheckSettings(StoreFindings found)
    {
        StoreSetting[] bad = [.. found.Settings.Where(setting => setting.Help is not null)];
        return bad.Length == 0
            ? [new Finding(Settings, string.Join(", ", found.Settings.Select(Text)) + ".")]
            : bad.Select(setting => new Finding(Settings, Text(setting) + ".", setting.Help));
    }

    private static string Text(StoreSetting setting) => $"{setting.Name} = {setting.Value}";

    private static Finding CheckClock(StoreFindings found, DateTimeOffset now)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"it is {now:yyyy-MM-dd HH:mm:ss} UTC");
        return found.Newest is { } newest && newest > now + s_drift
            ? new Finding(Clock, string.Create(CultureInfo.InvariantCulture, $"{text}, and the database holds a moment {newest - now:d' days 'hh':'mm':'ss} later."),
                "Set this machine's clock (timedatectl). Lockouts, retention and limits go by it.")
            : new Finding(Clock, text + ", and nothing in the database is later.");
    }

    private static Finding CheckRegistration(ServerOptions options, long accounts) => options.Registration switch
    {
        RegistrationRule.Open => new Finding(Registration, "anyone who reaches this server can register.", "If that is not meant: start it without --registration open."),
        RegistrationRule.First when accounts == 0 => new Finding(
            Registration, "there is no account, so whoever comes first gets one.", "Register your own now, or start it with --registration closed."),
        _ => new Finding(Registration, "nobody can register."),
    };
}
