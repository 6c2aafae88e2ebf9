using System.Globalization;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>
/// Random histories of three machines that edit, delete, sync and replace the keys, whoever is behind: at the end all show the same, nothing that was written is
/// lost, and nothing online is under an earlier epoch. PASSPACK_MODEL_HISTORIES sets how many are tried, PASSPACK_MODEL_SEED repeats one (as it is printed).
/// </summary>
public sealed class NewKeysHistoryTests(RealServer server) : IClassFixture<RealServer>
{
    private const int Steps = 40;

    private static readonly string[] s_names = ["a", "b", "c"];

    [Fact]
    public async Task Machines_converge_and_lose_nothing_whoever_replaces_the_keys()
    {
        int histories = int.TryParse(Environment.GetEnvironmentVariable("PASSPACK_MODEL_HISTORIES"), CultureInfo.InvariantCulture, out int chosen) ? chosen : 5;
        int first = int.TryParse(Environment.GetEnvironmentVariable("PASSPACK_MODEL_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : Random.Shared.Next();
        int replaced = 0, behind = 0;
        for (int i = 0; i < histories; i++)
        {
            var history = new OneHistory(server, unchecked(first + i));
            try
            {
                await history.RunAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"PASSPACK_MODEL_SEED={unchecked(first + i)}\n{history.Log}\n\n{e}");
            }
            replaced += history.Epoch - 1;
            behind += history.TakenOver;
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{histories} histories: the keys were replaced {replaced} times, and taken over {behind} times.");
        Assert.True(replaced > 0 && behind > 0);
    }

    private sealed class OneHistory(RealServer server, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<string> _log = [];
        private readonly HashSet<string> _written = [];
        private Machine[] _machines = [];
        private string _packingKey = "the first Packing Key of this history";
        private int _values;

        public string Log => string.Join('\n', _log);

        public int Epoch { get; private set; } = 1;

        public int TakenOver { get; private set; }

        public async Task RunAsync()
        {
            await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: _packingKey);
            _machines = [await account.MachineAsync("a", keepVersions: 1000), await account.MachineAsync("b", keepVersions: 1000), await account.MachineAsync("c", keepVersions: 1000)];
            for (int step = 0; step < Steps; step++)
                await StepAsync(account, _random.Next(_machines.Length));
            for (int round = 0; round < 4; round++)
            {
                for (int machine = 0; machine < _machines.Length; machine++)
                    await SyncAsync(machine);
            }
            Assert.All(_machines, machine => Assert.Equal(_machines[0].Dump(), machine.Dump()));
            await CheckEpochsAsync();
            CheckNothingLost();
        }

        private async Task StepAsync(TestAccount account, int number)
        {
            Machine machine = _machines[number];
            EntrySummary[] live = [.. machine.Vault.List(new EntryQuery())];
            EntrySummary? one = live.Length == 0 ? null : live[_random.Next(live.Length)];
            switch (_random.Next(16))
            {
                case < 4:
                    machine.Add(Say(number, "adds", NewValue()), new EntryEdit { Password = NewValue(), Tags = [NewTag()] });
                    break;
                case < 8 when one is not null:
                    machine.Edit(one.Id, new EntryEdit { Password = Say(number, $"edits {one.Name}:", NewValue()) });
                    break;
                case 8 when one is not null:
                    machine.Edit(one.Id, new EntryEdit { Tags = [NewTag()], Favorite = _random.Next(2) == 0 });
                    break;
                case 9 when one is not null:
                    Say(number, "trashes", one.Name);
                    machine.Trash(one.Id);
                    break;
                case 10 when one is not null:
                    await TryAsync(number, $"deletes {one.Name} online", () => OnlineVault.ApplyAsync(machine.Vault, [new OnlineEdit { Id = one.Id, Delete = true }]));
                    break;
                case 11:
                    string next = $"Packing Key number {Epoch + 1} of this history";
                    if (await TryAsync(number, "replaces the keys", () => ReplaceAsync(account, machine, next)))
                        (_packingKey, Epoch) = (next, Epoch + 1);
                    break;
                default:
                    await SyncAsync(number);
                    break;
            }
        }

        private Task<bool> SyncAsync(int number) => TryAsync(number, "syncs", () => _machines[number].SyncAsync(ConflictPolicy.KeepBoth));

        /// <summary>Does what needs the server; a machine that is behind is told, and takes the keys over first.</summary>
        /// <returns>Whether it was done at once.</returns>
        private async Task<bool> TryAsync(int number, string what, Func<Task> action)
        {
            Say(number, what, "");
            try
            {
                await action();
                return true;
            }
            catch (PasspackException e) when (e.ErrorId == ErrorCodes.KeysReplacedOnline)
            {
                Say(number, "takes the keys over", "");
                TakenOver++;
                Assert.Single(await RealAccount.UpdateAsync(_machines[number].Vault, _packingKey));
                await _machines[number].SyncAsync(ConflictPolicy.KeepBoth);
                return false;
            }
        }

        private static async Task ReplaceAsync(TestAccount account, Machine machine, string to)
        {
            using SecretBytes packingKey = RealAccount.Secret(to);
            using SyncRun run = await SyncRun.StartAsync(
                machine.Vault, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, null, CancellationToken.None);
            await OnlineKeys.ReplaceAsync(run, () => Task.FromResult(TestAccount.ProofOf(account.KeysAsText())), packingKey, CancellationToken.None);
        }

        private async Task CheckEpochsAsync()
        {
            using SyncRun run = SyncRun.OpenReadOnly(_machines[0].Vault);
            ChangePage page = await run.GetAsync(Routes.Changes, "?after=0", ChangePage.ReadAsync, CancellationToken.None);
            Assert.NotNull(page.Head);
            Assert.All(page.Changes, record => Assert.Equal(Epoch, ResealedRecord.EpochOf(record.Stream, record.Deleted, record.Body)));
        }

        private void CheckNothingLost()
        {
            var found = new HashSet<string>();
            foreach (Machine machine in _machines)
            {
                found.UnionWith(machine.Texts());
                using VaultUse use = machine.Vault.Use();
                foreach (Guid id in use.Connection.Query("SELECT DISTINCT id FROM history", row => new Guid((byte[])row.GetValue(0), bigEndian: true)).ToList())
                {
                    foreach (EntryVersion version in machine.Vault.History(id).Where(version => version.IsData))
                        found.Add(History.Open(use, version).Data!.Password);
                }
            }
            Assert.Empty(_written.Except(found));
        }

        private string Say(int number, string what, string value)
        {
            _log.Add($"{s_names[number]} {what} {value}");
            return value;
        }

        private string NewTag() => $"tag{_random.Next(4)}";

        private string NewValue()
        {
            string value = string.Create(CultureInfo.InvariantCulture, $"value{++_values:D3}");
            _written.Add(value);
            return value;
        }
    }
}
