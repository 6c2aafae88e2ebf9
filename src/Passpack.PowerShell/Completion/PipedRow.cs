using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>An object of the pipeline as it came. It shows nothing of itself.</summary>
public sealed class PipedRow
{
    // Entry's own name, and what jobs, Import-Clixml, Select-Object and ConvertFrom-Csv put before it.
    private static readonly string s_entry = typeof(Entry).FullName!;

    private bool? _isCopyOfEntry;

    internal PipedRow(object? value) => Value = value is null ? null : PSObject.AsPSObject(value);

    internal PSObject? Value { get; }

    /// <summary>Whether it is a copy of an entry, or of some of its properties: what it holds may be old, and its secrets are missing.</summary>
    internal bool IsCopyOfEntry => _isCopyOfEntry ??= FindCopy();

    /// <summary>Says that there is one.</summary>
    public override string ToString() => "a row";

    // Of JSON and CSV only the names of the properties are left, of which Trashed is an entry's alone.
    private bool FindCopy() => Value is { BaseObject: not Entry } value
        && (value.TypeNames.Any(name => name.EndsWith(s_entry, StringComparison.Ordinal) && (name.Length == s_entry.Length || name[^(s_entry.Length + 1)] is '.' or ':'))
            || value.Properties[nameof(Entry.Trashed)] is not null);
}

/// <summary>Takes whatever is piped in.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RowTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>What another parameter takes, and null with it: PowerShell then passes this one over, without an exception.</summary>
    public Type[] PassesOn { get; set; } = [];

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is PipedRow)
            return value;
        return PassesOn.Length == 0 || (value is not null && !Array.Exists(PassesOn, type => type.IsInstanceOfType(value)))
            ? new PipedRow(inputData) : value ?? DBNull.Value;
    }
}

/// <summary>Leaves a null of the pipeline to the other parameters: PowerShell then passes this one over, without an error of its own.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NotNullTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData) => inputData ?? DBNull.Value;
}
