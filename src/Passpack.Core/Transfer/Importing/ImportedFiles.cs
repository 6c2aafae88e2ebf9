using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Account;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Importing;

/// <summary>
/// Attaches the files of items to the entries that were made of them, one after the other, once these are written. A file that cannot be attached is told,
/// and fails neither its item nor the others. An item that was imported before gets none: nobody can tell a file that is new there from one that was
/// taken off here.
/// </summary>
internal static class ImportedFiles
{
    private const string Place = ": Attachments";

    /// <summary>Attaches the files of an item that was imported, and tells of those that were not taken.</summary>
    public static ImportResult Attach(LocalVault vault, IReadOnlyList<SourceFile>? files, ImportResult result, CancellationToken cancellationToken) =>
        Each(vault, files, result, (name, file) => Refusal(vault, result.Id!.Value, name, file, cancellationToken));

    /// <summary>Tells the same of an item that would be imported, as far as it is known without its content; attaches nothing.</summary>
    public static ImportResult Plan(LocalVault vault, IReadOnlyList<SourceFile>? files, ImportResult result) => Each(vault, files, result, (_, _) => null);

    private static ImportResult Each(
        LocalVault vault, IReadOnlyList<SourceFile>? files, ImportResult result, Func<string, SourceFile, string?> refusal)
    {
        if (files is null or [] || result.Action is ImportAction.Failed or ImportAction.Skipped)
            return result;
        bool isNew = result.Action == ImportAction.Added;
        IReadOnlyList<Attachment> present = isNew ? [] : vault.ReadSecret(result.Id!.Value).Attachments;
        var names = new FreeNames();
        var lost = new Dictionary<int, string>();
        for (int i = 0; i < files.Count; i++)
        {
            string name = Free(names, AttachmentNames.ForFile(files[i].Name));
            if (isNew)
            {
                if ((files[i].Length > Limits.AttachmentBytes ? NotTaken($"it has more than {Limits.AttachmentBytes >> 20} MiB") : refusal(name, files[i]))
                    is { } why)
                {
                    lost.Add(i, why);
                }
            }
            else if (AttachmentNames.Find(present, name) is null)
            {
                lost.Add(i, "the item was imported before, so the file was not attached; Add-PasspackAttachment does");
            }
        }
        return lost.Count == 0 ? result : Tell(result, lost);
    }

    /// <summary>Why the file cannot be attached. Null if it was.</summary>
    private static string? Refusal(LocalVault vault, Guid id, string name, SourceFile file, CancellationToken cancellationToken)
    {
        try
        {
            using Stream content = file.Open();
            vault.AddAttachment(id, name, content, replace: false, cancellationToken);
            return null;
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.RecordTooLarge or ErrorCodes.EntryNotFound or ErrorCodes.AttachmentExists
            or ErrorCodes.SourceDamaged or ErrorCodes.SourceTooCostly or ErrorCodes.SourceNotSupported)
        {
            return NotTaken(e.Message);
        }
    }

    private static string NotTaken(string why) => $"an attachment that was not taken: {why.TrimEnd('.')}";

    private static string Free(FreeNames names, string name)
    {
        int ending = name.LastIndexOf('.');
        string stem = ending > 0 ? name[..ending] : name, extension = name[stem.Length..];
        // Names that only differ in case or composition are one attachment.
        string wanted = ComposedText.Of(name).ToUpperInvariant(), free = names.Take(wanted);
        return free.Length == wanted.Length ? name : AttachmentNames.Join(stem, $"{free[wanted.Length..]}{extension}");
    }

    // The files are told in the order in which the item names them.
    private static ImportResult Tell(ImportResult result, Dictionary<int, string> lost)
    {
        int file = 0;
        var kept = new List<string>();
        var noPlace = new List<string>(result.NoPlace);
        foreach (string field in result.Kept)
        {
            if (field.EndsWith(Place, StringComparison.Ordinal) && lost.TryGetValue(file++, out string? why))
                noPlace.Add($"{field[..^Place.Length]}: {why}");
            else
                kept.Add(field);
        }
        return result with { Kept = kept, NoPlace = noPlace };
    }
}
