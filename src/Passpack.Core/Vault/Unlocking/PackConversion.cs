using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>
/// Converts earlier pack versions to the current one. They differ in the key envelope only: the Account Key and all records stay as they are, so a
/// conversion changes one row.
/// </summary>
internal static class PackConversion
{
    private const int OldestConvertible = 5;

    /// <summary>Whether a pack version is an earlier one that is still converted.</summary>
    public static bool IsConvertible(int packVersion) => packVersion is >= OldestConvertible and < KeyEnvelope.PackVersion;

    /// <summary>Whether a pack version is too old to be converted.</summary>
    public static bool IsMisaligned(int packVersion) => packVersion < OldestConvertible;

    /// <exception cref="PasspackException"><see cref="ErrorCodes.PackMisaligned"/>.</exception>
    public static void RequireAligned(AccountRow account)
    {
        if (IsMisaligned(account.PackVersion))
            throw new PasspackException(ErrorCodes.PackMisaligned, Misaligned(account)) { Target = account.UserId };
    }

    /// <summary>The message for a misaligned account, with the way out.</summary>
    public static string Misaligned(AccountRow account) =>
        $"The local account {account.UserId} is of pack version {account.PackVersion}, which this module reads, but no longer converts or syncs. " +
        "It can be unlocked, listed, exported and backed up; nothing was changed. The way out: 'Reset-PasspackLocalAccount -Account " +
        $"{account.UserId}' saves it, starts again from the online account, and brings back what is missing there. " +
        "docs/recovery.md goes through it step by step.";

    /// <summary>What a conversion would do. Null if none is needed.</summary>
    public static string? Describe(AccountRow account) => IsConvertible(account.PackVersion)
        ? $"Convert the keys of {account.UserId} from pack version {account.PackVersion} to {KeyEnvelope.PackVersion}, after a sealed copy of the vault"
        : null;

    /// <summary>Converts a vault, after a sealed copy of it.</summary>
    /// <param name="folder">The account's.</param>
    /// <param name="connection">Of the vault, without a transaction.</param>
    /// <param name="keys">Its keys.</param>
    /// <param name="opened">The envelope that the Packing Key opened.</param>
    /// <param name="converted">The same keys in the current pack version; null if the account was not unlocked by a Packing Key.</param>
    /// <param name="clock">Dates the copy.</param>
    /// <returns>What was done, in a sentence. Null if there was nothing to do.</returns>
    public static string? Convert(AccountFolder folder, VaultConnection connection, VaultKeys keys, string? opened, string? converted, TimeProvider clock)
    {
        AccountRow before = AccountRow.Load(connection, keys);
        if (!CanConvert(before))
            return null;
        string copy = VaultCopies.CopySealed(folder, "before-conversion", clock);
        connection.BeginImmediate();
        try
        {
            // Another process may have converted the vault meanwhile.
            AccountRow account = AccountRow.Load(connection, keys);
            if (!CanConvert(account))
                return null;
            (account with { PackVersion = KeyEnvelope.PackVersion, KeyEnvelope = converted! }).Save(connection, keys);
            connection.Commit();
        }
        finally
        {
            connection.RollBack();
        }
        return $"The keys of {before.UserId} were converted from pack version {before.PackVersion} to {KeyEnvelope.PackVersion}. " +
            $"The vault as it was is in {copy}.";

        bool CanConvert(AccountRow account) =>
            IsConvertible(account.PackVersion) && converted is not null && account.KeyEnvelope == opened;
    }
}
