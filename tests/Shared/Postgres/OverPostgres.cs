namespace Passpack.Tests.Postgres;

/// <summary>Whether the servers of this test process keep their data in PostgreSQL.</summary>
internal static class OverPostgres
{
    /// <summary>The environment variable that asks for it: the folder of the cluster of the process that started this one.</summary>
    public const string Variable = "PASSPACK_TEST_OVER_POSTGRES";

    public static string? Cluster { get; } = Environment.GetEnvironmentVariable(Variable);

    public static bool IsAsked => Cluster is not null;
}
