using Passpack.Sync.Session;

namespace Passpack.EndToEnd.Tests.Model;

internal enum Kind
{
    Add,
    Edit,
    Rename,
    Trash,
    Restore,
    Purge,
    RestoreVersion,
    Tags,
    Favorite,
    OnlineAdd,
    OnlineEdit,
    OnlineFlags,
    OnlineDelete,
    OnlineRestore,
    Sync,
    Plan,
    SyncTogether,
    Connect,
    Join,
    Clock,
}

/// <summary>How something is interrupted.</summary>
internal enum Break
{
    None,
    CutOnce,
    CutFromThereOn,
    LoseAnswer,
    LoseAnswersFromThereOn,
    Cancel,
    PowerCut,
}

/// <summary>One step of a history. Numbers choose among what is there when the step comes, so that a history still makes sense when steps are taken out of it.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Machine">Where.</param>
/// <param name="Entry">To which entry.</param>
/// <param name="Variant">Which field, which value, which streams are left out.</param>
/// <param name="Policy">Of a sync.</param>
/// <param name="Break">How it is interrupted.</param>
/// <param name="At">At which request or step, from 1.</param>
internal sealed record Step(Kind Kind, int Machine, int Entry, int Variant, ConflictPolicy Policy, Break Break, int At)
{
    public bool ExcludesTags => Variant % 2 == 1;

    public bool ExcludesFavorites => Variant / 2 % 2 == 1;

    public override string ToString() => $"{Kind} machine {Machine} entry {Entry} variant {Variant} {Policy}{(Break == Break.None ? "" : $" {Break} at {At}")}";
}

/// <summary>A whole history.</summary>
/// <param name="Machines">That are connected from the start; more may come.</param>
/// <param name="Steps">One after the other.</param>
internal sealed record Script(int Machines, IReadOnlyList<Step> Steps)
{
    public override string ToString() => $"{Machines} machines{string.Concat(Steps.Select(step => $"\n  {step}"))}";
}
