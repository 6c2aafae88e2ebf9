using System.Diagnostics;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Full disks, as Linux makes them for root (a small tmpfs); elsewhere these are skipped, and say so.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly RealServer _server = new();
    private readonly List<string> _mounted = [];
    private TestAccount? _account;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _account?.LockVaults();
        await _server.StopAsync();
        foreach (string path in _mounted)
            Run("umount", path);
        if (_account is not null)
            await _account.DisposeAsync();
        if (Directory.Exists(_server.Folder))
            Directory.Delete(_server.Folder, recursive: true);
    }

    [Fact]
    public async Task Under_the_client_during_a_first_sync()
    {
        await _server.InitializeAsync();
        _account = await TestAccount.RegisterAsync(_server);
        Machine friend = await _account.MachineAsync("friend");
        Fill(friend, 400);
        await friend.SyncAsync();
        string small = Mount(Path.Combine(_account.Root, "victim"), "1m");
        Machine victim = await _account.MachineAsync("victim");
        string before = victim.Dump();

        PasspackException full = await Assert.ThrowsAsync<PasspackException>(() => victim.SyncAsync());
        Assert.Equal(ErrorCodes.DiskFull, full.ErrorId);
        Assert.Equal(before, victim.Dump());

        Run("mount", "-o", "remount,size=64m", small);
        await victim.SyncAsync();
        Assert.Equal(friend.Dump(), victim.Dump());
        using VaultUse use = victim.Vault.Use();
        Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task Under_the_client_during_a_push()
    {
        await _server.InitializeAsync();
        _account = await TestAccount.RegisterAsync(_server);
        Machine friend = await _account.MachineAsync("friend");
        string small = Mount(Path.Combine(_account.Root, "victim"), "4m");
        Machine victim = await _account.MachineAsync("victim");
        Fill(victim, 400);
        string before = victim.Dump();

        // The outbox is to hold what is there already once more.
        PasspackException full = await Assert.ThrowsAsync<PasspackException>(() => victim.SyncAsync());
        Assert.Equal(ErrorCodes.DiskFull, full.ErrorId);
        Assert.Equal(before, victim.Dump());

        Run("mount", "-o", "remount,size=64m", small);
        await victim.SyncAsync();
        await friend.SyncAsync();
        Assert.Equal(before, victim.Dump());
        Assert.Equal(before, friend.Dump());
    }

    [Fact]
    public async Task Under_the_server_during_a_push()
    {
        string small = Mount(_server.Folder, "1m");
        await _server.InitializeAsync();
        _account = await TestAccount.RegisterAsync(_server);
        Machine friend = await _account.MachineAsync("friend"), victim = await _account.MachineAsync("victim");
        Fill(victim, 400);
        string before = victim.Dump();

        PasspackException full = await Assert.ThrowsAsync<PasspackException>(() => victim.SyncAsync());
        Assert.Contains(full.ErrorId, new[] { ErrorCodes.ServerRefused, ErrorCodes.QuotaExceeded });
        Assert.Equal(before, victim.Dump());
        // Nothing of it is there, and who only reads is served.
        Assert.Empty((await friend.SyncAsync()).Changes);

        Run("mount", "-o", "remount,size=64m", small);
        await victim.SyncAsync();
        await friend.SyncAsync();
        Assert.Equal(before, victim.Dump());
        Assert.Equal(before, friend.Dump());
        Assert.Empty((await victim.SyncAsync()).Changes);
    }

    private static void Fill(Machine machine, int entries)
    {
        using VaultWriter writer = machine.Vault.BeginWrite();
        for (int i = 0; i < entries; i++)
            writer.Add(new EntryEdit { Name = $"entry {i}", Notes = new string('n', 5000) });
        writer.Commit();
    }

    private string Mount(string path, string size)
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", $"size={size},mode=700", "tmpfs", path) != 0)
            Assert.Skip("NOT TESTED: a full disk needs Linux, root, and leave to mount.");
        _mounted.Add(path);
        return path;
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
