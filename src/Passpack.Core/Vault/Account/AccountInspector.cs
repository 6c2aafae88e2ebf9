using Passpack.Protocol;
using Passpack.Vault.Attachments;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Account;

/// <summary>Describes accounts without their keys.</summary>
public static class AccountInspector
{
    /// <summary>Describes an account. If its vault cannot be read, the result says why.</summary>
    public static LocalAccountInfo Describe(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var info = new LocalAccountInfo
        {
            UserId = folder.UserId,
            Path = folder.VaultFile,
        };
        try
        {
            info = VaultFile.Guard(folder.Path, () => info with
            {
                Backups = [.. VaultCopies.NewestFirst(folder.BackupFolder, "*.db")],
                Quarantined = [.. QuarantinedVaults.Of(folder)],
            });
            info = info with { Reset = DescribeReset(folder) };
            if (!folder.Exists && info.Quarantined is [string aside, ..])
                return SetAside(info, aside);
            // The lock keeps the vault from being moved: SQLite deletes a journal by its name, and another vault could be there by then.
            using FileStream? _ = VaultLocks.LockForReading(folder);
            using VaultConnection connection = VaultFile.Open(folder);
            AccountRow account = AccountRow.Load(connection);
            return info with
            {
                UserId = account.UserId,
                Server = Uri.TryCreate(account.Server, UriKind.Absolute, out Uri? server) ? server : null,
                CertificateFingerprint = account.Certificate is null ? null : Convert.ToHexString(account.Certificate),
                Entries = VaultContents.Count(connection).Entries,
                PendingChanges = connection.Scalar<long>("SELECT count(*) FROM local_data WHERE pending = 1"),
                PackVersion = account.PackVersion,
                KeyEpoch = account.Epoch,
                Fingerprint = account.Server is null ? null : account.Identity?.ShownFingerprint,
                Alignment = Alignments.Of(account),
                WayOut = Alignments.WayOut(account),
                Checkpoint = account.Checkpoint,
                LastSync = account.LastSync.ToTime(),
                LockAfterMinutes = account.LockAfterMinutes,
                HistoryVersions = account.HistoryVersions,
                HistoryDays = account.HistoryDays,
                FetchesAttachments = AttachmentStore.FetchesAlways(folder),
                Unattended = UnattendedUnlock.IsEnabled(folder, account),
            };
        }
        catch (PasspackException e)
        {
            return info with { Problem = e, Alignment = e.ErrorId == ErrorCodes.PackTooNew ? Alignment.PackTooNew : Alignment.Unknown };
        }
    }

    // Another user's file says nothing of the vault, of which the rest can be told.
    private static string? DescribeReset(AccountFolder folder)
    {
        try
        {
            return ResetState.Load(folder)?.Describe();
        }
        catch (UnauthorizedAccessException e)
        {
            return VaultErrors.Unreadable(folder.ResetFile, e).Message;
        }
    }

    // A vault that was set aside: not live, but the only known place of the data.
    private static LocalAccountInfo SetAside(LocalAccountInfo info, string path)
    {
        VaultSummary? aside = null;
        try
        {
            aside = Look(path);
        }
        catch (PasspackException)
        {
            // Get-PasspackBackup reports why it cannot be read; the way back is the same.
        }
        return info with
        {
            Path = path,
            Server = aside?.Server,
            Entries = aside?.Entries ?? 0,
            PackVersion = aside?.PackVersion ?? 0,
            Problem = new PasspackException(ErrorCodes.AccountNotFound, info.Reset ??
                $"The vault of {info.UserId} was set aside, still encrypted: {path}. 'Restore-PasspackVault -Account " +
                $"{info.UserId} -Path \"{path}\" -PackingKey ...' puts it " +
                $"in its place again; '{VaultErrors.ConnectCommand(info.UserId, aside?.Server)}' starts again from the " +
                "online account.") { Target = info.UserId },
        };
    }

    /// <summary>Describes a vault file that is not live.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultDamaged"/>, <see cref="ErrorCodes.PackTooNew"/>, <see cref="ErrorCodes.ReadOnly"/>.
    /// </exception>
    internal static VaultSummary Look(string path)
    {
        using VaultConnection connection = VaultConnection.OpenToRead(path);
        VaultSchema.Check(connection);
        (long entries, long trashed, long versions) = VaultContents.Count(connection);
        return connection.First("SELECT user_id, pack_version, server FROM account", row => new VaultSummary(row.GetString(0), row.GetInt32(1),
            !row.IsDBNull(2) && Uri.TryCreate(row.GetString(2), UriKind.Absolute, out Uri? server) ? server : null, entries, trashed, versions))
            ?? throw VaultErrors.Damaged(path, "its account is missing");
    }

    /// <summary>Why no key can unlock an account's vault: it is missing or damaged. Null if nothing is wrong.</summary>
    public static PasspackException? ProblemOf(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!folder.Exists)
            return VaultErrors.Missing(folder.VaultFile);
        if (Describe(folder).Problem is { } problem)
            return problem.ErrorId == ErrorCodes.VaultDamaged ? problem : null;
        return VaultFile.Check(folder) is { } found ? VaultErrors.Damaged(folder.VaultFile, found) : null;
    }

    /// <summary>The devices of an account's vaults that were set aside; unreadable ones are skipped.</summary>
    internal static IEnumerable<Guid> DevicesSetAside(AccountFolder folder, Guid vaultId) => QuarantinedVaults.Of(folder).SelectMany(path =>
    {
        try
        {
            using VaultConnection connection = VaultConnection.OpenToRead(path);
            return connection.Query("SELECT device_id FROM account WHERE vault_id = $1 AND device_id IS NOT NULL", row => row.GetId(0), vaultId).ToList();
        }
        catch (PasspackException)
        {
            return [];
        }
    });

    /// <summary>
    /// Errors for the folders of backups and of vaults set aside that this user may not read; their files are missing from every list.
    /// </summary>
    internal static IEnumerable<PasspackException> Unreadable(AccountFolder folder)
    {
        foreach (string path in new[] { folder.BackupFolder, folder.QuarantineFolder }.Where(Directory.Exists).Concat(QuarantinedVaults.Folders(folder)))
        {
            PasspackException? error = null;
            try
            {
                _ = Directory.EnumerateFileSystemEntries(path).Any();
            }
            catch (UnauthorizedAccessException e)
            {
                error = VaultErrors.Unreadable(path, e);
            }
            if (error is not null)
                yield return error;
        }
    }
}

/// <summary>The description of a vault file without its keys.</summary>
/// <param name="UserId">Whose it is.</param>
/// <param name="PackVersion">Of its keys.</param>
/// <param name="Server">The address of the online account. Null if the account is offline.</param>
/// <param name="Entries">The number of entries that are not in the trash.</param>
/// <param name="Trashed">Entries in the trash.</param>
/// <param name="Versions">Earlier versions of entries.</param>
internal sealed record VaultSummary(string UserId, int PackVersion, Uri? Server, long Entries, long Trashed, long Versions);
