using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>A secret of a SecretManagement vault, of one of its five types: text (also from a SecureString), credential, bytes, or members of these.</summary>
/// <param name="Name">Its name in the vault, or the key of a member.</param>
public sealed record StoredSecret(string Name)
{
    /// <summary>The user of a credential. Null if it is none.</summary>
    public string? UserName { get; init; }

    /// <summary>The text, or a credential's password. Null if it is of another type.</summary>
    public string? Text { get; init; }

    /// <summary>Whether a member's text is to be seen by everybody: it was no SecureString.</summary>
    public bool IsPlain { get; init; }

    /// <summary>The bytes. Null if it is of another type.</summary>
    public byte[]? Bytes { get; init; }

    /// <summary>The members of a hashtable. Null if it is of another type.</summary>
    public IReadOnlyList<StoredSecret>? Members { get; init; }

    /// <summary>What the vault says of it, as texts.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The name of a type that is none of the five. Null if it is one of them.</summary>
    public string? OtherType { get; init; }

    /// <summary>Why the vault did not give it; never a value. Null if it did.</summary>
    public string? Error { get; init; }

    /// <summary>The rows of an import.</summary>
    internal static IEnumerable<ImportRow> Rows(IEnumerable<StoredSecret> secrets, CancellationToken cancellationToken)
    {
        long number = 0;
        foreach (StoredSecret secret in secrets)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var item = new SourceItem(++number, null) { Id = secret.Name };
            item.Set(EntryColumn.EntryName, "Name", secret.Name);
            if (secret.Error is not null)
            {
                yield return item.Fails(secret.Error);
                continue;
            }
            item.Set(EntryColumn.UserId, "UserName", secret.UserName);
            item.Set(EntryColumn.Password, "Secret", secret.Text);
            secret.AddBytes(item, "Secret", "Content");
            foreach (StoredSecret member in secret.Members ?? [])
                member.AddTo(item);
            foreach ((string name, string value) in secret.Metadata)
                AddMetadata(item, name, value);
            if (secret.OtherType is not null)
                item.NoPlace("Secret", $"a {secret.OtherType}, which SecretManagement does not have");
            ImportRow row = item.ToRow();
            yield return row with { Source = row.Source! with { Format = EntryFileFormat.SecretVault } };
        }
    }

    private void AddTo(SourceItem item)
    {
        if (UserName is not null)
        {
            item.Add(Name, $"{Name}: user", FieldTypes.Text, UserName);
            item.Add(Name, Name, FieldTypes.Hidden, Text);
        }
        else
        {
            item.Add(Name, Name, IsPlain ? SourceText.TypeOf(Text ?? "") : FieldTypes.Hidden, Text);
        }
        AddBytes(item, Name, Name);
        if (OtherType is not null)
            item.NoPlace(Name, $"a {OtherType}, which SecretManagement does not have");
    }

    private void AddBytes(SourceItem item, string field, string name)
    {
        const int mostInField = 256 << 10;
        if (Bytes is not { } bytes)
            return;
        if (bytes.Length <= mostInField)
            item.Add(field, name, FieldTypes.Binary, Convert.ToBase64String(bytes));
        else
            item.File(field, new SourceFile(name, bytes.Length, () => new MemoryStream(bytes, writable: false)));
    }

    private static void AddMetadata(SourceItem item, string name, string value)
    {
        switch (name.ToUpperInvariant())
        {
            case "URL" or "URI":
                item.Set(EntryColumn.Url, name, value);
                break;
            case "USERID" or "USERNAME" or "USER":
                item.Set(EntryColumn.UserId, name, value);
                break;
            case "EMAIL":
                item.Set(EntryColumn.Email, name, value);
                break;
            case "NOTES" or "NOTE" or "DESCRIPTION" or "COMMENT" or "PURPOSE":
                item.Set(EntryColumn.Notes, name, value);
                break;
            case "TAGS" or "TAG":
                foreach (string tag in value.Split([',', ';', '\n']))
                    item.Tag(name, tag);
                break;
            case "FAVORITE":
                item.Favorite(name, value.Equals("true", StringComparison.OrdinalIgnoreCase));
                break;
            case "CREATED" or "CREATIONDATE" or "DATECREATED" when SourceText.Instant(value) is { } created:
                item.Created = created;
                break;
            case "MODIFIED" or "LASTMODIFIED" or "UPDATED" when SourceText.Instant(value) is { } modified:
                item.Modified = modified;
                break;
            case "EXPIRES" or "EXPIRATIONDATE" or "EXPIRY" when SourceText.Instant(value) is { } expires:
                item.Expires(name, expires);
                break;
            default:
                item.Add(name, name, SourceText.TypeOf(value), value);
                break;
        }
    }
}
