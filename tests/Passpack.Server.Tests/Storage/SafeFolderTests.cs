using System.Diagnostics;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>Other users of the machine, who prepare the place where a server's data is to go.</summary>
public sealed class SafeFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public SafeFolderTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");

    public void Dispose() => _folder.Dispose();

    private static async Task<string?> RefusalAsync(string folder)
    {
        using var store = new SqliteStore(Path.Combine(folder, PasspackServer.DatabaseName));
        try
        {
            await store.PrepareAsync(default);
            return null;
        }
        catch (StoreException e)
        {
            return e.Message;
        }
    }

    private string Make(string script) => Run("sh", "-c", $"umask 022; cd '{_folder.Path}' && {script}");

    private static string Run(string program, params string[] args)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return error;
    }

    [Theory]
    [InlineData("mkdir data && touch data/readme && chmod 777 data", "data", "others may write")]
    [InlineData("mkdir -p open/data && chmod 777 open", "open/data", "others may write")]
    [InlineData("mkdir -p open && chmod 770 open", "open/not/there/yet", "others may write")]
    [InlineData("mkdir data && touch target && ln -s ../target data/passpack-server.db", "data", "is a link")]
    [InlineData("mkdir data && ln -s ../not-there data/passpack-server.db", "data", "is a link")]
    [InlineData("mkdir data && touch data/passpack-server.db && ln -s ../target data/passpack-server.db-wal", "data", "is a link")]
    [InlineData("mkdir -p open/data && chmod 777 open && ln -s open/data link", "link", "others may write")]
    [InlineData("ln -s link link", "link", "too many links")]
    public async Task A_place_that_others_can_exchange_is_refused_with_the_reason(string script, string folder, string reason)
    {
        Make(script);
        Assert.Contains(reason, await RefusalAsync(_folder.Of(folder)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Of("open/not")));
    }

    [Theory]
    [InlineData("true", "data")]
    [InlineData("true", "a/b/data")]
    [InlineData("mkdir data && chmod 777 data", "data")]
    [InlineData("mkdir data && touch data/readme", "data")]
    [InlineData("mkdir data && ln -s data link", "link")]
    [InlineData("mkdir sticky && chmod 1777 sticky", "sticky/data")]
    public async Task A_place_of_ones_own_is_taken_and_closed(string script, string folder)
    {
        Make(script);
        Assert.Null(await RefusalAsync(_folder.Of(folder)));
    }

    /// <summary>As user 65534, who is there before the server.</summary>
    [Theory]
    [InlineData("mkdir -m 700 pp", "pp")]
    [InlineData("mkdir -m 777 pp && touch pp/readme && touch pp/passpack-server.db-wal && chmod 666 pp/passpack-server.db-wal", "pp")]
    [InlineData("mkdir -m 755 pp", "pp/below")]
    [InlineData("ln -s /tmp pp", "pp/passpack-of-this-test")]
    public async Task What_another_user_prepared_is_refused_by_its_owner(string script, string folder)
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/setpriv"), "NOT tested: to be another user it needs root and setpriv (util-linux).");
        Make("chmod 755 . && mkdir shared && chmod 1777 shared");
        Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", $"umask 0; cd '{_folder.Of("shared")}' && {script}");
        Assert.Contains("belongs to user 65534", await RefusalAsync(_folder.Of($"shared/{folder}")), StringComparison.Ordinal);
        Assert.False(Directory.Exists("/tmp/passpack-of-this-test"));
    }

    /// <summary>The database itself in a folder of the server's that was open once.</summary>
    [Theory]
    [InlineData("passpack-server.db")]
    [InlineData("passpack-server.db-wal")]
    public async Task A_file_of_another_user_in_the_servers_own_folder_is_refused(string name)
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/setpriv"), "NOT tested: to be another user it needs root and setpriv (util-linux).");
        Make("chmod 755 . && mkdir data && touch data/passpack-server.db && chmod 777 data");
        Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", $"cd '{_folder.Of("data")}' && rm -f {name} && touch {name}");
        Assert.Contains("belongs to user 65534", await RefusalAsync(_folder.Of("data")), StringComparison.Ordinal);
    }
}
