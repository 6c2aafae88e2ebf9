using System.Globalization;

namespace Passpack.Vault.Storage;

/// <summary>The names of copies, saved backups and vaults that were set aside: the time in UTC, why, and a number where that name is taken.</summary>
internal static class CopyName
{
    internal const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Of a file that Backup-PasspackVault or a reset wrote.</summary>
    internal const string BackupExtension = ".pkps";

    public static string Stamp(TimeProvider? clock) =>
        (clock ?? TimeProvider.System).GetUtcNow().ToString(StampFormat, CultureInfo.InvariantCulture);

    public static string Free(string path, string extension)
    {
        string candidate = path + extension;
        for (int i = 2; Path.Exists(candidate) || File.Exists(Temporary(candidate)); i++)
            candidate = string.Create(CultureInfo.InvariantCulture, $"{path}-{i}{extension}");
        return candidate;
    }

    public static string Temporary(string target) => $"{target}.tmp";

    /// <summary>The time in a file's name. Null if the name has none.</summary>
    public static DateTimeOffset? Time(string name) =>
        name.Length >= StampFormat.Length - 4 && DateTimeOffset.TryParseExact(name.AsSpan(0, 16), StampFormat, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    public static string? Reason(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        if (name.Length <= 17)
            return null;
        // A second copy of the same second has a number behind it.
        string reason = name[17..];
        int number = reason.LastIndexOf('-');
        return number > 0 && reason.AsSpan(number + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? reason[..number] : reason;
    }
}
