using Passpack.Protocol;

namespace Passpack.Vault.Logs;

/// <summary>The errors that a shared vault alone has.</summary>
internal static class SharedErrors
{
    public static PasspackException KeyMissing(Guid vaultId) => new(ErrorCodes.VaultKeyMissing,
        $"The key of the shared vault {vaultId} is not there for this account, or is not the one that the vault's log names. Nothing was changed. " +
        "An Owner's Update-PasspackSharedVault wraps it again; then sync.") { Target = vaultId };

    public static PasspackException NotPermitted(Guid vaultId, string why) =>
        new(ErrorCodes.NotPermitted, $"Nothing can be written to the shared vault {vaultId}: {why}. Nothing was changed.") { Target = vaultId };

    public static PasspackException Closed(Guid vaultId) => new(ErrorCodes.VaultClosed,
        $"The shared vault {vaultId} is closed: it can be read, and nothing can be written until an Owner opens it again. Nothing was changed.")
        { Target = vaultId };

    public static PasspackException NotThere(Guid vaultId, string userId) => new(ErrorCodes.VaultNotFound,
        $"This machine has nothing of the shared vault {vaultId} of {userId} yet. Sync-PasspackVault brings it; Get-PasspackSharedVault lists the vaults.")
        { Target = vaultId };
}
