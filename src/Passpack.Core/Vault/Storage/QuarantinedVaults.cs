namespace Passpack.Vault.Storage;

/// <summary>Where vaults lie that were set aside: not live any more, and still whole.</summary>
internal static class QuarantinedVaults
{
    // Behind the time in the name of its folder: nobody waits for that one to come back.
    internal const string Removed = "-removed";

    internal static IEnumerable<string> Of(AccountFolder folder) =>
        Folders(folder).Select(path => Path.Combine(path, VaultFile.FileName)).Where(File.Exists).OrderDescending(StringComparer.Ordinal);

    internal static IEnumerable<string> Folders(AccountFolder folder) =>
        Directory.Exists(folder.QuarantineFolder) ? Directory.EnumerateDirectories(folder.QuarantineFolder, "*", VaultCopies.Readable) : [];

    /// <summary>A folder in which a vault can be set aside.</summary>
    internal static string NewFolder(AccountFolder folder, TimeProvider? clock = null, string why = "") =>
        CopyName.Free(Path.Combine(folder.QuarantineFolder, CopyName.Stamp(clock) + why), "");

    /// <summary>Whether the newest vault that was set aside is one that nobody took away on purpose.</summary>
    internal static bool IsMissed(AccountFolder folder) =>
        Of(folder).FirstOrDefault() is { } newest && !Path.GetFileName(Path.GetDirectoryName(newest)!).Contains(Removed, StringComparison.Ordinal);
}
