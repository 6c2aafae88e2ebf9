using System.Collections.Immutable;
using System.Globalization;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>
/// The real machines beside the model. After every step the machines that it touched must show what the model says. Where an interruption
/// or two syncs at a time leave it open, the model has several states; what the machines show rules states out, and one has to be left.
/// </summary>
internal sealed partial class World(ModelServer server, TestAccount account)
{
    private const long Start = 1_800_000_000_000;

    private static readonly IReadOnlyDictionary<string, string> s_nothing = new Dictionary<string, string>();

    private readonly Machine?[] _machines = new Machine?[Generator.MostMachines];
    private readonly Clock[] _clocks = new Clock[Generator.MostMachines];
    private readonly Dictionary<Guid, string> _names = [];
    private readonly Dictionary<string, Guid> _ids = [];
    private readonly HashSet<string> _purged = [];
    private readonly List<(string Id, string Value, bool IsOnline)> _written = [];
    private readonly List<string> _log = [];
    private List<AccountState> _states = [new(Records.None, [.. new MachineState?[Generator.MostMachines]])];
    private long _time = Start;
    private int _values;
    private int _entries;

    /// <summary>What was done, a line a step.</summary>
    public string Log => string.Join('\n', _log);

    private IEnumerable<int> Connected => Enumerable.Range(0, _machines.Length).Where(i => _machines[i] is not null);

    public async Task RunAsync(Script script)
    {
        server.Clock.Off = 0;
        for (int i = 0; i < script.Machines; i++)
            await ConnectAsync(i);
        foreach (Step step in script.Steps)
            await DoAsync(step);
        await SettleAsync();
        await CheckEndAsync();
    }

    private async Task DoAsync(Step step)
    {
        _time += 1000;
        int[] connected = [.. Connected];
        int machine = connected[step.Machine % connected.Length];
        switch (step.Kind)
        {
            case Kind.Connect or Kind.Join:
                int free = Array.FindIndex(_machines, other => other is null);
                if (free >= 0)
                    await (step.Kind == Kind.Connect ? ConnectAsync(free) : JoinAsync(free, step));
                break;
            case Kind.Clock:
                bool isServers = step.Entry == 3;
                Clock clock = isServers ? server.Clock : _clocks[machine];
                clock.Off = (step.Variant % 5) switch { 0 => 0, 1 => 300_000, 2 => -3_600_000, 3 => 86_400_000, _ => -86_400_000 };
                Say($"{(isServers ? "the server" : $"machine {machine}")}: the clock is {clock.Off / 1000} s off");
                break;
            case Kind.Sync:
                await SyncAsync(machine, step);
                break;
            case Kind.Plan:
                await PlanAndSyncAsync(machine, step);
                break;
            case Kind.SyncTogether:
                await SyncTogetherAsync(connected, step);
                break;
            case Kind.OnlineAdd or Kind.OnlineEdit or Kind.OnlineFlags or Kind.OnlineDelete or Kind.OnlineRestore:
                await DoOnlineAsync(machine, step);
                break;
            default:
                DoLocal(machine, step);
                break;
        }
    }

    /// <summary>Everybody syncs, in turns, until nothing moves: then each asks once, and has nothing to say.</summary>
    private async Task SettleAsync()
    {
        for (int round = 0; round < 8; round++)
        {
            bool idle = true;
            foreach (int machine in Connected)
                idle &= await SyncAsync(machine, new Step(Kind.Sync, machine, 0, 0, ConflictPolicy.Newest, Break.None, 1)) == ("", 1);
            if (idle)
                return;
        }
        Assert.Fail("The machines do not come to rest.");
    }

    private async Task ConnectAsync(int machine)
    {
        _clocks[machine] = new Clock(() => _time);
        _machines[machine] = await account.MachineAsync($"{machine}", _clocks[machine], keepVersions: 1000);
        _states = [.. _states.Select(state => state.With(machine, new MachineState()))];
        Say($"machine {machine} connects");
    }

