using System.Collections;
using System.Management.Automation;
using System.Security;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Fields;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For Extra Fields: accepts a dictionary or an object of names and data, or of one field's Name, Type and Data; objects from GetExtraFields(), or a cell
/// of Passpack's export. Null, which Import-Csv gives for a missing cell, counts as not given. No message shows data.
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
        IDictionary fields => ReadMembers([.. fields.Cast<DictionaryEntry>().Select(field => (Unwrap(field.Key), Unwrap(field.Value)))]),
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
        : ReadMembers([.. value.Properties.Select(field => ((object?)field.Name, Unwrap(field.Value)))]);

    // Name, Type and Data of one field, or any names and data of several.
    private static IEnumerable<ExtraField> ReadMembers((object? Name, object? Data)[] members)
    {
        object? name = Find("Name"), type = Find("Type");
        if (name is null || members.Length is < 2 or > 3 || !members.All(member => IsOneOf(member.Name, "Name", "Type", "Data")))
            return members.Select(member => Make(member.Name, NotSaid, member.Data));
        return type is null or string ? [Make(name, ((string?)type ?? NotSaid).Trim().ToLowerInvariant(), Find("Data"))]
            : throw new FormatException($"takes a Type that is a text, such as 'totp'; that of '{View.Text(name)}' is of type {type.GetType().Name}.");

        object? Find(string key) => members.FirstOrDefault(member => IsOneOf(member.Name, key)).Data;
    }

    private static bool IsOneOf(object? name, params string[] names) => name is string text && names.Contains(text, StringComparer.OrdinalIgnoreCase);

    // A hashtable of names and data does not say types.
    private const string NotSaid = Vault.Entries.ExtraField.TypeNotSaid;

    private static ExtraField Make(object? name, string type, object? data) => (name, data) switch
    {
        (string text, null) => new ExtraField(text, type, ""),
        (string text, string value) => Enter(text, type, value),
        (string text, SecureString secret) => Enter(text, type, secret.Read(characters => new string(characters))),
        (string text, PSCredential credential) when type is NotSaid or FieldTypes.Credential => new ExtraField(text, FieldTypes.Credential,
            new FieldCredential(credential.UserName, credential.Password.Read(characters => new string(characters))).Write()),
        (string text, byte[] bytes) when type is NotSaid or FieldTypes.Binary =>
            new ExtraField(text, FieldTypes.Binary, FieldData.Enter(bytes, out string? fault) ?? throw Unfit(text, FieldTypes.Binary, fault)),
        // A number is refused, because 007 and 7 would be the same.
        (string text, _) => throw new FormatException(
            $"takes texts, but the data of '{View.Text(text)}' is of type {data.GetType().Name}; put it in quotes, so that every character counts as typed."),
        _ => throw new FormatException("takes names that are texts."),
    };

    private static ExtraField Enter(string name, string type, string data) =>
        new(name, type, FieldData.Enter(type, data, name, out string? fault) ?? throw Unfit(name, type, fault));

    private static FormatException Unfit(string name, string type, string? fault) =>
        new($"cannot take the data of '{View.Text(name)}' as {type}: {fault}.");

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static FormatException Refuse(string what) =>
        new("takes a hashtable such as @{ pin = '0815' } or @{ Name = 'pin'; Type = 'hidden'; Data = '0815' }, what GetExtraFields() gives, "
            + $"or a cell of an export; this is {what}.");
}
