using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Backups;

/// <summary>The planned step for one entry.</summary>
internal sealed record RestoreStep(string Name, Guid? Id, RestoreAction Action, string? Reason = null, Action<VaultWriter>? Apply = null)
{
    /// <summary>In place of <see cref="Apply"/>, of an entry that nothing here has: seals it with no connection, and returns what writes it.</summary>
    public Func<VaultWriter, Action>? Seal { get; init; }

    public RestoreResult ToResult(long row) =>
        new(row, Name, Id, Action, Reason) { ErrorId = Action == RestoreAction.Failed ? ErrorCodes.RecordDamaged : null };
}

/// <summary>Decides what a restore does with each entry, in a preview and in a run alike.</summary>
internal sealed class RestorePlanner(RestoreMode mode)
{
    private readonly HashSet<Guid> _met = [];

    public RestoreStep Plan(VaultUse use, BackupEntry entry)
    {
        EntryState? state = EntryState.Find(use.Connection, entry.Id);
        // If only an earlier version opens in the backup, it is not known to be newer than the value here, so it never replaces that.
        EntryContent? here = entry.Content is null ? ContentHere(use, state) : null;
        EntryContent? content = entry.Content ?? here ?? entry.Versions.LastOrDefault(version => version.Value.Data is not null)?.Value.Data;
        if (content is null)
        {
            return new RestoreStep("", entry.Id, RestoreAction.Failed, $"Entry {entry.Id}: its record is damaged in the " +
                "backup, and there is no earlier version.");
        }
        RestoreStep step = state switch
        {
            { IsLive: true } => PlanLive(use, entry, content, state),
            { IsTrashed: true, IsPurged: false } => PlanTrashed(use, entry, content, state),
            _ when entry.Trashed is null && FindEqual(use, content) is { } equal => PlanLive(use, entry, content, equal),
            _ => PlanMissing(use, entry, content, state),
        };
        if (step.Id is { } id)
            _met.Add(id);
        if (entry.Content is null && (here is not null || step.Action != RestoreAction.Unchanged))
        {
            string kept = here is null ? "the newest earlier version was taken" : "the value here stays";
            step = step with { Reason = $"its record is damaged in the backup; {kept}" };
        }
        return WithVersions(use, step, entry);
    }

