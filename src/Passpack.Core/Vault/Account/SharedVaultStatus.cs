namespace Passpack.Vault.Account;

/// <summary>What an account is to a shared vault.</summary>
public enum SharedVaultStatus
{
    /// <summary>A member.</summary>
    Joined,

    /// <summary>It was added by an Owner, and did not join yet.</summary>
    Offered,

    /// <summary>It answered an invitation, and was not added yet.</summary>
    Answered,

    /// <summary>No member any more: what this machine has of the vault can be read.</summary>
    Left,

    /// <summary>A member, whose newest key is missing: an Owner has to wrap it again.</summary>
    KeyMissing,
}
