using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>How the code of a second factor fits.</summary>
internal enum FactorFit
{
    /// <summary>It is right, or none is needed.</summary>
    Right,

    /// <summary>It is needed, and was not given.</summary>
    Missing,

    /// <summary>It is wrong, or was taken before.</summary>
    Wrong,
}

/// <summary>Verifies codes. That a code is taken once, the store sees to: <see cref="SecondFactorUse"/> is noted in one step.</summary>
internal static class SecondFactorCheck
{
    /// <summary>How long a device may repeat the code that it was taken from last: one act may be several requests.</summary>
    public static readonly TimeSpan RepeatLife = TimeSpan.FromMinutes(5);

    // Stands in where there is none, so that it takes the same time.
    private static readonly byte[] NoSeed = new byte[SecondFactors.SeedBytes];

    /// <summary>Verifies a code.</summary>
    /// <param name="factor">Null if none is in force.</param>
    /// <param name="code">As it was typed. Null for none.</param>
    /// <param name="device">The device that asks.</param>
    /// <param name="mayRepeat">Whether the device is known by its token, so that it may repeat what it was taken from. A login never may.</param>
    /// <param name="now">When.</param>
    /// <returns>How it fits, and the use to note. Null if there is none to note.</returns>
    public static (FactorFit Fit, SecondFactorUse? Use) Verify(StoredSecondFactor? factor, string? code, Guid device, bool mayRepeat, DateTimeOffset now)
    {
        byte[] seed = factor?.Seed ?? NoSeed;
        byte[] hash = SecondFactors.HashOf(seed, code ?? "");
        long? step = FindStep(seed, SecondFactors.Normalize(code ?? ""), now);
        if (factor is null)
            return (FactorFit.Right, null);
        if (code is null)
            return (FactorFit.Missing, null);
        SecondFactorUse last = factor.Last;
        if (mayRepeat && last.Device == device && (now - last.Now).Duration() < RepeatLife && CryptographicOperations.FixedTimeEquals(last.Code, hash))
            return (FactorFit.Right, null);
        bool isRecovery = factor.Recovery.Chunk(SecondFactors.HashBytes).Any(known => CryptographicOperations.FixedTimeEquals(known, hash));
        return step > factor.LastStep || isRecovery
            ? (FactorFit.Right, new SecondFactorUse(seed, hash, isRecovery ? null : step, device, now))
            : (FactorFit.Wrong, null);
    }

    /// <summary>The step of a code: the present one or one beside it, because clocks differ. Null if it is of none.</summary>
    public static long? FindStep(byte[] seed, string code, DateTimeOffset now)
    {
        long present = TimeBasedCode.StepAt(now, SecondFactors.Period);
        long? found = null;
        for (long step = present - 1; step <= present + 1; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(
                System.Text.Encoding.UTF8.GetBytes(SecondFactors.CodeOf(seed, step)), System.Text.Encoding.UTF8.GetBytes(code)))
            {
                found = step;
            }
        }

        return found;
    }
}
