using Passpack.Vault.Entries;

namespace Passpack.Sync.Rotations;

/// <summary>How a rotation ended.</summary>
/// <param name="Entry">The entry afterwards.</param>
/// <param name="Rotation">The rotation, and the last step before its end.</param>
/// <param name="IsCommitted">Whether the new password is in force; else the old one.</param>
public sealed record RotationOutcome(EntrySummary Entry, PendingPassword Rotation, bool IsCommitted);
