namespace Passpack.PowerShell;

/// <summary>A step of a reset that has been taken.</summary>
public sealed class ResetStep
{
    internal ResetStep(string account, string step, string? path, string description)
    {
        Account = account;
        Step = step;
        Path = path;
        Description = description;
    }

    /// <summary>The account's User ID.</summary>
    public string Account { get; }

    /// <summary>
    /// The step, as one of these words, which scripts can rely on: Locked, BackedUp, Quarantined, Connected, Synced, Imported, Pushed, Completed.
    /// </summary>
    public string Step { get; }

    /// <summary>Where its result lies.</summary>
    public string? Path { get; }

    /// <summary>What was done, and what to do next.</summary>
    public string Description { get; }
}
