using System.Collections.Concurrent;
using System.Reflection;
using Passpack.Testing;

namespace Passpack.TestCmdlets;

/// <summary>
/// What scrypt gave in this process. A file of tests derives the same keys over and over, half a second each: of an account that it locks and unlocks, or
/// connects to from a second machine. What it makes anew costs little (CheapKeys). Known answers, bounds and costs are tested in Passpack.Core.Tests, where
/// nothing is remembered.
/// </summary>
public static class RememberedKeys
{
    /// <param name="derivation">The type Passpack.Packing.Keys.KeyDerivation, as the module has loaded it.</param>
    public static void Use(Type derivation)
    {
        PropertyInfo generate = derivation.GetProperty("Generate", BindingFlags.NonPublic | BindingFlags.Static)!;
        var scrypt = (Func<byte[], byte[], int, int, int, int, byte[]>)generate.GetValue(null)!;
        var known = new ConcurrentDictionary<string, byte[]>();
        // A copy, because who asked for it zeroes it.
        generate.SetValue(null, (byte[] secret, byte[] salt, int cost, int blockSize, int parallelization, int length) => (byte[])known.GetOrAdd(
            $"{Convert.ToHexString(secret)} {Convert.ToHexString(salt)} {cost} {blockSize} {parallelization} {length}",
            _ => scrypt(secret, salt, cost, blockSize, parallelization, length)).Clone());
        CheapKeys.Use(derivation.Assembly);
    }
}
