using Passpack.EndToEnd.Tests.Model;
using Passpack.Tests.Postgres;

namespace Passpack.EndToEnd.Tests.Nodes;

/// <summary>The histories of <see cref="ModelTests"/> over two nodes and one database of PostgreSQL. The same variables say how many.</summary>
public sealed class NodesModelTests(ModelNodes nodes) : IClassFixture<ModelNodes>
{
    [Fact]
    public void Machines_at_two_nodes_do_what_the_model_says_converge_and_lose_nothing()
    {
        Assert.SkipWhen(PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        ModelTests.Run(nodes, usual: 20);
    }
}
