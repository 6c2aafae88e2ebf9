using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;

namespace Passpack.PowerShell.Commands;

// Checking pipeline objects. PowerShell's own binding errors contain the whole object with its secrets; so every object binds, and faults are
// reported here without the object.
public abstract partial class PasspackCmdlet
{
    /// <summary>The piped object, of any type. Not for typing.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    [AllowNull]
    [RowTransformation]
    public PipedRow? Row { get; set; }

    /// <summary>The parameters typed on the command line; they hold for every row.</summary>
    private protected IReadOnlySet<string> Typed { get; private set; } = new HashSet<string>();

    /// <summary>
    /// Refuses an Entry: it has a property Account too, and <c>Get-PasspackEntry old | Remove-PasspackLocalAccount</c> must not take the account
    /// away.
    /// </summary>
    private protected void RefuseEntry()
    {
        if (Row?.Value?.BaseObject is Entry entry)
            throw ErrorRecords.Invalid($"{MyInvocation.MyCommand.Name} is for accounts, and '{entry.Name}' is an entry.", entry);
    }

    private void NoteTyped()
    {
        Typed = MyInvocation.BoundParameters.Keys.ToHashSet();
        if (FindFault() is { } fault)
            ThrowTerminatingError(ErrorRecords.From(ErrorRecords.Invalid(fault, null)));
    }

    /// <summary>Whether the row is valid. If not, an error was written.</summary>
    private bool TakeRow()
    {
        string? fault = FindFault() ?? (Row is not null && !IsTaken() ? DescribeRefused(Row) : null);
        if (fault is not null)
            WriteError(ErrorRecords.Invalid(fault, null));
        else
            WarnOfColumns();
        return fault is null;
    }

    private bool IsTaken()
    {
        foreach ((string parameter, object value) in MyInvocation.BoundParameters)
        {
            if (value is not (null or PipedRow) && !Typed.Contains(parameter))
                return true;
        }
        return false;
    }

    // PowerShell resets the properties after each row, but not BoundParameters. (A dictionary may lose keys while it is enumerated.)
    private void ForgetRow()
    {
        foreach (string parameter in MyInvocation.BoundParameters.Keys)
        {
            if (!Typed.Contains(parameter))
                MyInvocation.BoundParameters.Remove(parameter);
        }
    }

    // An account or a file that a row names, and that is not there, or is wrong, is no reason to leave the other rows out.
    private bool IsOfRow(PasspackException error) => error.ErrorId switch
    {
        ErrorCodes.AccountNotFound when OfRow().Any(bound => bound.Key == nameof(AccountCmdlet.Account)) => true,
        ErrorRecords.PathNotFound or ErrorRecords.PathNotAccessible or ErrorCodes.FormatNotRecognized or ErrorCodes.TextDamaged => FilesOfRow().Any(),
        // Every other id can be of the vault as well; then that is its target.
        _ => error.Target is string target && FilesOfRow().Any(path => ResolveFile(path) == target),
    };

    private IEnumerable<string> FilesOfRow() => OfRow().Where(bound => bound.Key.EndsWith("Path", StringComparison.Ordinal))
        .SelectMany(bound => bound.Value is string path ? [path] : bound.Value as string[] ?? []);

    private IEnumerable<KeyValuePair<string, object>> OfRow() =>
        MyInvocation.BoundParameters.Where(bound => bound.Value is not PipedRow && !Typed.Contains(bound.Key));

    private string? FindFault()
    {
        foreach ((string parameter, object value) in MyInvocation.BoundParameters)
        {
            if (BindingFaults.TryFind(parameter, value, Typed.Contains(parameter), out string? fault))
                return fault;
        }
        return null;
    }

    private string DescribeRefused(PipedRow row)
    {
        if (row.Value is null)
            return "What was piped in is null.";
        (string Name, ParameterAttribute Way, Type Type)[] ways =
        [
            .. MyInvocation.MyCommand.Parameters.Values.SelectMany(parameter => parameter.Attributes.OfType<ParameterAttribute>()
                .Where(way => !way.DontShow).Select(way => (parameter.Name, way, parameter.ParameterType))),
        ];
        string[] taken =
        [
            .. ways.Where(way => way.Way.ValueFromPipeline).Select(way => $"an object of type {way.Type.Name}").Distinct(),
            .. ways.Where(way => way.Way.ValueFromPipelineByPropertyName && !way.Way.ValueFromPipeline).Select(way => $"the property {way.Name}").Distinct(),
        ];
        return $"Of what was piped in, {MyInvocation.MyCommand.Name} can take nothing. "
            + (taken.Length == 0 ? "It takes nothing from the pipeline." : $"It takes {string.Join(", ", taken)}.") + DescribeColumns(row);
    }

    /// <summary>
    /// The columns of a row of a table, to go after a sentence. Of a file without a header their names are somebody's data: so they are shown only where the
    /// cmdlet knows one of them.
    /// </summary>
    private protected string DescribeColumns(PipedRow? row)
    {
        if (row?.Value is not { BaseObject: PSCustomObject } table)
            return "";
        HashSet<string> known = [.. MyInvocation.MyCommand.Parameters.Values
            .SelectMany(parameter => (string[])[parameter.Name, .. parameter.Aliases]).Select(name => name.ToUpperInvariant())];
        string[] names = [.. table.Properties.Select(property => property.Name)];
        if (names is [var only] && ";\t|,".FirstOrDefault(only.Contains) is var separator and not '\0')
        {
            return only.Split(separator).Any(name => known.Contains(name.Trim(' ', '"').ToUpperInvariant()))
                ? " The row has one column, whose name holds the separator of several: read the file with Import-Csv " +
                    $"-Delimiter {(separator == '\t' ? "\"`t\"" : $"'{separator}'")}."
                : "";
        }
        return names.Any(name => known.Contains(name.ToUpperInvariant()))
            ? $" The row has the columns {string.Join(", ", names.Select(name => $"'{View.Text(name)}'"))}."
            : $" The row has {names.Length} column(s), none of which {MyInvocation.MyCommand.Name} knows.";
    }
}
