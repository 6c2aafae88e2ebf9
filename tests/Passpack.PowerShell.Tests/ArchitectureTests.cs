using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>The arrows of docs/architecture.md, held over what was built: PowerShell -> Core -> Protocol &lt;- Server.</summary>
public sealed class ArchitectureTests
{
    private static readonly string s_core = Path.Combine(Built.RepositoryRoot, "src", "Passpack.Core");

    public static TheoryData<string> Rooms => [.. ArchitectureRules.Rooms];

    [Theory, MemberData(nameof(Rooms))]
    public void A_room_of_Core_uses_only_what_is_below_it(string room) => RequireNone(ArchitectureRules.UsesBesideOrAbove(Built.Core, room));

    [Fact]
    public void Core_has_no_room_that_the_arrows_forget() => RequireNone(ArchitectureRules.ForgottenRooms(Built.Core));

    /// <summary>In Core a room is a folder, too; so who looks for a file finds it by its namespace.</summary>
    [Fact]
    public void A_namespace_of_Core_is_its_folder() => RequireNone(ArchitectureRules.MisplacedFiles(s_core));

    [Fact]
    public void No_folder_of_the_sources_holds_more_files_than_one_sees_at_a_glance() =>
        RequireNone(ArchitectureRules.CrowdedFolders(Path.Combine(Built.RepositoryRoot, "src")));

    /// <summary>A limit that nothing may exceed.</summary>
    [Fact]
    public void No_line_of_the_sources_is_longer_than_200_characters() =>
        RequireNone(ArchitectureRules.LongLines(Path.Combine(Built.RepositoryRoot, "src"), 200));

    [Theory]
    [InlineData("Passpack.Core")]
    [InlineData("Passpack.PowerShell")]
    public void No_line_of_Core_and_of_the_module_is_longer_than_160_characters(string project) =>
        RequireNone(ArchitectureRules.LongLines(Path.Combine(Built.RepositoryRoot, "src", project), 160));

    /// <summary>So that a failure names itself in one line.</summary>
    [Fact]
    public void No_name_of_a_test_is_longer_than_80_characters() =>
        RequireNone(ArchitectureRules.LongTestNames(Path.Combine(Built.RepositoryRoot, "tests")));

    [Fact]
    public void Protocol_depends_on_nothing_but_the_algorithm_of_signatures() => RequireNone(ArchitectureRules.ForeignToProtocol(Built.Protocol));

    [Fact]
    public void Core_knows_neither_PowerShell_nor_ASP_NET() => RequireNone(ArchitectureRules.ForeignToCore(Built.Core));

    [Fact]
    public void PowerShell_depends_on_Core_and_what_that_depends_on_alone()
    {
        RequireNone(ArchitectureRules.ForeignToPowerShell(Built.PowerShell));
        Assert.Superset(new HashSet<string> { "Passpack.Core", "Passpack.Protocol", "System.Management.Automation" },
            Built.PowerShell.AssemblyReferences.Select(reference => reference.Name).ToHashSet());
    }

    [Fact]
    public void Core_opens_files_by_SharedRead_and_OwnerOnly_alone() => RequireNone(ArchitectureRules.FilesOpenedElsewhere(Built.Core));

    [Fact]
    public void The_server_cannot_decrypt()
    {
        RequireNone(ArchitectureRules.ForeignToServer(Built.Read(Built.Server)));
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(Built.Server)!, "Passpack.Core.dll")));
    }

    // In full: xunit would cut the list short just where the names begin.
    private static void RequireNone(IReadOnlyList<string> wrong) => Assert.True(wrong.Count == 0, string.Join('\n', wrong));
}
