using System.Globalization;
using System.Text;

namespace Passpack.Vault.Fields;

/// <summary>
/// The parameters of one-time codes by time (RFC 6238, and Steam's five letters), as an <c>otpauth://</c> URI says them (Key Uri Format of Google
/// Authenticator). The seed is a secret: this is never shown, and zeroed when disposed.
/// </summary>
public sealed partial class OneTimeCode : IDisposable
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const string Scheme = "otpauth://totp/";
    private const int MaxSeedBytes = 1024;

    private readonly byte[] _seed;

    private OneTimeCode(byte[] seed) => _seed = seed;

    /// <summary>The seed. Not to be kept.</summary>
    public ReadOnlySpan<byte> Seed => _seed;

    /// <summary>SHA1, SHA256 or SHA512.</summary>
    public string Algorithm { get; private init; } = "SHA1";

    /// <summary>6 to 8; 5 for Steam.</summary>
    public int Digits { get; private init; } = 6;

    /// <summary>How long a code holds, in seconds.</summary>
    public int Period { get; private init; } = 30;

    /// <summary>Whether codes are Steam's: five of its own letters.</summary>
    public bool IsSteam { get; private init; }

    /// <summary>Whose codes they are. Empty if the URI does not say.</summary>
    public string Issuer { get; private init; } = "";

    /// <summary>The account they are for, likewise.</summary>
    public string Label { get; private init; } = "";

    /// <summary>Reads an <c>otpauth://</c> or <c>steam://</c> URI, or a bare seed in Base32 with any spaces, hyphens and padding.</summary>
    /// <param name="text">As it was entered.</param>
    /// <param name="fault">What is wrong with it, without its text. Null if it was read.</param>
    /// <returns>Null if it is no such seed.</returns>
    public static OneTimeCode? Read(string text, out string? fault)
    {
        text = text.Trim();
        if (text.StartsWith("steam://", StringComparison.OrdinalIgnoreCase))
            return Of(text["steam://".Length..], "", new Dictionary<string, string>(), isSteam: true, out fault);
        if (!text.StartsWith("otpauth://", StringComparison.OrdinalIgnoreCase))
            return Of(text, "", new Dictionary<string, string>(), isSteam: false, out fault);
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            fault = "it is no otpauth://totp/ address; codes by counter (hotp) cannot be made";
            return null;
        }
        int query = text.IndexOf('?', StringComparison.Ordinal);
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string pair in query < 0 ? [] : text[(query + 1)..].Split('&'))
        {
            string[] parts = pair.Split('=', 2);
            if (parts.Length == 2)
                values[parts[0]] = Uri.UnescapeDataString(parts[1].Replace('+', ' '));
        }
        string label = Uri.UnescapeDataString(text[Scheme.Length..(query < 0 ? text.Length : query)]);
        return Of(values.GetValueOrDefault("secret", ""), label, values, IsSteamUri(values, label), out fault);
    }

    /// <summary>The text as an <c>otpauth://</c> URI; a URI stays as it was. Null if it is no seed.</summary>
    public static string? ToUri(string text, string issuer, string label, out string? fault)
    {
        using OneTimeCode? code = Read(text, out fault);
        if (code is null)
            return null;
        text = text.Trim();
        return text.StartsWith("otpauth://", StringComparison.OrdinalIgnoreCase) ? text : code.WriteUri(issuer, label);
    }

    /// <summary>Makes one of its parts, as sources keep them apart. Null if they are none.</summary>
    /// <param name="seed">Bytes; taken over.</param>
    /// <param name="algorithm">SHA1, SHA256 or SHA512, also written with a hyphen or with HMAC before it.</param>
    /// <param name="digits">6 to 8, or 5 for Steam.</param>
    /// <param name="period">Seconds.</param>
    /// <param name="isSteam">Whether codes are Steam's.</param>
    /// <param name="fault">What is wrong.</param>
    public static OneTimeCode? Of(byte[] seed, string algorithm, int digits, int period, bool isSteam, out string? fault)
    {
        string name = algorithm.ToUpperInvariant().Replace("-", "", StringComparison.Ordinal).Replace("HMAC", "", StringComparison.Ordinal);
        fault = seed.Length is 0 or > MaxSeedBytes ? "its seed is empty or too long"
            : name is not ("" or "SHA1" or "SHA256" or "SHA512") ? "its algorithm is none of SHA1, SHA256 and SHA512"
            : !isSteam && digits is < 6 or > 8 ? "its codes do not have 6 to 8 digits"
            : period is < 1 or > 86400 ? "its period is not 1 to 86,400 seconds"
            : null;
        return fault is not null ? null : new OneTimeCode(seed)
        {
            Algorithm = name.Length == 0 ? "SHA1" : name, Digits = isSteam ? 5 : digits, Period = period, IsSteam = isSteam,
        };
    }

    /// <summary>The <c>otpauth://</c> URI of these parameters.</summary>
    public string WriteUri(string issuer, string label)
    {
        var uri = new StringBuilder(Scheme);
        if (issuer.Length > 0)
            uri.Append(Uri.EscapeDataString(issuer)).Append(':');
        uri.Append(Uri.EscapeDataString(label)).Append("?secret=").Append(WriteBase32(_seed));
        if (issuer.Length > 0)
            uri.Append("&issuer=").Append(Uri.EscapeDataString(issuer));
        if (Algorithm != "SHA1")
            uri.Append("&algorithm=").Append(Algorithm);
        if (IsSteam)
            uri.Append("&encoder=steam");
        else if (Digits != 6)
            uri.Append(CultureInfo.InvariantCulture, $"&digits={Digits}");
        if (Period != 30)
            uri.Append(CultureInfo.InvariantCulture, $"&period={Period}");
        return uri.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => Array.Clear(_seed);

    private static OneTimeCode? Of(string seed, string label, Dictionary<string, string> values, bool isSteam, out string? fault)
    {
        if (ReadBase32(seed) is not { } bytes)
        {
            fault = "its seed is not Base32 (letters A to Z and digits 2 to 7)";
            return null;
        }
        if (!TryNumber("digits", 6, out int digits) || !TryNumber("period", 30, out int period))
        {
            Array.Clear(bytes);
            fault = "its digits or its period are no number";
            return null;
        }
        using OneTimeCode? code = Of(bytes, values.GetValueOrDefault("algorithm", ""), digits, period, isSteam, out fault);
        if (code is null)
            return null;
        string[] parts = label.Split(':', 2);
        return new OneTimeCode([.. bytes])
        {
            Algorithm = code.Algorithm,
            Digits = code.Digits,
            Period = code.Period,
            IsSteam = isSteam,
            Issuer = values.GetValueOrDefault("issuer", parts.Length == 2 ? parts[0].Trim() : ""),
            Label = parts[^1].Trim(),
        };

        bool TryNumber(string name, int otherwise, out int number)
        {
            number = otherwise;
            return !values.TryGetValue(name, out string? value) || int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        }
    }

    private static bool IsSteamUri(Dictionary<string, string> values, string label) =>
        values.GetValueOrDefault("encoder", "").Equals("steam", StringComparison.OrdinalIgnoreCase)
        || values.GetValueOrDefault("issuer", "").Equals("Steam", StringComparison.OrdinalIgnoreCase) && !values.ContainsKey("digits")
        || label.StartsWith("Steam:", StringComparison.OrdinalIgnoreCase) && !values.ContainsKey("digits");

    /// <summary>RFC 4648, section 6, read forgivingly: either case, padding, spaces and hyphens left out. Null if another character is in it.</summary>
    internal static byte[]? ReadBase32(string text)
    {
        byte[] bytes = new byte[text.Length * 5 / 8];
        int count = 0, buffer = 0, bits = 0;
        foreach (char given in text)
        {
            if (given is ' ' or '-' or '=')
                continue;
            int value = Base32.IndexOf(char.ToUpperInvariant(given), StringComparison.Ordinal);
            if (value < 0)
                return null;
            buffer = (buffer << 5 | value) & 0xFFF;
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes[count++] = (byte)(buffer >> bits);
        }
        byte[] exact = bytes[..count];
        Array.Clear(bytes);
        return count == 0 ? null : exact;
    }

    /// <summary>RFC 4648, section 6, without padding.</summary>
    internal static string WriteBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        int buffer = 0, bits = 0;
        foreach (byte next in bytes)
        {
            buffer = (buffer << 8 | next) & 0xFFFF;
            for (bits += 8; bits >= 5; bits -= 5)
                text.Append(Base32[buffer >> (bits - 5) & 31]);
        }
        if (bits > 0)
            text.Append(Base32[buffer << (5 - bits) & 31]);
        return text.ToString();
    }
}
