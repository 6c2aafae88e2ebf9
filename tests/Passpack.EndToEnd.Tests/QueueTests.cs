using Passpack.EndToEnd.Tests.Support;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Many machines of one account that sync at once, none of which may starve.</summary>
public sealed class QueueTests(RealServer server) : IClassFixture<RealServer>
{
    private const int Machines = 8, Rounds = 3;

    [Fact]
    public async Task Machines_of_one_account_that_sync_at_once_all_come_to_their_end()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        var machines = new Machine[Machines];
        for (int i = 0; i < Machines; i++)
            machines[i] = await account.MachineAsync($"machine {i}");
        // One that finds no turn ends with SyncContention.
        await Task.WhenAll(machines.Select(machine => Task.Run(async () =>
        {
            for (int n = 0; n < Rounds; n++)
            {
                machine.Add($"{machine.Name} {n}");
                await machine.SyncAsync();
            }
        })));
        foreach (Machine machine in machines)
            await machine.SyncAsync();
        Assert.All(machines, machine => Assert.Equal(machines[0].Dump(), machine.Dump()));
        Assert.Equal(Machines * Rounds, machines[0].Vault.List(new EntryQuery()).Count());
    }
}
