using System.Text;

namespace Passpack.Protocol;

/// <summary>User IDs as both sides compare them.</summary>
public static class UserIds
{
    /// <summary>The most characters (UTF-16 units) that a User ID may have after trimming.</summary>
    public const int MaxLength = 320;

    // Throws ArgumentException's EncoderFallbackException for half a surrogate pair.
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The form under which two User IDs are the same: trimmed, Unicode normalization form C, lower case by the invariant culture.
    /// </summary>
    /// <exception cref="ArgumentException">Empty, too long, or not valid UTF-16.</exception>
    public static string Normalize(string userId)
    {
        ArgumentNullException.ThrowIfNull(userId);
        string trimmed = userId.Trim();
        if (trimmed.Length is 0 or > MaxLength)
            throw new ArgumentException($"A User ID has 1 to {MaxLength} characters.", nameof(userId));
        _ = s_strict.GetByteCount(trimmed);
        return ComposedText.Of(trimmed).ToLowerInvariant();
    }
}
