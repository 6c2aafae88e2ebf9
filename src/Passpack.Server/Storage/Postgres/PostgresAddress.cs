using System.Globalization;
using Npgsql;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Where a database is, and how it is reached. What is shown of it holds no secret.</summary>
internal sealed class PostgresAddress
{
    // As long as SQLite waits for others.
    private const int BusySeconds = 15;

    private readonly NpgsqlConnectionStringBuilder settings;

    private PostgresAddress(NpgsqlConnectionStringBuilder settings) => this.settings = settings;

    /// <summary>Whether what is sent is protected, and the server's name verified; or it stays on this machine.</summary>
    public bool IsProtected => settings.SslMode == SslMode.VerifyFull || settings.Host!.Split(',').All(host => host.StartsWith('/') || host is "localhost" or "127.0.0.1" or "::1");

    /// <exception cref="ServerStartException">It cannot be understood. The message does not quote it, because a password may be in it.</exception>
    public static PostgresAddress Parse(string text)
    {
        NpgsqlConnectionStringBuilder settings = Read(text);
        if (string.IsNullOrEmpty(settings.Host) || string.IsNullOrEmpty(settings.Database))
            throw new ServerStartException("--database names a Host and a Database: --database \"Host=db.example.com;Database=passpack;Username=passpack\".");
        // Where the string says nothing else.
        if (string.IsNullOrEmpty(settings.ApplicationName))
            settings.ApplicationName = "passpack-server";
        if (!settings.ShouldSerialize("Timeout"))
            settings.Timeout = BusySeconds;
        if (!settings.ShouldSerialize("Command Timeout"))
            settings.CommandTimeout = BusySeconds;
        // How soon it is noticed that a standby has become the primary.
        if (!settings.ShouldSerialize("Host Recheck Seconds"))
            settings.HostRecheckSeconds = 2;
        if (!settings.ShouldSerialize("Max Auto Prepare"))
            settings.MaxAutoPrepare = 200;
        return new PostgresAddress(settings);
    }

    /// <summary>Whether a connection string holds a password.</summary>
    /// <exception cref="ServerStartException">It cannot be understood.</exception>
    public static bool HasPassword(string text) => !string.IsNullOrEmpty(Read(text).Password);

    /// <summary>The connections. None is made yet.</summary>
    public NpgsqlDataSource Open() => new NpgsqlDataSourceBuilder(settings.ToString()).Build();

    /// <summary>Says how a copy of the database is made.</summary>
    public StoreException CopiesItself(string target) => new(
        StoreFailure.Unusable,
        string.Create(CultureInfo.InvariantCulture, $"PostgreSQL copies its databases itself: pg_dump --format=custom --host={settings.Host} --port={settings.Port} ")
            + $"--username={settings.Username} --file={target} {settings.Database}");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"database {settings.Database} of PostgreSQL at {settings.Host}:{settings.Port}");

    private static NpgsqlConnectionStringBuilder Read(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
            throw new ServerStartException("--database takes words and values, not a URI: --database \"Host=db.example.com;Database=passpack;Username=passpack\".");
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException or OverflowException)
        {
            throw new ServerStartException("--database cannot be understood. It is like \"Host=db.example.com;Database=passpack;Username=passpack\"; docs/server.md has more.");
        }
    }
}
