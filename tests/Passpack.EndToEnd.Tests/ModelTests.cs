using FsCheck;
using FsCheck.Fluent;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync;
using Passpack.Vault;

namespace Passpack.EndToEnd.Tests;

/// <summary>
/// Random histories of an account: what must hold whatever happens (docs/sync.md), on real vaults over the real server. A failure
/// shrinks to the shortest list of steps that still fails. PASSPACK_MODEL_HISTORIES sets how many are tried (default 60).
/// </summary>
public sealed class ModelTests(RealServer server) : IClassFixture<RealServer>
{
    private const int Machines = 3;

    private static int Histories => int.TryParse(Environment.GetEnvironmentVariable("PASSPACK_MODEL_HISTORIES"), out int histories) ? histories : 60;

    [Fact]
    public void Machines_converge_and_nothing_is_lost()
    {
        Gen<Step> step =
            from kind in Gen.Frequency(
                (4, Gen.Constant(StepKind.Add)), (6, Gen.Constant(StepKind.Edit)), (3, Gen.Constant(StepKind.Trash)), (2, Gen.Constant(StepKind.Restore)),
                (1, Gen.Constant(StepKind.Purge)), (2, Gen.Constant(StepKind.OwnTags)), (1, Gen.Constant(StepKind.OwnFavorite)),
                (3, Gen.Constant(StepKind.OnlineEdit)), (2, Gen.Constant(StepKind.OnlineTags)), (2, Gen.Constant(StepKind.OnlineDelete)),
                (1, Gen.Constant(StepKind.OnlineAdd)), (9, Gen.Constant(StepKind.Sync)), (1, Gen.Constant(StepKind.SyncTogether)), (1, Gen.Constant(StepKind.Plan)))
            from machine in Gen.Choose(0, Machines - 1)
            from entry in Gen.Choose(0, 5)
            from variant in Gen.Choose(0, 7)
            select new Step(kind, machine, entry, variant);
        Prop.ForAll(Arb.From(step.ListOf().Select(steps => steps.ToArray()), Shrink), steps => RunAsync(steps).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Histories).WithEndSize(60));
    }

    private async Task RunAsync(IReadOnlyList<Step> steps)
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        var machines = new List<Machine>();
        for (int i = 0; i < Machines; i++)
            machines.Add(await account.MachineAsync($"{i}"));
        var world = new World(machines);
        foreach (Step step in steps)
            await world.DoAsync(step);
        await world.SettleAsync();
        await world.CheckAsync();
    }

    private static IEnumerable<Step[]> Shrink(Step[] steps)
    {
        for (int length = steps.Length / 2; length >= 1; length /= 2)
        {
            for (int start = 0; start + length <= steps.Length; start += length)
                yield return [.. steps[..start], .. steps[(start + length)..]];
        }
    }

    private enum StepKind
    {
        Add,
        Edit,
        Trash,
        Restore,
        Purge,
        OwnTags,
        OwnFavorite,
        OnlineEdit,
        OnlineTags,
        OnlineDelete,
        OnlineAdd,
        Sync,
        SyncTogether,
        Plan,
    }

    private sealed record Step(StepKind Kind, int Machine, int Entry, int Variant);

    /// <summary>The machines, and what was ever written into which entry.</summary>
    private sealed class World(IReadOnlyList<Machine> machines)
    {
        private readonly List<(Guid Id, string Value)> _written = [];
        private readonly HashSet<Guid> _purged = [];
        private int _values;

        public async Task DoAsync(Step step)
        {
            Machine machine = machines[step.Machine];
            try
            {
                await DoAsync(step, machine);
            }
            catch (PasspackException e) when (e.ErrorId is Protocol.ErrorCodes.SyncConflict or Protocol.ErrorCodes.EntryNotFound)
            {
                // An online edit of what this machine has unpushed changes of, or of what another machine deleted: refused, as it should.
            }
        }

        /// <summary>Everybody syncs, in turns, until nothing moves.</summary>
        public async Task SettleAsync()
        {
            for (int round = 0; round < 8; round++)
            {
                bool moved = false;
                foreach (Machine machine in machines)
                    moved |= (await machine.SyncAsync()).Changes.Count > 0;
                if (!moved)
                    return;
            }
            Assert.Fail("The machines do not come to rest.");
        }

        public async Task CheckAsync()
        {
            foreach (Machine machine in machines)
            {
                SyncResult idle = await machine.SyncAsync();
                Assert.Equal((1, 0), (idle.Requests, idle.Changes.Count));
                Assert.Equal(machines[0].Dump(), machine.Dump());
            }
            await CheckOnlineFlagsAsync();
            CheckNothingLost();
        }

        private async Task DoAsync(Step step, Machine machine)
        {
            string value = $"value {++_values}";
            switch (step.Kind)
            {
                case StepKind.Add:
                    _written.Add((machine.Add($"entry {_values}", new EntryEdit { Notes = value, Tags = step.Variant < 4 ? ["new"] : null }).Id, value));
                    break;
                case StepKind.Edit when Pick(machine, step) is { } id:
                    machine.Edit(id, Values(step, value));
                    _written.Add((id, value));
                    break;
                case StepKind.Trash when Pick(machine, step) is { } id:
                    machine.Trash(id);
                    break;
                case StepKind.Restore when Pick(machine, step, trashed: true) is { } id:
                    machine.Restore(id);
                    break;
                case StepKind.Purge when Pick(machine, step, trashed: true) is { } id:
                    machine.Purge(id);
                    _purged.Add(id);
                    break;
                case StepKind.OwnTags when Pick(machine, step) is { } id:
                    machine.Edit(id, new EntryEdit { Tags = [value] });
                    break;
                case StepKind.OwnFavorite when Pick(machine, step) is { } id:
                    machine.Edit(id, new EntryEdit { Favorite = step.Variant % 2 == 0 });
                    break;
                case StepKind.OnlineAdd:
                    _written.Add(((await machine.OnlineAsync(new OnlineEdit { Values = new EntryEdit { Name = value, Notes = value, Tags = ["online"] } })).Id, value));
                    break;
                case StepKind.OnlineEdit when Pick(machine, step) is { } id:
                    await machine.OnlineAsync(new OnlineEdit { Id = id, Values = Values(step, value) });
                    _written.Add((id, value));
                    break;
                case StepKind.OnlineTags when Pick(machine, step) is { } id:
                    await machine.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = step.Variant == 0 ? [] : [value], Favorite = step.Variant % 2 == 0 } });
                    break;
                case StepKind.OnlineDelete when Pick(machine, step) is { } id:
                    await machine.OnlineAsync(new OnlineEdit { Id = id, Delete = true });
                    break;
                case StepKind.Plan:
                    string before = machine.Dump();
                    await machine.SyncAsync(whatIf: true);
                    Assert.Equal(before, machine.Dump());
                    break;
                case StepKind.SyncTogether:
                    await Task.WhenAll(machines.Select(other => Task.Run(() => other.SyncAsync(Policy(step)))));
                    break;
                case StepKind.Sync:
                    await machine.SyncAsync(new SyncOptions { Policy = Policy(step), ExcludeTags = step.Entry % 2 == 0, ExcludeFavorites = step.Entry % 3 == 0 });
                    break;
                default:
                    break; // There is no such entry yet.
            }
        }

        // The value is in the notes, the login or an extra field: where the whole version can be found by it.
        private static EntryEdit Values(Step step, string value) => (step.Variant % 3) switch
        {
            0 => new EntryEdit { Notes = value },
            1 => new EntryEdit { Password = value },
            _ => new EntryEdit { ExtraFields = [new ExtraField("field", "text", value)] },
        };

        private static ConflictPolicy Policy(Step step) => (step.Variant % 4) switch
        {
            0 => ConflictPolicy.PreferLocal,
            1 => ConflictPolicy.PreferOnline,
            2 => ConflictPolicy.KeepBoth,
            _ => ConflictPolicy.Newest,
        };

        private static Guid? Pick(Machine machine, Step step, bool trashed = false)
        {
            List<Guid> ids = [.. machine.Vault.List(new EntryQuery { Trashed = trashed }).Select(entry => entry.Id).Order()];
            return ids.Count == 0 ? null : ids[step.Entry % ids.Count];
        }

        /// <summary>Wherever online has a record, every machine shows it, once it has synced without leaving the stream out.</summary>
        private async Task CheckOnlineFlagsAsync()
        {
            foreach (EntrySummary online in await OnlineVault.ListAsync(machines[0].Vault, new EntryQuery()))
            {
                foreach (Machine machine in machines)
                {
                    EntrySummary local = machine.Vault.Get(online.Id);
                    if (online.Tags.Count > 0)
                        Assert.Equal(online.Tags, local.Tags);
                    if (online.Favorite)
                        Assert.True(local.Favorite);
                }
            }
        }

        /// <summary>Every value ever written is in the entry, its history or the trash of some machine, unless it was removed for good.</summary>
        private void CheckNothingLost()
        {
            var found = new HashSet<string>();
            foreach (Machine machine in machines)
            {
                foreach (FullEntry entry in machine.Vault.ListFull(new EntryQuery()).Concat(machine.Vault.ListFull(new EntryQuery { Trashed = true })))
                    found.UnionWith(Texts(entry.Secret));
                foreach (Guid id in _written.Select(written => written.Id).Distinct())
                    found.UnionWith(machine.Vault.History(id).SelectMany(version => Texts(machine.Vault.ReadSecret(version))));
            }
            Assert.DoesNotContain(_written, written => !found.Contains(written.Value) && !_purged.Contains(written.Id));
        }

        private static IEnumerable<string> Texts(EntrySecret secret) => [secret.Notes, secret.Password, .. secret.ExtraFields.Select(field => field.Data)];
    }
}
