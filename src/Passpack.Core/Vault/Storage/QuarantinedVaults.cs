namespace Passpack.Vault.Storage;

/// <summary>The places of vaults that were set aside: whole, but no longer live.</summary>
internal static class QuarantinedVaults
{
    // In the folder's name, behind the time: the user removed this vault from the machine on purpose.
    internal const string Removed = "-removed";

    internal static IEnumerable<string> Of(AccountFolder folder) =>
        Folders(folder).Select(path => Path.Combine(path, VaultFile.FileName)).Where(File.Exists).OrderDescending(StringComparer.Ordinal);

    internal static IEnumerable<string> Folders(AccountFolder folder) =>
        Directory.Exists(folder.QuarantineFolder) ? Directory.EnumerateDirectories(folder.QuarantineFolder, "*", VaultCopies.Readable) : [];

    /// <summary>A folder in which a vault can be set aside.</summary>
    internal static string NewFolder(AccountFolder folder, TimeProvider? clock = null, string why = "") =>
        CopyName.Free(Path.Combine(folder.QuarantineFolder, CopyName.Stamp(clock) + why), "");

    /// <summary>Whether the newest vault set aside was not removed on purpose.</summary>
    internal static bool IsMissed(AccountFolder folder) =>
        Of(folder).FirstOrDefault() is { } newest && !Path.GetFileName(Path.GetDirectoryName(newest)!).Contains(Removed, StringComparison.Ordinal);
}
