using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Vault.Storage;

/// <summary>
/// The folder that holds this machine's local accounts: <c>accounts/NAME/</c> a User ID, and in it <c>vault/</c> (the live vault file with
/// its journal), <c>backups/</c>, <c>quarantined/</c> and <c>unattended/</c>.
/// </summary>
public sealed class DataFolder
{
    /// <summary>The environment variable that names the data folder.</summary>
    public const string EnvironmentVariable = "PASSPACK_HOME";

    /// <summary>A data folder; created together with the first account.</summary>
    public DataFolder(string path) => Path = System.IO.Path.GetFullPath(path);

    /// <summary>
    /// <c>PASSPACK_HOME</c>, read at every call; else <c>Passpack</c> in the platform's place for local application data.
    /// </summary>
    /// <exception cref="ArgumentException"><c>PASSPACK_HOME</c> is no full path of a folder.</exception>
    public static DataFolder Current =>
        new(Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } path
            ? Resolve(path)
            : System.IO.Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "Passpack"));

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Whether a path leads to this folder, however it is spelled.</summary>
    public bool IsAt(string path) => TruePath.Of(path) == TruePath.Of(Path);

    /// <summary>The place of one User ID's account, whether or not there is one.</summary>
    public AccountFolder Account(string userId) => new(System.IO.Path.Combine(Path, "accounts", FolderName(userId)), userId.Trim());

    /// <summary>The places of all accounts that have a vault on this machine, by User ID.</summary>
    public IReadOnlyList<AccountFolder> Accounts() => [.. Places().Where(account => account.Exists)];

    /// <summary>The places of all accounts that something is kept of on this machine, a vault or only backups, by User ID.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ReadOnly"/>: this user may not look into the data folder.</exception>
    public IReadOnlyList<AccountFolder> Places()
    {
        var root = new DirectoryInfo(System.IO.Path.Combine(Path, "accounts"));
        if (!root.Exists)
            return VaultErrors.Hidden(root.FullName) is { } hidden ? throw hidden : [];
        return [.. root.EnumerateDirectories()
            .Select(folder => AccountFolder.At(folder.FullName))
            .OrderBy(account => account.UserId, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>
    /// The folder that <c>PASSPACK_HOME</c> names: a full path, or one below the home folder (<c>~/v</c>), which an environment variable keeps as it
    /// is. A relative path is refused, because its folder would change with the working folder; a path on a PowerShell drive, because only one
    /// session knows the drive.
    /// </summary>
    internal static string Resolve(string path)
    {
        string folder = path;
        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
            || path.StartsWith($"~{System.IO.Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            folder = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify) + path[1..];
        if (path[0] is '"' or '\'')
            throw Refused(path, "begins with a quote, which is no part of the path: leave the quotes out");
        if (!System.IO.Path.IsPathFullyQualified(folder))
        {
            throw Refused(path, "is a relative path: it would mean a different folder after each cd. Give a full path. To resolve it once: "
                + $"$env:{EnvironmentVariable} = " +
                    $"$ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath('{path.Replace("'", "''", StringComparison.Ordinal)}')");
        }
        return File.Exists(folder) ? throw Refused(path, "is a file, and the data folder is a folder: name another place, or move the file away") : folder;

        static ArgumentException Refused(string path, string why) => new($"The environment variable {EnvironmentVariable}, '{path}', {why}.");
    }

    /// <summary>
    /// A folder name that every file system accepts: a readable part of the User ID, and 128 bits of SHA-256 of its normalized form, so that two User
    /// IDs never share a folder.
    /// </summary>
    internal static string FolderName(string userId)
    {
        string normalized = UserIds.Normalize(userId);
        var slug = new StringBuilder();
        foreach (char c in normalized)
        {
            if (char.IsAsciiLetterOrDigit(c))
                slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-')
                slug.Append('-');
            if (slug.Length == 24)
                break;
        }
        string hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(normalized)))[..32].ToLowerInvariant();
        return slug.Length == 0 ? hash : $"{slug.ToString().TrimEnd('-')}-{hash}";
    }
}

/// <summary>Where one account lives on this machine.</summary>
public sealed class AccountFolder
{
    private const string LabelFile = "account.json";

    internal AccountFolder(string path, string userId)
    {
        Path = path;
        UserId = userId;
    }

    private AccountFolder(AccountFolder owner, Guid vaultId)
        : this(System.IO.Path.Combine(owner.SharedFolder, vaultId.ToString("N")), owner.UserId)
    {
        Owner = owner;
        SharedId = vaultId;
    }

    internal const string BackupFolderName = "backups";
    internal const string QuarantineFolderName = "quarantined";

    /// <summary>The account's own folder.</summary>
    public string Path { get; }

    /// <summary>The User ID, as it was first typed on this machine.</summary>
    public string UserId { get; }

    /// <summary>Of the place of a shared vault: the account's that it lies in. Null of an account's own.</summary>
    public AccountFolder? Owner { get; }

    /// <summary>Of the place of a shared vault: its id. Null of an account's own.</summary>
    public Guid? SharedId { get; }

    /// <summary>The place of one of the account's shared vaults, whether or not there is one.</summary>
    public AccountFolder Shared(Guid vaultId) => new(Owner ?? this, vaultId);

    /// <summary>The places of the shared vaults that this machine has a file of.</summary>
    internal IReadOnlyList<AccountFolder> SharedPlaces() => Directory.Exists(SharedFolder)
        ? [.. new DirectoryInfo(SharedFolder).EnumerateDirectories()
            .Select(folder => Guid.TryParseExact(folder.Name, "N", out Guid id) ? Shared(id) : null).OfType<AccountFolder>().Where(place => place.Exists)]
        : [];

    /// <summary>The folder of the account's shared vaults, one folder each.</summary>
    internal string SharedFolder => System.IO.Path.Combine(Path, "shared");

    /// <summary>The vault file.</summary>
    public string VaultFile => System.IO.Path.Combine(VaultFolder, "vault.db");

    /// <summary>The file of the sealed contents of attachments. It stays when another vault takes the vault's place.</summary>
    internal string AttachmentFile => System.IO.Path.Combine(Path, "attachments.db");

    /// <summary>
    /// Whether there is a vault, sound or not: the vault's folder, which appears and disappears whole, or the one that is about to replace it.
    /// </summary>
    public bool Exists => Directory.Exists(VaultFolder) || Directory.Exists(NextFolder);

    /// <summary>Whether only a vault set aside is left of the account, and the user did not remove the account from this machine.</summary>
    public bool IsSetAside => !Exists && QuarantinedVaults.IsMissed(this);

    /// <summary>Whether a reset of the account was interrupted.</summary>
    public bool IsBeingReset => File.Exists(ResetFile);

    /// <summary>The file that records the progress of a reset.</summary>
    internal string ResetFile => System.IO.Path.Combine(Path, "reset.json");

    internal string VaultFolder => System.IO.Path.Combine(Path, "vault");

    internal string BackupFolder => System.IO.Path.Combine(Path, BackupFolderName);

    /// <summary>The folder of a complete vault that replaces the live one as soon as the live one is set aside.</summary>
    internal string NextFolder => System.IO.Path.Combine(Path, "vault.next");

    internal string QuarantineFolder => System.IO.Path.Combine(Path, QuarantineFolderName);

    /// <summary>The folder of the unattended unlock's key; holds nothing else but temporary files of killed processes.</summary>
    internal string UnattendedFolder => System.IO.Path.Combine(Path, "unattended");

    internal string UnattendedFile => System.IO.Path.Combine(UnattendedFolder, "key");

    /// <summary>The lock file that every process with an unlocked vault shares, and a process that moves the vault holds alone.</summary>
    internal string UseLockFile => System.IO.Path.Combine(Path, "use.lock");

    /// <summary>The lock file that a sync holds alone.</summary>
    internal string SyncLockFile => System.IO.Path.Combine(Path, "sync.lock");

    /// <summary>Creates the folder, with a label that holds the User ID: it is needed even if the vault cannot be read.</summary>
    internal void Create()
    {
        OwnerOnly.CreateFolder(Path);
        string label = System.IO.Path.Combine(Path, LabelFile);
        if (File.Exists(label))
            return;
        string temporary = $"{label}.{Guid.NewGuid():N}.tmp";
        using (FileStream file = OwnerOnly.CreateFile(temporary))
        {
            JsonSerializer.Serialize(file, new Dictionary<string, string> { ["userId"] = UserId });
            file.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(temporary, label);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process labels the folder at the same time. Whoever comes first does: Windows refuses to replace a file that is just being placed.
            Leftovers.Remove(new FileInfo(temporary));
            if (!File.Exists(label))
                throw;
        }
        OwnerOnly.FlushFolder(Path);
    }

    /// <summary>The account in a folder. Its User ID comes from the label, else from the vault, else from the folder's name.</summary>
    internal static AccountFolder At(string folder)
    {
        string name = System.IO.Path.GetFileName(folder);
        if (ReadLabel(folder) is { } label)
            return new AccountFolder(folder, label);
        var account = new AccountFolder(folder, name);
        return account.Exists ? new AccountFolder(folder, UserIdIn(account) ?? name) : account;
    }

    private static string? UserIdIn(AccountFolder account)
    {
        try
        {
            using FileStream? _ = VaultLocks.LockForReading(account);
            using VaultConnection connection = Vault.Storage.VaultFile.Open(account);
            return AccountRow.Load(connection).UserId;
        }
        catch (PasspackException)
        {
            // Not an error here: opening the account reports what is wrong with its vault.
            return null;
        }
    }

    private static string? ReadLabel(string folder)
    {
        try
        {
            using FileStream file = SharedRead.Open(System.IO.Path.Combine(folder, LabelFile));
            return JsonSerializer.Deserialize<Dictionary<string, string>>(file)?.GetValueOrDefault("userId");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // The vault holds the User ID, too.
            return null;
        }
    }
}
