using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>An entry that is to be changed.</summary>
internal sealed record EntryTarget(LocalVault Vault, Guid Id, string Name, Entry? Piped)
{
    public EntryChange Change(EntryEdit? values = null) => new(Vault, Id, values, Piped ?? (object)Id);
}

/// <summary>A change that waits for its batch.</summary>
/// <param name="Vault">Where.</param>
/// <param name="Id">The entry. Null for a new one.</param>
/// <param name="Values">The new values. Null if the entry is to be removed or restored.</param>
/// <param name="Target">The target of an error record.</param>
/// <param name="Version">The earlier version that is to be put in force. Null if none is. Null if none is.</param>
internal sealed record EntryChange(LocalVault Vault, Guid? Id, EntryEdit? Values, object Target, EntryVersion? Version = null)
{
    /// <summary>Makes changes of one account online, in as few pushes as possible. A change that fails does not affect the others.</summary>
    public static async Task<IReadOnlyList<EntryOutcome>> ApplyOnlineAsync(
        IReadOnlyList<EntryChange> changes, IProgress<SyncProgress>? progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<OnlineEditResult> results = await OnlineVault.ApplyAsync(
            changes[0].Vault, [.. changes.Select(change => change.ToEdit())], progress, cancellationToken);
        return [.. changes.Zip(results, (change, result) => new EntryOutcome(change, result.Entry, result.Error))];
    }

    private OnlineEdit ToEdit() => new() { Id = Id, Values = Values ?? new EntryEdit(), Delete = Values is null };
}

/// <summary>The outcome of a change: the entry afterwards, or the error.</summary>
internal sealed record EntryOutcome(EntryChange Change, EntrySummary? Entry, PasspackException? Error);
