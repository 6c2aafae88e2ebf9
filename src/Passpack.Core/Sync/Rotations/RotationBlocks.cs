using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Rotations;

/// <summary>The two passwords of a rotation.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Old">The one before.</param>
/// <param name="New">The one afterwards.</param>
public sealed record RotatedPassword(EntrySummary Entry, string Old, string New);

/// <summary>
/// What a rotation does where the password is used. Whoever gives it turns its failures into <see cref="ErrorCodes.RotationFailed"/>, with a message that
/// holds no password.
/// </summary>
public sealed record RotationBlocks
{
    /// <summary>Puts the new password in force. Null in an undoing.</summary>
    public Func<RotatedPassword, Task>? Change { get; init; }

    /// <summary>Whether one of the passwords, which is given, is in force. Null if nobody can tell.</summary>
    public Func<RotatedPassword, string, Task<bool>>? Verify { get; init; }

    /// <summary>Puts the old password in force again. Null if that takes nothing.</summary>
    public Func<RotatedPassword, Task>? Undo { get; init; }
}
