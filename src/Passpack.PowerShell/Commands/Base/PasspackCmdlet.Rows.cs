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

    private void NoteTyped()
    {
        Typed = MyInvocation.BoundParameters.Keys.ToHashSet();
        if (FindFault() is { } fault)
            ThrowTerminatingError(ErrorRecords.From(ErrorRecords.Invalid(fault, null)));
    }

    /// <summary>Whether the row is valid. If not, an error was written.</summary>
    private bool TakeRow()
    {
        string? fault = FindFault() ?? (Row is not null && !OfRow().Any(bound => bound.Value is not null) ? DescribeRefused(Row) : null);
        if (fault is not null)
            WriteError(ErrorRecords.Invalid(fault, null));
        return fault is null;
    }

    // PowerShell resets the properties after each row, but not BoundParameters.
    private void ForgetRow()
    {
        foreach (string parameter in MyInvocation.BoundParameters.Keys.Except(Typed).ToArray())
            MyInvocation.BoundParameters.Remove(parameter);
    }

    // A row that names a missing account or file does not stop the other rows.
    private bool IsOfRow(PasspackException error) => error.ErrorId switch
    {
        ErrorCodes.AccountNotFound => OfRow().Any(bound => bound.Key == nameof(AccountCmdlet.Account)),
        ErrorRecords.PathNotFound or ErrorRecords.PathNotAccessible => OfRow().Any(bound => bound.Key.EndsWith("Path", StringComparison.Ordinal)),
        _ => false,
    };

    private IEnumerable<KeyValuePair<string, object>> OfRow() =>
        MyInvocation.BoundParameters.Where(bound => bound.Key != nameof(Row) && !Typed.Contains(bound.Key));

    private string? FindFault()
    {
        foreach ((string parameter, object value) in MyInvocation.BoundParameters)
        {
            if (BindingFaults.TryFind(parameter, value, out string? fault))
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
            + (taken.Length == 0 ? "It takes nothing from the pipeline." : $"It takes {string.Join(", ", taken)}.");
    }
}
