using System.Reflection;

namespace Passpack.Testing;

/// <summary>
/// Keys that a test process makes anew have the least cost that is accepted from anywhere: a quarter of the work, for this process and for every other that opens
/// what it made, because the cost stands beside the salt. What users get is tested in Passpack.Core.Tests and in processes that tests start.
/// </summary>
internal static class CheapKeys
{
    /// <param name="core">Passpack.Core.</param>
    public static void Use(Assembly core)
    {
        Type parameters = core.GetType("Passpack.Packing.Keys.KdfParameters", throwOnError: true)!;
        parameters.GetProperty("Current")!.SetValue(null, parameters.GetField("Floor")!.GetValue(null));
    }
}
