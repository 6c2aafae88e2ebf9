using System.Globalization;
using System.Text;
using Passpack.Transfer.KeePass;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources;

/// <summary>
/// One-time codes as KeePass and its plug-ins keep them: <c>otp</c> (an URI, or KeeOtp's query), <c>TOTP Seed</c> with <c>TOTP Settings</c>
/// (KeeTrayTOTP, KeePassXC of old), and <c>TimeOtp-*</c> (KeePass 2.47 on). Codes by counter (<c>HmacOtp-*</c>) are kept, and no codes are made.
/// </summary>
internal static class KeePassOneTimeCode
{
    /// <summary>Gives the item what a text of an entry says of one-time codes.</summary>
    public static void Add(SourceItem item, KeePassEntry entry, KeePassText text)
    {
        switch (text.Key)
        {
            case KeePassNames.Otp when Query(text.Value) is { } query:
                AddParts(item, text.Key, text.Value, OneTimeCode.ReadBase32(query["key"]), query.GetValueOrDefault("otpHashMode", ""),
                    query.GetValueOrDefault("size", "6"), query.GetValueOrDefault("step", "30"),
                    query.GetValueOrDefault("type", "Totp") is var type && type.Equals("Hotp", StringComparison.OrdinalIgnoreCase), false);
                break;
            case KeePassNames.Otp:
                item.Totp(text.Key, text.Value);
                break;
            case KeePassNames.OtpSeed:
                string[] settings = entry[KeePassNames.OtpSettings].Split(';');
                bool isSteam = settings.Length > 1 && settings[1] == "S";
                AddParts(item, text.Key, text.Value, OneTimeCode.ReadBase32(text.Value), "", isSteam || settings.Length < 2 ? "6" : settings[1],
                    settings[0].Length > 0 ? settings[0] : "30", isCounter: false, isSteam);
                break;
            case KeePassNames.OtpSettings when entry[KeePassNames.OtpSeed].Length > 0:
                item.Changed(text.Key, "in the otpauth:// address");
                break;
            case var key when key.StartsWith(KeePassNames.OtpByTime + "Secret", StringComparison.Ordinal):
                AddParts(item, key, text.Value, Secret(key[KeePassNames.OtpByTime.Length..], text.Value), entry[KeePassNames.OtpByTime + "Algorithm"],
                    Or(entry[KeePassNames.OtpByTime + "Length"], "6"), Or(entry[KeePassNames.OtpByTime + "Period"], "30"), isCounter: false, isSteam: false);
                break;
            case KeePassNames.OtpByTime + "Length" or KeePassNames.OtpByTime + "Period" or KeePassNames.OtpByTime + "Algorithm":
                item.Changed(text.Key, "in the otpauth:// address");
                break;
            default:
                item.Add(text.Key, text.Key, FieldTypes.Hidden, text.Value, text.Key.StartsWith(KeePassNames.OtpByCounter, StringComparison.Ordinal)
                    ? "kept as a hidden Extra Field: codes by counter cannot be made here" : null);
                break;
        }
    }

    private static void AddParts(
        SourceItem item, string key, string value, byte[]? seed, string algorithm, string digits, string period, bool isCounter, bool isSteam)
    {
        string? fault = isCounter ? "codes by counter cannot be made here" : "its seed, its length or its period cannot be read";
        if (!isCounter && seed is not null && Number(digits) is { } length && Number(period) is { } seconds)
        {
            using OneTimeCode? code = OneTimeCode.Of(seed, algorithm, length, seconds, isSteam, out fault);
            if (code is not null)
            {
                item.Totp(key, code.WriteUri(item[EntryColumn.EntryName], item[EntryColumn.UserId]), "made an otpauth:// address");
                return;
            }
        }
        item.Add(key, key, FieldTypes.Hidden, value, $"kept as a hidden Extra Field: {fault}");
    }

    private static Dictionary<string, string>? Query(string text)
    {
        if (!text.StartsWith("key=", StringComparison.OrdinalIgnoreCase))
            return null;
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string[] pair in text.Split('&').Select(part => part.Split('=', 2)).Where(pair => pair.Length == 2))
            values.TryAdd(pair[0], Uri.UnescapeDataString(pair[1]));
        return values;
    }

    private static byte[]? Secret(string kind, string value) => kind switch
    {
        "Secret" => Encoding.UTF8.GetBytes(value),
        "Secret-Hex" => Hex(value),
        "Secret-Base32" => OneTimeCode.ReadBase32(value),
        "Secret-Base64" => Base64(value),
        _ => null,
    };

    private static byte[]? Hex(string value)
    {
        value = string.Concat(value.Where(c => !char.IsWhiteSpace(c)));
        return value.Length % 2 == 0 && value.All(char.IsAsciiHexDigit) ? Convert.FromHexString(value) : null;
    }

    private static byte[]? Base64(string value)
    {
        byte[] bytes = new byte[value.Length];
        return Convert.TryFromBase64String(value, bytes, out int count) ? bytes[..count] : null;
    }

    private static string Or(string value, string otherwise) => value.Length > 0 ? value : otherwise;

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
