using System.Globalization;
using Passpack.Protocol;

namespace Passpack.Vault.Entries;

/// <summary>A password that is being changed elsewhere; it stands beside the one in force until both sides agree.</summary>
/// <param name="Value">The new password.</param>
/// <param name="Since">When the change began, in milliseconds since 1970.</param>
/// <param name="Machine">The name of the machine that began it.</param>
/// <param name="Step">How far it is: <see cref="Prepared"/>, <see cref="Changed"/>, <see cref="Verified"/>, or a word of a later version.</param>
public sealed record PendingPassword(string Value, long Since, string Machine, string Step)
{
    /// <summary>The new password is in the vault; whether it is in force elsewhere is not known.</summary>
    public const string Prepared = "prepared";

    /// <summary>The change elsewhere was made.</summary>
    public const string Changed = "changed";

    /// <summary>The new password was tried, and is in force elsewhere.</summary>
    public const string Verified = "verified";

    /// <summary>Whether both are the same rotation, however far each is.</summary>
    internal bool IsSameAs(PendingPassword? other) => other is not null && Value == other.Value && Since == other.Since && Machine == other.Machine;

    /// <summary>Whether this rotation was prepared before another one. Of two of one moment, every machine takes the same.</summary>
    internal bool IsBefore(PendingPassword other)
    {
        if (Since != other.Since)
            return Since < other.Since;
        int machines = string.CompareOrdinal(Machine, other.Machine);
        return (machines != 0 ? machines : string.CompareOrdinal(Value, other.Value)) < 0;
    }

    /// <summary>Grows with each step that was reached.</summary>
    internal int Rank => Step switch { Verified => 2, Changed => 1, _ => 0 };
}

/// <summary>An edit that begins, carries on or ends the rotation of a password.</summary>
/// <param name="Expected">The rotation that has to be under way, however far it is. Null if none may be.</param>
/// <param name="Pending">What is under way afterwards. Null if nothing is.</param>
internal sealed record RotationEdit(PendingPassword? Expected, PendingPassword? Pending)
{
    /// <summary>Requires that an entry is in the state that the edit was meant for.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.RotationPending"/>, <see cref="ErrorCodes.RotationConflict"/>.
    /// </exception>
    public void RequireFits(EntryContent content)
    {
        if (Expected is not null && !Expected.IsSameAs(content.Pending))
            throw RotationErrors.Conflict(content.Name, content.Pending);
        // A push whose answer was lost is made again.
        if (Expected is null && content.Pending is { } other && !other.IsSameAs(Pending))
            throw RotationErrors.Pending(content.Name, other);
    }
}

/// <summary>Errors of rotations. None holds a password.</summary>
internal static class RotationErrors
{
    /// <summary>Another rotation of the entry is not finished.</summary>
    public static PasspackException Pending(string name, PendingPassword other) => new(ErrorCodes.RotationPending,
        $"A rotation of the password of '{name}' is under way: {Describe(other)}. Nothing was changed. 'Get-PasspackRotation' shows it; "
        + "Resume-PasspackRotation finishes it, Undo-PasspackRotation takes it back.") { Target = name };

    /// <summary>The rotation is not the entry's any more.</summary>
    /// <param name="name">The entry's.</param>
    /// <param name="other">The one that is under way instead. Null if none is.</param>
    public static PasspackException Conflict(string name, PendingPassword? other) => new(ErrorCodes.RotationConflict,
        $"This rotation of the password of '{name}' is not under way any more: "
        + (other is null ? "it was finished or undone elsewhere" : $"there is another one, {Describe(other)}")
        + ". Its new password is in the entry's history: Get-PasspackEntryHistory, whose versions have GetPendingPassword(). "
        + "Find out which password is in force where it is used.") { Target = name };

    /// <summary>What a sync says of a rotation that gave way.</summary>
    public static string Lost(Guid id, PendingPassword lost, PendingPassword? kept) =>
        $"{ErrorCodes.RotationConflict}: a rotation of the password of the entry {id} gave way, {Describe(lost)}"
        + (kept is null ? ", to another change of the entry" : $", to one that was prepared earlier, {Describe(kept)}")
        + ". Its new password is in the entry's history (Get-PasspackEntryHistory, GetPendingPassword())";

    private static string Describe(PendingPassword pending) => string.Create(CultureInfo.InvariantCulture,
        $"prepared on {pending.Machine} at {DateTimeOffset.FromUnixTimeMilliseconds(pending.Since):yyyy-MM-dd HH:mm:ss}Z");
}
