using Passpack.Protocol.Sharing;

namespace Passpack.Vault.Account;

/// <summary>A shared vault as this machine knows it.</summary>
public sealed record SharedVaultInfo
{
    /// <summary>The vault's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>This account's own name for it.</summary>
    public required string Name { get; init; }

    /// <summary>What the account is to it.</summary>
    public required SharedVaultStatus Status { get; init; }

    /// <summary>When the account joined.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Whether this machine has a file of it; the next sync brings one that is missing.</summary>
    public bool IsHere { get; init; }

    /// <summary>What the account may do in it. Null if it is no member, or the log is not here.</summary>
    public VaultRole? Role { get; init; }

    /// <summary>How many members it has, this account among them. 0 if the log is not here.</summary>
    public int Members { get; init; }

    /// <summary>Whether nothing can be written until an Owner opens it again.</summary>
    public bool IsClosed { get; init; }

    /// <summary>Whether somebody left who has the newest key, so that an Owner has to make new ones.</summary>
    public bool NeedsKeys { get; init; }
}
