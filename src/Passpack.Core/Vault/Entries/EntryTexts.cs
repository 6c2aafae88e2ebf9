namespace Passpack.Vault.Entries;

/// <summary>The rules for texts of an entry.</summary>
internal static class EntryTexts
{
    /// <summary>Refuses a missing name, and texts that UTF-8 cannot hold, because they would change.</summary>
    public static void Check(EntryEdit values, bool requireName)
    {
        if (values.Name is { Length: 0 } || (requireName && values.Name is null))
            throw new ArgumentException("An entry needs a name.");
        Check("Entry Name", values.Name);
        Check("User ID", values.UserId);
        Check("Password", values.Password);
        Check("Password", values.Rotation?.Pending?.Value);
        Check("URL", values.Url);
        Check("Email", values.Email);
        Check("Notes", values.Notes);
        Check("Shared Notes", values.SharedNotes);
        Check("Type", values.Type);
        foreach (ExtraField field in values.ExtraFields ?? [])
        {
            Check("Extra Fields", field.Name);
            Check("Extra Fields", field.Type);
            Check("Extra Fields", field.Data);
        }
        foreach (string tag in (values.Tags ?? []).Concat(values.AddTags ?? []))
            Check("Tags", tag);
    }

    private static void Check(string field, string? text)
    {
        // The fast path: nearly no text holds surrogates.
        int first = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        for (int i = first; i >= 0 && i < text!.Length; i++)
        {
            char c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(c))
                throw new ArgumentException($"The field {field} holds half a surrogate pair, which is no character.");
        }
    }
}
