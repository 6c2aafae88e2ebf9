namespace Passpack.PowerShell;

/// <summary>How a restore treats existing entries.</summary>
public enum RestoreMode
{
    /// <summary>Adds missing entries, and puts the backup's values in force. Removes nothing.</summary>
    Integrate,

    /// <summary>Makes the vault equal to the backup: entries that the backup lacks go to the trash.</summary>
    Replace,
}
