namespace Passpack.Sharing;

/// <summary>What this account is to a shared vault, by its own record.</summary>
internal enum SharedVaultStanding
{
    /// <summary>It takes part.</summary>
    Joined,

    /// <summary>It left, or was removed: what a machine has stays its own copy.</summary>
    Left,
}
