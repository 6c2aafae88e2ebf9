using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Passpack.Server.Verbs.HealthChecks;
using Xunit;

namespace Passpack.Server.Tests.Verbs;

/// <summary>Every check passes where all is fine, and warns, with what to do, where it is not.</summary>
public sealed class HealthCheckTests : IDisposable
{
    // Scripts go by these.
    private static readonly string[] s_names = ["tls", "permissions", "disk", "limits", "database", "schema", "settings", "clock", "registration"];

    private static readonly DateTimeOffset s_now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sound_server_passes_every_check_by_its_name()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        (int exitCode, string[] output, _) = await RunAsync(server.Folder);
        Assert.Equal(s_names.Select(name => $"PASS {name}"), output.Select(line => line.Split(':')[0]));
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task A_warning_comes_with_what_to_do_and_counts_unless_it_is_accepted()
    {
        await using TestServer server = await TestServer.StartAsync();
        string[] open = ["--registration", "open"];
        (int exitCode, string[] output, _) = await RunAsync(server.Folder, open);
        Assert.Equal(1, exitCode);
        Assert.Equal(["WARN registration", "HELP registration"], output[^2..].Select(line => line.Split(':')[0]));
        Assert.Equal(0, (await RunAsync(server.Folder, [.. open, "--accept", "registration"])).ExitCode);
        Assert.Equal(1, (await RunAsync(server.Folder, [.. open, "--accept", "tls"])).ExitCode);
    }

