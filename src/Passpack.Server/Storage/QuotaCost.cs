namespace Passpack.Server.Storage;

/// <summary>
/// What quotas count beside bodies and manifests. Without it an account could fill the disk with rows of tiny bodies. Measured by what the
/// SQLite file grows with all indexes: a record 122 bytes, an earlier version 128, a manifest with its push 135.
/// </summary>
internal static class QuotaCost
{
    /// <summary>Of each record, earlier version and manifest; a manifest's covers its push.</summary>
    public const int Row = 160;

    /// <summary>
    /// Of an account in the total: the most that it holds beside its vault, that is its key record and 500 devices with long names. An ordinary
    /// account has 1 KiB of it.
    /// </summary>
    public const int Account = 256 << 10;
}
