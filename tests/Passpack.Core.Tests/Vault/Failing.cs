using Passpack.Vault.Files;

namespace Passpack.Core.Tests.Vault;

/// <summary>Makes a step fail. Steps are heard of by the whole process, so tests that do that share a collection.</summary>
internal static class Failing
{
    public const string Name = "Failpoints";

    /// <summary>Does something, in which the first step of a name fails: on this thread alone.</summary>
    public static void At(string step, Action action)
    {
        int thread = Environment.CurrentManagedThreadId;
        bool failed = false;
        Failpoints.Listener = hit =>
        {
            if (hit != step || failed || Environment.CurrentManagedThreadId != thread)
                return;
            failed = true;
            throw new IOException($"Failed at '{step}'.");
        };
        try
        {
            action();
            Assert.True(failed, $"The step '{step}' was not met.");
        }
        finally
        {
            Failpoints.Listener = null;
        }
    }
}
