using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Writing;

/// <summary>
/// Counts the entries that a target does not hold whole, by kind. A writer tells of each part where it leaves it out or changes it; the export ends with
/// one warning, or under <see cref="ExportOptions.Strict"/> with an error before the file appears. Never a value.
/// </summary>
internal sealed class TargetLosses(TargetFormat target)
{
    private readonly Dictionary<TargetLoss, long> _entries = [];
    private readonly HashSet<TargetLoss> _told = [];
    private EntrySummary? _present, _firstLost;

    /// <summary>What is told from here on is of this entry.</summary>
    public void Next(EntrySummary entry)
    {
        _present = entry;
        _told.Clear();
        Tell(TargetFormat.Attachments, entry.Attachments > 0);
    }

    /// <summary>Tells of a part of the present entry; told twice, it counts once.</summary>
    /// <param name="loss">One of <see cref="TargetFormat.Losses"/>.</param>
    public void Tell(TargetLoss loss)
    {
        if (!target.Losses.Contains(loss))
            throw new InvalidOperationException($"\"{loss.What}\" is not in the table of what {target.Format} cannot hold.");
        if (!_told.Add(loss))
            return;
        _entries[loss] = _entries.GetValueOrDefault(loss) + 1;
        if (loss.As is null)
            _firstLost ??= _present;
    }

    /// <summary>Tells of a part if the present entry has it.</summary>
    public void Tell(TargetLoss loss, bool has)
    {
        if (has)
            Tell(loss);
    }

    /// <summary>Ends the export.</summary>
    /// <param name="isStrict">Whether an entry that is not held whole is an error.</param>
    /// <param name="warn">Told of everything otherwise.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ExportNotWhole"/>.</exception>
    public void End(bool isStrict, Action<string>? warn)
    {
        string lost = Join(loss => loss.As is null ? loss.What : null), changed = Join(loss => loss.As is { } form ? $"{loss.What} as {form}" : null);
        if (isStrict && lost.Length > 0)
        {
            throw new PasspackException(ErrorCodes.ExportNotWhole, $"{target.Format} has no place for: {lost}. The first of them is \"{_firstLost!.Name}\" " +
                $"({_firstLost.Id}). Nothing was written. Without -Strict the rest is written.") { Target = _firstLost.Id };
        }
        if (lost.Length > 0)
            warn?.Invoke($"{target.Format} has no place for: {lost}. They are not in the file.");
        if (changed.Length > 0)
            warn?.Invoke($"{target.Format} holds in another form: {changed}.");

        string Join(Func<TargetLoss, string?> describe) => string.Join("; ",
            from loss in target.Losses
            where _entries.ContainsKey(loss)
            let what = describe(loss)
            where what is not null
            select $"{what} ({(_entries[loss] == 1 ? "1 entry" : $"{_entries[loss]:N0} entries")})");
    }
}
