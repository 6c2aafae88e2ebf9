using System.Globalization;

namespace Passpack.Core.Tests.Fuzzing;

/// <summary>
/// A short run with every other test. <c>PASSPACK_LONG=1</c> asks for a million inputs of each reader, <c>PASSPACK_FUZZ_INPUTS</c> for so many, <c>PASSPACK_FUZZ_SEED</c> for others,
/// <c>PASSPACK_FUZZ_READER</c> for one reader alone; docs/pack-format.md records the long runs.
/// </summary>
[Trait("Pace", "Slow")]
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const long LongRun = 1_000_000;

    public static TheoryData<string> Readers =>
    [
        .. from reader in FuzzReaders.All
           where Environment.GetEnvironmentVariable("PASSPACK_FUZZ_READER") is not { Length: > 0 } alone || alone == reader.Name
           select reader.Name,
    ];

    [Theory, MemberData(nameof(Readers))]
    public void Whatever_it_reads_ends_well_or_in_one_kind_of_error(string name)
    {
        FuzzReader fuzzed = FuzzReaders.All.Single(reader => reader.Name == name);
        long inputs = Setting("PASSPACK_FUZZ_INPUTS", Environment.GetEnvironmentVariable("PASSPACK_LONG") == "1" ? LongRun : fuzzed.ShortRun);
        int seed = (int)Setting("PASSPACK_FUZZ_SEED", 1);
        var fuzzer = new Fuzzer(fuzzed, seed);
        fuzzer.Run(inputs);
        output.WriteLine($"{name}: {inputs:N0} inputs of seed {seed}, {fuzzer.Sound:N0} of them sound");
        Assert.NotEqual(0, fuzzer.Sound); // A seed that is refused would test the door alone.
    }

    private static long Setting(string name, long otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? long.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
