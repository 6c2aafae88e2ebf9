namespace Passpack.PowerShell;

/// <summary>A set of characters that a password is made of.</summary>
public enum PasswordCharacters
{
    /// <summary>a to z.</summary>
    Lower,

    /// <summary>A to Z.</summary>
    Upper,

    /// <summary>0 to 9.</summary>
    Digit,

    /// <summary>Punctuation that is safe in shells and quotes.</summary>
    Symbol,
}

internal static class PasswordCharacterSets
{
    /// <summary>Makes a password. The caller zeroes it.</summary>
    /// <param name="words">Of so many words. Null if it is made of characters.</param>
    /// <param name="length">Of so many characters.</param>
    /// <param name="sets">Out of these, at least one of each.</param>
    public static char[] Generate(int? words, int length, IEnumerable<PasswordCharacters> sets) => words is int count
        ? Packing.Keys.PasswordGenerator.Words(count)
        : Packing.Keys.PasswordGenerator.Characters(length, [.. sets.Distinct().Select(Characters)]);

    public static string Characters(this PasswordCharacters set) => set switch
    {
        PasswordCharacters.Lower => "abcdefghijklmnopqrstuvwxyz",
        PasswordCharacters.Upper => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        PasswordCharacters.Digit => "0123456789",
        _ => "!#%+,-./:=?@^_~",
    };
}
