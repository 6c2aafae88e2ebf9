using System.Globalization;
using System.Collections.Immutable;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>What users do on their machines.</summary>
internal sealed partial class World
{
    private void DoLocal(int machine, Step step)
    {
        Machine here = _machines[machine]!;
        long now = _clocks[machine].Now;
        if (step.Kind == Kind.Add)
        {
            Add(machine, here, step);
            Check(machine);
            return;
        }
        bool fromTrash = step.Kind is Kind.Restore or Kind.Purge || (step.Kind == Kind.RestoreVersion && step.Variant % 3 == 0);
        if (Pick(machine, step, fromTrash) is not { } id)
            return;
        Guid real = _ids[id];
        switch (step.Kind)
        {
            case Kind.Edit or Kind.Rename:
                Dictionary<string, string> values = Values(step, id);
                here.Edit(real, ToEdit(values));
                Change(state => state.Edit(machine, id, values, now), $"machine {machine} edits {id}: {Text(values)}");
                break;
            case Kind.Trash:
                here.Trash(real);
                Change(state => state.Trash(machine, id), $"machine {machine} trashes {id}");
                break;
            case Kind.Restore:
                here.Restore(real);
                Change(state => state.Restore(machine, id), $"machine {machine} restores {id}");
                break;
            case Kind.Purge:
                here.Purge(real);
                _purged.Add(id);
                Change(state => state.Purge(machine, id), $"machine {machine} removes {id} for good");
                break;
            case Kind.Tags:
                string tags = Tags(step) ?? "";
                here.Edit(real, new EntryEdit { Tags = Split(tags) });
                Change(state => state.SetFlag(machine, Flag.Tags, id, tags), $"machine {machine} tags {id}: {Text(tags)}");
                break;
            case Kind.Favorite:
                bool favorite = step.Variant % 2 == 0;
                here.Edit(real, new EntryEdit { Favorite = favorite });
                Change(state => state.SetFlag(machine, Flag.Favorite, id, favorite ? "yes" : ""), $"machine {machine} makes {id} {(favorite ? "a" : "no")} favorite");
                break;
            case Kind.RestoreVersion:
                RestoreVersion(machine, id, step);
                break;
            default:
                throw new ArgumentException(step.ToString());
        }
        Check(machine);
    }

    private void RestoreVersion(int machine, string id, Step step)
    {
        Machine here = _machines[machine]!;
        long now = _clocks[machine].Now;
        IReadOnlyList<EntryVersion> versions = here.Vault.History(_ids[id]);
        if (versions.Count == 0)
            return;
        EntryVersion version = versions[step.Variant % versions.Count];
        Snapshot snapshot;
        using (VaultUse use = here.Vault.Use())
            snapshot = History.Open(use, version);
        using (VaultWriter writer = here.Vault.BeginWrite())
        {
            writer.Restore(version);
            writer.Commit();
        }
        if (snapshot.Data is { } data)
        {
            ImmutableSortedDictionary<string, string> fields = FieldsOf(data.ToSummary(Guid.Empty, 0, [], false), data.ToSecret());
            Change(state => state.RestoreVersion(machine, id, fields, now), $"machine {machine} restores version {version.Number} of {id}: {Text(fields)}");
            return;
        }
        (Flag flag, string value) = snapshot.Tags is { } tags ? (Flag.Tags, string.Join('\n', tags)) : (Flag.Favorite, snapshot.Favorite is true ? "yes" : "");
        Change(state => (state[machine].Trashed(id) is null ? state : state.Restore(machine, id)).SetFlag(machine, flag, id, value),
            $"machine {machine} restores version {version.Number} of {id}: {flag} {Text(value)}");
    }

    private void Add(int machine, Machine here, Step step)
    {
        string id = NewName();
        var values = new Dictionary<string, string>(Values(step, id)) { [Content.Name] = $"name {id}" };
        string? tags = step.Variant % 3 == 0 ? $"new {id}" : null;
        bool favorite = step.Variant % 5 == 0;
        Bind(id, here.Add(values[Content.Name], ToEdit(values) with { Tags = Split(tags), Favorite = favorite ? true : null }).Id);
        Change(state => state.Add(machine, id, values, tags, favorite, _clocks[machine].Now),
            $"machine {machine} adds {id}: {Text(values)}{(tags is null ? "" : $" [{tags}]")}{(favorite ? " favorite" : "")}");
    }

