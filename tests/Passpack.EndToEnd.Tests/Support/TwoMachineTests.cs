using Passpack.EndToEnd.Tests.Model;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>Two machines, each with a way to an account of their own on the real server.</summary>
public abstract class TwoMachineTests(RealServer server) : IClassFixture<RealServer>, IAsyncLifetime
{
    protected RealServer Server => server;

    /// <summary>Both machines'.</summary>
    internal Clock Clock { get; } = new();

    internal TestAccount Account { get; private set; } = null!;

    internal Machine A { get; private set; } = null!;

    internal Machine B { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        Account = await TestAccount.RegisterAsync(server);
        A = await Account.MachineAsync("a", Clock);
        B = await Account.MachineAsync("b", Clock);
    }

    public async ValueTask DisposeAsync()
    {
        await Account.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>An entry that both machines and the online account have.</summary>
    internal async Task<Guid> SharedAsync(string name, EntryEdit? values = null)
    {
        Guid id = A.Add(name, values).Id;
        await A.SyncAsync();
        await B.SyncAsync();
        return id;
    }

    internal async Task AssertConvergedAsync()
    {
        await A.SyncAsync();
        await B.SyncAsync();
        await A.SyncAsync();
        Assert.Empty((await A.SyncAsync()).Changes);
        Assert.Empty((await B.SyncAsync()).Changes);
        Assert.Equal(A.Dump(), B.Dump());
    }

    internal static async Task<PasspackException> RequireAsync(string errorId, Func<Task> action)
    {
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(action);
        Assert.Equal(errorId, error.ErrorId);
        return error;
    }
}
