using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Backups;

/// <summary>How a restore treats existing entries.</summary>
public enum RestoreMode
{
    /// <summary>Adds missing entries, and puts the backup's values in force. Removes nothing.</summary>
    Integrate,

    /// <summary>Makes the vault equal to the backup: entries that the backup lacks go to the trash.</summary>
    Replace,

    /// <summary>
    /// Adds missing entries; of differing entries takes only fields that were edited later, the others go to the history. Entries deleted online go
    /// to the trash. For a reset, after which the online side is the newer one.
    /// </summary>
    Missing,
}

/// <summary>The outcome for an entry of a backup.</summary>
public enum RestoreAction
{
    /// <summary>A new entry.</summary>
    Added,

    /// <summary>An existing entry got the backup's values.</summary>
    Updated,

    /// <summary>An existing entry was left as it is.</summary>
    Unchanged,

    /// <summary>It is in the trash now.</summary>
    Trashed,

    /// <summary>Nothing: see the reason.</summary>
    Failed,
}

/// <summary>The outcome for one entry of a backup; in a preview, the outcome it would have.</summary>
/// <param name="Row">1 for the first entry of the backup.</param>
/// <param name="Name">The Entry Name.</param>
/// <param name="Id">The entry in the vault.</param>
/// <param name="Action">The outcome.</param>
/// <param name="Reason">Why, where that is not plain.</param>
public sealed record RestoreResult(long Row, string Name, Guid? Id, RestoreAction Action, string? Reason = null)
{
    /// <summary>Of a failure: one of <see cref="ErrorCodes"/>.</summary>
    public string? ErrorId { get; init; }
}

/// <summary>How to restore.</summary>
public sealed record RestoreOptions
{
    /// <summary>How existing entries are treated.</summary>
    public RestoreMode Mode { get; init; }

    /// <summary>Report what would happen, and write nothing.</summary>
    public bool Preview { get; init; }

    /// <summary>
    /// Called for every record of the backup that is missing or does not open; a replacing restore then refuses. Null if the first one is to throw.
    /// </summary>
    public Action<PasspackException>? Damaged { get; init; }
}

/// <summary>
/// Restores entries of a backup as local edits; replaced values go to the history. Works in batches, a transaction each: reported entries are saved.
/// An entry is matched by its id, otherwise by equal content.
/// </summary>
public static class VaultRestore
{
    private const int BatchEntries = 1000;

    /// <summary>Restores.</summary>
    /// <returns>A result for every entry. Nothing happens before they are asked for.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.BackupDamaged"/>: a replacing restore needs an undamaged backup; and errors of vault and disk.
    /// </exception>
    public static IEnumerable<RestoreResult> Run(
        LocalVault vault, BackupSource source, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new RestoreOptions();
        Action<PasspackException> damaged = options.Damaged is { } told && options.Mode != RestoreMode.Replace ? told : e => throw e;
        if (options.Mode == RestoreMode.Replace)
            RequireWhole(source, cancellationToken);
        if (!options.Preview)
            VaultCopies.CopySealed(vault.Folder, "before-restore", vault.Clock);
        var planner = new RestorePlanner(options.Mode);
        long row = 0;
        using var contents = new RestoredContents(vault);
        foreach (BackupEntry[] batch in source.Read(damaged, options.Preview ? null : contents.Put, cancellationToken).Chunk(BatchEntries))
        {
            foreach (RestoreResult result in Apply(vault, batch.Select(entry => (Func<VaultUse, RestoreStep>)(use => planner.Plan(use, entry))), options, row))
                yield return result;
            row += batch.Length;
        }
        if (options.Mode != RestoreMode.Replace)
            yield break;
        foreach (Guid[] batch in planner.NotMet(vault, cancellationToken).Chunk(BatchEntries))
        {
            foreach (RestoreResult result in Apply(vault, batch.Select(id => (Func<VaultUse, RestoreStep>)(use => RestorePlanner.PlanTrash(use, id))),
                options, row))
                yield return result;
            row += batch.Length;
        }
    }