    private string? Pick(int machine, Step step, bool trashed = false)
    {
        string[] ids = [.. (trashed ? _states[0][machine].TrashedIds : _states[0][machine].LiveIds).Where(_ids.ContainsKey)];
        return ids.Length == 0 ? null : ids[step.Entry % ids.Length];
    }

    /// <summary>A field and a value that never was before.</summary>
    private Dictionary<string, string> Values(Step step, string id)
    {
        string value = $"v{++_values}";
        _written.Add((id, value, step.Kind is Kind.OnlineAdd or Kind.OnlineEdit));
        return step.Kind == Kind.Rename ? new Dictionary<string, string> { [Content.Name] = $"name {value}" } : (step.Variant % 9) switch
        {
            0 => new Dictionary<string, string> { ["notes"] = value },
            1 => new Dictionary<string, string> { [Content.Login] = $"user\n{value}" },
            2 => new Dictionary<string, string> { [Content.Login] = $"{value}\npassword" },
            3 => new Dictionary<string, string> { ["url"] = value },
            4 => new Dictionary<string, string> { ["email"] = value, ["notes"] = value },
            5 => new Dictionary<string, string> { ["shared"] = value },
            6 => new Dictionary<string, string> { [$"{Content.Extra}a"] = value, [$"{Content.Extra}b"] = "" },
            7 => new Dictionary<string, string> { ["type"] = value, ["expires"] = $"{1_700_000_000_000 + _values}" },
            _ => new Dictionary<string, string> { [$"{Content.Extra}a"] = value, [$"{Content.Extra}b"] = value },
        };
    }

    private string? Tags(Step step) => (step.Variant % 4) switch { 0 => "", 1 => $"T{++_values}", 2 => $"T{++_values}\nsecond", _ => "same" };

    private static string[]? Split(string? tags) => tags is null ? null : tags.Length == 0 ? [] : tags.Split('\n');

    private static EntryEdit ToEdit(IReadOnlyDictionary<string, string> values)
    {
        string[]? login = values.TryGetValue(Content.Login, out string? both) ? both.Split('\n') : null;
        string[] extra = [.. values.Keys.Where(field => field.StartsWith(Content.Extra, StringComparison.Ordinal))];
        return new EntryEdit
        {
            Name = values.GetValueOrDefault(Content.Name),
            UserId = login?[0],
            Password = login?[1],
            Url = values.GetValueOrDefault("url"),
            Email = values.GetValueOrDefault("email"),
            Notes = values.GetValueOrDefault("notes"),
            SharedNotes = values.GetValueOrDefault("shared"),
            Type = values.GetValueOrDefault("type"),
            Expires = values.GetValueOrDefault("expires") is { Length: > 0 } expires
                ? DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(expires, CultureInfo.InvariantCulture)) : null,
            ExtraFields = extra.Length == 0 ? null
                : [.. extra.Where(field => values[field].Length > 0).Order().Select(field => new ExtraField(field[Content.Extra.Length..], "text", values[field]))],
        };
    }

    private static Content ContentOf(FullEntry entry) => new(
        FieldsOf(entry.Summary, entry.Secret),
        ImmutableSortedDictionary<string, long>.Empty, entry.Summary.Created.ToUnixTimeMilliseconds(), entry.Summary.Modified.ToUnixTimeMilliseconds());

    private static Content ContentOf(EntryContent data) => new(FieldsOf(data.ToSummary(Guid.Empty, 0, [], false), data.ToSecret()),
        ImmutableSortedDictionary<string, long>.Empty, data.Created, data.Modified);

    private static ImmutableSortedDictionary<string, string> FieldsOf(EntrySummary summary, EntrySecret secret)
    {
        var fields = new Dictionary<string, string>
        {
            [Content.Name] = summary.Name,
            [Content.Login] = summary.UserId.Length + secret.Password.Length == 0 ? "" : $"{summary.UserId}\n{secret.Password}",
            ["url"] = summary.Url,
            ["email"] = summary.Email,
            ["notes"] = secret.Notes,
            ["shared"] = secret.SharedNotes,
            ["type"] = summary.Type == Passpack.Vault.Fields.EntryTypes.Login ? "" : summary.Type,
            ["expires"] = $"{summary.Expires?.ToUnixTimeMilliseconds()}",
        };
        foreach (ExtraField field in secret.ExtraFields)
            fields[Content.Extra + field.Name] = field.Data;
        return Content.New(fields, 0).Fields;
    }

    private static string Text(IEnumerable<KeyValuePair<string, string>> values) => string.Join(' ', values.Select(value => $"{value.Key}={Text(value.Value)}"));

    private static string Text(string value) => value.Replace('\n', '/');
}
