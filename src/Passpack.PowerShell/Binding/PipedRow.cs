using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>A pipeline object as it came. Its text shows none of its content.</summary>
public sealed class PipedRow
{
    // The type name of Entry; jobs, Import-Clixml, Select-Object and ConvertFrom-Csv add a prefix.
    private static readonly string s_entry = typeof(Entry).FullName!;

    private bool? _isCopyOfEntry;
    private PSPropertyInfo[]? _columns;

    internal PipedRow(object? value) => Value = value is null ? null : PSObject.AsPSObject(value);

    internal PSObject? Value { get; }

    /// <summary>Its properties, looked up once: PowerShell puts them together anew for each look.</summary>
    internal IReadOnlyList<PSPropertyInfo> Columns => _columns ??= Value is null ? [] : [.. Value.Properties];

    /// <summary>Whether it is a copy of an entry, or of some of its properties: then values may be outdated, and secrets are missing.</summary>
    internal bool IsCopyOfEntry => _isCopyOfEntry ??= FindCopy();

    /// <summary>A fixed text without content.</summary>
    public override string ToString() => "a row";

    // From JSON and CSV only the property names are left; only an entry has Trashed.
    private bool FindCopy() => Value is { BaseObject: not Entry } value
        && (value.TypeNames.Any(name => name.EndsWith(s_entry, StringComparison.Ordinal)
            && (name.Length == s_entry.Length || name[^(s_entry.Length + 1)] is '.' or ':'))
            || (value.BaseObject is PSCustomObject ? Has(nameof(Entry.Trashed)) : value.Properties[nameof(Entry.Trashed)] is not null));

    private bool Has(string column)
    {
        foreach (PSPropertyInfo one in Columns)
        {
            if (one.Name.Equals(column, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }
}

/// <summary>Binds any piped object.</summary>
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
