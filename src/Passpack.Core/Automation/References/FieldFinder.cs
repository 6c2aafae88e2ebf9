using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Automation.References;

/// <summary>The field of an entry that a reference means. The secret part is opened only if the field lies there.</summary>
internal sealed class FieldFinder(SecretReference reference, EntrySummary entry, Func<EntrySecret> open, DateTimeOffset now)
{
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.FieldMissing"/>, also if it is empty; <see cref="ErrorCodes.ReferenceAmbiguous"/>.
    /// </exception>
    public ResolvedSecret Find() => reference.Kind switch
    {
        ReferenceFieldKind.Password => Text(open().Password, "no password", isSecret: true),
        ReferenceFieldKind.UserName => Text(entry.UserId, "no User ID", isSecret: false),
        ReferenceFieldKind.Url => Text(entry.Url, "no URL", isSecret: false),
        ReferenceFieldKind.Email => Text(entry.Email, "no email address", isSecret: false),
        ReferenceFieldKind.Notes => Text(open().Notes, "no notes", isSecret: true),
        ReferenceFieldKind.SharedNotes => Text(open().SharedNotes, "no shared notes", isSecret: true),
        ReferenceFieldKind.Totp => Code(),
        _ => Named(),
    };

    private ResolvedSecret Text(string text, string missing, bool isSecret, string type = "") => text.Length > 0
        ? new ResolvedSecret(entry, text, null, type, isSecret) : throw ReferenceErrors.Missing(reference, entry, missing);

    private ResolvedSecret Code()
    {
        ExtraField[] fields = [.. open().ExtraFields.Where(field => field.Type == FieldTypes.Totp)];
        if (fields.Length == 0)
            throw ReferenceErrors.Missing(reference, entry, "no one-time codes");
        if (fields.Length > 1)
        {
            throw ReferenceErrors.FieldAmbiguous(reference, entry, "several one-time codes, in the fields "
                + $"{string.Join(", ", fields.Select(field => $"'{field.Name}'"))}, and a reference means one: keep one of them in an entry of its own. "
                + "Get-PasspackTotp -Field shows one of several");
        }
        using OneTimeCode? code = OneTimeCode.Read(fields[0].Data, out string? fault);
        return code is null ? throw ReferenceErrors.Missing(reference, entry, $"a field '{fields[0].Name}' that makes no one-time codes: {fault}")
            : Text(code.CodeAt(now), "", isSecret: true);
    }

    private ResolvedSecret Named()
    {
        EntrySecret secret = open();
        string name = reference.FieldName;
        ExtraField[] fields = reference.Kind == ReferenceFieldKind.Attachment ? [] : Fitting(secret.ExtraFields, field => field.Name);
        Attachment[] files = reference.Kind == ReferenceFieldKind.ExtraField ? [] : Fitting(secret.Attachments, file => file.Name);
        switch (fields.Length, files.Length)
        {
            case (0, 0):
                throw ReferenceErrors.Missing(reference, entry, $"no {What()} '{name}'{Others(secret)}");
            case (1, 0):
                return Text(fields[0].Data, $"an empty field '{name}'", FieldTypes.IsSecret(fields[0].Type), fields[0].Type);
            case (0, 1):
                return files[0].Size > 0 ? new ResolvedSecret(entry, null, files[0], "", IsSecret: true)
                    : throw ReferenceErrors.Missing(reference, entry, $"an empty attachment '{name}'");
            case (> 0, > 0):
                throw ReferenceErrors.FieldAmbiguous(reference, entry, $"both an Extra Field and an attachment '{name}'. Write "
                    + $"{SecretReference.FieldPrefix} or {SecretReference.FilePrefix} before the name");
            default:
                throw ReferenceErrors.FieldAmbiguous(
                    reference, entry, $"several fields or attachments '{name}'; with another name each, they can be told apart");
        }
    }

    // As names are compared everywhere; but of several, the one that is written exactly so.
    private T[] Fitting<T>(IEnumerable<T> all, Func<T, string> nameOf)
    {
        T[] fitting = [.. all.Where(one => ComposedText.IgnoreCase.Equals(nameOf(one), reference.FieldName))];
        T[] exact = fitting.Length > 1 ? [.. fitting.Where(one => nameOf(one) == reference.FieldName)] : [];
        return exact.Length == 1 ? exact : fitting;
    }

    private string What() => reference.Kind switch
    {
        ReferenceFieldKind.ExtraField => "Extra Field",
        ReferenceFieldKind.Attachment => "attachment",
        _ => "field or attachment",
    };

    private static string Others(EntrySecret secret)
    {
        string[] names = [.. secret.ExtraFields.Select(field => field.Name), .. secret.Attachments.Select(file => file.Name)];
        return names.Length == 0 ? "" : $", but {string.Join(", ", names.Take(10).Select(name => $"'{name}'"))}{(names.Length > 10 ? ", ..." : "")}";
    }
}
