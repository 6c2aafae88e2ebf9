using Mono.Cecil;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>The arrows of docs/architecture.md, held over what was built: PowerShell -> Core -> Protocol &lt;- Server.</summary>
public sealed class ArchitectureTests
{
    /// <summary>
    /// Core's houses: their floors from the ground up, the rooms of a floor side by side, and the houses that each stands on. A room uses the floors below
    /// it and whatever its house stands on; never a room beside or above it.
    /// </summary>
    private static readonly Dictionary<string, (string[][] Floors, string[] StandsOn)> Houses = new()
    {
        ["Passpack"] = ([["Passpack"]], []),
        ["Packing"] = (Floors("Passpack.Packing", "Records", "Keys", "Legacy"), ["Passpack"]),
        ["Vault"] = (Floors("Passpack.Vault", "Files", "Storage", "Entries", "Unlocking", "Account", "Backups"), ["Passpack", "Packing"]),
        ["Transfer"] = (Floors("Passpack.Transfer", "Layouts", "Reading Writing", "Importing"), ["Passpack", "Packing", "Vault"]),
        ["Scheduling"] = ([["Passpack.Scheduling"]], ["Passpack", "Vault"]),
        ["Sync"] = (
            [
                .. Floors("Passpack.Sync", "Client", "Session", "Manifests Mirroring", "Pulling", "Merging", "Pushing", "Recovery"),
                ["Passpack.Sync"],
                .. Floors("Passpack.Sync", "Accounts OnlineEditing", "Repair"),
            ], ["Passpack", "Packing", "Vault"]),
    };

    /// <summary>Each room of Core, and the namespaces that it may use.</summary>
    private static readonly Dictionary<string, HashSet<string>> MayUse = (
        from house in Houses.Values
        from floor in house.Floors.Index()
        from room in floor.Item
        let below = house.Floors.Take(floor.Index).Concat(house.StandsOn.SelectMany(other => Houses[other].Floors)).SelectMany(rooms => rooms)
        select (room, below)).ToDictionary(pair => pair.room, pair => (HashSet<string>)["Passpack.Protocol", .. pair.below]);

    private static string[][] Floors(string house, params string[] rooms) =>
        [.. rooms.Select(floor => floor.Split(' ').Select(room => $"{house}.{room}").ToArray())];

    public static TheoryData<string> Namespaces => [.. MayUse.Keys];

    [Theory, MemberData(nameof(Namespaces))]
    public void A_room_of_Core_uses_only_what_is_below_it(string ns)
    {
        IEnumerable<string> wrong =
            from type in Built.Core.GetTypes()
            where Namespace(type) == ns
            from used in Uses.Of(type)
            let usedNamespace = Namespace(used)
            where IsOurs(usedNamespace) && usedNamespace != ns && !MayUse[ns].Contains(usedNamespace)
            select $"{type.FullName} uses {used.FullName}";
        // In full: xunit would cut the list short just where the names begin.
        string listed = string.Join('\n', wrong.Distinct());
        Assert.True(listed.Length == 0, listed);
    }

    [Fact]
    public void Core_has_no_room_that_the_arrows_forget() =>
        Assert.Empty(Built.Core.GetTypes().Select(Namespace).Where(IsOurs).Distinct().Except(MayUse.Keys));

    /// <summary>In Core a room is a folder, too; so who looks for a file finds it by its namespace.</summary>
    [Fact]
    public void A_namespace_of_Core_is_its_folder()
    {
        string core = Path.Combine(Built.RepositoryRoot, "src", "Passpack.Core");
        Assert.All(Sources(core), file => Assert.Contains(
            $"namespace {string.Join('.', Path.GetRelativePath(core, Path.GetDirectoryName(file)!).Split(Path.DirectorySeparatorChar).Where(part => part != ".").Prepend("Passpack"))};",
            File.ReadLines(file)));
    }

    [Fact]
    public void No_folder_of_the_sources_holds_more_files_than_one_sees_at_a_glance() =>
        Assert.All(Sources(Path.Combine(Built.RepositoryRoot, "src")).GroupBy(Path.GetDirectoryName), folder => Assert.InRange(folder.Count(), 1, 25));

