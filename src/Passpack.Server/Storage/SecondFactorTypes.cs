using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>A second factor in force.</summary>
/// <param name="Seed">What its codes are made from.</param>
/// <param name="Recovery">The hashes of the recovery codes that are left, one after the other.</param>
/// <param name="LastStep">Of the newest code that was taken; none up to it is taken any more.</param>
/// <param name="Last">The newest use.</param>
internal sealed record StoredSecondFactor(byte[] Seed, byte[] Recovery, long LastStep, SecondFactorUse Last)
{
    /// <summary>The hashes of the recovery codes that are left after a use. Null if its code may not be taken.</summary>
    public byte[]? LeftAfter(SecondFactorUse use)
    {
        if (!Seed.AsSpan().SequenceEqual(use.Seed) || use.Step <= LastStep)
            return null;
        if (use.Step is not null)
            return Recovery;
        byte[] left = [.. Recovery.Chunk(SecondFactors.HashBytes).Where(hash => !hash.AsSpan().SequenceEqual(use.Code)).SelectMany(hash => hash)];
        return left.Length == Recovery.Length ? null : left;
    }
}

/// <summary>A code that is taken.</summary>
/// <param name="Seed">Of the second factor that it was verified by.</param>
/// <param name="Code">Its hash.</param>
/// <param name="Step">Of a code of an app. Null for a recovery code.</param>
/// <param name="Device">The device that it was taken from.</param>
/// <param name="Now">When.</param>
internal sealed record SecondFactorUse(byte[] Seed, byte[] Code, long? Step, Guid Device, DateTimeOffset Now);

/// <summary>A second factor that was set up.</summary>
/// <param name="Seed">What its codes are made from.</param>
/// <param name="Recovery">The hashes of its recovery codes, one after the other.</param>
/// <param name="Made">When.</param>
internal sealed record SecondFactorSetup(byte[] Seed, byte[] Recovery, DateTimeOffset Made);
