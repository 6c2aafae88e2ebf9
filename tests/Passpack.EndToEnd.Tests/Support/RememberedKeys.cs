using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Testing;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>
/// What scrypt gave, in a folder of this run. The tests, and the processes that they start and kill, derive the same keys hundreds of times; each time would
/// cost more than all the rest of a step. Known answers, bounds and costs are tested in Passpack.Core.Tests, where nothing is remembered.
/// </summary>
internal static class RememberedKeys
{
    /// <summary>Names the folder to the processes that the tests start.</summary>
    private const string Variable = "PASSPACK_END_TO_END_KEYS";

    private static readonly Func<byte[], byte[], int, int, int, int, byte[]> s_scrypt = KeyDerivation.Generate;

    private static string s_folder = "";

    [ModuleInitializer]
    internal static void Use()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } given)
        {
            s_folder = given;
        }
        else
        {
            s_folder = Directory.CreateTempSubdirectory("passpack-keys-").FullName;
            Environment.SetEnvironmentVariable(Variable, s_folder);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(s_folder, recursive: true);
        }
        KeyDerivation.Generate = Generate;
        CheapKeys.Use(typeof(KeyDerivation).Assembly);
    }

    private static byte[] Generate(byte[] secret, byte[] salt, int cost, int blockSize, int parallelization, int length)
    {
        string what = string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexString(secret)} {Convert.ToHexString(salt)} {cost} {blockSize} {parallelization} {length}");
        string file = Path.Combine(s_folder, Convert.ToHexString(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(what))));
        if (File.Exists(file))
            return File.ReadAllBytes(file);
        byte[] derived = s_scrypt(secret, salt, cost, blockSize, parallelization, length);
        // Whole before it has its name: a process that writes it may be killed.
        string unnamed = Path.Combine(s_folder, $"{Guid.NewGuid():N}");
        File.WriteAllBytes(unnamed, derived);
        File.Move(unnamed, file, overwrite: true);
        return derived;
    }
}
