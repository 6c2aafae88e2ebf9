using System.Globalization;
using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// Reads a custom field of Keeper: its key is a label, or <c>$type</c>, <c>$type:label</c>, <c>$type:label:2</c>, <c>$type::2</c>; its value a text, a
/// number of milliseconds, an object of the type's parts, or an array of any of them.
/// </summary>
internal static class KeeperField
{
    // The key of a one-time code before Keeper had types.
    private const string TwoFactorCode = "TFC:Keeper";

    /// <summary>The type and the label of a key; each may be empty.</summary>
    public static (string Type, string Label) ReadKey(string key)
    {
        if (key == TwoFactorCode)
            return ("oneTimeCode", "");
        string type = "", label = key;
        if (key.StartsWith('$'))
        {
            string[] parts = key[1..].Split(':', 2);
            (type, label) = (parts[0].Trim(), parts.Length == 2 ? parts[1].Trim() : "");
        }
        int number = label.LastIndexOf(':');
        return (type, number >= 0 && label[(number + 1)..] is { Length: > 0 } digits && digits.All(char.IsAsciiDigit) ? label[..number] : label);
    }

    public static void Read(SourceItem item, string key, JsonElement value)
    {
        (string type, string label) = ReadKey(key);
        string name = label.Length > 0 ? label : type;
        if (key.Length == 0)
            key = "custom field without a label";
        foreach (JsonElement one in JsonFields.Each(value))
        {
            if (one.ValueKind == JsonValueKind.Object)
                ReadObject(item, key, type, name, new JsonFields(one, $"{key}."), one);
            else if (JsonFields.ToText(one) is { Length: > 0 } text)
                ReadText(item, key, type, name, text);
            else if (one.ValueKind == JsonValueKind.Array)
                item.Add(key, name, FieldTypes.Hidden, one.GetRawText());
        }
    }

    /// <summary>A value that is a text or a number, as all are in the CSV.</summary>
    public static void ReadText(SourceItem item, string key, string type, string name, string text)
    {
        switch (type)
        {
            case "oneTimeCode":
                item.Totp(key, text);
                break;
            case "url" when item[EntryColumn.Url].Length == 0:
                item.Set(EntryColumn.Url, key, text);
                break;
            case "login" when item[EntryColumn.UserId].Length == 0:
                item.Set(EntryColumn.UserId, key, text);
                break;
            case "password" when item[EntryColumn.Password].Length == 0:
                item.Set(EntryColumn.Password, key, text);
                break;
            case "date" or "birthDate" or "expirationDate" when double.TryParse(text, CultureInfo.InvariantCulture, out double since)
                && SourceText.Day(since) is { } day:
                item.Add(key, name, FieldTypes.Date, day, "milliseconds made a date");
                break;
            default:
                item.Add(key, name, type switch
                {
                    "url" or "email" or "phone" => type,
                    "date" or "birthDate" or "expirationDate" => FieldTypes.Date,
                    "password" or "pinCode" or "secret" or "paymentCard" or "bankAccount" or "securityQuestion" or "keyPair" => FieldTypes.Hidden,
                    _ => SourceText.TypeOf(text),
                }, text);
                break;
        }
    }

    private static void ReadObject(SourceItem item, string key, string type, string name, JsonFields value, JsonElement json)
    {
        switch (type)
        {
            case "name":
                Join(" ", FieldTypes.Text, "first", "middle", "last");
                break;
            case "address":
                Join("\n", FieldTypes.Multiline, "street1", "street2", "zip", "city", "state", "country");
                break;
            case "phone":
                Join(" ", FieldTypes.Phone, "region", "number", "ext", "type");
                break;
            case "host" or "pamHostname":
                Join(":", FieldTypes.Text, "hostName", "port");
                break;
            case "securityQuestion":
                string question = value.Text("question");
                item.Add(key, question.Length > 0 ? question : name, FieldTypes.Hidden, value.Text("answer"));
                break;
            case "keyPair":
                item.Add(key, name, FieldTypes.SshKey, value.Text("privateKey"));
                item.Add(key, $"{name}: public key", FieldTypes.Text, value.Text("publicKey"));
                break;
            case "paymentCard":
                item.Add(key, "Card number", FieldTypes.Hidden, value.Text("cardNumber"));
                item.Add(key, "Expires", FieldTypes.Date, value.Text("cardExpirationDate"));
                item.Add(key, "Security code", FieldTypes.Hidden, value.Text("cardSecurityCode"));
                break;
            case "bankAccount":
                item.Add(key, "Account type", FieldTypes.Text, value.Text("otherType") is { Length: > 0 } other ? other : value.Text("accountType"));
                item.Add(key, "Routing number", FieldTypes.Text, value.Text("routingNumber"));
                item.Add(key, "Account number", FieldTypes.Hidden, value.Text("accountNumber"));
                value.Pass("accountType");
                break;
            case "passkey":
                item.Add(key, name, FieldTypes.Passkey, json.GetRawText());
                return;
        }
        value.KeepRest(item);

        void Join(string separator, string fieldType, params string[] parts)
        {
            string whole = string.Join(separator, parts.Select(value.Text).Where(part => part.Length > 0));
            item.Add(key, name, fieldType, whole, "its parts in one text");
        }
    }
}
