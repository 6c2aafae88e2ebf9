namespace Passpack.Core.Tests.Vault;

internal static class Errors
{
    /// <inheritdoc cref="Of(string, Action, string?)"/>
    public static PasspackException Of(string errorId, Func<object?> action, string? names = null) => Of(errorId, () => { _ = action(); }, names);

    /// <summary>It fails as a user may see it: a stable id, the path or the thing it is about, and a next step.</summary>
    public static PasspackException Of(string errorId, Action action, string? names = null)
    {
        PasspackException error = Assert.Throws<PasspackException>(action);
        Assert.Equal(errorId, error.ErrorId);
        if (names is not null)
            Assert.Contains(names, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error.Message, StringComparison.Ordinal);
        return error;
    }

    /// <summary>The same of work that waits.</summary>
    public static async Task<PasspackException> ThrowsAsync(string errorId, Func<Task> action)
    {
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(action);
        return Of(errorId, () => throw error);
    }
}
