using System.Security.Cryptography;
using System.Text.Json;
using Passpack.Packing.Records;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Writing;

/// <summary>Writes the credentials of an entry in the Credential Exchange Format.</summary>
internal sealed class CxfCredentials(Utf8JsonWriter json, TargetLosses losses)
{
    private static readonly TargetLoss s_email = new("Email", "a custom field"), s_sharedNotes = new("Shared Notes", "a custom field");
    private static readonly TargetLoss s_totp = new("further one-time codes, and those of Steam", "hidden custom fields");
    private static readonly TargetLoss s_key = new("SSH keys that are not PKCS #8", "hidden custom fields");
    private static readonly TargetLoss s_passkey = new("further passkeys, and those in the form of another program", "hidden custom fields");
    private static readonly TargetLoss s_binary = new("binary fields", "hidden custom fields");

    /// <summary>What it may tell of.</summary>
    public static IReadOnlyList<TargetLoss> Losses { get; } = [s_email, s_sharedNotes, s_totp, s_key, s_passkey, s_binary];

    /// <param name="entry">The entry.</param>
    /// <param name="urlsAsFields">Whether its further addresses are not in the item's scope.</param>
    public void Write(FullEntry entry, bool urlsAsFields)
    {
        EntrySecret secret = entry.Secret;
        List<ExtraField> fields = [.. secret.ExtraFields.Where(field => urlsAsFields || field.Type != FieldTypes.Url)];
        json.WriteStartArray("credentials");
        if (entry.Summary.UserId.Length > 0 || secret.Password.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "basic-auth");
            WriteValue("username", CxfLayout.Text, entry.Summary.UserId);
            WriteValue("password", CxfLayout.Concealed, secret.Password);
            json.WriteEndObject();
        }
        fields.RemoveAll(WriteSpecial());
        foreach (string credential in CxfLayout.CredentialsOf(entry.Summary.Type))
            WriteTyped(credential, fields);
        if (secret.Notes.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "note");
            WriteValue("content", CxfLayout.Text, secret.Notes);
            json.WriteEndObject();
        }
        WriteCustom(entry, fields);
        json.WriteEndArray();
    }

    // Writes fields that have credentials of their own.
    private Predicate<ExtraField> WriteSpecial()
    {
        bool hasTotp = false;
        return field => field.Type switch
        {
            FieldTypes.Totp => !hasTotp && (hasTotp = TryTotp(field)),
            FieldTypes.SshKey => TryKey(field),
            FieldTypes.Passkey => TryPasskey(field),
            _ => false,
        };
    }

    private bool TryTotp(ExtraField field)
    {
        using OneTimeCode? code = OneTimeCode.Read(field.Data, out _);
        if (code is null || code.IsSteam || code.Period > byte.MaxValue || field.Name != "TOTP" || code.WriteUri(code.Issuer, code.Label) != field.Data)
            return false;
        json.WriteStartObject();
        json.WriteString("type", "totp");
        json.WriteString("secret", OneTimeCode.WriteBase32(code.Seed));
        json.WriteNumber("period", code.Period);
        json.WriteNumber("digits", code.Digits);
        json.WriteString("algorithm", code.Algorithm.ToLowerInvariant());
        if (code.Issuer.Length > 0)
            json.WriteString("issuer", code.Issuer);
        if (code.Label.Length > 0)
            json.WriteString("username", code.Label);
        json.WriteEndObject();
        return true;
    }

    private bool TryKey(ExtraField field)
    {
        if (!PemEncoding.TryFind(field.Data, out PemFields pem) || field.Data[pem.Label] is not "PRIVATE KEY" || TypeOfKey(field.Data) is not { } type)
            return false;
        byte[] bytes = Convert.FromBase64String(field.Data[pem.Base64Data]);
        if (PemEncoding.WriteString("PRIVATE KEY", bytes) != field.Data)
            return false;
        json.WriteStartObject();
        json.WriteString("type", "ssh-key");
        json.WriteString("keyType", type);
        json.WriteString("privateKey", Base64Text.EncodeUrl(bytes));
        json.WriteString("keyComment", field.Name);
        json.WriteEndObject();
        CryptographicOperations.ZeroMemory(bytes);
        return true;
    }

    // As SSH names it. Null if it is none that SSH uses.
    private static string? TypeOfKey(string pem)
    {
        if (Holds<RSA>(RSA.Create()))
            return "ssh-rsa";
        using var ec = ECDsa.Create();
        try
        {
            ec.ImportFromPem(pem);
            return ec.KeySize is 256 or 384 or 521 ? $"ecdsa-sha2-nistp{ec.KeySize}" : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException) // Another kind of key: Ed25519 is known by its identifier, 1.3.101.112.
        {
            PemFields fields = PemEncoding.Find(pem);
            byte[] bytes = Convert.FromBase64String(pem[fields.Base64Data]);
            bool isEd25519 = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x06, 0x03, 0x2B, 0x65, 0x70]) >= 0;
            CryptographicOperations.ZeroMemory(bytes);
            return isEd25519 ? "ssh-ed25519" : null;
        }

        bool Holds<T>(T key) where T : AsymmetricAlgorithm
        {
            using (key)
            {
                try
                {
                    key.ImportFromPem(pem);
                    return true;
                }
                catch (Exception e) when (e is CryptographicException or ArgumentException) // Another kind of key.
                {
                    return false;
                }
            }
        }
    }

    private bool TryPasskey(ExtraField field)
    {
        if (field.Name != "Passkey") // The credential has no place for a name; a further one is a custom field.
            return false;
        try
        {
            using var passkey = JsonDocument.Parse(field.Data);
            if (passkey.RootElement.ValueKind != JsonValueKind.Object || !passkey.RootElement.TryGetProperty("type", out JsonElement type)
                || !type.ValueEquals("passkey") || !passkey.RootElement.TryGetProperty("credentialId", out _))
            {
                return false;
            }
        }
        catch (JsonException) // Of another program's form.
        {
            return false;
        }
        json.WriteRawValue(field.Data);
        return true;
    }

    // Takes the fields that it writes out of the list.
    private void WriteTyped(string credential, List<ExtraField> fields)
    {
        var known = CxfLayout.Credentials[credential].Where(member => !IsPlace(credential, member.Name))
            .Select(member => (member.Name, member.Type, Field: fields.Find(field => field.Name == member.Name)))
            .Where(member => member.Field is { } field && !IsCode(field.Data) && CxfLayout.FieldTypeOf(member.Type, field.Data) == field.Type).ToList();
        if (known.Count == 0)
            return;
        json.WriteStartObject();
        json.WriteString("type", credential);
        foreach ((string name, string type, ExtraField? field) in known)
        {
            WriteValue(name, type, field!.Data);
            fields.Remove(field);
        }
        json.WriteEndObject();
    }

    private static bool IsCode(string value) => value.StartsWith("otpauth:", StringComparison.OrdinalIgnoreCase);

    // What is read as the entry's own User ID, Password or URL.
    private static bool IsPlace(string credential, string name) =>
        (credential, name) is ("wifi", "passphrase") or ("api-key", "key") or ("api-key", "username") or ("api-key", "url");

    private void WriteCustom(FullEntry entry, List<ExtraField> fields)
    {
        if (entry.Summary.Email.Length == 0 && entry.Secret.SharedNotes.Length == 0 && fields.Count == 0)
            return;
        json.WriteStartObject();
        json.WriteString("type", "custom-fields");
        json.WriteStartArray("fields");
        WritePlace(EntryColumn.Email, "email", entry.Summary.Email, s_email);
        WritePlace(EntryColumn.SharedNotes, CxfLayout.Text, entry.Secret.SharedNotes, s_sharedNotes);
        foreach (ExtraField field in fields)
        {
            Tell(field.Type);
            string type = CxfLayout.TypeOf(field.Type, field.Data);
            // Also a text that looks like an address of codes, which is read as one otherwise.
            bool isPlain = CxfLayout.FieldTypeOf(type, field.Data) == field.Type && !IsCode(field.Data);
            WriteField(field.Name, type, field.Data, isPlain ? null : "type", field.Type);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WritePlace(EntryColumn column, string type, string value, TargetLoss loss)
    {
        if (value.Length == 0)
            return;
        losses.Tell(loss);
        WriteField(EntryColumns.Title(column), type, value, "place", column.ToString());
    }

    private void Tell(string type)
    {
        TargetLoss? loss = type switch
        {
            FieldTypes.Totp => s_totp,
            FieldTypes.SshKey => s_key,
            FieldTypes.Passkey => s_passkey,
            FieldTypes.Binary => s_binary,
            _ => null,
        };
        if (loss is not null)
            losses.Tell(loss);
    }

    private void WriteField(string label, string type, string value, string? extension, string extensionValue)
    {
        json.WriteStartObject();
        json.WriteString("fieldType", type);
        json.WriteString("value", value);
        json.WriteString("label", label);
        if (extension is not null)
        {
            json.WriteStartArray("extensions");
            json.WriteStartObject();
            json.WriteString("name", CxfLayout.Extension);
            json.WriteString(extension, extensionValue);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private void WriteValue(string name, string type, string value)
    {
        if (value.Length == 0)
            return;
        json.WriteStartObject(name);
        json.WriteString("fieldType", type);
        json.WriteString("value", value);
        json.WriteEndObject();
    }
}
