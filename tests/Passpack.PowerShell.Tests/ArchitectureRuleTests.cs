using Mono.Cecil;
using Mono.Cecil.Cil;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>Each arrow of <see cref="ArchitectureTests"/> broken on purpose, in assemblies and files made for it: a rule that nothing can break holds nothing.</summary>
public sealed class ArchitectureRuleTests : IDisposable
{
    private const string Low = "Passpack.Vault.Storage", High = "Passpack.Sync.Client";

    /// <summary>Every way in which a type can use another.</summary>
    private static readonly Dictionary<string, Action<TypeDefinition, TypeReference>> s_ways = new()
    {
        ["base class"] = (type, used) => type.BaseType = used,
        ["interface"] = (type, used) => type.Interfaces.Add(new InterfaceImplementation(used)),
        ["field"] = (type, used) => type.Fields.Add(new FieldDefinition("field", FieldAttributes.Private, used)),
        ["property"] = (type, used) => type.Properties.Add(new PropertyDefinition("Property", PropertyAttributes.None, used)),
        ["attribute"] = (type, used) => type.CustomAttributes.Add(new CustomAttribute(new MethodReference(".ctor", Void(type), used))),
        ["attribute of a parameter"] = (type, used) => AddMethod(type).Parameters.Add(
            new ParameterDefinition(type) { CustomAttributes = { new CustomAttribute(new MethodReference(".ctor", Void(type), used)) } }),
        ["constraint"] = (type, used) => type.GenericParameters.Add(new GenericParameter("T", type) { Constraints = { new GenericParameterConstraint(used) } }),
        ["constraint of a method"] = (type, used) =>
        {
            MethodDefinition method = AddMethod(type);
            method.GenericParameters.Add(new GenericParameter("T", method) { Constraints = { new GenericParameterConstraint(used) } });
        },
        ["result"] = (type, used) => AddMethod(type).ReturnType = used,
        ["parameter"] = (type, used) => AddMethod(type).Parameters.Add(new ParameterDefinition(used)),
        ["array"] = (type, used) => AddMethod(type).Parameters.Add(new ParameterDefinition(new ArrayType(used))),
        ["generic argument"] = (type, used) => AddMethod(type).Parameters.Add(new ParameterDefinition(
            new GenericInstanceType(new TypeReference("System.Collections.Generic", "List`1", type.Module, type.Module.TypeSystem.CoreLibrary)) { GenericArguments = { used } })),
        ["local variable"] = (type, used) => AddMethod(type).Body.Variables.Add(new VariableDefinition(used)),
        ["catch"] = (type, used) => AddMethod(type).Body.ExceptionHandlers.Add(new ExceptionHandler(ExceptionHandlerType.Catch) { CatchType = used }),
        ["call"] = (type, used) => AddCode(type, Instruction.Create(OpCodes.Call, new MethodReference("Method", Void(type), used))),
        ["generic argument of a call"] = (type, used) => AddCode(type, Instruction.Create(OpCodes.Call,
            new GenericInstanceMethod(new MethodReference("Method", Void(type), type)) { GenericArguments = { used } })),
        ["static field"] = (type, used) => AddCode(type, Instruction.Create(OpCodes.Ldsfld, new FieldReference("Field", type.Module.TypeSystem.Int32, used))),
        ["typeof"] = (type, used) => AddCode(type, Instruction.Create(OpCodes.Ldtoken, used)),
        ["closure"] = (type, used) =>
        {
            var closure = new TypeDefinition("", "Closure", TypeAttributes.NestedPrivate);
            type.NestedTypes.Add(closure);
            closure.Fields.Add(new FieldDefinition("captured", FieldAttributes.Public, used));
        },
    };