    /// <summary>A machine with an offline account of its own joins.</summary>
    private async Task JoinAsync(int machine, Step step)
    {
        Clock clock = _clocks[machine] = new Clock(() => _time);
        _states = [.. _states.Select(state => state.With(machine, new MachineState()))];
        _machines[machine] = await account.JoiningMachineAsync($"{machine}", clock, offline =>
        {
            for (int i = 0; i <= step.Entry % 3; i++)
                Add(machine, offline, step with { Variant = step.Variant + i });
            if (step.Variant % 3 != 0)
                return;
            string trashed = _states[0][machine].LiveIds.First();
            offline.Trash(_ids[trashed]);
            // What was never online has nothing to wait for in the trash.
            Change(state => state.Trash(machine, trashed), $"machine {machine} trashes {trashed}");
        });
        Say($"machine {machine} joins with what it had offline");
        Check(machine);
    }

    private void Change(Func<AccountState, AccountState> rule, string what)
    {
        _states = [.. _states.Select(rule)];
        Say(what);
    }

    private void Say(string what) => _log.Add(string.Create(CultureInfo.InvariantCulture, $"{(_time - Start) / 1000,3}  {what}"));

    private string NewName() => string.Create(CultureInfo.InvariantCulture, $"e{++_entries:D2}");

    private void Bind(string name, Guid id)
    {
        _names[id] = name;
        _ids[name] = id;
    }

    /// <summary>Keeps the states that say the same as the machines.</summary>
    private void Keep(IEnumerable<AccountState> possible, string what, params int[] machines)
    {
        List<AccountState> states = [.. possible];
        if (states.Count > 1)
            states = [.. states.DistinctBy(state => state.ToText())];
        Say(what);
        Assert.True(states.Count > 0, $"No state of the model ends so: {what}");
        _states = states;
        foreach (int machine in machines)
            Check(machine);
        Assert.True(_states.Count <= 400, $"{_states.Count} states are possible.");
    }

    private void Check(int machine)
    {
        string[] shown = Show(machine);
        List<AccountState> left = _states.FindAll(state => shown.SequenceEqual(Lines(state, machine)));
        if (left.Count == 0)
        {
            Assert.Fail($"Machine {machine} shows\n  {string.Join("\n  ", shown)}\nand the model says\n  " +
                string.Join("\nor\n  ", _states.Select(state => string.Join("\n  ", Lines(state, machine))).Distinct().Take(4)));
        }
        _states = left;
    }

    private static string[] Lines(AccountState state, int machine) => [Stand(state[machine].Mirror.Revision, state[machine].Outbox is not null), .. state[machine].Lines().Select(line => $"{line.Id} {line.Line}")];

    private static string Stand(long revision, bool waits) => $"revision {revision}{(waits ? ", a push waits for its answer" : "")}";

    private string[] Show(int machine)
    {
        List<(Guid Id, string Line)> shown = Shown(machine);
        BindNew(machine, shown, _states);
        using VaultUse use = _machines[machine]!.Vault.Use();
        Assert.False(use.Connection.InTransaction);
        string stand = Stand(AccountRow.Load(use.Connection).Revision, use.Connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM outbox)") != 0);
        return [stand, .. shown.Select(entry => (Name: _names.GetValueOrDefault(entry.Id, $"{entry.Id}"), entry.Line))
            .OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => $"{entry.Name} {entry.Line}")];
    }

    private List<(Guid Id, string Line)> Shown(int machine)
    {
        var shown = new List<(Guid Id, string Line)>();
        foreach (bool trashed in new[] { false, true })
        {
            foreach (FullEntry entry in _machines[machine]!.Vault.ListFull(new EntryQuery { Trashed = trashed }))
                shown.Add((entry.Summary.Id, MachineState.Line(ContentOf(entry), !trashed, string.Join('\n', entry.Summary.Tags), entry.Summary.Favorite ? "yes" : "")));
        }
        return shown;
    }

    // Copies, and what an interrupted online edit made: their ids are the product's; the model knows them by what is in them.
    private void BindNew(int machine, List<(Guid Id, string Line)> shown, IEnumerable<AccountState> states)
    {
        foreach ((Guid id, string line) in shown.Where(entry => !_names.ContainsKey(entry.Id)))
        {
            string? name = states.SelectMany(state => state[machine].Lines()).FirstOrDefault(known => known.Line == line && !_ids.ContainsKey(known.Id)).Id;
            if (name is not null)
                Bind(name, id);
        }
    }
}
