using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>What needs the online account.</summary>
internal sealed partial class World
{
    private async Task<(string Outcome, int Requests)> SyncAsync(int machine, Step step)
    {
        SyncOptions options = Options(machine, step);
        bool isForeign = step is { Kind: Kind.Sync, Variant: 15, Entry: 0 };
        options = options with { Checkpoint = isForeign ? $"1:{new string('0', 64)}" : CheckpointOf(step) };
        SyncSettings settings = Settings(machine, options);
        SyncResult? result = null;
        string? outcome = await Interruption.RunAsync(server, step, async cancel =>
        {
            result = await _machines[machine]!.SyncAsync(options, cancel);
            return "";
        });
        Stage[][] ways = [.. _states.Select(state => (isForeign ? Refused(state, machine) : state.Sync(machine, settings)).ToArray())];
        if (result is not null)
            outcome = Outcome(machine, result, ways.Select(way => way[^1].State));
        Keep(ways.SelectMany(way => Ends(way, outcome)), $"machine {machine} syncs{Text(step, options)}: {Ended(outcome)}", machine);
        return (outcome ?? "?", result?.Requests ?? 0);
    }

    /// <summary>What a plan says is what the run then does, and nothing else changes.</summary>
    private async Task PlanAndSyncAsync(int machine, Step step)
    {
        Machine here = _machines[machine]!;
        SyncOptions options = Options(machine, step);
        SyncSettings settings = Settings(machine, options);
        string before = here.DumpVault();
        SyncResult plan = await here.SyncAsync(options with { WhatIf = true });
        Assert.Equal(before, here.DumpVault());
        string planned = Outcome(machine, plan, _states.SelectMany(state => state.Sync(machine, settings).Select(stage => stage.State)));
        Keep(_states.Where(state => state.Plan(machine, settings) == planned), $"machine {machine} plans{Text(step, options)}: {planned}", machine);
        SyncResult? run = null;
        string? outcome = await Interruption.RunAsync(server, step with { Break = Break.None }, async cancel =>
        {
            run = await here.SyncAsync(options, cancel);
            return "";
        });
        if (run is not null)
            Assert.Equal(plan.Details(), run.Details());
        Stage[][] ways = [.. _states.Select(state => state.Sync(machine, settings).ToArray())];
        if (run is not null)
            outcome = Outcome(machine, run, ways.Select(way => way[^1].State));
        Keep(ways.SelectMany(way => Ends(way, outcome)), $"machine {machine} syncs: {Ended(outcome)}", machine);
    }

    private async Task SyncTogetherAsync(int[] connected, Step step)
    {
        int[] together = [.. connected.Skip(step.Machine % connected.Length).Concat(connected).Take(Math.Min(connected.Length, step.Variant % 3 == 0 ? 3 : 2))];
        (int Machine, SyncOptions Options)[] syncs = [.. together.Select((machine, i) =>
            (machine, Options(machine, step with { Policy = (ConflictPolicy)(((int)step.Policy + i) % 4), Variant = step.Variant + i }) with { Resolve = new Dictionary<Guid, ConflictPolicy>() }))];
        await Task.WhenAll(syncs.Select(sync => Task.Run(() => _machines[sync.Machine]!.SyncAsync(sync.Options))));
        Keep(_states.SelectMany(state => Concurrency.Together(state, [.. syncs.Select(sync => (sync.Machine, Settings(sync.Machine, sync.Options)))])),
            $"machines {string.Join(" and ", syncs.Select(sync => $"{sync.Machine} ({sync.Options.Policy})"))} sync at once", together);
    }

    private async Task DoOnlineAsync(int machine, Step step)
    {
        LocalVault vault = _machines[machine]!.Vault;
        long now = _clocks[machine].Now;
        if (step.Kind == Kind.OnlineAdd)
        {
            string id = NewName();
            var values = new Dictionary<string, string>(Values(step, id)) { [Content.Name] = $"name {id}" };
            string? tags = step.Variant % 2 == 0 ? "online" : null;
            bool favorite = step.Variant % 3 == 0;
            await DoOnlineAsync(machine, step, $"adds {id} online: {Text(values)} [{tags}] {favorite}",
                state => state.AddOnline(machine, id, values, tags, favorite, now),
                async cancel => Bind(id, (await EditAsync(new OnlineEdit { Values = ToEdit(values) with { Tags = Split(tags), Favorite = favorite } }, cancel)).Id));
            return;
        }
        string[] known = [.. _states[0].Online.Data.Keys.Where(_ids.ContainsKey)];
        if (known.Length == 0)
            return;
        string entry = known[step.Entry % known.Length];
        Guid real = _ids[entry];
        switch (step.Kind)
        {
            case Kind.OnlineEdit:
                Dictionary<string, string> values = Values(step, entry);
                await DoOnlineAsync(machine, step, $"edits {entry} online: {Text(values)}", state => state.EditOnline(machine, entry, values, null, null, now),
                    cancel => EditAsync(new OnlineEdit { Id = real, Values = ToEdit(values) }, cancel));
                break;
            case Kind.OnlineFlags:
                string? tags = step.Variant % 5 == 0 ? null : Tags(step);
                bool? favorite = (step.Variant % 3) switch { 0 => null, 1 => true, _ => false };
                await DoOnlineAsync(machine, step, $"sets {entry} online: [{Text(tags ?? "as it is")}] {favorite}",
                    state => state.EditOnline(machine, entry, s_nothing, tags, favorite, now),
                    cancel => EditAsync(new OnlineEdit { Id = real, Values = new EntryEdit { Tags = Split(tags), Favorite = favorite } }, cancel));
                break;
            case Kind.OnlineDelete:
                await DoOnlineAsync(machine, step, $"deletes {entry} online", state => state.DeleteOnline(machine, entry),
                    cancel => EditAsync(new OnlineEdit { Id = real, Delete = true }, cancel));
                break;
            default:
                var versions = _states[0].Versions[entry];
                long? version = step.Variant % 2 == 0 ? null : versions[step.Variant % versions.Count].Version;
                await DoOnlineAsync(machine, step, $"restores {entry} online, {(version is null ? "as it last was" : $"version {version}")}",
                    state => state.RestoreOnline(machine, entry, version, now), cancel => OnlineVault.RestoreAsync(vault, real, version, cancel));
                break;
        }

        async Task<EntrySummary> EditAsync(OnlineEdit edit, CancellationToken cancel)
        {
            OnlineEditResult result = Assert.Single(await OnlineVault.ApplyAsync(vault, [edit], cancellationToken: cancel));
            return result.Entry ?? throw result.Error!;
        }
    }

