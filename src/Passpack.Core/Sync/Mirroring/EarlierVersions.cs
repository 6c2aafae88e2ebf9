using System.Globalization;
using Passpack.Protocol;
using Passpack.Sync.Session;

namespace Passpack.Sync.Mirroring;

/// <summary>Asks the server for the earlier versions of a record.</summary>
internal static class EarlierVersions
{
    // A limit for servers that list versions without end. By default a server keeps 20.
    private const int MostVersions = 1000;
    private const long MostVersionBytes = 64 << 20;

    /// <summary>Whether versions that were read are all that the server has, and not as many as are read at most.</summary>
    public static bool AreAll(IReadOnlyList<EarlierVersion> versions) =>
        versions.Count < MostVersions && versions.Sum(version => (long)version.Record.Body.Length) < MostVersionBytes;

    /// <summary>Reads the earlier versions of a record below a version, newest first, page by page.</summary>
    public static async Task<IReadOnlyList<EarlierVersion>> ReadAsync(SyncRun run, RecordKey key, long before, CancellationToken cancellationToken)
    {
        var versions = new List<EarlierVersion>();
        long bytes = 0;
        long? next = before;
        while (next is long below && versions.Count < MostVersions && bytes < MostVersionBytes)
        {
            VersionPage page = await run.GetAsync(Routes.Versions,
                string.Create(CultureInfo.InvariantCulture, $"?stream={key.Stream}&record={key.Id:N}&before={below}"),
                VersionPage.ReadAsync, cancellationToken).ConfigureAwait(false);
            foreach (EarlierVersion version in page.Versions)
            {
                RecordChange record = version.Record;
                if (record.Stream != key.Stream || record.Id != key.Id || record.Version < 1 || record.Version >= below)
                    throw run.Client.NotPasspack("a version is not one that was asked for");
                versions.Add(version);
                bytes += record.Body.Length;
                below = record.Version;
            }
            if (page.NextBefore is long more && (page.Versions.Count == 0 || more > below))
                throw run.Client.NotPasspack("its pages of versions lead nowhere");
            next = page.NextBefore;
        }
        return versions;
    }
}
