namespace Passpack.Server.Storage;

/// <summary>What becomes of an attempt.</summary>
/// <param name="Wait">The time to wait. Null if its outcome may be told.</param>
/// <param name="Buckets">The buckets that change, and when each will be empty; null: it is empty, and not kept.</param>
internal sealed record AttemptVerdict(TimeSpan? Wait, IReadOnlyList<(byte[] Subject, DateTimeOffset? Empty)> Buckets)
{
    /// <summary>Whether the attempt's network becomes one of the account's known ones.</summary>
    public bool NotesPlace { get; init; }

    /// <summary>Whether a refusal is noted in the log.</summary>
    public bool Refuses { get; init; }

    /// <summary>Whether that refusal locks out.</summary>
    public bool LocksOut { get; init; }

    /// <summary>Buckets are about to be made, so others have to go first. By whose subject it is decided how thoroughly. Null if none is made.</summary>
    public byte[]? MakesRoom { get; init; }
}
