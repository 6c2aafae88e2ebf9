using FsCheck;

namespace Passpack.Core.Tests;

internal static class Properties
{
    /// <summary>Tries it on values of FsCheck's choice; a counterexample fails the test, shrunk, with the seed that repeats it.</summary>
    public static void Holds(this Property property) => Check.QuickThrowOnFailure(property);
}
