using System.Globalization;

namespace Passpack.Health.Checks;

/// <summary>
/// What is left of a password when case, and digits and punctuation at both ends, do not count: <c>Summer2024!</c> and <c>summer7</c> are alike.
/// </summary>
internal static class PasswordFold
{
    /// <summary>What is shorter says nothing: nearly any two passwords could share it.</summary>
    public const int Least = 4;

    /// <summary>The folded text. Null if too little of it is left.</summary>
    public static string? Of(string password)
    {
        int start = 0, end = password.Length;
        while (start < end && IsTrimmed(password[start]))
            start++;
        while (end > start && IsTrimmed(password[end - 1]))
            end--;
        return end - start >= Least ? password[start..end].ToLowerInvariant() : null;
    }

    private static bool IsTrimmed(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
        or UnicodeCategory.OtherNumber or UnicodeCategory.SpaceSeparator || char.IsPunctuation(c) || char.IsSymbol(c) || char.IsControl(c);
}
