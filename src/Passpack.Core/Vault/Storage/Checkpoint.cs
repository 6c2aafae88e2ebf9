using System.Globalization;

namespace Passpack.Vault.Storage;

/// <summary>The point of the online account's history that a machine last verified.</summary>
/// <param name="Generation">Of the manifest.</param>
/// <param name="Hash">SHA-256 of the sealed manifest.</param>
public sealed record Checkpoint(long Generation, byte[] Hash)
{
    /// <summary>Reads what <see cref="ToString"/> writes. Null for null.</summary>
    /// <exception cref="ArgumentException">The text is not a checkpoint.</exception>
    public static Checkpoint? Parse(string? text)
    {
        if (text is null)
            return null;
        string[] parts = text.Trim().Split(':');
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long generation) || generation < 1
            || parts[1].Length != 64 || !parts[1].All(char.IsAsciiHexDigit))
        {
            throw new ArgumentException($"'{text}' is no checkpoint. Get-PasspackLocalAccount shows one: " +
                "a number, a colon, 64 hexadecimal digits.", nameof(text));
        }
        return new Checkpoint(generation, Convert.FromHexString(parts[1]));
    }

    /// <summary><c>generation:hash in hex</c>.</summary>
    public override string ToString() => $"{Generation}:{Convert.ToHexString(Hash)}";
}
