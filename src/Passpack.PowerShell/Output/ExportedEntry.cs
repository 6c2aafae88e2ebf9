using System.Management.Automation;
using Passpack.Vault;

namespace Passpack.PowerShell;

/// <summary>
/// An entry in the clear, flat: its properties are named like the columns of Passpack's own export, which no C# property can be. So it is
/// an object of PowerShell's, with a type name that gives it a view without secrets.
/// </summary>
internal static class ExportedEntry
{
    public const string TypeName = "Passpack.PowerShell.ExportedEntry";

    public static PSObject Of(FullEntry entry)
    {
        Transfer.ExportedEntry flat = Transfer.ExportedEntry.From(entry);
        var result = new PSObject();
        result.TypeNames.Insert(0, TypeName);
        foreach ((string name, object value) in new (string, object)[]
        {
            ("Entry Name", flat.EntryName), ("URL", flat.Url), ("User ID", flat.UserId), ("Password", flat.Password), ("Notes", flat.Notes),
            ("Shared Notes", flat.SharedNotes), ("Tags", flat.Tags), ("Extra Fields", flat.ExtraFields), ("Email", flat.Email),
            ("Id", flat.Id), ("Favorite", flat.Favorite), ("Created", flat.Created), ("Modified", flat.Modified),
        })
        {
            result.Properties.Add(new PSNoteProperty(name, value), preValidated: true);
        }
        return result;
    }
}
