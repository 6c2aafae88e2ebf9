namespace Passpack.Protocol.Sharing;

/// <summary>What a member of a shared vault may do. Each may what those before it may.</summary>
public enum VaultRole
{
    /// <summary>Opens the vault.</summary>
    Reader = 1,

    /// <summary>Writes to it.</summary>
    Editor = 2,

    /// <summary>Decides about its members.</summary>
    Owner = 3,
}
