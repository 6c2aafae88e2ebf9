using System.Collections;
using System.Management.Automation;
using System.Security;
using Passpack.Transfer.Layouts;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For Extra Fields: accepts a dictionary or an object of names and data, objects from GetExtraFields(), or a cell of Passpack's export. Null, which
/// Import-Csv gives for a missing cell, counts as not given. No message shows data.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExtraFieldTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        try
        {
            return Read(inputData)?.ToArray();
        }
        catch (FormatException e)
        {
            return BindingFaults.Carry(new ExtraField[1], e.Message);
        }
    }

    private static IEnumerable<ExtraField>? Read(object? given) => Unwrap(given) switch
    {
        null => null,
        string => ReadCell(Cell.Of(given)!),
        ExtraField field => [field],
        IDictionary fields => fields.Cast<DictionaryEntry>().Select(field => Make(Unwrap(field.Key), Unwrap(field.Value))),
        IEnumerable several => several.Cast<object?>().SelectMany(one => Read(one) ?? []),
        PSCustomObject => ReadObject((PSObject)given!),
        object other => throw Refuse($"of type {other.GetType().Name}"),
    };

    private static IEnumerable<ExtraField> ReadCell(string cell)
    {
        if (cell.Length > 0 && !Cell.Holds(cell, "extraFields"))
            throw Refuse("a text");
        try
        {
            return [.. ModernLayout.ReadExtraFields(cell).Select(field => new ExtraField(field.Name, field.Type, field.Data))];
        }
        catch (FormatException e)
        {
            throw new FormatException($"cannot be read as a cell: {e.Message}.", e);
        }
    }

    private static IEnumerable<ExtraField> ReadObject(PSObject value) =>
        value.TypeNames.Any(name => name.EndsWith(typeof(ExtraField).FullName!, StringComparison.Ordinal))
        ? throw Refuse("a copy of an Extra Field, which lacks its data")
        : value.Properties.Select(field => Make(field.Name, Unwrap(field.Value)));

    // A hashtable says names and data only.
    private const string NotSaid = Vault.Entries.ExtraField.TypeNotSaid;

    private static ExtraField Make(object? name, object? data) => (name, data) switch
    {
        (string, null) => new ExtraField((string)name, NotSaid, ""),
        (string, string text) => new ExtraField((string)name, NotSaid, text),
        (string, SecureString secret) => new ExtraField((string)name, NotSaid, secret.Read(characters => new string(characters))),
        // A number is refused, because 007 and 7 would be the same.
        (string, _) => throw new FormatException(
            $"takes texts, but the data of '{View.Text(name)}' is of type {data.GetType().Name}; put it in quotes, so that every character counts as typed."),
        _ => throw new FormatException("takes names that are texts."),
    };

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static FormatException Refuse(string what) =>
        new($"takes a hashtable such as @{{ pin = '0815' }}, what GetExtraFields() gives, or a cell of an export; this is {what}.");
}
