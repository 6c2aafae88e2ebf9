namespace Passpack.PowerShell;

/// <summary>How a restore treats what is there.</summary>
public enum RestoreMode
{
    /// <summary>Adds what is missing, and puts the backup's values in force where they differ. Takes nothing away.</summary>
    Integrate,

    /// <summary>Leaves the vault as the backup has it: what is not in it goes to the trash.</summary>
    Replace,
}