    /// <summary>What an assembly must not know, by the rule.</summary>
    private static readonly Dictionary<string, (Func<ModuleDefinition, IReadOnlyList<string>> Rule, string[] Foreign, string Known)> s_assemblies = new()
    {
        ["Protocol"] = (ArchitectureRules.ForeignToProtocol,
            ["Passpack.Core", "Passpack.PowerShell", "Passpack.Server", "System.Management.Automation", "Microsoft.Data.Sqlite"], "System.Text.Json"),
        ["Core"] = (ArchitectureRules.ForeignToCore,
            ["Passpack.PowerShell", "Passpack.Server", "Microsoft.AspNetCore.Http.Abstractions", "System.Management.Automation"], "Passpack.Protocol"),
        ["PowerShell"] = (ArchitectureRules.ForeignToPowerShell, ["Passpack.Server", "Microsoft.Data.Sqlite", "BouncyCastle.Cryptography"], "Passpack.Core"),
        ["Server"] = (ArchitectureRules.ForeignToServer, ["Passpack.Core", "Passpack.PowerShell", "BouncyCastle.Cryptography"], "Passpack.Protocol"),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-architecture-").FullName;

    public static TheoryData<string> Rooms => [.. ArchitectureRules.Rooms];

    public static TheoryData<string> Ways => [.. s_ways.Keys];

    public static TheoryData<string> Assemblies => [.. s_assemblies.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Rooms))]
    public void Each_forbidden_room_is_found_and_no_allowed_one_is(string room)
    {
        (IEnumerable<string> allowed, IEnumerable<string> forbidden) = ArchitectureRules.NeighboursOf(room);
        Assert.NotEmpty(forbidden);
        Assert.All(forbidden, other => Assert.Equal($"{room}.Breaker uses {other}.Used", Assert.Single(ArchitectureRules.UsesBesideOrAbove(Using(room, other, "field"), room))));
        Assert.All(allowed, other => Assert.Empty(ArchitectureRules.UsesBesideOrAbove(Using(room, other, "field"), room)));
    }

    [Theory, MemberData(nameof(Ways))]
    public void A_forbidden_use_is_found_in_whatever_way(string way)
    {
        Assert.Contains($"uses {High}.Used", Assert.Single(ArchitectureRules.UsesBesideOrAbove(Using(Low, High, way), Low)), StringComparison.Ordinal);
        Assert.Empty(ArchitectureRules.UsesBesideOrAbove(Using(High, Low, way), High));
    }

    [Fact]
    public void A_room_that_is_on_no_floor_is_found()
    {
        Assert.Equal(["Passpack.Sync.Annex"], ArchitectureRules.ForgottenRooms(Using("Passpack.Sync.Annex", Low, "field")));
        Assert.Empty(ArchitectureRules.ForgottenRooms(Using(Low, High, "field")));
    }

    [Theory, MemberData(nameof(Assemblies))]
    public void A_foreign_assembly_is_found(string name)
    {
        (Func<ModuleDefinition, IReadOnlyList<string>> rule, string[] foreign, string known) = s_assemblies[name];
        Assert.All(foreign, other => Assert.Equal([other], rule(Referencing(other, known))));
        Assert.Empty(rule(Referencing(known)));
    }

    [Theory]
    [InlineData("System.IO", "File", "ReadAllText", true)]
    [InlineData("System.IO", "FileInfo", "OpenRead", true)]
    [InlineData("System.IO", "FileStream", ".ctor", true)]
    [InlineData("System.IO", "StreamReader", ".ctor", true)]
    [InlineData("System.IO", "File", "Exists", false)]
    public void A_file_that_is_opened_elsewhere_is_found(string ns, string type, string method, bool isFound)
    {
        foreach ((string opener, bool mayOpen) in new[] { ("Breaker", false), ("SharedRead", true) })
        {
            ModuleDefinition module = ModuleDefinition.CreateModule("Broken", ModuleKind.Dll);
            var called = new MethodReference(method, module.TypeSystem.Void, new TypeReference(ns, type, module, module.TypeSystem.CoreLibrary))
            {
                Parameters = { new ParameterDefinition(module.TypeSystem.String) },
            };
            AddCode(AddType(module, Low, opener), Instruction.Create(OpCodes.Call, called));
            Assert.Equal(isFound && !mayOpen ? 1 : 0, ArchitectureRules.FilesOpenedElsewhere(module).Count);
        }
    }

    [Fact]
    public void A_misplaced_file_a_crowded_folder_a_long_line_and_a_long_name_are_found()
    {
        string room = Directory.CreateDirectory(Path.Combine(_folder, "Vault", "Storage")).FullName;
        for (int i = 0; i < 25; i++)
            File.WriteAllText(Path.Combine(room, $"{i}.cs"), $"namespace {Low};\n// {new string('x', 197)}\npublic void {new string('x', 80)}()\n");
        Assert.Empty(Found());
        string wrong = Path.Combine(room, "Wrong.cs");
        string line = $"// {new string('x', 198)}", name = new('y', 81);
        File.WriteAllText(wrong, $"namespace {High};\n{line}\npublic void {name}()\n");
        Assert.Equal([wrong, room, $"{wrong}:2 has {line.Length} characters", name], Found());

        IEnumerable<string> Found() =>
        [
            .. ArchitectureRules.MisplacedFiles(_folder), .. ArchitectureRules.CrowdedFolders(_folder),
            .. ArchitectureRules.LongLines(_folder, 200), .. ArchitectureRules.LongTestNames(_folder),
        ];
    }

    /// <summary>An assembly with a type of one room that uses a type of another.</summary>
    private static ModuleDefinition Using(string room, string other, string way)
    {
        ModuleDefinition module = ModuleDefinition.CreateModule("Broken", ModuleKind.Dll);
        s_ways[way](AddType(module, room, "Breaker"), new TypeReference(other, "Used", module, module));
        return module;
    }

    private static ModuleDefinition Referencing(params string[] names)
    {
        ModuleDefinition module = ModuleDefinition.CreateModule("Broken", ModuleKind.Dll);
        foreach (string name in names)
            module.AssemblyReferences.Add(new AssemblyNameReference(name, new Version(1, 0)));
        return module;
    }

    private static TypeDefinition AddType(ModuleDefinition module, string ns, string name)
    {
        var type = new TypeDefinition(ns, name, TypeAttributes.Public, module.TypeSystem.Object);
        module.Types.Add(type);
        return type;
    }

    private static MethodDefinition AddMethod(TypeDefinition type)
    {
        var method = new MethodDefinition("Method", MethodAttributes.Public, Void(type));
        type.Methods.Add(method);
        return method;
    }

    private static void AddCode(TypeDefinition type, Instruction instruction) => AddMethod(type).Body.Instructions.Add(instruction);

    private static TypeReference Void(TypeDefinition type) => type.Module.TypeSystem.Void;
}
