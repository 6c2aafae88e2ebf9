using System.Globalization;
using System.Text.RegularExpressions;
using Passpack.Protocol;

namespace Passpack.Packing.Keys;

/// <summary>scrypt's cost (RFC 7914, section 2): N = 2^<paramref name="Log2N"/>, block size, parallelization.</summary>
/// <param name="Log2N">The binary logarithm of N.</param>
/// <param name="R">Block size; memory is 128 N r bytes.</param>
/// <param name="P">Parallelization.</param>
public readonly partial record struct KdfParameters(int Log2N, int R, int P)
{
    /// <summary>What new keys are made with: 128 MiB.</summary>
    // Set by tests alone, whose processes make many keys.
    public static KdfParameters Current { get; internal set; } = new(17, 8, 1);

    /// <summary>The weakest that is accepted from anywhere.</summary>
    public static readonly KdfParameters Floor = new(15, 8, 1);

    /// <summary>The most memory that a derivation may take, in bytes.</summary>
    public const long MaxMemory = 256L << 20;

    /// <summary>Bytes of memory that a derivation takes.</summary>
    public long Memory => 128L * R << Log2N;

    /// <summary>Reads <c>log2N.r.p</c>.</summary>
    /// <param name="text">Comes from outside. Null counts as malformed.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultDamaged"/>: malformed, or out of the accepted bounds. A caller that has the text from a server translates the
    /// error.
    /// </exception>
    public static KdfParameters Parse(string? text)
    {
        Match match = Format().Match(text ?? "");
        if (!match.Success)
            throw new PasspackException(ErrorCodes.VaultDamaged, "The key derivation parameters cannot be read.");
        var parameters = new KdfParameters(Number(1), Number(2), Number(3));
        if (!parameters.IsAcceptable)
        {
            throw new PasspackException(ErrorCodes.VaultDamaged,
                $"The key derivation parameters {parameters} are weaker or costlier than this module accepts ({Floor} to 256 MiB).");
        }
        return parameters;

        int Number(int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the parameters are within floor and ceiling.</summary>
    public bool IsAcceptable => Log2N >= Floor.Log2N && Log2N <= 24 && R is >= 8 and <= 64 && P is >= 1 and <= 4 && Memory <= MaxMemory;

    /// <summary>Whether a derivation costs less work or less memory than another; a larger p does not make up for less memory.</summary>
    public bool IsWeakerThan(KdfParameters other) => Work < other.Work || Memory < other.Memory;

    private long Work => ((long)R * P) << Log2N;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Log2N}.{R}.{P}");

    [GeneratedRegex(@"\A([1-9][0-9]?)\.([1-9][0-9]?)\.([1-9][0-9]?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Format();
}
