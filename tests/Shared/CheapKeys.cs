using System.Reflection;
using System.Reflection.Emit;

namespace Passpack.Testing;

/// <summary>
/// Keys that a test process makes anew have the least cost that is accepted from anywhere: a quarter of the work, for this process and for every other that opens
/// what it made, because the cost stands beside the salt. That users get the full cost is tested in
/// Passpack.Core.Tests.
/// </summary>
internal static class CheapKeys
{
    /// <param name="core">Passpack.Core, of which nothing has derived a key yet.</param>
    public static void Use(Assembly core)
    {
        // A readonly field, which nothing but such a method may set; code that is compiled for good later takes over what it holds.
        Type parameters = core.GetType("Passpack.Packing.Keys.KdfParameters", throwOnError: true)!;
        var setting = new DynamicMethod("UseFloor", null, null, parameters.Module, skipVisibility: true);
        ILGenerator code = setting.GetILGenerator();
        code.Emit(OpCodes.Ldsfld, parameters.GetField("Floor")!);
        code.Emit(OpCodes.Stsfld, parameters.GetField("Current")!);
        code.Emit(OpCodes.Ret);
        setting.CreateDelegate<Action>()();
    }
}
