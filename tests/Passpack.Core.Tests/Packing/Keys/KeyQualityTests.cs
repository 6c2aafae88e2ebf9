using Passpack.Packing.Keys;

namespace Passpack.Core.Tests.Packing;

public sealed class KeyQualityTests
{
    private sealed record Vector(string Passphrase, int Bits);

    [Fact]
    public void Ratings_are_those_of_Passpack()
    {
        Vector[] vectors = TestVectors.Load<Vector[]>("quality-rating.json");
        Assert.Equal(27, vectors.Length);
        Assert.All(vectors, vector => Assert.Equal(vector.Bits, KeyQuality.Rate(vector.Passphrase)));
    }

    [Fact]
    public void An_empty_key_rates_nothing() => Assert.Equal(0, KeyQuality.Rate(""));
}
