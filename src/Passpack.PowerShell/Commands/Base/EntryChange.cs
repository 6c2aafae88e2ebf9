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
internal sealed record EntryChange(LocalVault Vault, Guid? Id, EntryEdit? Values, object Target, EntryVersion? Version = null);

/// <summary>The outcome of a change: the entry afterwards, or the error.</summary>
internal sealed record EntryOutcome(EntryChange Change, EntrySummary? Entry, PasspackException? Error);
