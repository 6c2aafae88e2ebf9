using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>Chooses the account of a cmdlet (docs/en-US/about_Passpack.md): the named one, otherwise the only one possible.</summary>
internal static class LocalAccounts
{
    /// <summary>The named account; otherwise the only local one, otherwise the only unlocked one.</summary>
    public static AccountFolder Choose(string? account)
    {
        if (account is not null)
            return Find(account);
        IReadOnlyList<AccountFolder> all = RequireAny();
        if (all.Count == 1)
            return all[0];
        List<AccountFolder> unlocked = [.. all.Where(IsUnlocked)];
        return unlocked.Count == 1 ? unlocked[0] : throw Ambiguous(all, $"{unlocked.Count} of them unlocked");
    }

    /// <summary>The named account; otherwise the only local one. For cmdlets that change a whole account.</summary>
    public static AccountFolder ChooseStrictly(string? account)
    {
        if (account is not null)
            return Find(account);
        IReadOnlyList<AccountFolder> all = RequireAny();
        return all.Count == 1 ? all[0] : throw Ambiguous(all, "and this is about one as a whole");
    }

    /// <summary>The account to be reset: as <see cref="ChooseStrictly"/>, and also one whose reset was interrupted, which may have no vault.</summary>
    /// <param name="account">The value of -Account. Null if it was not given.</param>
    /// <param name="userId">The User ID of the online account; a local account with another User ID is not chosen.</param>
    public static AccountFolder ChooseForReset(string? account, string? userId)
    {
        AccountFolder folder = account is not null ? Find(account) : OnlyBeingReset() ?? ChooseStrictly(null);
        if (userId is not null && TryPlace(userId)?.Path != folder.Path)
            throw ErrorRecords.Invalid($"The credential is of {userId}, the local account of {folder.UserId}. Name the account with -Account.", userId);
        return folder;
    }

    /// <summary>The account of a User ID.</summary>
    public static AccountFolder Find(string account)
    {
        AccountFolder? folder = TryPlace(account);
        if (folder is { Exists: true } or { IsBeingReset: true })
            return folder;
        if (folder is { IsSetAside: true } && AccountInspector.Describe(folder).Problem is { } aside)
            throw aside;
        if (folder is not null && AccountInspector.ProblemOf(folder) is { ErrorId: ErrorCodes.ReadOnly } hidden)
            throw hidden;
        string kept = folder is not null && BackupFiles.Of(folder).Count > 0 ? "; but there are backups of it, which Get-PasspackBackup lists" : "";
        throw NotFound($"There is no local account {account} on this machine{kept}", account);
    }

    /// <summary>The account of a User ID, or its vault that was set aside.</summary>
    public static AccountFolder FindOrSetAside(string account) => TryPlace(account) is { IsSetAside: true } folder ? folder : Find(account);

    /// <summary>The folder of a User ID of which this machine has a vault or backups.</summary>
    public static AccountFolder FindPlace(string account) => TryPlace(account) is { } folder && (folder.Exists || Directory.Exists(folder.Path))
        ? folder
        : throw NotFound($"Nothing is kept of {account} on this machine", account);

    public static bool IsUnlocked(AccountFolder folder) => UnlockedAccounts.Shared.Find(folder) is not null;

    private static AccountFolder? TryPlace(string account)
    {
        try
        {
            return DataFolder.Current.Account(account);
        }
        catch (ArgumentException)
        {
            return null; // An invalid User ID has no account.
        }
    }

    /// <summary>The account whose reset was interrupted. Null if there is none, or another account, too.</summary>
    private static AccountFolder? OnlyBeingReset() =>
        DataFolder.Current.Places().Where(place => place.IsBeingReset).ToList() is [var only]
        && DataFolder.Current.Accounts().All(place => place.Path == only.Path) ? only : null;

    private static IReadOnlyList<AccountFolder> RequireAny()
    {
        if (DataFolder.Current.Accounts() is { Count: > 0 } all)
            return all;
        AccountFolder[] aside = [.. DataFolder.Current.Places().Where(place => place.IsSetAside)];
        if (aside is [var only] && AccountInspector.Describe(only).Problem is { } problem)
            throw problem;
        string quarantined = aside.Length == 0 ? "" : $"; the vaults of {string.Join(", ", aside.Select(place => place.UserId))} were set aside";
        throw NotFound($"There is no local account on this machine{quarantined}", null);
    }

    private static PasspackException NotFound(string what, string? target) =>
        new(ErrorCodes.AccountNotFound,
            $"{what} (data folder {DataFolder.Current.Path}). Get-PasspackLocalAccount lists them. Connect-PasspackAccount sets this machine up " +
            "from an online account; New-PasspackLocalAccount makes an offline one.")
        { Target = target };

    private static PasspackException Ambiguous(IReadOnlyList<AccountFolder> all, string why) =>
        new(ErrorCodes.AccountAmbiguous,
            $"There are {all.Count} local accounts, {why}. Name one with -Account: {string.Join(", ", all.Select(folder => folder.UserId))}.");
}
