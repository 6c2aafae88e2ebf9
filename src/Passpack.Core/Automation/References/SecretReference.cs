using Passpack.Protocol;

namespace Passpack.Automation.References;

/// <summary>
/// Names one field of an entry in a text: <c>passpack://VAULT/ENTRY/FIELD?account=USERID</c>. The grammar is in docs/references.md. It is not that of
/// System.Uri, which refuses spaces in hosts, lowers them, and folds dots.
/// </summary>
public sealed record SecretReference
{
    /// <summary>How every reference begins; in either case.</summary>
    public const string Prefix = "passpack://";

    /// <summary>What stands before the name of an Extra Field.</summary>
    public const string FieldPrefix = "field:";

    /// <summary>What stands before the name of an attachment.</summary>
    public const string FilePrefix = "file:";

    private static readonly (string Word, ReferenceFieldKind Kind)[] s_words =
    [
        ("password", ReferenceFieldKind.Password), ("username", ReferenceFieldKind.UserName), ("url", ReferenceFieldKind.Url),
        ("email", ReferenceFieldKind.Email), ("notes", ReferenceFieldKind.Notes), ("sharednotes", ReferenceFieldKind.SharedNotes),
        ("totp", ReferenceFieldKind.Totp),
    ];

    /// <summary>The words for fields that every entry can have.</summary>
    public static IReadOnlyList<string> FieldWords { get; } = [.. s_words.Select(word => word.Word)];

    /// <summary>The vault's name. Empty for the personal one.</summary>
    public string Vault { get; init; } = "";

    /// <summary>The Entry Name, or the entry's id.</summary>
    public required string Entry { get; init; }

    /// <summary>The last segment as it was written, decoded. Null if there is none: then the Password is meant.</summary>
    public string? Field { get; init; }

    /// <summary>The User ID of the local account. Null if the reference does not say.</summary>
    public string? Account { get; init; }

    /// <summary>The id that <see cref="Entry"/> is, written with hyphens. Null if it is a name.</summary>
    public Guid? EntryId => Guid.TryParseExact(Entry, "D", out Guid id) ? id : null;

    /// <summary>What <see cref="Field"/> means.</summary>
    public ReferenceFieldKind Kind => Field is null ? ReferenceFieldKind.Password
        : s_words.FirstOrDefault(word => word.Word.Equals(Field, StringComparison.OrdinalIgnoreCase)) is { Word: not null } known ? known.Kind
        : HasPrefix(FieldPrefix) ? ReferenceFieldKind.ExtraField
        : HasPrefix(FilePrefix) ? ReferenceFieldKind.Attachment
        : ReferenceFieldKind.Named;

    /// <summary>The name of the Extra Field or attachment. Empty if the field is one of <see cref="FieldWords"/>.</summary>
    public string FieldName => Kind switch
    {
        ReferenceFieldKind.Named => Field!,
        ReferenceFieldKind.ExtraField => Field![FieldPrefix.Length..],
        ReferenceFieldKind.Attachment => Field![FilePrefix.Length..],
        _ => "",
    };

    /// <summary>Whether a text begins as references do.</summary>
    public static bool IsLike(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads a reference.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ReferenceInvalid"/>: it is none; the message says why and where, and shows only a text that begins as references do.
    /// </exception>
    public static SecretReference Parse(string text) =>
        TryParse(text, out SecretReference? reference, out ReferenceFault? fault) ? reference! : throw ReferenceErrors.Invalid(text, fault!);

    /// <summary>Reads a reference. False if it is none; then the fault says why and where.</summary>
    public static bool TryParse(string text, out SecretReference? reference, out ReferenceFault? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new ReferenceParser(text);
        reference = parser.Read();
        fault = parser.Fault;
        return reference is not null;
    }

    /// <summary>Whether a name can stand in a reference: half a surrogate pair cannot.</summary>
    public static bool CanHold(string name) => ReferenceText.CanHold(name);

    /// <summary>The reference as it is written: everything but letters, digits and a few signs is percent-encoded.</summary>
    public override string ToString() => Prefix + ReferenceText.Encode(Vault) + "/" + ReferenceText.Encode(Entry)
        + (Field is null ? "" : "/" + ReferenceText.Encode(Field)) + (Account is null ? "" : "?account=" + ReferenceText.Encode(Account));

    private bool HasPrefix(string prefix) => Field!.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
}
