namespace Passpack.Automation.References;

/// <summary>Reads one reference from left to right, by the grammar of docs/references.md.</summary>
internal sealed class ReferenceParser(string text)
{
    /// <summary>The most characters of a reference.</summary>
    public const int MostCharacters = 8192;

    private const string AccountWord = "account=";

    private int _at;

    /// <summary>Why it is no reference. Null if it is one.</summary>
    public ReferenceFault? Fault { get; private set; }

    /// <summary>The reference. Null if it is none.</summary>
    public SecretReference? Read()
    {
        if (text.Length > MostCharacters)
            return Fail($"it has more than {MostCharacters:N0} characters", MostCharacters);
        if (!SecretReference.IsLike(text))
            return Fail($"it does not begin with {SecretReference.Prefix}", 0);
        _at = SecretReference.Prefix.Length;
        if (ReadSegment() is not { } vault)
            return null;
        if (!Skip('/'))
            return Fail("the name of an entry is missing: the personal vault has no name, so three slashes stand before it, passpack:///ENTRY/FIELD", _at);
        int entryAt = _at;
        if (ReadSegment() is not { } entry)
            return null;
        if (entry.Length == 0)
            return Fail("the name of the entry is empty", entryAt);
        string? field = null;
        int fieldAt = _at + 1;
        if (Skip('/') && (field = ReadSegment()) is null)
            return null;
        if (field?.Length == 0)
            return Fail("the name of the field is empty; without the slash, the password is meant", fieldAt);
        string? account = null;
        if (Skip('?') && (account = ReadAccount()) is null)
            return null;
        if (_at < text.Length)
        {
            return Fail(text[_at] == '/' ? "there are more than three segments; a slash in a name is written %2F"
                : $"'{text[_at]}' ({Code(text[_at])}) must be percent-encoded: write {ReferenceText.Encode(text[_at].ToString())}", _at);
        }
        var reference = new SecretReference { Vault = vault, Entry = entry, Field = field, Account = account };
        return reference.Kind is ReferenceFieldKind.ExtraField or ReferenceFieldKind.Attachment && reference.FieldName.Length == 0
            ? Fail($"a name is missing after {field}", fieldAt) : reference;
    }

    private static string Code(char c) => $"U+{(int)c:X4}";

    // Up to the first character that cannot stand in a segment.
    private string? ReadSegment()
    {
        int start = _at;
        for (; _at < text.Length; _at++)
        {
            if (text[_at] == '%')
            {
                if (_at + 2 >= text.Length || !char.IsAsciiHexDigit(text[_at + 1]) || !char.IsAsciiHexDigit(text[_at + 2]))
                    return FailText("two hexadecimal digits are missing after %; the sign itself is written %25", _at);
                _at += 2;
            }
            else if (!ReferenceText.IsAllowed(text[_at]))
            {
                break;
            }
        }
        return ReferenceText.Decode(text.AsSpan(start, _at - start)) ?? FailText("what is written here is no text in UTF-8", start);
    }

    private string? ReadAccount()
    {
        int start = _at;
        if (string.CompareOrdinal(text, _at, AccountWord, 0, AccountWord.Length) != 0)
            return FailText("after the question mark, only account=USERID can stand; a question mark in a name is written %3F", start);
        _at += AccountWord.Length;
        return ReadSegment() switch
        {
            null => null,
            "" => FailText("the User ID of the account is empty", _at),
            string account => account,
        };
    }

    private bool Skip(char c)
    {
        if (_at >= text.Length || text[_at] != c)
            return false;
        _at++;
        return true;
    }

    private SecretReference? Fail(string reason, int at)
    {
        Fault ??= new ReferenceFault(reason, at + 1);
        return null;
    }

    private string? FailText(string reason, int at)
    {
        Fail(reason, at);
        return null;
    }
}
