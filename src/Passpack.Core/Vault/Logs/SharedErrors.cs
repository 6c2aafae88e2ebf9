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

    public static PasspackException NotListed(string name, string userId) => new(ErrorCodes.VaultNotFound,
        $"The account {userId} has no shared vault {name}. Get-PasspackSharedVault lists those that it has; Connect-PasspackSharedVault joins one.")
        { Target = name };

    public static PasspackException Ambiguous(string name, string userId) => new(ErrorCodes.VaultAmbiguous,
        $"The account {userId} has several shared vaults of the name {name}. Name the one that is meant by its id; Get-PasspackSharedVault lists them.")
        { Target = name };
}
