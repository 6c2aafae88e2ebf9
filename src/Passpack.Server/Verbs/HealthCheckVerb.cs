using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Verbs.HealthChecks;

namespace Passpack.Server.Verbs;

/// <summary>Tells in lines what is fine with a server's set-up, and what is not.</summary>
internal static class HealthCheckVerb
{
    private const string Accept = "accept";

    private static readonly string[] s_names =
    [
        CertificateCheck.Name, MachineChecks.Permissions, MachineChecks.Disk, MachineChecks.Limits,
        StoreChecks.Database, StoreChecks.Schema, StoreChecks.Settings, StoreChecks.Clock, StoreChecks.Registration,
    ];

    private static readonly string s_usage = $"""
        passpack-server healthcheck [--accept NAMES] [OPTIONS of the server]

        Looks at the set-up of a server, running or not, and changes nothing. Give it the same options and environment as the server, and run it
        as the same user. A line for each check: PASS NAME: what is so; or WARN NAME: what is so, and below it HELP NAME: what to do.
        Exit code: 0 if every check passes, 1 if not.

        The checks: {string.Join(", ", s_names)}. The last four are left out where there is no database.

          --accept NAMES  checks, with commas, whose WARN is known and does not count for the exit code
        """;

    public static Verb Verb { get; } = new("healthcheck", "tells what is fine with a server's set-up, and what is not", s_usage, RunAsync, "Nothing was checked");

    private static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancel)
    {
        VerbArguments arguments = VerbArguments.Parse(args, valued: [Accept]);
        if (arguments.Names is [var name, ..])
            throw new ServerStartException($"healthcheck takes options alone, not '{name}'.");
        string[] accepted = (arguments.Own.GetValueOrDefault(Accept) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (accepted.Except(s_names).FirstOrDefault() is { } unknown)
            throw new ServerStartException($"--accept takes names of checks, not '{unknown}'. There are: {string.Join(", ", s_names)}.");

        (ServerOptions options, IConfiguration configuration) = PasspackServer.ReadOptions(arguments.Server);
        IReadOnlyList<Finding> findings = await FindAsync(options, configuration, TimeProvider.System, cancel);
        foreach (string line in findings.SelectMany(finding => finding.ToLines()))
            output.WriteLine(line);
        return findings.All(finding => finding.Passed || accepted.Contains(finding.Check)) ? 0 : 1;
    }

    /// <summary>Runs every check.</summary>
    public static async Task<IReadOnlyList<Finding>> FindAsync(ServerOptions options, IConfiguration configuration, TimeProvider time, CancellationToken cancel)
    {
        DateTimeOffset now = time.GetUtcNow();
        return
        [
            CertificateCheck.Run(configuration, now),
            MachineChecks.CheckPermissions(options, PasspackServer.DatabaseName),
            MachineChecks.CheckDisk(new DiskReserve(options), options),
            MachineChecks.CheckLimits(options, MachineChecks.OpenFiles()),
            .. await StoreChecks.RunAsync(Stores.Inspect(options), options, now, cancel),
        ];
    }
}
