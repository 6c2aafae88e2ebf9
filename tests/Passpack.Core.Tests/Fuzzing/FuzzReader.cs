namespace Passpack.Core.Tests.Fuzzing;

/// <summary>A reader of input from outside, as it is fuzzed: behind the key derivation, with a fixed key.</summary>
internal sealed record FuzzReader
{
    public required string Name { get; init; }

    /// <summary>Sound inputs, which the mutations start from.</summary>
    public required IReadOnlyList<byte[]> Seeds { get; init; }

    /// <summary>What the format is made of: mutations put it anywhere.</summary>
    public IReadOnlyList<byte[]> Tokens { get; init; } = [];

    /// <summary>Mutations make it no longer than that.</summary>
    public int MostBytes { get; init; } = 4096;

    /// <summary>How many inputs a run with every other test tries.</summary>
    public long ShortRun { get; init; } = 5000;

    /// <summary>Reads an input. Returns, or throws one kind of error.</summary>
    public required Action<byte[]> Read { get; init; }

    /// <summary>Sets right what would refuse a mutated input at the door, such as a checksum; of every second input.</summary>
    public Func<byte[], byte[]>? Mend { get; init; }

    /// <summary>The ids that its errors may have.</summary>
    public required IReadOnlyList<string> ErrorIds { get; init; }

    public override string ToString() => Name;
}