    /// <summary>For a replacing restore: the entries that the backup lacks.</summary>
    public IEnumerable<Guid> NotMet(LocalVault vault, CancellationToken cancellationToken)
    {
        // All ids are read first, because the entries change during the loop.
        using VaultUse use = vault.Use();
        return EntryRow.Query(use, new EntryQuery(), withSecret: false).Select(row =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return row.Id;
        }).Where(id => !_met.Contains(id)).ToList();
    }

    public static RestoreStep PlanTrash(VaultUse use, Guid id)
    {
        string name = EntryState.Find(use.Connection, id) is { IsLive: true } state
            && Snapshot.TryOpen(use.Keys, state.Shown) is { Data: { } data } ? data.Name : "";
        return new RestoreStep(name, id, RestoreAction.Trashed, "it is not in the backup", writer => writer.Trash(id));
    }

    private RestoreStep PlanLive(VaultUse use, BackupEntry entry, EntryContent content, EntryState state)
    {
        Guid id = state.Id;
        if (entry.Trashed is not null)
        {
            return mode == RestoreMode.Replace
                ? new RestoreStep(content.Name, id, RestoreAction.Trashed, "it is in the trash of the backup", writer => writer.Trash(id))
                : new RestoreStep(content.Name, id, RestoreAction.Unchanged, "it is in the trash of the backup only");
        }
        EntryContent? here = ContentHere(use, state);
        EntryContent target = content;
        if (here is not null)
            target = mode == RestoreMode.Missing ? Newest(here, content) : here.Apply(new Snapshot(content, null, null).ToEdit(), use.Now);
        bool sameData = here?.HasSameFieldsAs(target) == true;
        (IReadOnlyList<string>? tags, bool? favorite) = FlagsToSet(use, entry, id);
        bool loses = mode == RestoreMode.Missing && here is not null && !here.HasSameFieldsAs(content) && !target.HasSameFieldsAs(content);
        if (sameData && tags is null && favorite is null)
        {
            return !loses ? new RestoreStep(content.Name, id, RestoreAction.Unchanged) : new RestoreStep(content.Name, id, RestoreAction.Unchanged,
                "online has a later edit; the backup's version is in the entry's history", writer => writer.KeepLoser(id, content));
        }
        return new RestoreStep(target.Name, id, RestoreAction.Updated, here is null ? "its record here was damaged" : null, writer =>
        {
            if (loses)
                writer.KeepLoser(id, content);
            writer.Put(id, sameData ? null : target, tags, favorite);
        });
    }

    private RestoreStep PlanTrashed(VaultUse use, BackupEntry entry, EntryContent content, EntryState state)
    {
        if (entry.Trashed is not null)
            return new RestoreStep(content.Name, entry.Id, RestoreAction.Unchanged, "it is in the trash");
        if (mode == RestoreMode.Missing && state.IsDeletedOnline && !entry.IsPending)
            return new RestoreStep(content.Name, entry.Id, RestoreAction.Unchanged, "it was deleted online; it is in the trash");
        (IReadOnlyList<string>? tags, bool? favorite) = FlagsToSet(use, entry, entry.Id);
        return new RestoreStep(content.Name, entry.Id, RestoreAction.Updated, "it is out of the trash again",
            writer => writer.Put(entry.Id, content, tags, favorite));
    }

    private RestoreStep PlanMissing(VaultUse use, BackupEntry entry, EntryContent content, EntryState? state)
    {
        bool deleted = mode == RestoreMode.Missing && state is { IsDeletedOnline: true } && !entry.IsPending;
        // An entry that is unknown here has no tags here either.
        (IReadOnlyList<string>? tags, bool? favorite) = state is null ? (entry.Tags, entry.Favorite) : FlagsToSet(use, entry, entry.Id);
        bool trash = deleted || entry.Trashed is not null;
        var step = new RestoreStep(content.Name, entry.Id, trash ? RestoreAction.Trashed : RestoreAction.Added,
            deleted ? "it was deleted online; it is in the trash" : entry.Trashed is not null ? "it is in the trash of the backup" : null);
        if (state is null)
        {
            return step with
            {
                Seal = writer => writer.SealNew(entry.Id, content, tags, favorite) + (trash ? () => writer.Trash(entry.Id) : null),
            };
        }
        return step with
        {
            Apply = writer =>
            {
                writer.Put(entry.Id, content, tags, favorite);
                if (trash)
                    writer.Trash(entry.Id);
            },
        };
    }

    /// <summary>The content of an entry in the vault, also of one in the trash. Null if none opens.</summary>
    private static EntryContent? ContentHere(VaultUse use, EntryState? state) =>
        state is { IsPurged: false } ? Snapshot.TryOpen(use.Keys, state.Shown)?.Data : null;

    /// <summary>Merges field by field: the later edit wins; at equal times the value here.</summary>
    private static EntryContent Newest(EntryContent here, EntryContent backup)
    {
        var merge = new EntryMerge(null, backup, here);
        foreach (string field in merge.Conflicts)
            merge.Choose(field, backup.TimeOf(field) > here.TimeOf(field) ? Side.Local : Side.Online);
        return merge.Merge();
    }

    /// <summary>A live entry under another id with equal content, unless it already matches another entry of the backup.</summary>
    private EntryState? FindEqual(VaultUse use, EntryContent content)
    {
        foreach (EntryRow row in EntryRow.Query(use, new EntryQuery { Name = content.Name }, withSecret: true))
        {
            if (!_met.Contains(row.Id) && Snapshot.TryOpen(use.Keys, new(RecordStream.Data, row.Id, row.Version, row.Head, row.Tail)) is { Data: { } data }
                && data.HasSameFieldsAs(content))
            {
                return EntryState.Find(use.Connection, row.Id);
            }
        }
        return null;
    }

    /// <summary>Tags and favorite to set. Null if they stay as they are.</summary>
    private (IReadOnlyList<string>? Tags, bool? Favorite) FlagsToSet(VaultUse use, BackupEntry entry, Guid id)
    {
        LocalOverlay tags = LocalOverlay.Tags(use), favorites = LocalOverlay.Favorites(use);
        Snapshot? tagsHere = Here(tags), favoriteHere = Here(favorites);
        // After a reset, the values that the sync brought stay; the backup only fills gaps.
        bool keep = mode == RestoreMode.Missing;
        IReadOnlyList<string>? wanted = entry.Tags ?? (mode == RestoreMode.Replace && tagsHere is not null ? [] : null);
        bool? flag = entry.Favorite ?? (mode == RestoreMode.Replace && favoriteHere is not null ? false : null);
        return (
            wanted is null || (keep && tagsHere is not null) || EntryTags.AreSame(wanted, tagsHere?.Tags ?? []) ? null : wanted,
            flag is null || (keep && favoriteHere is not null) || flag == (favoriteHere?.Favorite ?? false) ? null : flag);

        Snapshot? Here(LocalOverlay flags) =>
            flags.Effective(id) is { } value ? Snapshot.TryOpen(use.Keys, new(flags.Stream, id, value.Version, value.Body)) : null;
    }

    /// <summary>Adds the backup's earlier versions if the vault has none of the entry.</summary>
    private static RestoreStep WithVersions(VaultUse use, RestoreStep step, BackupEntry entry)
    {
        if (entry.Versions.Count == 0 || step.Id is not { } id || step.Action == RestoreAction.Failed
            || use.Connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM history WHERE stream IN (1, 2, 3) AND id = $1)", id) != 0)
        {
            return step;
        }
        if (step.Seal is { } seal)
            return step with { Seal = writer => writer.SealHistory(id, entry.Versions) + seal(writer) };
        return step with
        {
            Apply = writer =>
            {
                writer.AddHistory(id, entry.Versions);
                step.Apply?.Invoke(writer);
            },
        };
    }
}
