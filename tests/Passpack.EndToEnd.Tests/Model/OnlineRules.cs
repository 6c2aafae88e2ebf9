using System.Collections.Immutable;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>Edits of the online account itself: pulled first, pushed against that revision.</summary>
internal static class OnlineRules
{
    private delegate (Record? Data, IEnumerable<(Flag Flag, string Value)> Flags) Edit(MachineState here, Record online);

    public static IEnumerable<Stage> AddOnline(this AccountState state, int machine, string id, IReadOnlyDictionary<string, string> values, string? tags, bool favorite, long now)
    {
        (Flag, string)[] flags = [.. tags is null ? [] : new[] { (Flag.Tags, tags) }, .. favorite ? [(Flag.Favorite, "yes")] : Array.Empty<(Flag, string)>()];
        return state.Online(machine, pulled => pulled.PushOnline(machine, id, new Record(1, Content.New(values, now)), flags));
    }

    /// <param name="state">Before.</param>
    /// <param name="machine">Where.</param>
    /// <param name="id">Which entry.</param>
    /// <param name="values">Its data.</param>
    /// <param name="tags">Null: as they are; empty: none.</param>
    /// <param name="favorite">Null: as it is.</param>
    /// <param name="now">By that machine's clock.</param>
    public static IEnumerable<Stage> EditOnline(this AccountState state, int machine, string id, IReadOnlyDictionary<string, string> values, string? tags, bool? favorite, long now) =>
        state.EditOnline(machine, id, (here, online) =>
        {
            Content edited = online.Content!.Edit(values, now);
            return (ReferenceEquals(edited, online.Content) ? null : new Record(online.Version + 1, edited),
                [.. Wanted(Flag.Tags, tags), .. Wanted(Flag.Favorite, favorite is null ? null : favorite.Value ? "yes" : "")]);

            IEnumerable<(Flag, string)> Wanted(Flag flag, string? value) =>
                value is null || here.Mirror.Flags.GetValueOrDefault((flag, id))?.Value == value ? [] : [(flag, value)];
        });

    public static IEnumerable<Stage> DeleteOnline(this AccountState state, int machine, string id) =>
        state.EditOnline(machine, id, (_, online) => (new Record(online.Version + 1, null), []));

    /// <param name="state">Before.</param>
    /// <param name="machine">Where.</param>
    /// <param name="id">Which entry.</param>
    /// <param name="version">Null: the last one before it was deleted.</param>
    /// <param name="now">By that machine's clock.</param>
    public static IEnumerable<Stage> RestoreOnline(this AccountState state, int machine, string id, long? version, long now) => state.Online(machine, pulled =>
    {
        Record? online = pulled[machine].Mirror.Data.GetValueOrDefault(id);
        // What the entry last was, and only where it never was anything what lost against its deletion.
        Content? content = pulled.Versions.GetValueOrDefault(id, [])
            .Where(earlier => earlier.IsLive && earlier.Version < online?.Version && (version is null || earlier.Version == version))
            .OrderBy(earlier => !earlier.IsLoser).LastOrDefault()?.Content;
        if (online is null || (version is null && online.IsLive) || content is null)
            return [new Stage(pulled, [], SyncRules.EntryNotFound)];
        if (pulled[machine].Local.GetValueOrDefault(id) is { IsTrashed: false })
            return [new Stage(pulled, [], SyncRules.SyncConflict)];
        Content restored = online.IsLive ? online.Content!.Edit(Everything(online.Content, content), now) : content;
        IEnumerable<Stage> stages = ReferenceEquals(restored, online.Content) ? [new Stage(pulled, [])]
            : pulled.PushOnline(machine, id, new Record(online.Version + 1, restored with { }), []);
        return stages.Concat(Deferred(() =>
        {
            AccountState done = stages.Last().State;
            return new Stage(done.With(machine, done[machine] with
            {
                Local = done[machine].Local.GetValueOrDefault(id) is { IsTrashed: true } ? done[machine].Local.Remove(id) : done[machine].Local,
            }), []);
        }));
    });

    /// <summary>The values that make one version of another: what it does not have becomes empty.</summary>
    public static IReadOnlyDictionary<string, string> Everything(Content now, Content wanted) =>
        now.Fields.Keys.Union(wanted.Fields.Keys).ToDictionary(field => field, field => wanted[field]);

    private static IEnumerable<Stage> EditOnline(this AccountState state, int machine, string id, Edit edit) => state.Online(machine, pulled =>
    {
        MachineState here = pulled[machine];
        if (here.Mirror.Live(id) is null)
            return [new Stage(pulled, [], SyncRules.EntryNotFound)];
        if (here.Local.GetValueOrDefault(id) is { IsTrashed: false })
            return [new Stage(pulled, [], SyncRules.SyncConflict)];
        (Record? data, IEnumerable<(Flag, string)> flags) = edit(here, here.Mirror.Data[id]);
        return pulled.PushOnline(machine, id, data, flags);
    });

    private static IEnumerable<Stage> Online(this AccountState state, int machine, Func<AccountState, IEnumerable<Stage>> then)
    {
        foreach (AccountState resumed in state.Resume(machine))
            yield return new Stage(state = resumed, []);
        yield return new Stage(state = state.Pull(machine), []);
        foreach (Stage stage in then(state))
            yield return stage;
    }

    private static IEnumerable<Stage> PushOnline(this AccountState state, int machine, string id, Record? data, IEnumerable<(Flag Flag, string Value)> flags)
    {
        Records mirror = state[machine].Mirror;
        var outbox = new Outbox(mirror.Revision, data is null ? [] : [(id, data, null)],
            [.. flags.Select(flag => (flag.Flag, id, new FlagRecord((mirror.Flags.GetValueOrDefault((flag.Flag, id))?.Version ?? 0) + 1, flag.Value)))]);
        return outbox.Data.IsEmpty && outbox.Flags.IsEmpty ? [new Stage(state, [])] : state.Push(machine, outbox).Select(pushed => new Stage(pushed, []));
    }

    private static IEnumerable<Stage> Deferred(Func<Stage> stage)
    {
        yield return stage();
    }
}
