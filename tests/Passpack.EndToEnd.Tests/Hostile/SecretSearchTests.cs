using System.Text;
using Passpack.EndToEnd.Tests.Support;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>That nothing leaks is only worth something if a leak would be found.</summary>
public sealed class SecretSearchTests
{
    private const string Secret = "pässword of the \"test\"";

    public static TheoryData<string> Leaks() =>
    [
        $"x{Secret}y",
        $"{{\"notes\":{System.Text.Json.JsonSerializer.Serialize(Secret)}}}",
        $"/v1/vaults?q={Uri.EscapeDataString(Secret)}",
        "x" + Convert.ToHexString(Encoding.UTF8.GetBytes(Secret)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)),
        "Bearer " + Convert.ToBase64String(Encoding.UTF8.GetBytes("x" + Secret + "y")).Replace('+', '-').Replace('/', '_'),
        Convert.ToBase64String(Encoding.Unicode.GetBytes("xy" + Secret)),
        $"{{\"records\":[{{\"body\":\"{Convert.ToBase64String(Encoding.Unicode.GetBytes("some more" + Secret + "!"))}\"}}]}}",
    ];

    [Theory]
    [MemberData(nameof(Leaks))]
    public void A_leak_is_found(string message) =>
        Assert.Equal(["it"], SecretSearch.Find(
            [[0], Encoding.UTF8.GetBytes(message)], [("it", Encoding.UTF8.GetBytes(Secret)), ("other", "not there at all"u8.ToArray())]));
}
