using System.Globalization;
using System.Security.Cryptography;
using Passpack.Protocol;

namespace Passpack.Vault.Fields;

// The codes themselves: of the protocol's numbers. A package would keep copies of the seed that cannot be zeroed, and has no Steam codes.
public sealed partial class OneTimeCode
{
    private const string SteamLetters = "23456789BCDFGHJKMNPQRTVWXY";

    /// <summary>The code that holds at a time.</summary>
    public string CodeAt(DateTimeOffset time)
    {
        int number = TimeBasedCode.NumberOf(_seed, StepAt(time), new HashAlgorithmName(Algorithm));
        return IsSteam ? SteamCode(number) : (number % (int)Math.Pow(10, Digits)).ToString($"D{Digits}", CultureInfo.InvariantCulture);
    }

    /// <summary>When the code of a time stops to hold, and the next begins.</summary>
    public DateTimeOffset EndAt(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds((StepAt(time) + 1) * Period);

    private long StepAt(DateTimeOffset time) => TimeBasedCode.StepAt(time, Period);

    private static string SteamCode(int number) => string.Create(5, number, static (code, rest) =>
    {
        for (int i = 0; i < code.Length; i++, rest /= SteamLetters.Length)
            code[i] = SteamLetters[rest % SteamLetters.Length];
    });
}
