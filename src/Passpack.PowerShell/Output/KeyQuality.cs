namespace Passpack.PowerShell;

/// <summary>The strength of a key by Passpack's own rating. Holds nothing of the key itself.</summary>
public sealed class KeyQuality
{
    internal KeyQuality(ReadOnlySpan<char> key)
    {
        Rating = Packing.Keys.KeyQuality.Rate(key);
        bool isLongEnough = key.Length >= Packing.Keys.KeyQuality.MinimumLength;
        ServesAsPackingKey = isLongEnough && Rating >= Packing.Keys.KeyQuality.AdvisedForPackingKey;
        ServesAsBackupKey = isLongEnough && Rating >= Packing.Keys.KeyQuality.RequiredForBackupKey;
    }

    /// <summary>The quality rating, in bits.</summary>
    public int Rating { get; }

    /// <summary>Whether it has the 8 characters that a Packing Key needs, and the 80 bits that are advised.</summary>
    public bool ServesAsPackingKey { get; }

    /// <summary>Whether it has 8 characters, and the 64 bits that a Backup Key needs.</summary>
    public bool ServesAsBackupKey { get; }
}
