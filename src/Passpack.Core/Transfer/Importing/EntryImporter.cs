using System.Security.Cryptography;
using Passpack.Packing.Legacy;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Sources.Managers;
using Passpack.Transfer.Reading;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Importing;

/// <summary>
/// Imports entries into a vault. Rows are read, written and reported in batches, a transaction each: reported rows are saved; if the caller stops,
/// the others are not. Values of the file replace the entry's; values that the file lacks stay.
/// </summary>
public sealed class EntryImporter
{
    private const string ArchivedTag = "Archived";
    private const int MaxKeyFileBytes = 1 << 20;
    private const int BatchRows = 1000;
    private const int BatchCharacters = 4 << 20;
    private static readonly TimeSpan s_batchTime = TimeSpan.FromMilliseconds(250);

    // Passpack's own, which are recognised beside the table of the others.
    private static readonly FormatInfo[] s_own =
    [
        new(EntryFileFormat.Csv, "Passpack", "Passpack's modern CSV, and what Export-Csv made of exported objects"),
        new(EntryFileFormat.Json, "Passpack", "JSON of exported objects"),
        new(EntryFileFormat.ClassicCsv, "Passpack", "Passpack's classic export, separated by commas"),
        new(EntryFileFormat.ClassicTab, "Passpack", "Passpack's classic export, separated by tabs"),
    ];

    private readonly LocalVault _vault;
    private readonly TimeProvider _clock;