    [Fact]
    public async Task Where_there_is_no_database_it_says_so_and_makes_none()
    {
        (int exitCode, string[] output, _) = await RunAsync(_folder.Path);
        Assert.Equal(1, exitCode);
        Assert.Contains(output, line => line.StartsWith("WARN database: There is no database", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_warns()
    {
        (int exitCode, string[] output, _) = await RunAsync(_folder.Of("none"));
        Assert.Equal(1, exitCode);
        foreach (string name in new[] { "permissions", "disk", "database" })
            Assert.Contains(output, line => line.StartsWith($"WARN {name}:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-1, "make a backup before")]
    [InlineData(1, "use that one")]
    public async Task A_database_of_another_schema_is_told_and_left_as_it_is(int versions, string help)
    {
        await using (await TestServer.StartAsync(folder: _folder.Path))
        {
        }
        int other = Schema.Steps.Length + versions;
        Set($"PRAGMA user_version = {other}");
        (int exitCode, string[] output, _) = await RunAsync(_folder.Path, "--accept", "registration");
        Assert.Equal(1, exitCode);
        Assert.Contains(output, line => line.StartsWith("HELP schema:", StringComparison.Ordinal) && line.Contains(help, StringComparison.Ordinal));
        Assert.Equal(other, Read("PRAGMA user_version"));
    }

    [Fact]
    public async Task A_clock_behind_what_the_database_holds_warns()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Time.Advance(TimeSpan.FromDays(365 * 100));
        using DeviceClient account = await server.RegisterAsync();
        (int exitCode, string[] output, _) = await RunAsync(server.Folder);
        Assert.Equal(1, exitCode);
        Assert.Contains(output, line => line.StartsWith("WARN clock:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Files_that_others_may_read_warn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes are those of Unix.");
        await using TestServer server = await TestServer.StartAsync();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(server.Folder, PasspackServer.DatabaseName), (UnixFileMode)0x1A4);
        (_, string[] output, _) = await RunAsync(server.Folder);
        Assert.Contains(output, line => line.StartsWith("HELP permissions: chmod 600 ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_disk_near_its_reserve_warns()
    {
        ServerOptions options = Options() with { DiskReserveBytes = 100 };
        Assert.Equal(
            [false, false, true], new[] { 100L, 199, 200 }.Select(free => MachineChecks.CheckDisk(new DiskReserve(options, () => free), options).Passed));
    }

    [Fact]
    public void Fewer_files_than_connections_warn()
    {
        ServerOptions options = Options() with { Connections = 1000 };
        Assert.Equal([false, true, true], new long?[] { 1024, 4096, null }.Select(files => MachineChecks.CheckLimits(options, files).Passed));
    }

    [Theory]
    [InlineData(365, null)]
    [InlineData(13, "Renew")]
    [InlineData(-1, "Renew")]
    public async Task A_certificate_warns_before_it_ends(int days, string? help)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(s_now.AddYears(-1), s_now.AddDays(days));
        await File.WriteAllTextAsync(_folder.Of("server.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(_folder.Of("server.key"), key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllBytesAsync(_folder.Of("server.pfx"), certificate.Export(X509ContentType.Pfx, "right"));
        Finding pem = CertificateCheck.Run(Tls(("Path", "server.pem"), ("KeyPath", "server.key")), s_now);
        Finding pfx = CertificateCheck.Run(Tls(("Path", "server.pfx"), ("Password", "right")), s_now);
        Assert.Equal(pem, pfx);
        if (help is null)
            Assert.Null(pem.Help);
        else
            Assert.Contains(help, pem.Help, StringComparison.Ordinal);
        Finding wrong = CertificateCheck.Run(Tls(("Path", "server.pfx"), ("Password", "mistyped")), s_now);
        Assert.Contains("password is wrong", wrong.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("mistyped", wrong.Text + wrong.Help, StringComparison.Ordinal);
        Assert.False(CertificateCheck.Run(Tls(("Path", "server.pem")), s_now).Passed);
        Assert.False(CertificateCheck.Run(Tls(), s_now).Passed);
    }

    [Fact]
    public void Plain_http_beyond_this_machine_warns() => Assert.False(
        CertificateCheck.Run(new ConfigurationBuilder().AddInMemoryCollection([new("urls", "http://0.0.0.0:80")]).Build(), s_now).Passed);

    [Fact]
    public async Task A_setting_that_puts_data_at_risk_warns_and_others_are_listed()
    {
        var found = new StoreFindings("PostgreSQL 15.8", 1, 3, 3, 1, null, [new("synchronous_commit", "off", "Set it to on."), new("max_connections", "100")]);
        IReadOnlyList<Finding> findings = await StoreChecks.RunAsync(new Known(found), Options(), s_now, CancellationToken.None);
        Finding warning = Assert.Single(findings, finding => !finding.Passed);
        Assert.Equal(["WARN settings: synchronous_commit = off.", "HELP settings: Set it to on."], warning.ToLines());
    }

    private sealed class Known(StoreFindings found) : IStoreInspection
    {
        public Task<StoreFindings> InspectAsync(CancellationToken cancel) => Task.FromResult(found);
    }

    private static Task<(int ExitCode, string[] Output, string[] Error)> RunAsync(string data, params string[] more) =>
        VerbRun.RunAsync(["healthcheck", "--data", data, "--disk-reserve", "1", "--connections", "10", .. more]);

    private ServerOptions Options() => PasspackServer.ReadOptions(["--data", _folder.Path]).Options;

    private IConfiguration Tls(params (string Name, string Value)[] certificate) => new ConfigurationBuilder().AddInMemoryCollection(
        [new("urls", "https://0.0.0.0:443"), .. certificate.Select(setting => new KeyValuePair<string, string?>(
            $"Kestrel:Certificates:Default:{setting.Name}", setting.Name.EndsWith("Path", StringComparison.Ordinal) ? _folder.Of(setting.Value) : setting.Value))]).Build();

    private void Set(string statement) => Use(connection => connection.Run(statement));

    private int Read(string query) => Use(connection => connection.First(query, row => row.GetInt32(0)));

    private int Use(Func<SqliteConnection, int> work)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Of(PasspackServer.DatabaseName)};Pooling=False");
        connection.Open();
        return work(connection);
    }
}
