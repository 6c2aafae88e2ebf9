using System.Diagnostics;
using System.Text.RegularExpressions;
using Passpack.Server.Tests.Support.Postgres;
using Xunit;

namespace Passpack.Server.Tests.Nodes;

/// <summary>
/// The tests of the API once more, over PostgreSQL: each row is a run of this program with servers that keep their data there. What fails in it is in the
/// message.
/// </summary>
[Trait("Pace", "Slow")]
public sealed partial class HttpOverPostgresTests
{
    [Theory]
    [InlineData("PushTests AttachmentTests ReadingTests VersionTests RecordBodyTests")]
    [InlineData("LoginTests LockoutTests PasswordTests SecondFactorTests")]
    [InlineData("RegistrationTests RegistrationRuleTests InvitationTests AdministrationTests")]
    [InlineData("DeviceTests WakeTests KeyTests SuccessionTests ResealTests")]
    [InlineData("RemovalTests RemovalWithoutKeysTests WithoutKeysTests EventTests")]
    public async Task The_API_answers_the_same_over_PostgreSQL(string classes)
    {
        Assert.SkipWhen(PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(HttpOverPostgresTests).Assembly.Location);
        foreach (string name in classes.Split(' '))
        {
            start.ArgumentList.Add("-class");
            start.ArgumentList.Add($"Passpack.Server.Tests.Http.{name}");
        }

        start.ArgumentList.Add("-noColor");
        start.Environment[OverPostgres.Variable] = "1";
        using Process run = Process.Start(start)!;
        Task<string> error = run.StandardError.ReadToEndAsync();
        string output = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Match counts = Counts().Match(output);
        Assert.True(counts.Success && run.ExitCode == 0 && counts.Groups["failed"].Value == "0", output + await error);
        // None of the classes is without tests that ran.
        Assert.True(int.Parse(counts.Groups["total"].Value, System.Globalization.CultureInfo.InvariantCulture) >= 5 * classes.Split(' ').Length / 2, output);
        Assert.Equal("0", counts.Groups["skipped"].Value);
    }

    [GeneratedRegex(@"Total: (?<total>\d+), Errors: 0, Failed: (?<failed>\d+), Skipped: (?<skipped>\d+)")]
    private static partial Regex Counts();
}