    /// <summary>
    /// Replaces a live vault that is damaged or missing by a copy, or by one that was set aside, complete with mirror and history. The damaged vault
    /// is set aside. The account is locked afterwards.
    /// </summary>
    /// <param name="folder">The account.</param>
    /// <param name="path">The vault file.</param>
    /// <param name="packingKey">The Packing Key of the copy, in UTF-8: a vault that it does not open is not put in place.</param>
    /// <param name="options">Only preview and the callback for damage count.</param>
    /// <param name="cancellationToken">Stops before anything is changed.</param>
    /// <returns>The entries that the account has then.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.BackupDamaged"/>, <see cref="ErrorCodes.VaultInUse"/>.
    /// </exception>
    public static IEnumerable<RestoreResult> PutInPlace(
        AccountFolder folder, string path, SecretBytes? packingKey, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new RestoreOptions();
        using BackupSource source = BackupSource.Open(path, null, packingKey, folder);
        if (!source.IsVault)
        {
            throw new PasspackException(ErrorCodes.AccountNotFound,
                $"There is no sound vault of {folder.UserId} that {path} could be restored into. Put a copy of the vault in its place first " +
                "(Get-PasspackBackup lists them), or set this machine up with Connect-PasspackAccount or New-PasspackLocalAccount.") { Target = path };
        }
        if (UserIds.Normalize(source.UserId) != UserIds.Normalize(folder.UserId))
        {
            throw new PasspackException(ErrorCodes.AccountAmbiguous,
                $"{path} is a vault of {source.UserId}, not of {folder.UserId}. Name that account with -Account.") { Target = path };
        }
        if (!options.Preview)
        {
            if (VaultCopies.FindWrong(path) is { } wrong)
                throw wrong.ErrorId == ErrorCodes.ReadOnly ? wrong : BackupErrors.Damaged(path, "SQLite does not find it sound", wrong);
            VaultReplacement.PutInPlace(folder, path);
        }
        long row = 0;
        foreach (BackupEntry entry in source.Read(options.Damaged ?? (e => throw e), cancellationToken))
        {
            if (entry.Content is { } content)
                yield return new RestoreResult(++row, content.Name, entry.Id, entry.Trashed is null ? RestoreAction.Added : RestoreAction.Trashed);
        }
    }

    private static List<RestoreResult> Apply(LocalVault vault, IEnumerable<Func<VaultUse, RestoreStep>> plans, RestoreOptions options, long row)
    {
        var results = new List<RestoreResult>();
        if (options.Preview)
        {
            using VaultUse use = vault.Use();
            results.AddRange(plans.Select(plan => plan(use).ToResult(++row)));
            return results;
        }
        using VaultWriter writer = vault.BeginWrite();
        writer.Reason = HistoryReason.Import;
        // What is new here depends on nothing that is written meanwhile, so it is sealed side by side before the next entry of another kind.
        var added = new List<RestoreStep>();
        var ids = new HashSet<Guid?>();
        foreach (Func<VaultUse, RestoreStep> plan in plans)
        {
            RestoreStep step = plan(writer.Use);
            bool again = !ids.Add(step.Id);
            if (step.Seal is not null && !again)
            {
                added.Add(step);
                continue;
            }
            WriteAdded();
            // A backup that names an entry twice: now it is here.
            if (again)
                step = plan(writer.Use);
            results.Add(Try(step, ++row, step.Seal is { } seal ? () => seal(writer)() : () => step.Apply?.Invoke(writer)));
        }
        WriteAdded();
        writer.Commit();
        return results;

        void WriteAdded()
        {
            foreach ((RestoreStep step, Func<Action> write) in SideBySide.InOrder(added, step => (step, SideBySide.Try(() => step.Seal!(writer))), _ => 0))
                results.Add(Try(step, ++row, () => write()()));
            added.Clear();
        }
    }

    private static RestoreResult Try(RestoreStep step, long row, Action write)
    {
        try
        {
            write();
            return step.ToResult(row);
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.RecordTooLarge or ErrorCodes.RecordDamaged)
        {
            return new RestoreResult(row, step.Name, step.Id, RestoreAction.Failed, e.Message) { ErrorId = e.ErrorId };
        }
        catch (ArgumentException e) // A text that a vault refuses.
        {
            return new RestoreResult(row, step.Name, step.Id, RestoreAction.Failed, e.Message) { ErrorId = ErrorCodes.ImportRowInvalid };
        }
    }

    private static void RequireWhole(BackupSource source, CancellationToken cancellationToken)
    {
        foreach (BackupEntry _ in source.Read(e => throw e, cancellationToken))
        {
        }
    }
}
