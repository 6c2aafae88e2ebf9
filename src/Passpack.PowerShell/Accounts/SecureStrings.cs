using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;

namespace Passpack.PowerShell;

/// <summary>Converts between SecureString, PowerShell's type for secrets, and characters.</summary>
internal static class SecureStrings
{
    /// <summary>The longest SecureString.</summary>
    public const int MaxLength = 65536;

    public delegate T Reader<out T>(ReadOnlySpan<char> characters);

    /// <exception cref="PasspackException">There are more than <see cref="MaxLength"/>.</exception>
    public static unsafe SecureString Of(ReadOnlySpan<char> characters)
    {
        if (characters.Length > MaxLength)
        {
            throw new PasspackException(ErrorRecords.SecretTooLong,
                $"This secret has {characters.Length:N0} characters, and a SecureString holds {MaxLength:N0} at most. Export-PasspackEntry gives it as text.");
        }
        fixed (char* first = characters)
        {
            // An empty span has no address, but the constructor needs one.
            SecureString secret = first is null ? new SecureString() : new SecureString(first, characters.Length);
            secret.MakeReadOnly();
            return secret;
        }
    }

    /// <summary>
    /// Lends the characters for one call, in a buffer that is zeroed after it:
    /// <c>using SecretBytes key = PackingKey.Read(SecretBytes.FromChars);</c>
    /// </summary>
    public static T Read<T>(this SecureString secret, Reader<T> reader)
    {
        // Pinned, so that the garbage collector leaves no copy behind.
        char[] characters = GC.AllocateArray<char>(secret.Length, pinned: true);
        IntPtr copy = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            Marshal.Copy(copy, characters, 0, characters.Length);
            return reader(characters);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(copy);
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(characters.AsSpan()));
        }
    }
}
