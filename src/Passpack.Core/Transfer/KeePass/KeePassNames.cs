namespace Passpack.Transfer.KeePass;

/// <summary>The names of texts that mean something to KeePass, KeePassXC or their plug-ins.</summary>
internal static class KeePassNames
{
    /// <summary>An otpauth:// address.</summary>
    public const string Otp = "otp";

    /// <summary>The Extra Field that an import makes of it.</summary>
    public const string OtpField = "TOTP";

    public const string OtpSeed = "TOTP Seed", OtpSettings = "TOTP Settings", OtpByTime = "TimeOtp-", OtpByCounter = "HmacOtp-";

    /// <summary>The tag that KeePass gives favorites.</summary>
    public const string FavoriteTag = "Favorite";

    /// <summary>Further addresses, as KeePassXC and its browser extension keep them: KP2A_URL, KP2A_URL_1 and so on.</summary>
    public const string FurtherUrl = "KP2A_URL";

    /// <summary>What this module calls fields for which KeePass has no name.</summary>
    public const string Email = "Email", SharedNotes = "Shared Notes";

    /// <summary>Whether a text is one of the five that every entry has.</summary>
    public static bool IsStandard(string key) =>
        key is KeePassEntry.Title or KeePassEntry.UserName or KeePassEntry.Password or KeePassEntry.Url or KeePassEntry.Notes;

    /// <summary>Whether a text belongs to a one-time code.</summary>
    public static bool IsOneTimeCode(string key) => key is Otp or OtpSeed or OtpSettings
        || key.StartsWith(OtpByTime, StringComparison.Ordinal) || key.StartsWith(OtpByCounter, StringComparison.Ordinal);

    public static bool IsFurtherUrl(string key) => key == FurtherUrl || key.StartsWith(FurtherUrl + "_", StringComparison.Ordinal);

    public static bool IsEmail(string key) => key.Replace("-", "", StringComparison.Ordinal).Equals(Email, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a text of this name is anything but a further text.</summary>
    public static bool IsTaken(string key, bool isProtected) => IsStandard(key) || IsOneTimeCode(key)
        || key is Email or SharedNotes || !isProtected && (IsFurtherUrl(key) || IsEmail(key));
}
