using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Scheduling;

/// <summary>A sync that a scheduler runs: which account, when, and how.</summary>
public sealed record SyncTask
{
    /// <summary>The prefix of every task's name.</summary>
    internal const string NamePrefix = "passpack-sync-";

    /// <summary>The task's name at the scheduler; unique for account and data folder.</summary>
    public required string Name { get; init; }

    /// <summary>The account.</summary>
    public required string UserId { get; init; }

    /// <summary>Where the account lives.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The PowerShell that runs the script.</summary>
    public required PowerShellProgram PowerShell { get; init; }

    /// <summary>The full path of the script that the task runs.</summary>
    public required string Script { get; init; }

    /// <summary>When.</summary>
    public required DailySchedule Schedule { get; init; }

    /// <summary>As Sync-PasspackVault.</summary>
    public bool ExcludeTags { get; init; }

    /// <summary>As Sync-PasspackVault.</summary>
    public bool ExcludeFavorites { get; init; }

    /// <summary>As Sync-PasspackVault. Null for its default.</summary>
    public string? ConflictPolicy { get; init; }

    /// <summary>The key file that unlocks the account. Null: the key that unattended unlock keeps in the data folder.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The account of this machine that the task runs as. Null: whoever registers it.</summary>
    public string? RunAsUser { get; init; }

    /// <summary>In seconds; 0 for no limit.</summary>
    public int TimeoutSec { get; init; }

    /// <summary>
    /// The program that the scheduler runs, and its arguments. A value is in one word with its parameter's name, so it cannot be taken for another
    /// parameter.
    /// </summary>
    internal IReadOnlyList<string> Command =>
    [
        .. Shell, "-NoProfile", "-NonInteractive", "-File", Script, $"-Account:{UserId}", $"-DataFolder:{DataFolder}",
        .. ExcludeTags ? ["-ExcludeTags"] : Array.Empty<string>(),
        .. ExcludeFavorites ? ["-ExcludeFavorites"] : Array.Empty<string>(),
        .. ConflictPolicy is null ? Array.Empty<string>() : [$"-ConflictPolicy:{ConflictPolicy}"],
        .. KeyFile is null ? Array.Empty<string>() : [$"-KeyFile:{KeyFile}"],
        .. TimeoutSec == 0 ? Array.Empty<string>() : [string.Create(CultureInfo.InvariantCulture, $"-TimeoutSec:{TimeoutSec}")],
    ];

    /// <summary>The part of the command before PowerShell's own parameters.</summary>
    internal IReadOnlyList<string> Shell => PowerShell.Library is { } library ? [PowerShell.Program, library] : [PowerShell.Program];

    /// <summary>The name of an account's task: the same, however the path of its data folder is spelled.</summary>
    public static string NameOf(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string account = Path.GetFileName(folder.Path),
            hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(TruePath.Of(folder.Path))))[..12].ToLowerInvariant();
        int slug = account.LastIndexOf('-');
        return slug > 0 ? $"{NamePrefix}{account[..slug]}-{hash}" : NamePrefix + hash;
    }

    /// <summary>The default time of day: differs between machines and accounts, so that not all of them ask the server at once.</summary>
    public static TimeSpan UsualTime(string name) =>
        TimeSpan.FromMinutes(BitConverter.ToUInt16(SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.MachineName}\n{name}"))) % (24 * 60));

    /// <summary>Refuses values that some scheduler's format cannot express.</summary>
    /// <exception cref="ArgumentException">A value has a line break or another control character, or is not valid Unicode.</exception>
    internal void Check()
    {
        foreach (string word in Command.Append(RunAsUser ?? ""))
        {
            if (word.Any(char.IsControl) || !IsXml(word))
            {
                throw new ArgumentException($"'{string.Concat(word.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)))}' " +
                    "has a line break or another character that no scheduler can be told.");
            }
        }
    }

    /// <summary>Reads a command. Null if it is not one of this module's, or was changed.</summary>
    internal static SyncTask? FromCommand(string name, IReadOnlyList<string> command, DailySchedule? schedule)
    {
        int file = command.ToList().IndexOf("-File");
        if (schedule is null || file < 1 || command.Count < file + 2)
            return null;
        Dictionary<string, string> values = [];
        foreach (string word in command.Skip(file + 2))
        {
            string[] parts = word.Split(':', 2);
            if (!values.TryAdd(parts[0], parts.Length == 2 ? parts[1] : ""))
                return null;
        }
        if (!values.TryGetValue("-Account", out string? userId) || !values.TryGetValue("-DataFolder", out string? dataFolder))
            return null;
        var task = new SyncTask
        {
            Name = name,
            UserId = userId,
            DataFolder = dataFolder,
            PowerShell = new PowerShellProgram(command[0], command[1].StartsWith('-') ? null : command[1]),
            Script = command[file + 1],
            Schedule = schedule,
            ExcludeTags = values.ContainsKey("-ExcludeTags"),
            ExcludeFavorites = values.ContainsKey("-ExcludeFavorites"),
            ConflictPolicy = values.GetValueOrDefault("-ConflictPolicy"),
            KeyFile = values.GetValueOrDefault("-KeyFile"),
            TimeoutSec = int.TryParse(values.GetValueOrDefault("-TimeoutSec"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : 0,
        };
        return task.Command.Count - task.Shell.Count - 2 == command.Count - file ? task : null;
    }

    private static bool IsXml(string text)
    {
        try
        {
            XmlConvert.VerifyXmlChars(text);
            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
