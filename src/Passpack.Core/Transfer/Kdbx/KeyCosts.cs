using Passpack.Protocol;

namespace Passpack.Transfer.Kdbx;

/// <summary>Key derivations as KDBX 4's header names them.</summary>
internal static class KeyCosts
{
    private const uint Argon2Version10 = 0x10, Argon2Version13 = 0x13;

    private static readonly byte[] s_aes3 = Convert.FromHexString("C9D9F39A628A4460BF740D08C18A4FEA");
    private static readonly byte[] s_aes4 = Convert.FromHexString("7C02BB8279A74AC0927D114A00648238");
    private static readonly byte[] s_argon2d = Convert.FromHexString("EF636DDF8C29444B91F7A9A403E30A0C");
    private static readonly byte[] s_argon2id = Convert.FromHexString("9E298B1956DB4773B23DFC3EC6F0A1E6");

    /// <summary>Reads a key derivation, and refuses one of absurd cost.</summary>
    /// <exception cref="FormatException">A parameter is missing or wrong.</exception>
    /// <exception cref="PasspackException">The key derivation is unknown (<see cref="ErrorCodes.SourceNotSupported"/>), or too costly.</exception>
    public static KeyCost Read(ReadOnlySpan<byte> bytes, string source)
    {
        VariantDictionary parameters = VariantDictionary.Read(bytes);
        byte[] id = parameters.Array("$UUID") ?? throw Missing();
        byte[] salt = parameters.Array("S") ?? throw Missing();
        KeyCost cost = Read(id, salt, parameters, source);
        cost.RequireBearable(source);
        return cost;
    }

    /// <summary>AES-KDF as KDBX 3's header names it.</summary>
    /// <exception cref="FormatException">The seed has a wrong size.</exception>
    public static KeyCost Aes(byte[] seed, ulong rounds, string source)
    {
        if (seed.Length != 32)
            throw new FormatException("the seed of the key derivation has a wrong size");
        var cost = new AesKeyCost(seed, rounds);
        cost.RequireBearable(source);
        return cost;
    }

    public static byte[] Write(Argon2KeyCost cost) => new VariantDictionary()
        .Add("$UUID", cost.IsId ? s_argon2id : s_argon2d)
        .Add("S", cost.Salt)
        .Add("P", cost.Lanes)
        .Add("M", cost.MemoryBytes)
        .Add("I", cost.Iterations)
        .Add("V", cost.Version)
        .ToArray();

    private static KeyCost Read(byte[] id, byte[] salt, VariantDictionary parameters, string source)
    {
        if (id.AsSpan().SequenceEqual(s_aes3) || id.AsSpan().SequenceEqual(s_aes4))
            return Aes(salt, parameters.Number("R") ?? throw Missing(), source);
        bool isId = id.AsSpan().SequenceEqual(s_argon2id);
        if (!isId && !id.AsSpan().SequenceEqual(s_argon2d))
        {
            throw KdbxErrors.Unsupported(source, "a key derivation that this version does not know " +
                $"({Convert.ToHexString(id.AsSpan(..Math.Min(id.Length, 16)))})");
        }
        ulong version = parameters.Number("V") ?? throw Missing();
        if (version is not (Argon2Version10 or Argon2Version13))
            throw KdbxErrors.Unsupported(source, $"version {version} of Argon2");
        // Beyond the bounds it is refused for its cost, so a number that is cut to 32 bits must not get below them.
        ulong lanes = Math.Min(parameters.Number("P") ?? throw Missing(), uint.MaxValue);
        return new Argon2KeyCost(isId, salt, parameters.Number("M") ?? throw Missing(), parameters.Number("I") ?? throw Missing(), (uint)lanes, (uint)version)
        {
            Secret = parameters.Array("K"),
            Additional = parameters.Array("A"),
        };
    }

    private static FormatException Missing() => new("a parameter of the key derivation is missing");
}
