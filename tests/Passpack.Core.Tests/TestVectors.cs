using System.Text.Json;

namespace Passpack.Core.Tests;

/// <summary>The files of Vectors/, as data.</summary>
internal static class TestVectors
{
    public static T Load<T>(string file) => JsonSerializer.Deserialize<T>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Vectors", file)), JsonSerializerOptions.Web)!;
}
