using Passpack.Packing;
using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>A user of an unlocked vault, with a connection of its own.</summary>
internal sealed class VaultUse(LocalVault vault, VaultConnection connection, VaultKeys keys) : IDisposable
{
    private bool _disposed;

    public LocalVault Vault => vault;

    public VaultConnection Connection => connection;

    public VaultKeys Keys => keys;

    public static PasspackException NotFound(Guid id, string userId) =>
        new(ErrorCodes.EntryNotFound, $"There is no entry {id} in the account {userId}.") { Target = id };

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        vault.Return(connection);
    }
}
