using System.Diagnostics;
using System.Xml.Linq;
using Passpack.Server.Tests.Http;
using Passpack.Server.Tests.Support;
using Passpack.Tests.Postgres;
using Xunit;

namespace Passpack.Server.Tests.Nodes;

/// <summary>
/// The tests of the API once more, over PostgreSQL: a run of this program with servers that keep their data there, in the cluster of this one. What fails in
/// it is in the message.
/// </summary>
[Trait("Pace", "Slow")]
public sealed class HttpOverPostgresTests
{
    private static readonly Type[] s_classes =
    [
        typeof(PushTests), typeof(AttachmentTests), typeof(ReadingTests), typeof(VersionTests), typeof(RecordBodyTests),
        typeof(LoginTests), typeof(LockoutTests), typeof(PasswordTests), typeof(PasswordResetTests), typeof(SecondFactorTests),
        typeof(RegistrationTests), typeof(RegistrationRuleTests), typeof(InvitationTests), typeof(AdministrationTests), typeof(HelpingPeopleTests),
        typeof(DeviceTests), typeof(KeyFileTests), typeof(WakeTests), typeof(KeyTests), typeof(SuccessionTests), typeof(ResealTests),
        typeof(RemovalTests), typeof(RemovalWithoutKeysTests), typeof(WithTokenAloneTests), typeof(WithPasswordAloneTests), typeof(EventTests),
        typeof(SharedVaultTests),
    ];

    [Fact]
    public async Task The_API_answers_the_same_over_PostgreSQL()
    {
        Assert.SkipWhen(PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        using var folder = new TempFolder();
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(HttpOverPostgresTests).Assembly.Location);
        foreach (string argument in s_classes.SelectMany(type => new[] { "-class", type.FullName! }).Concat(["-noColor", "-result-xml", folder.Of("results.xml")]))
            start.ArgumentList.Add(argument);
        start.Environment[OverPostgres.Variable] = await PostgresCluster.FolderAsync();
        using Process run = Process.Start(start)!;
        Task<string> error = run.StandardError.ReadToEndAsync();
        string output = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, output + await error);
        ILookup<string?, string?> results = XDocument.Load(folder.Of("results.xml")).Descendants("test").ToLookup(test => (string?)test.Attribute("type"), test => (string?)test.Attribute("result"));
        // None of the classes is without tests that ran.
        Assert.All(s_classes, type => Assert.All(results[type.FullName].DefaultIfEmpty(), result => Assert.Equal("Pass", result)));
    }
}
