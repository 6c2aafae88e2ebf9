using Passpack.Sync.Session;

namespace Passpack.EndToEnd.Tests.Support;

internal static class Reports
{
    /// <summary>All that a sync says of what it did, but for its order: a plan and its run say the same.</summary>
    public static IEnumerable<string> Details(this SyncResult result) =>
        result.Changes.Select(change => $"{change.Id} {change.Name} {change.Action} {string.Join(',', change.Fields)} {change.Reason}").Order(StringComparer.Ordinal);
}
