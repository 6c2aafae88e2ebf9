namespace Passpack.Transfer.Layouts;

/// <summary>
/// An apostrophe before cells that a spreadsheet would run as a formula, and before those that begin with an apostrophe: taking it away again gives
/// exactly what was there.
/// </summary>
internal static class SpreadsheetGuard
{
    private const char Guard = '\'';

    // Besides the signs of ASCII their full-width forms, which spreadsheets of East Asia take for them; control characters are skipped before a formula.
    private const string Risky = "=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20'";

    public static string Add(string cell) => IsRisky(cell) ? Guard + cell : cell;

    public static string Remove(string cell) => cell.StartsWith(Guard) && IsRisky(cell.AsSpan(1)) ? cell[1..] : cell;

    private static bool IsRisky(ReadOnlySpan<char> cell) => cell.Length > 0 && Risky.Contains(cell[0], StringComparison.Ordinal);
}
