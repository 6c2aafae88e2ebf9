using System.Globalization;
using System.Net;
using Passpack.Protocol;
using Passpack.Server.Login;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Postgres;

namespace Passpack.Server.Hosting;

/// <summary>Who may register.</summary>
internal enum RegistrationRule
{
    /// <summary>Anyone until there is an account, so that the operator can register; nobody after that.</summary>
    First,

    /// <summary>Anyone.</summary>
    Open,

    /// <summary>Whoever has an invitation.</summary>
    Invitation,

    /// <summary>Nobody.</summary>
    Closed,
}

/// <summary>
/// The operator's options. Each is a command-line option, an environment variable PASSPACK_SERVER_... of the same name with underscores, or a value
/// in the section Passpack of appsettings.json beside the program; the first of these counts.
/// </summary>
internal sealed record ServerOptions(
    string DataFolder, long QuotaBytes, Retention Retention, int RequestsPerMinute, int SignInsPerMinute)
{
    /// <summary>Who may register.</summary>
    public RegistrationRule Registration { get; init; }

    /// <summary>How many registrations one address may try in an hour.</summary>
    public int RegistrationsPerHour { get; init; } = UsualRegistrations;

    /// <summary>Bits of the work that a registration costs.</summary>
    public int RegistrationDifficulty { get; init; } = UsualDifficulty;

    /// <summary>The bucket of <see cref="RegistrationsPerHour"/>.</summary>
    public BucketLimit RegistrationsOfAddress => new(RegistrationsPerHour, TimeSpan.FromHours(1) / RegistrationsPerHour);

    /// <summary>The proxies whose X-Forwarded-For is trusted.</summary>
    public TrustedProxies Proxies { get; init; } = TrustedProxies.Parse(null);

    /// <summary>Host names, besides the loopback's, that a plain HTTP address accepts.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether each address of this machine's loopback counts as a client.</summary>
    public bool CountLoopback { get; init; }

    /// <summary>The most bytes of all accounts together. Null for no limit.</summary>
    public long? TotalQuotaBytes { get; init; }

    /// <summary>Bytes of the disk that stay free.</summary>
    public long DiskReserveBytes { get; init; } = UsualDiskReserve;

    /// <summary>The file to which events are written as lines of JSON; "-" for the standard output. Null for none.</summary>
    public string? EventLog { get; init; }

    /// <summary>Where the database of PostgreSQL is. Null: the database is a file of SQLite in the data folder.</summary>
    public PostgresAddress? Database { get; init; }

    /// <summary>Where numbers for whoever watches are served. Null for nowhere.</summary>
    public IPEndPoint? Metrics { get; init; }

    /// <summary>What this node is called in its numbers.</summary>
    public string Node { get; init; } = Environment.MachineName;

    /// <summary>Connections at once, in all.</summary>
    public int Connections { get; init; } = UsualConnections;

    /// <summary>Connections at once from one address.</summary>
    public int ConnectionsPerAddress { get; init; } = UsualConnectionsPerAddress;

    public const string DefaultUrl = "http://127.0.0.1:8780";

    public const string Usage = $"""
        passpack-server [serve] [OPTIONS]

          --urls URLS                 where to listen; default {DefaultUrl}. Beyond this machine only https is accepted
          --data FOLDER               where the database is; default: this user's application data
          --database STRING           a database of PostgreSQL in place of that file, as "Host=...;Database=...;Username=..."; its password is in no
                                      option, but in the file that Passfile or PGPASSFILE names, or in PGPASSWORD. Also by PASSPACK_DATABASE
          --registration RULE         first: a new account is taken while there is none; invitation; open; or closed; default first
          --registrations-per-hour N  from one address; default 5
          --registration-difficulty N bits of the work that a registration costs, from 1 to 26; default 20, about half a second
          --quota BYTES               the most that one account may hold, earlier versions included; default 1073741824 (1 GiB)
          --total-quota BYTES         the most that all accounts may hold; default: no bound but the disk
          --disk-reserve BYTES        free space of the disk that is kept; below it only deletions are taken; default 536870912 (512 MiB)
          --connections N             at once, in all; default 2000
          --connections-per-address N at once from one address; default 100; an IPv6 network of 64 bits is one
          --history-versions N        earlier versions kept of each record; default 20
          --history-days N            how long they are kept, but for the last one; default 365
          --recycle-days N            how long the content of a deleted record is kept; default 365
          --requests-per-minute N     from one address; default 6000
          --sign-ins-per-minute N     logins and registrations from one address; default 240
          --trusted-proxy CIDR        a proxy, by network or address, whose X-Forwarded-For is believed; more with commas, or by
                                      repeating the option; default: none. This machine's loopback counts as no client
          --host NAME                 answers to this Host, too, over plain HTTP; more with commas. A trusted proxy may send any
          --event-log FILE            writes each event as a line of JSON, too; - for the standard output; default: none
          --metrics ADDRESS:PORT      serves numbers for Prometheus at /metrics there, in the clear; default: none. They name nobody
          --node NAME                 what this node is called in them; default: this machine's name
          --count-loopback true       counts each address of the loopback as a client; for tests

        The certificate of an https address, by ASP.NET Core's settings (docs/server.md has whole command lines):
          --Kestrel:Certificates:Default:Path FILE     a certificate in PEM, or a PFX file with its key
          --Kestrel:Certificates:Default:KeyPath FILE  the key of a certificate in PEM
          Kestrel__Certificates__Default__Password     environment variable: the password of the PFX file or of the key
        """;

    private const long UsualQuota = 1L << 30;
    private const long UsualDiskReserve = 512L << 20;
    private const int UsualConnections = 2000;
    private const int UsualConnectionsPerAddress = 100;
    private const int UsualRegistrations = 5;
    private const int UsualDifficulty = 20;

    private const string TrustedProxy = "trusted-proxy";
    private const string Section = "Passpack:";
    private const string EnvironmentPrefix = "PASSPACK_SERVER_";
    private const string DatabaseName = "database";
    private const string DatabaseVariable = "PASSPACK_DATABASE";

    // A limit that keeps all dates within the calendar.
    private const int MostDays = 36500;

    private static readonly string[] Names =
        [TrustedProxy, "host", "count-loopback", "registrations-per-hour", "registration-difficulty", "total-quota", "disk-reserve",
            "connections", "connections-per-address", "event-log", "metrics", "node", DatabaseName,
        "data", "registration", "quota", "history-versions", "history-days", "recycle-days", "requests-per-minute", "sign-ins-per-minute"];

    /// <summary>Adds the sources of options to a configuration, the weakest first.</summary>
    /// <exception cref="ServerStartException">The command line has an option that does not exist, or one without a value.</exception>
    public static void AddSources(IConfigurationBuilder configuration, string[] args)
    {
        RequireKnown(args);
        if (ValuesOf("--" + DatabaseName, args).Any(PostgresAddress.HasPassword))
        {
            throw new ServerStartException("--database holds a password, and everybody on this machine reads the arguments of a process. Put it into a file that Passfile=FILE "
                + "in --database or PGPASSFILE names (host:port:database:user:password, readable by its owner only), or into PGPASSWORD.");
        }

        if (Environment.GetEnvironmentVariable(DatabaseVariable) is { Length: > 0 } database)
            configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>(Section + DatabaseName, database)]);
        configuration.AddInMemoryCollection(Names
            .Select(name => KeyValuePair.Create(
                Section + name, Environment.GetEnvironmentVariable(EnvironmentPrefix + name.ToUpperInvariant().Replace('-', '_'))))
            .Where(pair => !string.IsNullOrEmpty(pair.Value)));
        configuration.AddCommandLine(args, Names.ToDictionary(name => "--" + name, name => Section + name));
        // Read here, because of a repeated option the framework keeps the last value only.
        string[] proxies = [.. ValuesOf("--" + TrustedProxy, args)];
        if (proxies.Length > 0)
            configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>(Section + TrustedProxy, string.Join(',', proxies))]);
    }

    private static IEnumerable<string> ValuesOf(string option, string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == option && i + 1 < args.Length)
                yield return args[i + 1];
            else if (args[i].StartsWith(option + "=", StringComparison.Ordinal))
                yield return args[i][(option.Length + 1)..];
        }
    }

    // The framework ignores unknown options; but a mistyped --data must not create another, empty database.
    private static void RequireKnown(string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i].Split('=')[0];
            bool known = name.StartsWith("--", StringComparison.Ordinal)
                && (name.Contains(':', StringComparison.Ordinal) || name is "--urls" or "--environment" || Names.Contains(name[2..]));
            if (!known)
                throw new ServerStartException($"'{name}' is not an option; --help lists them.");
            if (name.Length == args[i].Length && ++i == args.Length)
                throw new ServerStartException($"{name} lacks its value.");
        }
    }

    /// <exception cref="ServerStartException">A value cannot be understood.</exception>
    public static ServerOptions Read(IConfiguration configuration)
    {
        string data = configuration[Section + "data"] ?? Storage.DataFolder.Default;
        if (data.Length == 0)
            throw new ServerStartException("This user has no place for application data; say where the data goes with --data FOLDER.");
        Retention usual = Retention.Default;
        var retention = new Retention(
            Count("history-versions", usual.Versions), Count("history-days", usual.Days, MostDays), Count("recycle-days", usual.RecycleDays, MostDays));
        return new ServerOptions(
            Path.GetFullPath(data), Number("quota", long.MaxValue) ?? UsualQuota, retention, Count("requests-per-minute", 6000),
            Count("sign-ins-per-minute", 240))
        {
            Registration = (configuration[Section + "registration"] ?? "first") switch
            {
                "first" => RegistrationRule.First,
                "open" => RegistrationRule.Open,
                "invitation" => RegistrationRule.Invitation,
                "closed" => RegistrationRule.Closed,
                string other => throw new ServerStartException($"--registration is first, invitation, open or closed, not '{other}'."),
            },
            TotalQuotaBytes = Number("total-quota", long.MaxValue),
            DiskReserveBytes = Number("disk-reserve", long.MaxValue) ?? UsualDiskReserve,
            EventLog = configuration[Section + "event-log"] is { Length: > 0 } events ? events : null,
            Database = configuration[Section + DatabaseName] is { Length: > 0 } address ? PostgresAddress.Parse(address) : null,
            Metrics = configuration[Section + "metrics"] is { Length: > 0 } metrics ? MetricsAddress.Parse(metrics) : null,
            Node = configuration[Section + "node"] is { Length: > 0 } node ? MetricsAddress.RequireNode(node) : Environment.MachineName,
            Connections = Count("connections", UsualConnections),
            ConnectionsPerAddress = Count("connections-per-address", UsualConnectionsPerAddress),
            RegistrationsPerHour = Count("registrations-per-hour", UsualRegistrations),
            RegistrationDifficulty = Count("registration-difficulty", UsualDifficulty, Limits.WorkDifficulty),
            Proxies = TrustedProxies.Parse(configuration[Section + TrustedProxy]),
            Hosts = (configuration[Section + "host"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            CountLoopback = (configuration[Section + "count-loopback"] ?? "false") switch
            {
                "true" => true,
                "false" => false,
                string other => throw new ServerStartException($"--count-loopback is true or false, not '{other}'."),
            },
        };

        int Count(string name, int usually, int most = int.MaxValue) => (int)(Number(name, most) ?? usually);

        long? Number(string name, long most)
        {
            string? text = configuration[Section + name];
            if (text is null)
                return null;
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= 1 && number <= most
                ? number
                : throw new ServerStartException($"--{name} is a whole number from 1 {(most < int.MaxValue ? $"to {most}" : "on")}, not '{text}'.");
        }
    }
}
