using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>An entry that is to be changed.</summary>
internal sealed record EntryTarget(LocalVault Vault, Guid Id, string Name, Entry? Piped)
{
    public EntryChange Change(EntryEdit? values = null) => new(Vault, Id, values, Piped ?? (object)Id);
}

/// <summary>A change that was taken in and waits for its batch.</summary>
/// <param name="Vault">Where.</param>
/// <param name="Id">Which entry; null: a new one.</param>
/// <param name="Values">What it is to hold; null: it is to go, or to come back.</param>
/// <param name="Target">What an error shows.</param>
/// <param name="Version">The earlier version that is to be put in force.</param>
internal sealed record EntryChange(LocalVault Vault, Guid? Id, EntryEdit? Values, object Target, EntryVersion? Version = null);

/// <summary>What became of one: the entry afterwards, or why not.</summary>
internal sealed record EntryOutcome(EntryChange Change, EntrySummary? Entry, PasspackException? Error);
