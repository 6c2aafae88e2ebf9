using System.Globalization;
using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>
/// This machine's copy of the online account's state: mirror, sums and position. If it is damaged, the answers of an honest server do not fit it, and
/// the server must not be blamed.
/// </summary>
internal static class Bookkeeping
{
    /// <summary>
    /// Looks for damage in the vault after an answer of the server was refused. Reports certain damage only: otherwise a lying server could pass for
    /// a damaged vault.
    /// </summary>
    /// <param name="run">The run whose answer was refused.</param>
    /// <param name="refused">Why.</param>
    /// <param name="cancellationToken">Ends the request for the manifest.</param>
    /// <returns>The error to report instead. Null if no damage is certain.</returns>
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

    /// <summary>Whether the sums over the mirror equal those of the last verified manifest. Costs one hash a record.</summary>
    public static bool MirrorAddsUp(VaultUse use)
    {
        var sums = new ManifestSums();
        foreach ((byte stream, Guid id, long version, bool deleted, byte[] digest) in use.Connection.Query(
            "SELECT stream, id, version, deleted, digest FROM mirror",
            row => ((byte)row.GetInt64(0), row.GetId(1), row.GetInt64(2), row.GetBoolean(3), row.GetBytes(4))))
        {
            if (!sums.TryAdd(stream, id, version, deleted, digest))
                return false;
        }
        return sums.Equal(ManifestSums.Load(use.Connection));
    }

    // The server is asked for the manifest again; the hash that this machine kept proves that it is the same one.
    private static async Task<Manifest?> FindVerifiedAsync(SyncRun run, Checkpoint verified, CancellationToken cancellationToken)
    {
        ManifestPage page;
        try
        {
            page = await run.GetAsync(Routes.Manifests,
                string.Create(CultureInfo.InvariantCulture, $"?after={verified.Generation - 1}&before={verified.Generation + 1}"),
                ProtocolJson.Default.ManifestPage,
                cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException)
        {
            // Without the manifest nothing is certain; the user sees the first error.
            return null;
        }
        return page.Manifests?.FirstOrDefault(link => link?.Sealed is { Length: <= Limits.ManifestBytes }
            && link.Generation == verified.Generation) is { } served
            && CryptographicOperations.FixedTimeEquals(Manifest.HashOf(served), verified.Hash) ? Manifest.Open(run, served) : null;
    }

    private static PasspackException Damaged(SyncRun run, string what, PasspackException refused) => new(ErrorCodes.VaultDamaged,
        $"The vault {run.Connection.Path} is damaged: {what}. The server is not to blame. Nothing was changed. " +
        "Test-PasspackVault -Detailed shows what is damaged; " +
        "Reset-PasspackLocalAccount starts again from the online account, and keeps what is only on this machine.", refused)
    { Target = run.Connection.Path };
}
