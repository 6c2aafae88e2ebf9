using System.Management.Automation;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell;

/// <summary>
/// An entry in the clear, flat: its properties are named like the columns of Passpack's own export, with spaces, which C# does not allow. So it is a
/// PSObject, with a type name that selects a view without secrets.
/// </summary>
internal static class ExportedEntry
{
    public const string TypeName = "Passpack.PowerShell.ExportedEntry";

    private static readonly string[] s_shown = ["Entry Name", "User ID", "URL", "Email", "Tags", "Favorite", "Id"];

    /// <param name="entry">The entry.</param>
    /// <param name="plain">Tags as an array, Extra Fields as an object of names and data, in place of cells of a file.</param>
    public static PSObject Of(FullEntry entry, bool plain = false)
    {
        Transfer.Writing.ExportedEntry flat = Transfer.Writing.ExportedEntry.From(entry);
        var result = new PSObject();
        result.TypeNames.Insert(0, TypeName);
        foreach ((string name, object value) in new (string, object)[]
        {
            ("Entry Name", flat.EntryName), ("URL", flat.Url), ("User ID", flat.UserId), ("Password", flat.Password), ("Notes", flat.Notes),
            ("Shared Notes", flat.SharedNotes), ("Tags", plain ? entry.Summary.Tags.ToArray() : flat.Tags),
            ("Extra Fields", plain ? Fields(entry.Secret.ExtraFields) : flat.ExtraFields), ("Email", flat.Email),
            ("Id", flat.Id), ("Favorite", flat.Favorite), ("Type", flat.Type), ("Expires", flat.Expires), ("Created",
                flat.Created), ("Modified", flat.Modified),
        })
        {
            result.Properties.Add(new PSNoteProperty(name, value), preValidated: true);
        }
        // If a stream has several types, PowerShell uses the view of the first only, and lists the others by this set. Not in the types file, because
        // there a second copy of the module in one session would fail.
        result.Members.Add(new PSMemberSet("PSStandardMembers", [new PSPropertySet("DefaultDisplayPropertySet", s_shown)]), preValidated: true);
        return result;
    }

    /// <summary>Whether the Extra Fields can become one object: their names have to differ by more than case.</summary>
    public static bool IsPlain(FullEntry entry) =>
        entry.Secret.ExtraFields.DistinctBy(field => field.Name, StringComparer.OrdinalIgnoreCase).Count() == entry.Secret.ExtraFields.Count
        && entry.Secret.ExtraFields.All(field => field.Name.Length > 0);

    private static PSObject Fields(IReadOnlyList<Passpack.Vault.Entries.ExtraField> fields)
    {
        var result = new PSObject();
        foreach (Passpack.Vault.Entries.ExtraField field in fields)
            result.Properties.Add(new PSNoteProperty(field.Name, field.Data));
        return result;
    }
}
