using System.Text;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Automation.References;

/// <summary>What a reference stands for, opened: a text, or a file whose content lies elsewhere.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Text">The text. Null if it is a file.</param>
/// <param name="File">The attachment. Null if it is a text.</param>
/// <param name="Type">Of a text that is an Extra Field its type, one of <see cref="FieldTypes"/> or another word; else empty.</param>
/// <param name="IsSecret">Whether it is kept out of the output of programs: not a User ID, a URL or an email address, which are everywhere.</param>
public sealed record ResolvedSecret(EntrySummary Entry, string? Text, Attachment? File, string Type, bool IsSecret)
{
    /// <summary>The bytes of a text: what it encodes if it is a field of type <c>binary</c>, else its UTF-8. Not of a file.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Text!.Length / 4 * 3 + 3];
        if (Type != FieldTypes.Binary || !Convert.TryFromBase64String(Text, bytes, out int count))
            return Encoding.UTF8.GetBytes(Text);
        byte[] exact = bytes[..count];
        Array.Clear(bytes);
        return exact;
    }

    /// <summary>The entry's name: no secret is shown by chance.</summary>
    public override string ToString() => Entry.Name;
}
