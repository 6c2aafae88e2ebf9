namespace Passpack.TransferSamples;

/// <summary>All samples.</summary>
public static class Samples
{
    public static IReadOnlyList<Sample> All { get; } =
    [
        .. BitwardenSamples.All,
        .. BitwardenEncryptedSamples.All,
        .. LastPassSamples.All,
        .. BrowserSamples.All,
        .. KeePassSamples.All,
        .. OnePasswordSamples.All,
        .. KeeperSamples.All,
        .. DashlaneSamples.All,
        .. ProtonPassSamples.All,
        .. CxfSamples.All,
    ];
}
