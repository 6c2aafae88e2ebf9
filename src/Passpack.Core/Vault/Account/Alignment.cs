using Passpack.Protocol;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Account;

/// <summary>Whether the keys of a local account go with the online account's.</summary>
public enum Alignment
{
    /// <summary>The keys are aligned.</summary>
    Aligned,

    /// <summary>There is no online account.</summary>
    Offline,

    /// <summary>The keys will be aligned after a conversion, which the next sync makes by itself.</summary>
    ConversionNeeded,

    /// <summary>The keys are of a pack version that is no longer converted: the vault can be read, but not synced.</summary>
    Misaligned,

    /// <summary>The online account, or the vault, is of a later version than this module knows.</summary>
    PackTooNew,

    /// <summary>The Packing Key was changed online.</summary>
    PackingKeyChanged,

    /// <summary>The keys were replaced online.</summary>
    KeysReplaced,

    /// <summary>The online account no longer takes this machine's token: the Password was changed, or the device revoked.</summary>
    DeviceRevoked,

    /// <summary>The vault cannot be read.</summary>
    Unknown,
}

/// <summary>The alignment of an account according to its row.</summary>
internal static class Alignments
{
    /// <summary>The errors by which an online account refuses keys or token until the user acts.</summary>
    public static readonly IReadOnlyDictionary<string, Alignment> OnlineErrors = new Dictionary<string, Alignment>
    {
        [ErrorCodes.PackTooNew] = Alignment.PackTooNew,
        [ErrorCodes.PackingKeyChangedOnline] = Alignment.PackingKeyChanged,
        [ErrorCodes.KeysReplacedOnline] = Alignment.KeysReplaced,
        [ErrorCodes.DeviceRevoked] = Alignment.DeviceRevoked,
    };

    public static Alignment Of(AccountRow account)
    {
        if (PackConversion.IsMisaligned(account.PackVersion))
            return Alignment.Misaligned;
        if (account.OnlineError is { } error && OnlineErrors.TryGetValue(error, out Alignment seen))
            return seen;
        if (PackConversion.IsConvertible(account.PackVersion))
            return Alignment.ConversionNeeded;
        return account.Server is null ? Alignment.Offline : Alignment.Aligned;
    }

    /// <summary>What keeps an account from syncing, and the way out. Null if no obstacle is known.</summary>
    public static string? WayOut(AccountRow account) => Of(account) switch
    {
        Alignment.Misaligned => PackConversion.Misaligned(account),
        Alignment.PackTooNew => $"At the last sync the online account of {account.UserId} was of a later pack version than this module knows. " +
            "Until the module is updated " +
            "(Update-Module Passpack), it can be used here, and not synced.",
        Alignment.PackingKeyChanged => $"At the last sync the Packing Key of {account.UserId} was another one online. " +
            $"'Update-PasspackLocalAccount -Account {account.UserId} " +
            "-PackingKey' with the new one takes it over; until then nothing is synced.",
        Alignment.KeysReplaced => $"At the last sync the keys of {account.UserId} were others online. 'Update-PasspackLocalAccount -Account {account.UserId} " +
            "-PackingKey' with the new Packing Key takes them over; until then nothing is synced.",
        Alignment.DeviceRevoked => $"At the last sync the online account of {account.UserId} did not take this machine's token any more: " +
            "the Password was changed, or the " +
            "device removed. Connect-PasspackAccount gets a new one; until then nothing is synced.",
        _ => null,
    };

    /// <summary>Remembers, in the caller's transaction or in one of its own, how the online account answered.</summary>
    /// <param name="connection">The vault's.</param>
    /// <param name="error">The id of the error; errors that do not concern the keys are ignored. Null if there was none.</param>
    public static void Remember(VaultConnection connection, string? error)
    {
        if (error is null || OnlineErrors.ContainsKey(error))
            connection.Execute("UPDATE account SET online_error = $1 WHERE online_error IS NOT $1", error);
    }
}
