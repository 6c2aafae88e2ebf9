using System.Text.Json;
using System.Text.Json.Serialization;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>The next step of a reset.</summary>
internal enum ResetStage
{
    /// <summary>The backup is saved. Next: set the vault aside.</summary>
    Saved = 1,

    /// <summary>The vault is set aside. Next: connect this machine.</summary>
    Connecting,

    /// <summary>Connected. Next: pull the online entries.</summary>
    Syncing,

    /// <summary>Synced. Next: import missing entries from the backup.</summary>
    Importing,

    /// <summary>Imported. Next: push the imported entries.</summary>
    Finishing,
}

/// <summary>The progress of a reset, stored beside the vault, so that the next run can resume it. Holds no secret.</summary>
internal sealed record ResetState
{
    public required ResetStage Stage { get; init; }

    /// <summary>When it began: milliseconds since 1970.</summary>
    public required long Started { get; init; }

    public required string Server { get; init; }

    /// <summary>The fingerprint of the certificate that the server has to show; null: that was not said.</summary>
    public string? Certificate { get; init; }

    /// <summary>The backup file.</summary>
    public required string Backup { get; init; }

    /// <summary>The folder that the vault is set aside in.</summary>
    public required string Quarantine { get; init; }

    /// <summary>The cost of the Password's proof from the vault that was set aside: the server must not ask for less.</summary>
    public string? LoginKdf { get; init; }

    /// <summary>Whether the earlier vault has been set aside.</summary>
    [JsonIgnore]
    public bool IsSetAside => Stage > ResetStage.Saved || Directory.Exists(Quarantine);

    /// <summary>Loads the state of a reset. Null if none is under way.</summary>
    public static ResetState? Load(AccountFolder folder)
    {
        if (!folder.IsBeingReset)
            return null;
        try
        {
            using FileStream file = SharedRead.Open(folder.ResetFile);
            return JsonSerializer.Deserialize(file, ResetJson.Default.ResetState);
        }
        catch (JsonException e)
        {
            throw new PasspackException(Protocol.ErrorCodes.VaultDamaged,
                $"{folder.ResetFile} cannot be read, so it is not known how far the reset of {folder.UserId} was. " +
                $"Its backup is in {folder.BackupFolder}, the vault " +
                $"that was set aside in {folder.QuarantineFolder}: restore from there with Restore-PasspackVault, and " +
                "delete that file.", e) { Target = folder.ResetFile };
        }
    }

    public void Save(AccountFolder folder)
    {
        AtomicFile.Write(folder.ResetFile, overwrite: true, stream => JsonSerializer.Serialize(stream, this, ResetJson.Default.ResetState));
        Failpoints.Hit(Stage.ToString());
    }

    /// <summary>Describes the progress, and where the data is.</summary>
    public string Describe()
    {
        string where = IsSetAside
            ? $"The vault that was there is at {Path.Combine(Quarantine, VaultFile.FileName)}, still encrypted."
            : "The vault is where it was.";
        string next = Stage switch
        {
            _ when !IsSetAside => "a backup was saved",
            ResetStage.Saved or ResetStage.Connecting => "the vault was set aside",
            ResetStage.Syncing => "this machine was connected again",
            ResetStage.Importing => "what is online came down",
            _ => "what was missing was imported, and has yet to go up",
        };
        return $"A reset that began at {Started.ToTime():u} did not come to its end: {next}. {where} The backup is at {Backup}. " +
            "Run Reset-PasspackLocalAccount again: it goes on from there.";
    }
}

[JsonSerializable(typeof(ResetState))]
internal sealed partial class ResetJson : JsonSerializerContext;
