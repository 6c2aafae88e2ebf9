using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Sync.Accounts;

/// <summary>The codes of a second factor, as users type them.</summary>
internal static class SecondFactorCodes
{
    /// <summary>A code as it is sent: every digit as it was typed.</summary>
    /// <exception cref="ArgumentException">It is none by its form, so that nothing has to be sent.</exception>
    public static string? Text(SecretBytes? code)
    {
        if (code is null)
            return null;
        string text = SecondFactors.Normalize(Encoding.UTF8.GetString(code.Span));
        bool isCode = text.Length == SecondFactors.Digits && text.All(char.IsAsciiDigit);
        bool isRecovery = text.Length == SecondFactors.RecoveryCharacters && text.All(c => c is (>= 'A' and <= 'Z') or (>= '2' and <= '7'));
        return isCode || isRecovery
            ? text
            : throw new ArgumentException($"The code of a second factor has {SecondFactors.Digits} digits, and a recovery code " +
                $"{SecondFactors.RecoveryCharacters} letters and digits. Nothing was sent to the server.");
    }
}
