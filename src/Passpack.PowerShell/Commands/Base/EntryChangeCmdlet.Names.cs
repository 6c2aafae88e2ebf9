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
        return TryChoose(vault, name, await listAsync(name),
            () => IsOnline ? ErrorRecords.NoSuchEntry($"'{name}'", vault.UserId + " online", name) : NotHere(vault, name));
    }

    /// <summary>The entries of this name on this machine, or in its trash.</summary>
    private protected IReadOnlyList<EntrySummary> ListLocal(LocalVault vault, string name, bool inTrash, CancellationToken cancellationToken) =>
        [.. vault.List(new EntryQuery { Name = name, Trashed = inTrash }, damaged => WriteError(damaged), cancellationToken)];

    /// <summary>The entries of this name online.</summary>
    private protected Task<IReadOnlyList<EntrySummary>> ListOnlineAsync(LocalVault vault, string name, CancellationToken cancellationToken) =>
        ShowingAsync("Looking into the online account",
            progress => OnlineVault.ListAsync(vault, new EntryQuery { Name = name }, progress, cancellationToken));
}
