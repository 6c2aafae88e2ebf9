using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

// Which entry a name means that was typed.
public abstract partial class EntryChangeCmdlet
{
    /// <summary>The id of the one entry of a name; null if there is none, or several, and the user was told.</summary>
    private protected async Task<Guid?> TryFindNameAsync(string given, Func<string, Task<IReadOnlyList<EntrySummary>>> listAsync)
    {
        string name = ExactName(given);
        LocalVault vault = RequireAccount();
        return TryChoose(vault, name, await listAsync(name), () => NotFound(vault, name));
    }

    // The same messages as for an id: if the entry is in the trash, or is not, the error says so.
    private PasspackException NotFound(LocalVault vault, string name)
    {
        EntrySummary? elsewhere = IsOnline ? null
            : vault.List(new EntryQuery { Name = name }).Concat(vault.List(new EntryQuery { Name = name, Trashed = true })).FirstOrDefault();
        return elsewhere is null
            ? ErrorRecords.NoSuchEntry($"'{name}'", vault.UserId + (IsOnline ? " online" : ""), name)
            : ErrorRecords.NotThere(elsewhere, vault.UserId, inTrash: elsewhere.Trashed is null);
    }

    /// <summary>The entries of this name on this machine, or in its trash.</summary>
    private protected IReadOnlyList<EntrySummary> ListLocal(LocalVault vault, string name, bool inTrash, CancellationToken cancellationToken) =>
        [.. vault.List(new EntryQuery { Name = name, Trashed = inTrash }, damaged => WriteError(damaged), cancellationToken)];

    /// <summary>The entries of this name online.</summary>
    private protected Task<IReadOnlyList<EntrySummary>> ListOnlineAsync(LocalVault vault, string name, CancellationToken cancellationToken) =>
        ShowingAsync("Looking into the online account",
            progress => OnlineVault.ListAsync(vault, new EntryQuery { Name = name }, progress, cancellationToken));
}
