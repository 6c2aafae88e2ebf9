using System.Management.Automation;

namespace Passpack.PowerShell.Commands;

// What becomes of the columns of a row: a value is kept, or the user is told, once a column.
public abstract partial class PasspackCmdlet
{
    // Columns of an export that cannot be set.
    private static readonly string[] s_ofExports = ["Id", "Created", "Modified"];
    private readonly HashSet<string> _told = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _seen = [];

    // The columns of the last row, if there was nothing to tell of whatever they held: rows of one table have the same names, mostly the same objects.
    private string[] _plain = [];

    /// <summary>Whether a column that no parameter takes would be missed.</summary>
    private protected virtual bool IsWholeRowMeant => false;

    // By each of its names, what a parameter is called: first by its own, then by its aliases, in the order in which PowerShell looks for them.
    private Dictionary<string, string[]> Columns => field ??= MyInvocation.MyCommand.Parameters.Values
        .Where(parameter => parameter.ParameterSets.Values.Any(set => set.ValueFromPipelineByPropertyName) && !Typed.Contains(parameter.Name))
        .Select(parameter => (string[])[parameter.Name, .. parameter.Aliases])
        .SelectMany(names => names.Select(name => (name, names)))
        .ToDictionary(column => column.name, column => column.names, StringComparer.OrdinalIgnoreCase);

    private void WarnOfColumns()
    {
        if (Row is not { IsCopyOfEntry: false, Value: { BaseObject: PSCustomObject } row })
            return;
        IReadOnlyList<PSPropertyInfo> columns = Row.Columns;
        if (IsPlain(columns))
            return;
        _seen.Clear();
        bool plain = true;
        foreach (PSPropertyInfo column in columns)
        {
            if (Columns.TryGetValue(column.Name, out string[]? names))
            {
                if (!_seen.Add(names[0]))
                {
                    plain = false;
                    WarnOfDoubles(row, names);
                }
                continue;
            }
            plain &= !IsWholeRowMeant;
            if (IsWholeRowMeant && !Typed.Contains(column.Name) && !s_ofExports.Contains(column.Name, StringComparer.OrdinalIgnoreCase)
                && column.Value is not (null or "") && _told.Add(column.Name))
            {
                WriteWarning($"The column '{column.Name}' is none that {MyInvocation.MyCommand.Name} takes, so nothing of it is kept.");
            }
        }
        _plain = plain ? [.. columns.Select(column => column.Name)] : [];
    }

    private bool IsPlain(IReadOnlyList<PSPropertyInfo> columns)
    {
        if (columns.Count != _plain.Length || _plain.Length == 0)
            return false;
        for (int i = 0; i < _plain.Length; i++)
        {
            if (!ReferenceEquals(columns[i].Name, _plain[i]))
                return false;
        }
        return true;
    }

    // PowerShell takes the first that the row has, even where that is empty, and says nothing of the others.
    private void WarnOfDoubles(PSObject row, string[] names)
    {
        PSPropertyInfo[] doubles = [.. names.Select(name => row.Properties[name]).Where(column => column is not null)];
        foreach (PSPropertyInfo lost in doubles[1..])
        {
            if (lost.Value is not (null or "") && !IsSame(doubles[0].Value, lost.Value) && _told.Add(lost.Name))
            {
                WriteWarning($"The columns '{doubles[0].Name}' and '{lost.Name}' both stand for -{names[0]}. " +
                    $"'{doubles[0].Name}' counts, so nothing of '{lost.Name}' is kept.");
            }
        }
    }

    // A file's PSPath is its FullName behind the name of a provider.
    private static bool IsSame(object? kept, object lost) =>
        Equals(kept, lost) || (kept is string path && lost is string name && path.EndsWith($"::{name}", StringComparison.Ordinal));
}
