namespace Passpack.PowerShell;

/// <summary>
/// Between the module's enums and those of Core that they mirror: PowerShell reads the types of parameters before it can load Core. Both have the same
/// names; a test holds that for every pair that is mapped anywhere.
/// </summary>
internal static class EnumMap
{
    public static TTo To<TFrom, TTo>(TFrom value)
        where TFrom : struct, Enum
        where TTo : struct, Enum => Enum.Parse<TTo>(value.ToString());
}
