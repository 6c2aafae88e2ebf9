using FsCheck;
using FsCheck.Fluent;
using Passpack.Sync.Session;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>Random histories, and shorter ones of a history that fails.</summary>
internal static class Generator
{
    public const int MostMachines = 4;

    private static readonly Gen<Kind> s_kind = Gen.Frequency(
        Of(5, Kind.Add), Of(9, Kind.Edit), Of(2, Kind.Rename), Of(4, Kind.Trash), Of(2, Kind.Restore), Of(1, Kind.Purge), Of(2, Kind.RestoreVersion),
        Of(3, Kind.Tags), Of(2, Kind.Favorite), Of(1, Kind.OnlineAdd), Of(3, Kind.OnlineEdit), Of(3, Kind.OnlineFlags), Of(3, Kind.OnlineDelete),
        Of(2, Kind.OnlineRestore), Of(15, Kind.Sync), Of(2, Kind.Plan), Of(2, Kind.SyncTogether), Of(1, Kind.Connect), Of(1, Kind.Join), Of(1, Kind.Clock));

    private static readonly Gen<Break> s_break = Gen.Frequency(
        Of(14, Break.None), Of(1, Break.CutOnce), Of(1, Break.CutFromThereOn), Of(1, Break.LoseAnswer), Of(2, Break.LoseAnswersFromThereOn),
        Of(2, Break.Cancel), Of(2, Break.PowerCut));

    private static readonly Gen<Step> s_step =
        from kind in s_kind
        from machine in Gen.Choose(0, MostMachines - 1)
        from entry in Gen.Choose(0, 5)
        from variant in Gen.Choose(0, 15)
        from policy in Gen.Choose(0, 4)
        from how in s_break
        from at in Gen.Choose(1, how is Break.Cancel or Break.PowerCut ? 24 : 4)
        select new Step(kind, machine, entry, variant, (ConflictPolicy)policy, how, at);

    public static Arbitrary<Script> Scripts { get; } = Arb.From(
        from machines in Gen.Choose(2, MostMachines)
        from steps in s_step.ListOf()
        select new Script(machines, [.. steps]), Shrink);

    private static (int, Gen<T>) Of<T>(int weight, T value) => (weight, Gen.Constant(value));

    private static IEnumerable<Script> Shrink(Script script)
    {
        Step[] steps = [.. script.Steps];
        for (int length = steps.Length / 2; length >= 1; length /= 2)
        {
            for (int start = 0; start + length <= steps.Length; start += length)
                yield return script with { Steps = [.. steps[..start], .. steps[(start + length)..]] };
        }
        if (script.Machines > 2)
            yield return script with { Machines = script.Machines - 1 };
        for (int i = 0; i < steps.Length; i++)
        {
            Step step = steps[i];
            foreach (Step simpler in new[]
            {
                step with { Break = Break.None, At = 1 }, step with { Policy = ConflictPolicy.Newest }, step with { Variant = 0 }, step with { Entry = 0 },
                step with { Machine = 0 }, step with { At = step.At / 2 + 1 },
            })
            {
                if (simpler != step && simpler.At <= step.At)
                    yield return script with { Steps = [.. steps[..i], simpler, .. steps[(i + 1)..]] };
            }
        }
    }
}
