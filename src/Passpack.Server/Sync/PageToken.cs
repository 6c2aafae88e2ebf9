using System.Globalization;
using Passpack.Server.Storage;

namespace Passpack.Server.Sync;

/// <summary>The end of a page as the client sends it back: opaque to the client, but not secret.</summary>
internal static class PageToken
{
    public static string Write(PagePosition position) =>
        string.Create(CultureInfo.InvariantCulture, $"{position.Revision}.{position.Ordinal}");

    public static bool TryRead(string token, out PagePosition position)
    {
        position = default;
        string[] parts = token.Split('.');
        if (parts.Length != 2
            || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long revision)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
            return false;
        position = new PagePosition(revision, ordinal);
        return true;
    }
}
