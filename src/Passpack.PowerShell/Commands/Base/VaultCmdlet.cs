using System.Management.Automation;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that uses unlocked accounts: none of them locks by itself until the cmdlet is over.</summary>
public abstract class VaultCmdlet : PasspackCmdlet
{
    private readonly Dictionary<LocalVault, IDisposable> _kept = [];

    /// <summary>The unlocked account of a folder; it stays unlocked until the cmdlet ends.</summary>
    /// <exception cref="PasspackException">It is locked.</exception>
    private protected LocalVault Require(AccountFolder folder)
    {
        LocalVault vault = UnlockedAccounts.Shared.Require(folder);
        if (!_kept.ContainsKey(vault))
        {
            _kept.Add(vault, vault.KeepUnlocked());
            WriteVerbose($"Using the account {vault.UserId}: {vault.Path}.");
        }
        return vault;
    }

    /// <summary>The unlocked account of an object; refuses an -Account that names another.</summary>
    private protected LocalVault RequireOf(AccountFolder folder, string? account, string what, object target)
    {
        if (account is not null && LocalAccounts.Find(account).Path != folder.Path)
            throw ErrorRecords.Invalid($"{what} is in the account {folder.UserId}, not in {account}. Leave -Account out.", target);
        return Require(folder);
    }

    /// <summary>Where an account is online.</summary>
    /// <exception cref="PasspackException">It is offline.</exception>
    private protected static Uri ServerOf(LocalVault vault) => vault.Describe().Server ?? throw ErrorRecords.Offline(vault.UserId);

    /// <summary>A name that was typed, without escapes: as Get-PasspackEntry reads it, and as completion writes it.</summary>
    /// <exception cref="PasspackException">It has wildcards.</exception>
    private protected static string ExactName(string given) => !WildcardPattern.ContainsWildcardCharacters(given) ? WildcardPattern.Unescape(given)
        : throw ErrorRecords.Invalid($"This command takes one name, without wildcards. Get-PasspackEntry '{given}' finds " +
            "several entries, and can be piped to it.", given);

    /// <summary>The id of the one entry that was found by name; null if there is none, or several, and the user was told.</summary>
    private protected Guid? TryChoose(LocalVault vault, string name, IReadOnlyList<EntrySummary> found, Func<PasspackException> none)
    {
        if (found.Count == 1)
            return found[0].Id;
        WriteError(found.Count == 0 ? none() : ErrorRecords.AmbiguousEntry(name, vault.UserId, found.Select(entry => entry.Id)), name);
        return null;
    }

    /// <summary>An entry that is not in the trash.</summary>
    /// <exception cref="PasspackException">It is, or there is none.</exception>
    private protected static EntrySummary RequireLive(LocalVault vault, Guid id)
    {
        EntrySummary entry = vault.Get(id);
        return entry.Trashed is null ? entry : throw ErrorRecords.NotThere(entry, vault.UserId, inTrash: false);
    }

    /// <summary>The error for a name that no entry has where it was looked for: the same as for an id; if the entry is elsewhere, it says so.</summary>
    private protected static PasspackException NotHere(LocalVault vault, string name)
    {
        EntrySummary? elsewhere =
            vault.List(new EntryQuery { Name = name }).Concat(vault.List(new EntryQuery { Name = name, Trashed = true })).FirstOrDefault();
        return elsewhere is null ? ErrorRecords.NoSuchEntry($"'{name}'", vault.UserId, name)
            : ErrorRecords.NotThere(elsewhere, vault.UserId, inTrash: elsewhere.Trashed is null);
    }

    /// <summary>Makes the daily copy of an account that is in use. If that fails, the user is warned and the cmdlet goes on.</summary>
    private protected void CopyDaily(AccountFolder folder)
    {
        try
        {
            if (VaultCopies.CopyDaily(folder) is { } copy)
                WriteVerbose($"Today's copy of the vault is at {copy}.");
        }
        catch (PasspackException e)
        {
            WriteWarning($"Today's copy of the vault could not be made. {e.Message}");
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (IDisposable kept in _kept.Values)
                kept.Dispose();
            _kept.Clear();
        }
        base.Dispose(disposing);
    }
}
