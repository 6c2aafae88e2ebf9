using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>A user of an unlocked vault, with a connection of its own.</summary>
internal sealed class VaultUse(
    AccountFolder folder, string userId, TimeProvider clock, VaultConnection connection, VaultKeys keys, Action<VaultConnection> giveBack) : IDisposable
{
    private bool _disposed;

    public AccountFolder Folder => folder;

    public string UserId => userId;

    public TimeProvider Clock => clock;

    /// <summary>Milliseconds since 1970, UTC.</summary>
    public long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public VaultConnection Connection => connection;

    public VaultKeys Keys => keys;

    public static PasspackException NotFound(Guid id, string userId) =>
        new(ErrorCodes.EntryNotFound, $"There is no entry {id} in the account {userId}.") { Target = id };

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        giveBack(connection);
    }
}
