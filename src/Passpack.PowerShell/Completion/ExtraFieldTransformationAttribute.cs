using System.Collections;
using System.Management.Automation;
using System.Security;
using Passpack.Transfer;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For Extra Fields: a dictionary of names and data, objects that GetExtraFields() gave, or a cell of Passpack's export. Null, as Import-Csv
/// gives for a cell that is not there, is not given. No message shows data.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExtraFieldTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = Unwrap(inputData);
        return value switch
        {
            null => null,
            string => ReadCell(Cell.Of(value)!),
            ExtraField field => new[] { field },
            IDictionary fields => fields.Cast<DictionaryEntry>().Select(field => Make(Unwrap(field.Key), Unwrap(field.Value))).ToArray(),
            IEnumerable several => several.Cast<object?>().SelectMany(one => (ExtraField[]?)Transform(engineIntrinsics, one) ?? []).ToArray(),
            _ => throw Refuse($"a {value.GetType().Name}"),
        };
    }

    private static ExtraField[] ReadCell(string cell)
    {
        if (cell.Length > 0 && !Cell.Holds(cell, "extraFields"))
            throw Refuse("a text");
        return [.. Cell.Read(cell, "Extra Fields", ModernLayout.ReadExtraFields).Select(field => new ExtraField(field.Name, field.Type, field.Data))];
    }

    private static ExtraField Make(object? name, object? data) => (name, data) switch
    {
        (string, null) => new ExtraField((string)name, "text", ""),
        (string, string text) => new ExtraField((string)name, "text", text),
        (string, SecureString secret) => new ExtraField((string)name, "text", secret.Read(characters => new string(characters))),
        // 007 and 7 would be the same number.
        (string, _) => throw new ArgumentTransformationMetadataException(
            $"The data of the Extra Field '{View.Text(name)}' is a {data.GetType().Name}; put it in quotes, so that every character counts as typed."),
        _ => throw new ArgumentTransformationMetadataException("The name of an Extra Field is a text."),
    };

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static ArgumentTransformationMetadataException Refuse(string what) =>
        new($"Extra Fields are a hashtable such as @{{ pin = '0815' }}, what GetExtraFields() gives, or a cell of an export; this is {what}.");
}
