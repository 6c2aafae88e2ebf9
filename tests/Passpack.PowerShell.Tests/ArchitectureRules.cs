using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Passpack.PowerShell.Tests;

/// <summary>
/// What <see cref="ArchitectureTests"/> holds over what was built, and <see cref="ArchitectureRuleTests"/> breaks. Each rule lists what is against it,
/// a line each.
/// </summary>
internal static class ArchitectureRules
{
    /// <summary>
    /// Core's houses: their floors from the ground up, the rooms of a floor side by side, and the houses that each stands on. A room uses the floors below
    /// it and whatever its house stands on; never a room beside or above it.
    /// </summary>
    private static readonly Dictionary<string, (string[][] Floors, string[] StandsOn)> Houses = new()
    {
        ["Passpack"] = ([["Passpack"]], []),
        ["Packing"] = (Floors("Passpack.Packing", "Records", "Keys", "Legacy"), ["Passpack"]),
        ["Vault"] = (Floors("Passpack.Vault", "Files Fields", "Storage", "Logs Entries", "Attachments", "Unlocking", "Account", "Backups Rotations"), ["Passpack", "Packing", "Sharing"]),
        ["Transfer"] = (Floors("Passpack.Transfer", "Layouts", "Reading", "Kdbx", "KeePass", "Writing", "Sources", "Sources.Bitwarden Sources.Browsers Sources.Managers", "Importing"), ["Passpack", "Packing", "Vault"]),
        ["Scheduling"] = ([["Passpack.Scheduling"]], ["Passpack", "Vault"]),
        ["Sync"] = (
            [
                .. Floors("Passpack.Sync", "Client", "Session", "Manifests Mirroring", "Pulling", "Merging", "Pushing", "Recovery", "Attachments"),
                ["Passpack.Sync"],
                .. Floors("Passpack.Sync", "Accounts Administration OnlineEditing Sharing", "Repair Rotations"),
            ], ["Passpack", "Packing", "Sharing", "Vault"]),
        ["Sharing"] = ([["Passpack.Sharing"]], ["Passpack", "Packing"]),
        ["Health"] = (Floors("Passpack.Health", "Breaches", "Checks", "Reports"), ["Passpack", "Packing", "Vault"]),
        ["Automation"] = (Floors("Passpack.Automation", "References Masking", "Templates Running"), ["Passpack", "Packing", "Vault"]),
    };

    /// <summary>Each room of Core, and the namespaces that it may use.</summary>
    private static readonly Dictionary<string, HashSet<string>> s_mayUse = (
        from house in Houses.Values
        from floor in house.Floors.Index()
        from room in floor.Item
        let below = house.Floors.Take(floor.Index).Concat(house.StandsOn.SelectMany(other => Houses[other].Floors)).SelectMany(rooms => rooms)
        select (room, below)).ToDictionary(pair => pair.room, pair => (HashSet<string>)["Passpack.Protocol", "Passpack.Protocol.Sharing", .. pair.below]);

    public static IReadOnlyCollection<string> Rooms => s_mayUse.Keys;

    /// <summary>The namespaces that a room of Core may use, and those that it may not: of Core, and of what stands on it or beside it.</summary>
    public static (IEnumerable<string> Allowed, IEnumerable<string> Forbidden) NeighboursOf(string room) =>
        (s_mayUse[room], Rooms.Except([room, .. s_mayUse[room]]).Concat(["Passpack.PowerShell", "Passpack.PowerShell.Commands", "Passpack.Server"]));

    /// <summary>What the types of a room use of rooms beside or above it.</summary>
    public static IReadOnlyList<string> UsesBesideOrAbove(ModuleDefinition core, string room) =>
    [
        .. (from type in core.GetTypes()
            where Namespace(type) == room
            from used in Uses.Of(type)
            let usedNamespace = Namespace(used)
            where IsOurs(usedNamespace) && usedNamespace != room && !s_mayUse[room].Contains(usedNamespace)
            select $"{type.FullName} uses {used.FullName}").Distinct(),
    ];

    /// <summary>Namespaces that are no room.</summary>
    public static IReadOnlyList<string> ForgottenRooms(ModuleDefinition core) => [.. core.GetTypes().Select(Namespace).Where(IsOurs).Distinct().Except(Rooms)];

