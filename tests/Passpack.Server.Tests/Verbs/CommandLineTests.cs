using Passpack.Protocol;
using Passpack.Server.Tests.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Verbs;

/// <summary>What the program is asked for by its first word.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task An_unknown_verb_is_told_with_those_that_there_are()
    {
        (int exitCode, string[] output, string[] error) = await VerbRun.RunAsync("back\u001bup", "x");
        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        string line = Assert.Single(error);
        Assert.DoesNotContain('\u001b', line);
        foreach (string verb in new[] { "serve", "backup", "healthcheck" })
            Assert.Contains(verb, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("backup")]
    [InlineData("healthcheck")]
    public async Task Every_verb_has_its_help_and_the_help_over_all_names_it(string verb)
    {
        (int exitCode, string[] own, string[] error) = await VerbRun.RunAsync(verb, "--help");
        Assert.Equal((0, 0), (exitCode, error.Length));
        Assert.Contains(verb, own[0], StringComparison.Ordinal);
        Assert.Equal(own, (await VerbRun.RunAsync("help", verb)).Output);
        Assert.Contains((await VerbRun.RunAsync("--help")).Output, line => line.StartsWith($"  {verb} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_verb_serve_starts_the_server_as_its_options_alone_do()
    {
        using var folder = new TempFolder();
        using ServerProcess server = await ServerProcess.StartAsync(["serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path]);
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Contains("healthy", await http.GetStringAsync(Routes.Health), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one file", "backup")]
    [InlineData("one file", "backup", "a", "b")]
    [InlineData("'--dta' is not an option", "backup", "a", "--dta", "x")]
    [InlineData("--data lacks its value", "backup", "a", "--data")]
    [InlineData("options alone", "healthcheck", "x")]
    [InlineData("--accept lacks its value", "healthcheck", "--accept")]
    [InlineData("names of checks, not 'tsl'", "healthcheck", "--accept", "tls,tsl")]
    public async Task A_mistyped_verb_is_refused_in_one_line(string reason, params string[] args)
    {
        (int exitCode, string[] output, string[] error) = await VerbRun.RunAsync(args);
        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Contains(reason, Assert.Single(error), StringComparison.Ordinal);
    }
}
