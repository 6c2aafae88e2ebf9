using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>The turn of an administrator whose request was signed: each is taken once.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Head">The newest manifest that it was signed over.</param>
/// <param name="Number">How many requests of the administrator were taken before.</param>
internal sealed record AdministratorTurn(long Account, ManifestName Head, long Number);

/// <summary>What becomes of an account. What is null or false stays as it is.</summary>
internal sealed record AccountChange
{
    /// <summary>Whether it is disabled.</summary>
    public bool? Disabled { get; init; }

    /// <summary>How many bytes it may hold.</summary>
    public QuotaChange? Quota { get; init; }

    /// <summary>Whether it has to have a second factor.</summary>
    public bool? NeedsSecondFactor { get; init; }

    /// <summary>Whether failed proofs of its Password are forgotten.</summary>
    public bool Lockout { get; init; }

    /// <summary>Whether all its tokens are revoked.</summary>
    public bool Devices { get; init; }

    /// <summary>Whether its second factor is removed.</summary>
    public bool SecondFactor { get; init; }

    /// <summary>The hash of a code that sets another Password, and until when it holds. Null for none.</summary>
    public (byte[] Hash, DateTimeOffset Until)? Code { get; init; }

    /// <summary>Whether it is removed, with everything in it.</summary>
    public bool Removed { get; init; }
}

/// <summary>How a change by an administrator ended.</summary>
/// <param name="Outcome"><see cref="ChangeOutcome.NotThere"/>: there is no such account.</param>
/// <param name="Devices">How many devices were revoked.</param>
internal readonly record struct AdministrationOutcome(ChangeOutcome Outcome, int Devices = 0);

/// <summary>What all accounts come to.</summary>
/// <param name="Accounts">How many there are.</param>
/// <param name="Disabled">How many of them are disabled.</param>
/// <param name="Administrators">How many of them are an administrator's.</param>
/// <param name="Bytes">What they hold, as quotas count it.</param>
/// <param name="Schema">The version of the database's schema.</param>
internal sealed record StoreTotals(long Accounts, long Disabled, long Administrators, long Bytes, int Schema);
