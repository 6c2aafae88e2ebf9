namespace Passpack.Server.Tests.Support.Postgres;

/// <summary>Whether the servers of this test process keep their data in PostgreSQL.</summary>
internal static class OverPostgres
{
    /// <summary>The environment variable that asks for it.</summary>
    public const string Variable = "PASSPACK_TEST_OVER_POSTGRES";

    public static bool IsAsked { get; } = Environment.GetEnvironmentVariable(Variable) == "1";
}
