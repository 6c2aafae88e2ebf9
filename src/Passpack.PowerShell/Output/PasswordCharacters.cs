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
    public static string Characters(this PasswordCharacters set) => set switch
    {
        PasswordCharacters.Lower => "abcdefghijklmnopqrstuvwxyz",
        PasswordCharacters.Upper => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        PasswordCharacters.Digit => "0123456789",
        _ => "!#%+,-./:=?@^_~",
    };
}
