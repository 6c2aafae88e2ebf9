using System.Globalization;
using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>
/// What this machine keeps of the online account: mirror, sums, and how far it is. Where that is damaged, an honest server's answers do not fit it,
/// and the server must not be blamed.
/// </summary>
internal static class Bookkeeping
{
    /// <summary>
    /// Looks for damage after the server's answer was refused. Only what is certain counts: a server that lies must not pass for a damaged vault.
    /// </summary>
    /// <param name="run">The run whose answer was refused.</param>
    /// <param name="refused">Why.</param>
    /// <param name="cancellationToken">Ends the request for the manifest.</param>
    /// <returns>The error to tell in its place; null if nothing is known to be damaged.</returns>
    public static async Task<PasspackException?> FindDamageAsync(SyncRun run, PasspackException refused, CancellationToken cancellationToken)
    {
        if (run.Account.Checkpoint is not { } verified)
            return null;
        if (!MirrorAddsUp(run.Use))
            return Damaged(run, "its mirror of the online account does not add up to the manifest that it verified", refused);
        return await FindVerifiedAsync(run, verified, cancellationToken).ConfigureAwait(false) is { } manifest && manifest.Revision != run.Account.Revision
            ? Damaged(run, "the revision that it has is not that of the manifest that it verified", refused)
            : null;
    }

    /// <summary>Whether the sums over the mirror are those of the manifest that was last verified. One HMAC a record.</summary>
    public static bool MirrorAddsUp(VaultUse use)
    {
        var sums = new ManifestSums();
        foreach ((byte stream, Guid id, long version, byte[] digest) in use.Connection.Query("SELECT stream, id, version, digest FROM mirror WHERE deleted = 0",
            row => ((byte)row.GetInt64(0), row.GetId(1), row.GetInt64(2), row.GetBytes(3))))
        {
            if (!sums.TryAdd(use.Keys, stream, id, version, digest))
                return false;
        }
        return sums.Equal(ManifestSums.Load(use.Connection));
    }

    // Served again, it is proved by the hash that this machine has of it.
    private static async Task<Manifest?> FindVerifiedAsync(SyncRun run, Checkpoint verified, CancellationToken cancellationToken)
    {
        ManifestPage page;
        try
        {
            page = await run.GetAsync(Routes.Manifests,
                string.Create(CultureInfo.InvariantCulture, $"?after={verified.Generation - 1}&before={verified.Generation + 1}"), ProtocolJson.Default.ManifestPage,
                cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException)
        {
            // Then nothing is proved, and the first refusal is what the user has to see.
            return null;
        }
        return page.Manifests?.FirstOrDefault(link => link?.Sealed is { Length: <= Limits.ManifestBytes } && link.Generation == verified.Generation) is { } served
            && CryptographicOperations.FixedTimeEquals(Manifest.HashOf(served), verified.Hash) ? Manifest.Open(run.Keys, served) : null;
    }

    private static PasspackException Damaged(SyncRun run, string what, PasspackException refused) => new(ErrorCodes.VaultDamaged,
        $"The vault {run.Connection.Path} is damaged: {what}. The server is not to blame. Nothing was changed. Test-PasspackVault -Detailed shows what is damaged; " +
        "Reset-PasspackLocalAccount starts again from the online account, and keeps what is only on this machine.", refused)
    { Target = run.Connection.Path };
}
