using Mono.Cecil;

namespace Passpack.Help;

/// <summary>A cmdlet as it was compiled: what its pages need not repeat.</summary>
public sealed record CompiledCmdlet(
    string Verb,
    string Noun,
    bool SupportsShouldProcess,
    string? DefaultSet,
    IReadOnlyList<string> OutputTypes,
    IReadOnlyList<CompiledParameter> Parameters)
{
    /// <summary>Verb-Noun.</summary>
    public string Name => $"{Verb}-{Noun}";

    /// <summary>The parameter sets, the default one first; one without a name where there are none.</summary>
    public IReadOnlyList<string?> Sets =>
        [.. Parameters.SelectMany(parameter => parameter.Uses).Select(use => use.Set).Prepend(DefaultSet).Where(set => set is not null).Distinct()
            .DefaultIfEmpty(null)];

    /// <summary>The parameters of a set, as a person types them: by position, then the mandatory ones, then the rest.</summary>
    public IEnumerable<(CompiledParameter Parameter, ParameterUse Use)> InSet(string? set) =>
        from parameter in Parameters
        let use = parameter.Uses.FirstOrDefault(use => use.Set is null || use.Set == set)
        where use is not null
        orderby use.Position ?? int.MaxValue, !use.Mandatory
        select (parameter, use);

    /// <summary>The cmdlets of an assembly. It is read as data, and no code of it runs.</summary>
    public static IReadOnlyList<CompiledCmdlet> ReadAll(string assembly)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory); // PowerShell's own assembly lies beside the tool.
        using var module = ModuleDefinition.ReadModule(assembly, new ReaderParameters { AssemblyResolver = resolver });
        return [.. module.GetTypes().Select(CmdletReader.TryRead).OfType<CompiledCmdlet>().OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal)];
    }
}

/// <summary>A parameter.</summary>
/// <param name="Name">Without the dash.</param>
/// <param name="Type">The full name of what it takes.</param>
/// <param name="ShortType">As a syntax line has it.</param>
/// <param name="IsSwitch">Whether it takes no value.</param>
/// <param name="Values">The values of an enumeration; else empty.</param>
/// <param name="Aliases">Other names.</param>
/// <param name="Wildcards">Whether * and ? act.</param>
/// <param name="Default">What holds where it is not given.</param>
/// <param name="Uses">In which sets, and how.</param>
public sealed record CompiledParameter(
    string Name,
    string Type,
    string ShortType,
    bool IsSwitch,
    IReadOnlyList<string> Values,
    IReadOnlyList<string> Aliases,
    bool Wildcards,
    string Default,
    IReadOnlyList<ParameterUse> Uses)
{
    /// <summary>Of all sets together, for what is said once of a parameter.</summary>
    public ParameterUse Overall => new(
        null,
        Uses.All(use => use.Mandatory),
        Uses.Select(use => use.Position).FirstOrDefault(position => position is not null),
        Uses.Any(use => use.ByValue),
        Uses.Any(use => use.ByPropertyName));
}

/// <summary>How a parameter set uses a parameter.</summary>
/// <param name="Set">Its name; null: all of them.</param>
/// <param name="Mandatory">Whether it has to be given.</param>
/// <param name="Position">Its place without its name; null: by name only.</param>
/// <param name="ByValue">Whether it takes objects from the pipeline.</param>
/// <param name="ByPropertyName">Whether it takes properties of objects from the pipeline.</param>
public sealed record ParameterUse(string? Set, bool Mandatory, int? Position, bool ByValue, bool ByPropertyName)
{
    /// <summary>As Get-Help says it.</summary>
    public string PipelineInput => (ByValue, ByPropertyName) switch
    {
        (true, true) => "True (ByPropertyName, ByValue)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };
}