    /// <summary>Both sides verify signatures, so their algorithm is what the protocol needs beside the platform.</summary>
    public static IReadOnlyList<string> ForeignToProtocol(ModuleDefinition protocol) =>
        References(protocol, name => !IsPlatform(name) && name != "BouncyCastle.Cryptography");

    public static IReadOnlyList<string> ForeignToCore(ModuleDefinition core) =>
        References(core, name => IsOurs(name) && name != "Passpack.Protocol" || IsAspNet(name) || name == "System.Management.Automation");

    public static IReadOnlyList<string> ForeignToPowerShell(ModuleDefinition module) =>
        References(module, name => !IsPlatform(name) && name is not ("Passpack.Core" or "Passpack.Protocol" or "System.Management.Automation"));

    public static IReadOnlyList<string> ForeignToServer(ModuleDefinition server) =>
        References(server, name => IsOurs(name) && name != "Passpack.Protocol" || name.StartsWith("BouncyCastle", StringComparison.Ordinal));

    /// <summary>A reader that does not share the file makes others' work on it fail, on Windows: so there is one way to read.</summary>
    public static IReadOnlyList<string> FilesOpenedElsewhere(ModuleDefinition core) =>
    [
        .. from type in core.GetTypes()
           where Outermost(type).Name is not ("SharedRead" or "OwnerOnly" or "WindowsAccess")
           from method in type.Methods
           where method.HasBody
           from called in method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>()
           where OpensFile(called)
           select $"{method.FullName} calls {called.FullName}",
    ];

    /// <summary>Files of Core whose namespace is not their folder's.</summary>
    public static IReadOnlyList<string> MisplacedFiles(string core) =>
    [
        .. Sources(core).Where(file => !File.ReadLines(file).Contains($"namespace {string.Join('.', Folders(core, file).Prepend("Passpack"))};")),
    ];

    public static IReadOnlyList<string> CrowdedFolders(string sources) =>
        [.. Sources(sources).GroupBy(file => Path.GetDirectoryName(file)!).Where(folder => folder.Count() > 25).Select(folder => folder.Key)];

    public static IReadOnlyList<string> LongLines(string sources, int most) =>
    [
        .. from file in Sources(sources)
           from line in File.ReadLines(file).Index()
           where line.Item.Length > most
           select $"{file}:{line.Index + 1} has {line.Item.Length} characters",
    ];

    public static IReadOnlyList<string> LongTestNames(string tests) =>
        [.. Sources(tests).SelectMany(file => Regex.Matches(File.ReadAllText(file), @"\b\w{81,}(?=\()")).Select(name => name.Value)];

    private static bool OpensFile(MethodReference called) => called.DeclaringType.FullName switch
    {
        "System.IO.File" or "System.IO.FileInfo" => called.Name is
            "OpenRead" or "OpenText" or "ReadAllText" or "ReadAllBytes" or "ReadAllLines" or "ReadLines" or "Copy" or "OpenHandle",
        "System.IO.FileStream" => called.Name == ".ctor",
        "System.IO.StreamReader" => called.Name == ".ctor" && called.Parameters[0].ParameterType.FullName == "System.String",
        _ => false,
    };

    private static string[][] Floors(string house, params string[] rooms) =>
        [.. rooms.Select(floor => floor.Split(' ').Select(room => $"{house}.{room}").ToArray())];

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    private static IEnumerable<string> Folders(string root, string file) =>
        Path.GetRelativePath(root, Path.GetDirectoryName(file)!).Split(Path.DirectorySeparatorChar).Where(part => part != ".");

    private static IReadOnlyList<string> References(ModuleDefinition module, Func<string, bool> isWrong) =>
        [.. module.AssemblyReferences.Select(reference => reference.Name).Where(isWrong)];

    /// <summary>A nested type, a lambda's closure too, belongs where its outermost type is.</summary>
    private static string Namespace(TypeReference type) => type.DeclaringType is { } outer ? Namespace(outer) : type.Namespace;

    private static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static bool IsOurs(string name) => name == "Passpack" || name.StartsWith("Passpack.", StringComparison.Ordinal);

    private static bool IsAspNet(string name) => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal);

    private static bool IsPlatform(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) && name != "System.Management.Automation" || name is "System" or "netstandard" or "mscorlib";
}
