using System.Security.Cryptography;
using Passpack.Vault.Account;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Backups;

/// <summary>Puts chunks of attachments out of a backup where the vault has its own; the file is opened, and made, at the first one.</summary>
internal sealed class RestoredContents(LocalVault vault) : IDisposable
{
    private VaultUse? _use;
    private AttachmentStore? _store;

    /// <summary>Stores a chunk, unless it is here: it never changes.</summary>
    /// <param name="chunk">Its plaintext; zeroed afterwards.</param>
    public void Put(byte[] chunk)
    {
        _use ??= vault.Use();
        _store ??= AttachmentStore.Open(vault.Folder, _use.Keys.VaultId);
        if (AttachmentChunk.PlaceOf(chunk) is { } place && !_store.Has(place.Id))
            _store.Put(place, AttachmentChunk.SealAgain(_use.Keys, place, 1, chunk), _use.Now);
        CryptographicOperations.ZeroMemory(chunk);
    }

    public void Dispose()
    {
        _store?.Dispose();
        _use?.Dispose();
    }
}
