namespace Passpack.EndToEnd.Tests.Model;

/// <summary>What a user does on one machine, without the online account.</summary>
internal static class LocalRules
{
    public static AccountState Add(this AccountState state, int machine, string id, IReadOnlyDictionary<string, string> values, string? tags, bool favorite, long now)
    {
        MachineState here = state[machine];
        here = here with { Local = here.Local.SetItem(id, new Change(Content.New(values, now), null)) };
        if (tags is not null)
            here = here with { Own = here.Own.SetItem((Flag.Tags, id), tags) };
        if (favorite)
            here = here with { Own = here.Own.SetItem((Flag.Favorite, id), "yes") };
        return state.With(machine, here);
    }

    public static AccountState Edit(this AccountState state, int machine, string id, IReadOnlyDictionary<string, string> values, long now)
    {
        MachineState here = state[machine];
        Content before = here.Live(id)!, after = before.Edit(values, now);
        if (ReferenceEquals(before, after))
            return state;
        Change change = here.Local.TryGetValue(id, out Change? known) ? known with { Own = after, IsPending = true } : new Change(after, here.Mirror.Data[id]);
        return state.With(machine, here with { Local = here.Local.SetItem(id, change) });
    }

    public static AccountState SetFlag(this AccountState state, int machine, Flag flag, string id, string value)
    {
        MachineState here = state[machine];
        return (here.Effective(flag, id) ?? "") == value ? state : state.With(machine, here with { Own = here.Own.SetItem((flag, id), value) });
    }

    public static AccountState Trash(this AccountState state, int machine, string id)
    {
        MachineState here = state[machine];
        bool online = here.Mirror.Live(id) is not null;
        Change change = here.Local.TryGetValue(id, out Change? known) ? known : new Change(null, null);
        return state.With(machine, here with { Local = here.Local.SetItem(id, change with { IsTrashed = true, IsPending = online }) });
    }

    public static AccountState Restore(this AccountState state, int machine, string id)
    {
        MachineState here = state[machine];
        Change change = here.Local[id];
        // Sealed anew: what is on its way up is another one from here on.
        return state.With(machine, here with
        {
            Local = change.Own is null ? here.Local.Remove(id) : here.Local.SetItem(id, change with { Own = change.Own with { }, IsTrashed = false, IsPending = true }),
        });
    }

    public static AccountState Purge(this AccountState state, int machine, string id)
    {
        MachineState here = state[machine];
        return state.With(machine, here.Mirror.Live(id) is not null
            ? here with { Local = here.Local.SetItem(id, here.Local[id] with { Own = null, Base = null, Loser = null, IsPurged = true }) }
            : here with { Local = here.Local.Remove(id), Own = here.Own.Remove((Flag.Tags, id)).Remove((Flag.Favorite, id)) });
    }

    /// <summary>An earlier version in force, as an edit of now.</summary>
    public static AccountState RestoreVersion(this AccountState state, int machine, string id, IReadOnlyDictionary<string, string> values, long now)
    {
        if (state[machine].Trashed(id) is not null)
            state = state.Restore(machine, id);
        // Fields that the version does not have become empty.
        var all = state[machine].Live(id)!.Fields.Keys.ToDictionary(field => field, _ => "");
        foreach ((string field, string value) in values)
            all[field] = value;
        return state.Edit(machine, id, all, now);
    }
}
