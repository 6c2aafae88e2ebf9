namespace Passpack.Server.Storage;

/// <summary>
/// The overhead that quotas count besides bodies and manifests; without it an account could fill the disk with tiny records. Measured as the growth
/// of the SQLite file with all indexes: a record 122 bytes, an earlier version 128, a manifest with its push 135.
/// </summary>
internal static class QuotaCost
{
    /// <summary>For each record, earlier version and manifest; a manifest's includes its push.</summary>
    public const int Row = 160;

    /// <summary>
    /// For an account, in the total: the most that it stores besides its vault, which is a key record and 500 devices with long names. An ordinary
    /// account uses some 3 KiB.
    /// </summary>
    public const int Account = 256 << 10;
}
