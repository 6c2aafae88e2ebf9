using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Client;

/// <summary>The errors for answers of a server that a sync, or a change of the online account, must refuse.</summary>
internal static class SyncErrors
{
    public static PasspackException Tampered(Uri server, string how) => new(ErrorCodes.ServerTampered,
        $"{server} answered with something that this account's keys do not vouch for: {how}. Nothing was changed on this machine. " +
        "Compare the checkpoint of Get-PasspackLocalAccount with your other machines before you sync again.") { Target = server };

    /// <summary>
    /// The served history is not the one that this machine verified: the server lies, or was restored from a backup and has gone on since.
    /// </summary>
    public static PasspackException Diverged(Uri server, string how) =>
        new(ErrorCodes.ServerTampered, $"{Tampered(server, how).Message} {WayOn}") { Target = server };

    public static PasspackException RolledBack(Uri server, string how, bool isAcceptable = true) => new(ErrorCodes.ServerRolledBack,
        $"{server} has gone back behind what this machine saw before: {how}. Nothing was changed on this machine, which still has everything " +
        $"that it had. {(isAcceptable ? WayOn : "Ask who runs the server.")}") { Target = server };

    // Conditional, because a lying server wants the user to accept a rollback, too.
    private static string WayOn =>
        "If, and only if, whoever runs the server says that it was restored from a backup, go on with 'Sync-PasspackVault -AcceptRollback'.";

    public static PasspackException NotTrusted(Uri server, string how, Exception? inner = null) =>
        new(ErrorCodes.ServerTampered, $"{server} cannot be trusted: {how}. Nothing was changed on this machine.", inner) { Target = server };

    /// <exception cref="PasspackException"><see cref="ErrorCodes.PackTooNew"/>.</exception>
    public static void RequireKnown(int packVersion)
    {
        if (packVersion > KeyEnvelope.PackVersion)
        {
            throw new PasspackException(ErrorCodes.PackTooNew,
                $"The online account is of pack version {packVersion}; this module knows up to {KeyEnvelope.PackVersion}. " +
                "Nothing was changed. Update the module " +
                "(Update-Module Passpack) and try again.");
        }
    }

    /// <summary>
    /// Refuses a key record of this account that is older than the one this machine saw: it has an earlier Packing Key or an earlier key derivation.
    /// </summary>
    public static void RequireNotOlder(Uri server, AccountRow local, KeyRecordContent record)
    {
        if (record.Generation < local.KeyGeneration || record.Epoch < local.Epoch)
            throw OlderKeys(server, local, record.Generation);
        // Not for older pack versions: their key derivation is weaker than any that is accepted now.
        if (local.PackVersion == KeyEnvelope.PackVersion
            && KeyEnvelope.ParametersOf(record.KeyEnvelope).IsWeakerThan(KeyEnvelope.ParametersOf(local.KeyEnvelope)))
            throw NotTrusted(server, "its key derivation is weaker than what this machine saw before");
    }

    /// <summary>
    /// The server serves keys from before a change of the Packing Key that this machine saw. The machine refuses them, and can put its own keys back
    /// online.
    /// </summary>
    public static PasspackException OlderKeys(Uri server, AccountRow local, int served) => new(ErrorCodes.ServerRolledBack,
        $"{server} has gone back behind what this machine saw before: it serves keys of generation {served}, from before " +
        "the Packing Key was changed; this machine " +
        $"saw {local.KeyGeneration}. Nothing was changed. If, and only if, whoever runs the server says that it was restored from a backup, " +
        $"'{VaultErrors.ConnectCommand(local.UserId, server)} -AcceptRollback' puts this machine's keys there again; it asks for the Password, which may " +
        "have gone back, too, and for the Packing Key of this machine. Then sync.") { Target = server };

    public static PasspackException ChangedOnline(AccountRow account) => new(ErrorCodes.PackingKeyChangedOnline,
        $"The Packing Key of {account.UserId} was changed online. Nothing was changed on this machine. " +
        $"'Update-PasspackLocalAccount -Account {account.UserId} -PackingKey' " +
        "with the new Packing Key takes it over.") { Target = account.UserId };

    /// <summary>The keys were replaced online, by a machine that had them.</summary>
    /// <param name="account">This machine's.</param>
    /// <param name="isProved">Whether this account's own identity named the new one; otherwise the server alone says so.</param>
    public static PasspackException KeysReplaced(AccountRow account, bool isProved)
    {
        string what = isProved
            ? $"The keys of {account.UserId} were replaced online"
            : $"{account.Server} says that the keys of {account.UserId} were replaced";
        return new(ErrorCodes.KeysReplacedOnline,
            $"{what}. Nothing was changed on this machine. 'Update-PasspackLocalAccount -Account {account.UserId} -PackingKey' with the new Packing Key " +
            "takes them over. If you know of no replacement, do not: somebody with the old keys may have made it. about_Passpack_Security says what to do.")
        { Target = account.UserId };
    }
}