    private async Task DoOnlineAsync(int machine, Step step, string what, Func<AccountState, IEnumerable<Stage>> rule, Func<CancellationToken, Task> action)
    {
        string? outcome = await Interruption.RunAsync(server, step, async cancel =>
        {
            await action(cancel);
            return "";
        });
        // Only what was said to be done has to be somewhere.
        if (step.Kind is Kind.OnlineAdd or Kind.OnlineEdit && outcome != "")
            _written.RemoveAt(_written.Count - 1);
        Keep(_states.SelectMany(state => Ends(rule(state), outcome)), $"machine {machine} {what}{Text(step)}: {Ended(outcome)}", machine);
    }

    /// <summary>The states in which it can have ended: what was interrupted, in any.</summary>
    private static IEnumerable<AccountState> Ends(IEnumerable<Stage> stages, string? outcome)
    {
        if (outcome is null)
            return stages.Select(stage => stage.State);
        Stage last = stages.Last();
        return last.Outcome == outcome ? [last.State] : [];
    }

    private static IEnumerable<Stage> Refused(AccountState state, int machine) =>
        state.Resume(machine).Select(resumed => new Stage(resumed, [], ErrorCodes.ServerTampered));

    private string Outcome(int machine, SyncResult result, IEnumerable<AccountState> ends)
    {
        if (result.Changes.Any(change => !_names.ContainsKey(change.Id)))
            BindNew(machine, Shown(machine), ends);
        // What is only planned is nowhere yet: it is known by its name.
        var planned = new Dictionary<Guid, string>();
        foreach (SyncChange change in result.Changes.Where(change => !_names.ContainsKey(change.Id) && !planned.ContainsKey(change.Id)))
        {
            planned[change.Id] = ends.SelectMany(end => end[machine].Ids.Where(id => (end[machine].Live(id) ?? end[machine].Trashed(id))?[Content.Name] == change.Name))
                .FirstOrDefault(id => !_ids.ContainsKey(id) && !planned.ContainsValue(id)) ?? $"{change.Id}";
        }
        return string.Join(", ", result.Changes.Select(change => $"{_names.GetValueOrDefault(change.Id) ?? planned[change.Id]} {change.Action}").Order(StringComparer.Ordinal));
    }

    private SyncOptions Options(int machine, Step step)
    {
        var resolve = new Dictionary<Guid, ConflictPolicy>();
        if (step.Variant % 4 == 3 && Pick(machine, step) is { } id)
            resolve[_ids[id]] = (step.Variant / 4 % 3) switch { 0 => ConflictPolicy.PreferLocal, 1 => ConflictPolicy.PreferOnline, _ => ConflictPolicy.KeepBoth };
        return new SyncOptions { ExcludeTags = step.ExcludesTags, ExcludeFavorites = step.ExcludesFavorites, Policy = step.Policy, Resolve = resolve };
    }

    private SyncSettings Settings(int machine, SyncOptions options) => new(options.ExcludeTags, options.ExcludeFavorites, options.Policy,
        options.Resolve.ToDictionary(settled => _names[settled.Key], settled => settled.Value), _clocks[machine].Now);

    private string? CheckpointOf(Step step)
    {
        if (step.Variant % 4 != 2 || _machines[step.Machine] is not { } other)
            return null;
        using VaultUse use = other.Vault.Use();
        return AccountRow.Load(use.Connection).Checkpoint?.ToString();
    }

    private static string Ended(string? outcome) => outcome is null ? "interrupted" : outcome.Length == 0 ? "nothing to say" : outcome;

    private string Text(Step step, SyncOptions? options = null) =>
        (options is null ? "" : $" {options.Policy}{(options.ExcludeTags ? ", without tags" : "")}{(options.ExcludeFavorites ? ", without favorites" : "")}"
            + string.Concat(options.Resolve.Select(settled => $", {_names[settled.Key]} {settled.Value}")) + (options.Checkpoint is { } point ? $", from {point[..8]}" : ""))
        + (step.Break == Break.None ? "" : $", {step.Break} at {step.At}");
}
