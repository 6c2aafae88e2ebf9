using System.Diagnostics;
using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Verbs;

/// <summary>Copies of a database that a server is using, and what becomes of one that cannot be made.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Copy => _folder.Of("copy.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_backup_of_a_server_under_load_serves_every_account_as_of_one_moment()
    {
        await using TestServer server = await TestServer.StartAsync();
        DeviceClient[] accounts = new DeviceClient[4];
        for (int i = 0; i < accounts.Length; i++)
            accounts[i] = await server.RegisterAsync(Make.Registration($"user{i}@example.org"));
        using var stop = new CancellationTokenSource();
        long[] acknowledged = new long[accounts.Length];
        Task[] load = [.. accounts.Select((account, i) => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                Volatile.Write(ref acknowledged[i], (await account.PushNextAsync([.. Enumerable.Range(0, 20).Select(_ => Make.Record(Guid.NewGuid()))])).Revision);
        }))];
        for (int round = 0; round < 3; round++)
        {
            while (acknowledged.Any(revision => revision < 3 * (round + 1)))
                await Task.Delay(1);
            long[] before = [.. acknowledged];
            (int exitCode, string[] output, string[] error) = await VerbRun.RunAsync("backup", Copy, "--force", "--data", server.Folder);
            Assert.Empty(error);
            Assert.Equal(0, exitCode);
            Assert.Contains("4 accounts", Assert.Single(output), StringComparison.Ordinal);
            await RequireServesAsync(accounts, before);
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
    }

    private async Task RequireServesAsync(DeviceClient[] accounts, long[] before)
    {
        using var restored = new TempFolder();
        File.Copy(Copy, restored.Of(PasspackServer.DatabaseName));
        await using TestServer server = await TestServer.StartAsync(folder: restored.Path);
        for (int i = 0; i < accounts.Length; i++)
        {
            using var account = new DeviceClient(server.Http.BaseAddress!, accounts[i].Registration, accounts[i].Token);
            (List<RecordChange> changes, VaultHead head, _) = await account.PullAsync(0);
            Assert.InRange(head.Revision, before[i], long.MaxValue);
            Assert.Equal(20 * head.Revision, changes.Count);
            Assert.Equal(head.Revision + 1, (await account.PushNextAsync(Make.Record(Guid.NewGuid()))).Revision);
        }
    }

    [Fact]
    public async Task A_backup_is_one_file_that_its_owner_alone_reads()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        Assert.Equal(0, (await VerbRun.RunAsync("backup", Copy, "--data", server.Folder)).ExitCode);
        Assert.Equal([Copy], Directory.GetFileSystemEntries(_folder.Path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Copy));
    }

    [Fact]
    public async Task A_file_that_exists_is_replaced_only_by_force()
    {
        await using TestServer server = await TestServer.StartAsync();
        await File.WriteAllTextAsync(Copy, "something else");
        (int exitCode, _, string[] error) = await VerbRun.RunAsync("backup", Copy, "--data", server.Folder);
        Assert.Equal(1, exitCode);
        Assert.Contains("--force", Assert.Single(error), StringComparison.Ordinal);
        Assert.Equal("something else", await File.ReadAllTextAsync(Copy));

        Assert.Equal(0, (await VerbRun.RunAsync("backup", Copy, "--force", "--data", server.Folder)).ExitCode);
        Assert.NotEqual("something else", await File.ReadAllTextAsync(Copy));
    }

    [Fact]
    public async Task Of_a_damaged_database_no_copy_is_left_and_an_older_one_stays()
    {
        using var data = new TempFolder();
        await using (TestServer server = await TestServer.StartAsync(folder: data.Path))
        {
            using DeviceClient account = await server.RegisterAsync();
            await account.PushNextAsync([.. Enumerable.Range(0, 200).Select(_ => Make.Record(Guid.NewGuid()))]);
        }
        Assert.Equal(0, (await VerbRun.RunAsync("backup", Copy, "--data", data.Path)).ExitCode);
        byte[] older = await File.ReadAllBytesAsync(Copy);
        await using (FileStream database = File.OpenWrite(data.Of(PasspackServer.DatabaseName)))
        {
            // The middle of it: the schema is still read.
            database.Position = database.Length / 2;
            await database.WriteAsync(new byte[16 << 10]);
        }

        (int exitCode, string[] output, string[] error) = await VerbRun.RunAsync("backup", Copy, "--force", "--data", data.Path);
        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Single(error);
        Assert.Equal([Copy], Directory.GetFileSystemEntries(_folder.Path));
        Assert.Equal(older, await File.ReadAllBytesAsync(Copy));
    }

    [Fact]
    public async Task Without_a_database_nothing_is_made_on_either_side()
    {
        using var data = new TempFolder();
        (int exitCode, _, string[] error) = await VerbRun.RunAsync("backup", Copy, "--data", data.Path);
        Assert.Equal(1, exitCode);
        Assert.Contains("There is no database", Assert.Single(error), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(data.Path));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Another_programs_database_is_not_copied()
    {
        using var data = new TempFolder();
        using (var connection = new SqliteConnection($"Data Source={data.Of(PasspackServer.DatabaseName)};Pooling=False"))
        {
            connection.Open();
            connection.Run("CREATE TABLE other (x)");
        }
        (int exitCode, _, string[] error) = await VerbRun.RunAsync("backup", Copy, "--data", data.Path);
        Assert.Equal(1, exitCode);
        Assert.Contains("not a database of this server", Assert.Single(error), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task One_that_is_stopped_leaves_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new SqliteBackup(Path.Combine(server.Folder, PasspackServer.DatabaseName)).CopyAsync(Copy, replace: false, stopped.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_copy_is_not_written_where_others_could_exchange_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes are those of Unix.");
        await using TestServer server = await TestServer.StartAsync();
        string open = Directory.CreateDirectory(_folder.Of("open")).FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
        (int exitCode, _, string[] error) = await VerbRun.RunAsync("backup", Path.Combine(open, "copy.db"), "--data", server.Folder);
        Assert.Equal(1, exitCode);
        Assert.Contains("chmod go-w", Assert.Single(error), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(open));
    }

    [Fact]
    public async Task The_servers_log_tells_of_each_and_stays_one_chain_while_the_server_writes()
    {
        const int Backups = 6, Removals = 24;
        await using TestServer server = await TestServer.StartAsync(["--registrations-per-hour", "999"]);
        var accounts = new List<DeviceClient>();
        for (int i = 0; i < Removals; i++)
            accounts.Add(await server.RegisterAsync(Make.Registration($"user{i}@example.org")));
        Task removing = Task.Run(async () =>
        {
            foreach (DeviceClient account in accounts)
                (await account.Http.PostAsJsonAsync(Routes.AccountRemoval, account.Owner.Removal(await account.HeadAsync()))).EnsureSuccessStatusCode();
        });
        for (int i = 0; i < Backups; i++)
        {
            (int exitCode, string output, string error) = await Hosting.ServerProcess.RunAsync("backup", Copy, "--force", "--data", server.Folder);
            Assert.True(exitCode == 0, output + error);
        }

        await removing;
        EventPage log = (await server.Store.ReadEventsAsync(0, 0, server.Time.GetUtcNow(), default))!;
        LogHead last = log.After;
        foreach (LoggedEvent row in log.Events)
        {
            Assert.Equal(last.Number + 1, row.Number);
            last = new LogHead(row.Number, EventChain.Hash(last.Hash, row));
        }

        Assert.Equal(log.Head.Number, last.Number);
        Assert.Equal(log.Head.Hash, last.Hash);
        Assert.Equal(Backups, log.Events.Count(row => row.Type == (int)EventType.ServerBackedUp));
        Assert.Equal(Removals, log.Events.Count(row => row.Type == (int)EventType.AccountRemoved));
        LoggedEvent told = log.Events.First(row => row.Type == (int)EventType.ServerBackedUp);
        Assert.Equal(((int)EventActor.Server, 1L, (Guid?)null, (string?)null), (told.Actor, told.Count, told.Device, told.Address));
        accounts.ForEach(account => account.Dispose());
    }

    [Fact]
    public async Task A_copy_that_was_not_made_is_not_told_of()
    {
        await using TestServer server = await TestServer.StartAsync();
        await File.WriteAllTextAsync(Copy, "something else");
        Assert.Equal(1, (await VerbRun.RunAsync("backup", Copy, "--data", server.Folder)).ExitCode);
        EventPage log = (await server.Store.ReadEventsAsync(0, 0, server.Time.GetUtcNow(), default))!;
        Assert.DoesNotContain(log.Events, row => row.Type == (int)EventType.ServerBackedUp);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_database_of_another_schema_is_copied_and_left_as_it_is(int step)
    {
        using var data = new TempFolder();
        await using (TestServer server = await TestServer.StartAsync(folder: data.Path))
            (await server.RegisterAsync()).Dispose();
        string database = data.Of(PasspackServer.DatabaseName);
        int other = Schema.Steps.Length + step;
        using (var connection = new SqliteConnection($"Data Source={database};Pooling=False"))
        {
            connection.Open();
            connection.Run($"PRAGMA user_version = {other}; PRAGMA wal_checkpoint(TRUNCATE)");
        }
        byte[] before = await File.ReadAllBytesAsync(database);

        (int exitCode, string[] output, string[] error) = await VerbRun.RunAsync("backup", Copy, "--data", data.Path);
        Assert.Empty(error);
        Assert.Equal(0, exitCode);
        Assert.Equal(2, output.Length);
        Assert.Contains("1 accounts", output[0], StringComparison.Ordinal);
        Assert.Contains($"only a server of schema {other}", output[1], StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(database));
    }

    [Fact]
    public async Task On_a_full_disk_the_copy_stands_and_the_exit_code_tells_that_the_log_does_not()
    {
        using var data = new TempFolder();
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", data.Path) == 0,
            "NOT TESTED: a full disk needs Linux, root, and leave to mount.");
        try
        {
            await using TestServer server = await TestServer.StartAsync(folder: data.Path);
            using DeviceClient account = await server.RegisterAsync();
            // A reader keeps what was written in the log beside the database, which has to grow for each further write.
            using var reader = new SqliteConnection($"Data Source={data.Of(PasspackServer.DatabaseName)};Pooling=False");
            reader.Open();
            using SqliteTransaction moment = reader.BeginTransaction(deferred: true);
            reader.First("SELECT count(*) FROM account", row => row.GetInt64(0));
            await account.PushNextAsync([.. Enumerable.Range(0, 20).Select(_ => Make.Record(Guid.NewGuid()))]);
            await FillAsync(data.Of("filler"));

            (int exitCode, string[] output, string[] error) = await VerbRun.RunAsync("backup", Copy, "--data", data.Path);
            Assert.Empty(error);
            Assert.Equal(2, exitCode);
            Assert.StartsWith("WARN: the copy is whole, but the log of events does not tell of it: No space is left", output[1], StringComparison.Ordinal);
            await RequireServesAsync([account], [1]);

            File.Delete(data.Of("filler"));
            Assert.Equal(0, (await VerbRun.RunAsync("backup", Copy, "--force", "--data", data.Path)).ExitCode);
            EventPage log = (await server.Store.ReadEventsAsync(0, 0, server.Time.GetUtcNow(), default))!;
            Assert.Single(log.Events, row => row.Type == (int)EventType.ServerBackedUp);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Run("umount", data.Path);
        }
    }

    // To the last byte.
    private static async Task FillAsync(string path)
    {
        byte[] block = new byte[4096];
        await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
                await file.WriteAsync(block);
        });
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