    /// <summary>An importer into this vault.</summary>
    public EntryImporter(LocalVault vault, TimeProvider? clock = null)
    {
        _vault = vault;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>The formats that can be imported.</summary>
    public static IReadOnlyList<FormatInfo> Formats { get; } =
    [
        .. s_own,
        .. SourceFormats.All.Select(format => new FormatInfo(format.Format, format.Program, format.Description)),
    ];

    /// <summary>Imports a file.</summary>
    /// <returns>A result for every row, in order. The import runs while the results are enumerated.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.FormatNotRecognized"/>: the file cannot be imported. Errors of the vault or disk that concern all rows.
    /// </exception>
    /// <exception cref="ArgumentException">The order of the columns is invalid, or the file does not have a classic layout.</exception>
    public IEnumerable<ImportResult> Import(string path, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (Directory.Exists(path))
            throw FileLayout.NotRecognized(path, "it is a folder");
        using FileStream file = SourceStream.Open(path, cancellationToken);
        foreach (ImportResult result in Import(file, path, options, cancellationToken))
        {
            yield return result;
            if (file.CanSeek) // A pipe does not tell its length.
                options?.Progress?.Invoke(file.Length > 0 ? (double)file.Position / file.Length : 1);
        }
    }

    /// <summary>Reads the key file of another program's file, at most 1 MiB. The caller zeroes it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SourceNotSupported"/>: it is longer.</exception>
    public static byte[] ReadKeyFile(string path, CancellationToken cancellationToken)
    {
        using FileStream file = SourceStream.Open(path, cancellationToken);
        byte[] content = new byte[MaxKeyFileBytes + 1];
        try
        {
            int count = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return count <= MaxKeyFileBytes ? content[..count] : throw new PasspackException(ErrorCodes.SourceNotSupported,
                $"{path} is longer than 1 MiB, so it is hardly a key file. -SourceKeyFile is the key file of a KeePass database.") { Target = path };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Imports an export that was sealed as one packed text, of any pack version.</summary>
    /// <param name="path">The file of the text.</param>
    /// <param name="key">The text's key, in UTF-8.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the import; reported rows stay.</param>
    /// <inheritdoc cref="Import(string, ImportOptions?, CancellationToken)" path="/returns"/>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.TextDamaged"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.FormatNotRecognized"/>.
    /// </exception>
    public IEnumerable<ImportResult> ImportPacked(string path, SecretBytes key, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        string text;
        using (FileStream file = SourceStream.Open(path, cancellationToken))
        {
            if (!RegularFile.IsOrCanBe(path) || file.Length > 4L * PackText.MaxCharacters)
                throw FileLayout.NotRecognized(path, "it is too large for one packed text, or a pipe");
            using var reader = new StreamReader(file);
            text = reader.ReadToEnd();
        }
        using SecretBytes content = PackText.Open(text, key);
        using var stream = new MemoryStream(content.Array, writable: false);
        foreach (ImportResult result in Import(stream, path, options, cancellationToken))
            yield return result;
    }

    /// <summary>Imports a stream, which is read to its end and need not be seekable.</summary>
    /// <param name="stream">Where from.</param>
    /// <param name="source">How messages name it.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the import; reported rows stay.</param>
    /// <inheritdoc cref="Import(string, ImportOptions?, CancellationToken)" path="/returns"/>
    /// <inheritdoc cref="Import(string, ImportOptions?, CancellationToken)" path="/exception"/>
    public IEnumerable<ImportResult> Import(Stream stream, string source, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ImportOptions();
        return Import(ImportSource.Read(stream, source, options, cancellationToken), options, cancellationToken);
    }

    /// <summary>Imports secrets of a SecretManagement vault.</summary>
    /// <inheritdoc cref="Import(string, ImportOptions?, CancellationToken)" path="/returns"/>
    public IEnumerable<ImportResult> ImportSecrets(
        IEnumerable<StoredSecret> secrets, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ImportOptions();
        options.Recognized?.Invoke(EntryFileFormat.SecretVault, '\0');
        return Import(StoredSecret.Rows(secrets, cancellationToken), options, cancellationToken);
    }

    internal IEnumerable<ImportResult> Import(IEnumerable<ImportRow> rows, ImportOptions options, CancellationToken cancellationToken)
    {
        var matcher = new EntryMatcher(_vault);
        foreach (List<ImportRow> batch in Batches(rows))
        {
            // Rows are matched before the write lock is taken, and results are returned after it is released, so that other writers do not wait for
            // the reading or the caller.
            List<ImportStep> steps = batch.ConvertAll(row => Plan(row, matcher, options));
            cancellationToken.ThrowIfCancellationRequested();
            List<ImportResult> results = options.Preview ? steps.ConvertAll(step => step.ToResult()) : Apply(steps, cancellationToken);
            for (int i = 0; i < results.Count; i++)
            {
                IReadOnlyList<SourceFile>? files = steps[i].Row.Source?.Files;
                yield return options.Preview
                    ? ImportedFiles.Plan(_vault, files, results[i])
                    : ImportedFiles.Attach(_vault, files, results[i], cancellationToken);
            }
        }
    }

    private IEnumerable<List<ImportRow>> Batches(IEnumerable<ImportRow> rows)
    {
        var batch = new List<ImportRow>();
        long characters = 0, started = _clock.GetTimestamp();
        foreach (ImportRow row in rows)
        {
            batch.Add(row);
            characters += row.Characters;
            // Files are read while their source is open, so not after the row behind them was asked for: that may be the end.
            bool hasFiles = row.Source is { Files.Count: > 0 };
            if (!hasFiles && batch.Count < BatchRows && characters < BatchCharacters && _clock.GetElapsedTime(started) < s_batchTime)
                continue;
            yield return batch;
            batch = [];
            characters = 0;
            started = _clock.GetTimestamp();
        }
        if (batch.Count > 0)
            yield return batch;
    }

    private ImportStep Plan(ImportRow row, EntryMatcher matcher, ImportOptions options)
    {
        var step = new ImportStep(row);
        if (row.Error is { } error)
            return step.Fails(ErrorCodes.ImportRowInvalid, error);
        try
        {
            if (row.Source is { } source)
                return PlanItem(step, source, matcher, options);
            if (matcher.Match(row) is not { } entry)
            {
                EntryEdit values = EntryDifference.ForNew(row.Values!, options.AddTags);
                if (options.Preview)
                    _vault.RequireFits(null, values);
                step = step with { Action = ImportAction.Added, Id = row.Id, Edit = values };
                return matcher.IsLikeOneInTrash(values) ? step.Because("one like it is in the trash") : step;
            }
            EntryEdit? edit = EntryDifference.Find(entry, _vault.ReadSecret(entry.Id), row.Values!, options.AddTags);
            if (options.Preview && edit is not null)
                _vault.RequireFits(entry, edit);
            return step with { Action = edit is null ? ImportAction.Unchanged : ImportAction.Updated, Id = entry.Id, Edit = edit };
        }
        catch (PasspackException e) when (IsOfRow(e))
        {
            return step.Fails(e.ErrorId, e.Message);
        }
        catch (ArgumentException e) // A text that a vault refuses.
        {
            return step.Fails(ErrorCodes.ImportRowInvalid, e.Message);
        }
    }

    private ImportStep PlanItem(ImportStep step, SourceTrace source, EntryMatcher matcher, ImportOptions options)
    {
        ImportRow row = step.Row;
        bool isArchived = source.State == SourceState.Archived;
        if (isArchived && options.Archived == ArchivedItems.Skip)
            return (step with { Action = ImportAction.Skipped }).Because("it is in the source's archive");
        IReadOnlyList<string> addTags = isArchived && options.Archived == ArchivedItems.Tag ? [.. options.AddTags, ArchivedTag] : options.AddTags;
        bool isTrashed = source.State == SourceState.Trashed || isArchived && options.Archived == ArchivedItems.Trash;
        if ((matcher.Match(source, row) ?? (isTrashed ? matcher.MatchInTrash(source, row) : null)) is not { } entry)
        {
            EntryEdit values = EntryDifference.ForNew(row.Values! with { Imported = SourceValues.Trace(source, SourceValues.Of(row.Values!)) }, addTags);
            if (options.Preview)
                _vault.RequireFits(null, values);
            step = step with { Action = ImportAction.Added, Edit = values, IsTrashed = isTrashed };
            return isTrashed ? step.Because("it is in the trash, as in the source") : step;
        }
        if (entry.Trashed is not null)
            return (step with { Action = ImportAction.Unchanged, Id = entry.Id }).Because("it is in this machine's trash");
        SourceDifference.Outcome found = SourceDifference.Find(entry, _vault.ReadSecret(entry.Id), row, options.PreferSource, addTags);
        if (options.Preview && found.Edit is not null)
            _vault.RequireFits(entry, found.Edit);
        return step with
        {
            Action = found.IsVisible ? ImportAction.Updated : ImportAction.Unchanged,
            Id = entry.Id,
            Edit = found.Edit,
            Lost = found.Lost,
            KeptHere = found.KeptHere,
        };
    }

    private List<ImportResult> Apply(List<ImportStep> steps, CancellationToken cancellationToken)
    {
        if (steps.TrueForAll(step => step.Edit is null))
            return steps.ConvertAll(step => step.ToResult());
        var results = new List<ImportResult>(steps.Count);
        using VaultWriter writer = _vault.BeginWrite();
        writer.Reason = HistoryReason.Import;
        foreach (ImportStep step in steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            results.Add(Apply(step, writer));
        }
        writer.Commit();
        return results;
    }

    private static ImportResult Apply(ImportStep step, VaultWriter writer)
    {
        try
        {
            if (step.Edit is null)
                return step.ToResult();
            if (step.Action == ImportAction.Added)
                return (step with { Id = Add(step, writer) }).ToResult();
            if (step.Lost is { } lost)
                writer.KeepLost(step.Id!.Value, lost);
            return (step with { Id = writer.Edit(step.Id!.Value, step.Edit).Id }).ToResult();
        }
        catch (PasspackException e) when (IsOfRow(e))
        {
            return step.Fails(e.ErrorId, e.Message).ToResult();
        }
        catch (ArgumentException e) // Another process added the same id in the meantime.
        {
            return step.Fails(ErrorCodes.ImportRowInvalid, e.Message).ToResult();
        }
    }

    private static Guid Add(ImportStep step, VaultWriter writer)
    {
        Guid id = writer.Add(step.Edit!, step.Id).Id;
        if (step.Row.Source is { Earlier.Count: > 0 } source)
            writer.AddEarlier(id, step.Edit!, source.Earlier.Select(earlier => (earlier.Until, earlier.Values)));
        if (step.IsTrashed)
            writer.Trash(id);
        return id;
    }

    // Any other error, such as a full disk or a locked account, ends the import.
    private static bool IsOfRow(PasspackException e) =>
        e.ErrorId is ErrorCodes.ImportRowInvalid or ErrorCodes.RecordTooLarge or ErrorCodes.RecordDamaged or ErrorCodes.EntryNotFound;
}
