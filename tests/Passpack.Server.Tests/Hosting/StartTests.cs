using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>How a server starts, and how it refuses to: one line, no stack trace, an exit code.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("without TLS", "--urls", "http://0.0.0.0:0")]
    [InlineData("--registration", "--registration", "perhaps")]
    [InlineData("'--dta' is not an option", "--dta", "/srv")]
    [InlineData("address already in use", "--urls", "http://127.0.0.1:{taken}")]
    [InlineData("not a database of this server", "--data", "{text}")]
    public async Task A_start_that_cannot_be_is_refused_in_one_line(string reason, string option, string value)
    {
        using var folder = new TempFolder();
        await using TestServer other = await TestServer.StartAsync();
        string textFolder = Directory.CreateDirectory(folder.Of("text")).FullName;
        await File.WriteAllTextAsync(Path.Combine(textFolder, PasspackServer.DatabaseName), string.Join(' ', Enumerable.Repeat("text", 2000)));
        value = value.Replace("{taken}", $"{other.Http.BaseAddress!.Port}", StringComparison.Ordinal)
            .Replace("{text}", textFolder, StringComparison.Ordinal);

        (int exitCode, string output, string error) = await ServerProcess.RunAsync(
            [option == "--urls" ? "--data" : "--urls", option == "--urls" ? folder.Of("data") : "http://127.0.0.1:0", option, value]);
        Assert.Equal(1, exitCode);
        Assert.Contains(reason, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public async Task Options_come_from_the_environment_too_and_the_command_line_is_stronger()
    {
        using var folder = new TempFolder();
        using (ServerProcess byEnvironment = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0"],
            ("PASSPACK_SERVER_DATA", folder.Of("environment")), ("PASSPACK_SERVER_REGISTRATION", "closed")))
        {
            using var http = new HttpClient { BaseAddress = byEnvironment.Address };
            await http.PostAsJsonAsync(Routes.Accounts, Make.Registration()).RequireAsync(403, ErrorCodes.ServerRefused);
        }

        using ServerProcess byLine = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Of("line")], ("PASSPACK_SERVER_DATA", folder.Of("other")));
        Assert.Equal([folder.Of("environment"), folder.Of("line")], Directory.GetDirectories(folder.Path).Order());
    }

    [Theory]
    [InlineData("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true")]
    [InlineData("DOTNET_FORWARDEDHEADERS_ENABLED", "True")]
    public async Task A_start_that_would_believe_every_client_of_its_address_is_refused_in_one_line(string name, string value)
    {
        using var folder = new TempFolder();
        (int exitCode, _, string error) = await ServerProcess.RunAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Of("data")], (name, value));
        Assert.Equal(1, exitCode);
        Assert.Contains("--trusted-proxy", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("password is wrong", "{folder}/both.pfx", null, "mistyped")]
    [InlineData("holds no private key", "{folder}/certificate.pem", null, null)]
    [InlineData("is not the private key of", "{folder}/certificate.pem", "{folder}/certificate.pem", null)]
    [InlineData("Could not find file", "{folder}/nothing.pem", "{folder}/key.pem", null)]
    [InlineData("there is none", null, null, null)]
    public async Task An_unusable_certificate_is_told_in_one_line_with_the_settings_that_help(string reason, string? path, string? keyPath, string? password)
    {
        using var folder = new TempFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await File.WriteAllTextAsync(folder.Of("certificate.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(folder.Of("key.pem"), key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllBytesAsync(folder.Of("both.pfx"), certificate.Export(X509ContentType.Pfx, "right"));
        // A home of its own: the developer's certificate of who runs the tests is none.
        var environment = new List<(string, string)> { ("HOME", folder.Path), ("DOTNET_CLI_HOME", folder.Path) };
        foreach ((string setting, string? value) in new[] { ("Path", path), ("KeyPath", keyPath), ("Password", password) })
        {
            if (value is not null)
                environment.Add(($"Kestrel__Certificates__Default__{setting}", value.Replace("{folder}", folder.Path, StringComparison.Ordinal)));
        }
        Assert.SkipWhen(path is null && !OperatingSystem.IsLinux(), "Elsewhere a developer's certificate may lie in the system's store.");

        (int exitCode, string output, string error) = await ServerProcess.RunAsync(["--urls", "https://127.0.0.1:0", "--data", folder.Of("data")], [.. environment]);
        Assert.Equal(1, exitCode);
        string line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith("Passpack server cannot start: ", line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
        Assert.Contains("KeyPath FILE", line, StringComparison.Ordinal);
        Assert.Contains("Kestrel__Certificates__Default__Password", line, StringComparison.Ordinal);
        Assert.DoesNotContain("mistyped", line, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public async Task Help_lists_the_options()
    {
        (int exitCode, string output, _) = await ServerProcess.RunAsync("--help");
        Assert.Equal(0, exitCode);
        Assert.Contains("--data FOLDER", output, StringComparison.Ordinal);
        foreach (string setting in new[] { "Default:Path", "Default:KeyPath", "Default__Password" })
            Assert.Contains(setting, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    [InlineData("http://192.168.1.1:80")]
    [InlineData("http://example.org:80")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    [InlineData("http://localhost.example.org:80")]
    [InlineData("nonsense")]
    public void Plain_http_beyond_this_machine_is_refused(string urls)
    {
        using var folder = new TempFolder();
        Assert.Throws<ServerStartException>(() => PasspackServer.Create(["--urls", urls, "--data", folder.Path]));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void An_endpoint_of_the_configuration_is_held_to_the_same_rule()
    {
        using var folder = new TempFolder();
        Assert.Throws<ServerStartException>(() => PasspackServer.Create(
            ["--data", folder.Path, "--Kestrel:Endpoints:Open:Url", "http://0.0.0.0:0"]));
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.9.9.9:0")]
    [InlineData("http://[::1]:0")]
    [InlineData("http://localhost:5000")]
    [InlineData("https://0.0.0.0:0")]
    [InlineData("https://*:443")]
    public void This_machine_and_tls_are_accepted(string url) => AddressRule.Require([url]);

    [Theory]
    [InlineData("--quota", "0")]
    [InlineData("--quota", "-5")]
    [InlineData("--quota", "1e6")]
    [InlineData("--requests-per-minute", "0")]
    [InlineData("--sign-ins-per-minute", "99999999999")]
    [InlineData("--registration", "Open")]
    [InlineData("--registrations-per-hour", "0")]
    [InlineData("--registration-difficulty", "27")]
    public void Options_that_cannot_be_understood_are_refused_by_name(string option, string value)
    {
        using var folder = new TempFolder();
        ServerStartException refused = Assert.Throws<ServerStartException>(
            () => PasspackServer.Create(["--data", folder.Path, option, value]));
        Assert.Contains(option, refused.Message, StringComparison.Ordinal);
        Assert.Contains(value, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--data")]
    [InlineData("--urls", "http://127.0.0.1:0", "--data")]
    [InlineData("data=x")]
    [InlineData("/data", "x")]
    [InlineData("-d", "x")]
    [InlineData("--no-such=1")]
    public void A_mistyped_command_line_is_refused(params string[] args) =>
        Assert.Throws<ServerStartException>(() => PasspackServer.Create(args));

    [Fact]
    public async Task A_server_answers_on_the_address_that_it_names_without_saying_what_it_is_made_of()
    {
        await using TestServer server = await TestServer.StartAsync();
        HttpResponseMessage response = await server.Http.GetAsync("/healthz");
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Empty(response.Headers.Server);
        Assert.True(File.Exists(Path.Combine(server.Folder, PasspackServer.DatabaseName)));
    }
}