    /// <summary>A limit that nothing may exceed.</summary>
    [Fact]
    public void No_line_of_the_sources_is_longer_than_200_characters() => RequireLines(Sources(Path.Combine(Built.RepositoryRoot, "src")), 200);

    /// <summary>But for OnlineClient, whose answers to errors are on their way into a file of their own.</summary>
    [Theory]
    [InlineData("Passpack.Core")]
    [InlineData("Passpack.PowerShell")]
    public void No_line_of_Core_and_of_the_module_is_longer_than_160_characters(string project) => RequireLines(
        Sources(Path.Combine(Built.RepositoryRoot, "src", project)).Where(file => !Path.GetFileName(file).StartsWith("OnlineClient.", StringComparison.Ordinal)), 160);

    private static void RequireLines(IEnumerable<string> files, int most) => Assert.Empty(
        from file in files
        from line in File.ReadLines(file).Index()
        where line.Item.Length > most
        select $"{Path.GetRelativePath(Built.RepositoryRoot, file)}:{line.Index + 1} has {line.Item.Length} characters");

    [Fact]
    public void Protocol_depends_on_nothing() => Assert.All(References(Built.Protocol), name => Assert.True(IsPlatform(name), name));

    [Fact]
    public void Core_knows_neither_PowerShell_nor_ASP_NET()
    {
        Assert.Equal(["Passpack.Protocol"], References(Built.Core).Where(IsOurs).DefaultIfEmpty("Passpack.Protocol"));
        Assert.DoesNotContain(References(Built.Core), name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Assert.DoesNotContain("System.Management.Automation", References(Built.Core));
    }

    [Fact]
    public void PowerShell_depends_on_Core_and_what_that_depends_on_alone() =>
        Assert.Equal(["Passpack.Core", "Passpack.Protocol", "System.Management.Automation"], References(Built.PowerShell)
            .Where(name => !IsPlatform(name) || name == "System.Management.Automation").Order());

    /// <summary>A reader that does not share the file makes others' work on it fail, on Windows: so there is one way to read.</summary>
    [Fact]
    public void Core_opens_files_by_SharedRead_and_OwnerOnly_alone()
    {
        string[] readers = ["OpenRead", "OpenText", "ReadAllText", "ReadAllBytes", "ReadAllLines", "ReadLines", "Copy", "OpenHandle"];
        IEnumerable<string> wrong =
            from type in Built.Core.GetTypes()
            where Outermost(type).Name is not ("SharedRead" or "OwnerOnly" or "WindowsAccess")
            from method in type.Methods
            where method.HasBody
            from called in method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>()
            where called.DeclaringType.FullName is "System.IO.File" or "System.IO.FileInfo" && readers.Contains(called.Name)
                || called.DeclaringType.FullName == "System.IO.FileStream" && called.Name == ".ctor"
                || called.DeclaringType.FullName == "System.IO.StreamReader" && called.Name == ".ctor" && called.Parameters[0].ParameterType.FullName == "System.String"
            select $"{method.FullName} calls {called.FullName}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void The_server_cannot_decrypt()
    {
        IReadOnlyList<string> references = References(Built.Read(Built.Server));
        Assert.Equal(["Passpack.Protocol"], references.Where(IsOurs).DefaultIfEmpty("Passpack.Protocol"));
        Assert.DoesNotContain(references, name => name.StartsWith("BouncyCastle", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(Built.Server)!, "Passpack.Core.dll")));
    }

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    private static List<string> References(ModuleDefinition module) => [.. module.AssemblyReferences.Select(reference => reference.Name)];

    /// <summary>A nested type, a lambda's closure too, belongs where its outermost type is.</summary>
    private static string Namespace(TypeReference type) => type.DeclaringType is { } outer ? Namespace(outer) : type.Namespace;

    private static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static bool IsOurs(string name) => name == "Passpack" || name.StartsWith("Passpack.", StringComparison.Ordinal);

    private static bool IsPlatform(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) || name is "System" or "netstandard" or "mscorlib";
}
