using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Passpack.Vault.Fields;

// The codes themselves: RFC 6238 over the platform's HMAC. A package would keep copies of the seed that cannot be zeroed, and has no Steam codes.
public sealed partial class OneTimeCode
{
    private const string SteamLetters = "23456789BCDFGHJKMNPQRTVWXY";

    /// <summary>The code that holds at a time.</summary>
    public string CodeAt(DateTimeOffset time)
    {
        Span<byte> step = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(step, StepAt(time));
        Span<byte> hash = stackalloc byte[HMACSHA512.HashSizeInBytes];
#pragma warning disable CA5350 // SHA1 is what RFC 6238 and nearly every site ask for; HMAC does not suffer from its collisions.
        int length = Algorithm switch
        {
            "SHA256" => HMACSHA256.HashData(_seed, step, hash),
            "SHA512" => HMACSHA512.HashData(_seed, step, hash),
            _ => HMACSHA1.HashData(_seed, step, hash),
        };
#pragma warning restore CA5350
        // RFC 4226, section 5.3.
        int number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[length - 1] & 0xF)..]) & int.MaxValue;
        CryptographicOperations.ZeroMemory(hash);
        return IsSteam ? SteamCode(number) : (number % (int)Math.Pow(10, Digits)).ToString($"D{Digits}", CultureInfo.InvariantCulture);
    }

    /// <summary>When the code of a time stops to hold, and the next begins.</summary>
    public DateTimeOffset EndAt(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds((StepAt(time) + 1) * Period);

    private long StepAt(DateTimeOffset time) => (long)Math.Floor(time.ToUnixTimeSeconds() / (decimal)Period);

    private static string SteamCode(int number) => string.Create(5, number, static (code, rest) =>
    {
        for (int i = 0; i < code.Length; i++, rest /= SteamLetters.Length)
            code[i] = SteamLetters[rest % SteamLetters.Length];
    });
}
