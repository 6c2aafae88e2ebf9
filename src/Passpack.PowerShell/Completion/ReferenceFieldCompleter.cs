using System.Collections;
using Passpack.Automation.References;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.PowerShell.Completion;

/// <summary>Completes fields as references name them: the words, and names of Extra Fields.</summary>
public sealed class ReferenceFieldCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        SecretReference.FieldWords.Where(field => field.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Concat(Require(bound).Names(VaultNames.ExtraFields, word, Most).Where(SecretReference.CanHold).Select(AsField));

    /// <summary>What a reference to an entry can name, empty fields left out.</summary>
    internal static IEnumerable<string> FieldsOf(EntrySummary entry, EntrySecret secret)
    {
        (string Word, bool IsThere)[] words =
        [
            ("password", secret.Password.Length > 0), ("username", entry.UserId.Length > 0), ("url", entry.Url.Length > 0), ("email", entry.Email.Length > 0),
            ("notes", secret.Notes.Length > 0), ("sharednotes", secret.SharedNotes.Length > 0),
            ("totp", secret.ExtraFields.Any(field => field.Type == FieldTypes.Totp)),
        ];
        string[] fields = [.. secret.ExtraFields.Select(field => field.Name)];
        string[] files = [.. secret.Attachments.Select(file => file.Name)];
        return words.Where(word => word.IsThere).Select(word => word.Word)
            .Concat(fields.Select(name => files.Contains(name, ComposedText.IgnoreCase) ? SecretReference.FieldPrefix + name : AsField(name)))
            .Concat(files.Select(name => fields.Contains(name, ComposedText.IgnoreCase) || IsWord(name) ? SecretReference.FilePrefix + name : name))
            .Where(name => name.Length > 0 && SecretReference.CanHold(name)).Distinct();
    }

    // A name that a reference would take for something else.
    private static string AsField(string name) => IsWord(name) ? SecretReference.FieldPrefix + name : name;

    private static bool IsWord(string name) =>
        name.Length > 0 && new SecretReference { Entry = "-", Field = name }.Kind != ReferenceFieldKind.Named;
}
