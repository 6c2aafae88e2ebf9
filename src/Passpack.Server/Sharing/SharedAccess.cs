using Passpack.Server.Devices;
using Passpack.Server.Storage;
using Passpack.Server.Sync;

namespace Passpack.Server.Sharing;

/// <summary>Who is let at a vault: its account at the personal one, its members at a shared one. To all others it is as if there were none.</summary>
internal static class SharedAccess
{
    /// <summary>A member's place in a shared vault, or why there is none: 404 for whoever never was a member, 403 for whoever was.</summary>
    public static async Task<(SharedPlace? Place, IResult? Refused)> FindMemberAsync(
        IServerStore store, CurrentDevice device, Guid vaultId, CancellationToken cancel)
    {
        SharedPlace? place = await store.FindSharedAsync(device.Account, vaultId, cancel);
        if (place is null)
            return (null, VaultEndpoints.NoSuchVault());
        return place.Until is null ? (place, null) : (null, SharingProblems.NoMember());
    }

    /// <summary>Reads of a vault, personal or shared.</summary>
    /// <param name="store">The store.</param>
    /// <param name="device">Who asks.</param>
    /// <param name="vaultId">Of which.</param>
    /// <param name="read">Reads it. Null if the one that asks has no such vault.</param>
    /// <param name="answer">Makes the answer.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public static async Task<IResult> ReadAsync<T>(
        IServerStore store, CurrentDevice device, Guid vaultId, Func<VaultKey, Task<T?>> read, Func<T, IResult> answer, CancellationToken cancel)
        where T : class
    {
        T? found = await read(device.Vault(vaultId));
        if (found is null)
        {
            (SharedPlace? place, IResult? refused) = await FindMemberAsync(store, device, vaultId, cancel);
            if (place is null)
                return refused!;
            found = await read(place.Key);
        }

        return found is null ? VaultEndpoints.NoSuchVault() : answer(found);
    }
}
