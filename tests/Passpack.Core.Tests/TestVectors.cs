using System.Text.Json;

namespace Passpack.Core.Tests;

/// <summary>The files of Vectors/, as data.</summary>
internal static class TestVectors
{
    /// <summary>The folder of the checkout.</summary>
    public static string RepositoryRoot { get; } = Path.GetDirectoryName(Path.GetDirectoryName(Transfer.TransferTests.SamplePath)!)!;

    public static T Load<T>(string file) => JsonSerializer.Deserialize<T>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Vectors", file)), JsonSerializerOptions.Web)!;
}
