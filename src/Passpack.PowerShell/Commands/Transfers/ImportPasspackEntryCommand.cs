using System.Management.Automation;
using System.Security;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Sync.OnlineEditing;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Sources.Managers;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Imports entries from a file; what is here already changes nothing when it is imported again.</summary>
[Cmdlet(VerbsData.Import, "PasspackEntry", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
[OutputType(typeof(ImportResult))]
public sealed class ImportPasspackEntryCommand : AccountCmdlet
{
    /// <summary>Files, with wildcards.</summary>
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [TextTransformation(Needed = true, Several = true)]
    public string[] Path { get; set; } = [];

    /// <summary>Files, exactly.</summary>
    [Parameter(ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [TextTransformation(Needed = true, Several = true)]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The name of a SecretManagement vault to import from, instead of a file.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "SecretVault")]
    [ValidateNotNullOrEmpty]
    public string SecretVault { get; set; } = "";

    /// <summary>The format; by default recognised by the content.</summary>
    [Parameter(ParameterSetName = "Path")]
    [Parameter(ParameterSetName = "LiteralPath")]
    [ArgumentCompleter(typeof(FormatCompleter))]
    public string? Format { get; set; }

    /// <summary>The columns of a file in a classic layout; by default those of its header, otherwise Passpack's order.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public EntryColumn[]? ColumnOrder { get; set; }

    /// <summary>Tags that every imported entry gets besides its own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] AddTag { get; set; } = [];

    /// <summary>What becomes of items in another program's archive.</summary>
    [Parameter]
    public ArchivedItems Archived { get; set; }

    /// <summary>Take a file's value where it was changed there and here since the last import; by default, this vault's stays.</summary>
    [Parameter]
    public SwitchParameter PreferSource { get; set; }

    /// <summary>The key of an encrypted file of another program: its password.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? SourceKey { get; set; }

    /// <summary>The key file of a KeePass database.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SourceKeyFile { get; set; }

    /// <summary>Take the apostrophes away that guard cells of Passpack's own CSV from spreadsheets.</summary>
    [Parameter(ParameterSetName = "Path")]
    [Parameter(ParameterSetName = "LiteralPath")]
    public SwitchParameter SafeForSpreadsheet { get; set; }

    /// <summary>Take the imported entries to the online account at once, with their tags and favorites, which no sync takes up.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    private readonly Dictionary<LocalVault, HashSet<Guid>> _imported = [];
    private readonly Dictionary<LocalVault, long> _staying = [];

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancellationToken)
    {
        foreach ((LocalVault vault, HashSet<Guid> ids) in _imported)
        {
            IReadOnlyList<OnlineEditResult> results = await ShowingAsync("Taking the entries to the online account",
                progress => OnlineVault.TakeUpAsync(vault, ids, progress, cancellationToken));
            foreach (OnlineEditResult failed in results.Where(result => result.Error is not null))
                WriteError(failed.Error!, failed.Edit.Id);
            WriteVerbose($"The online account {vault.UserId} has the entries; " +
                $"tags and favorites of {results.Count(result => result.Error is null):N0} were sent.");
        }
        foreach ((LocalVault vault, long count) in _staying.Where(staying => staying.Key.Describe().Server is not null))
        {
            WriteWarning($"{count:N0} of the imported entries have tags or are favorites. No sync takes these to the online account {vault.UserId}; "
                + "the same import with -Online does.");
        }
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (ParameterSetName == "SecretVault")
        {
            ImportSecrets(RequireAccount(), cancellationToken);
            return Task.CompletedTask;
        }
        if (Path.Length + LiteralPath.Length == 0)
        {
            WriteError(ErrorRecords.Invalid("-Path is missing: the file to import.", null));
            return Task.CompletedTask;
        }
        LocalVault vault = RequireAccount();
        foreach (string path in LiteralPath)
            ImportEach(vault, path, () => [ResolveFile(path)], cancellationToken);
        foreach (string path in Path)
            ImportEach(vault, path, () => ResolveFiles(path), cancellationToken);
        return Task.CompletedTask;
    }

    // If one of several files cannot be imported, the others still are.
    private void ImportEach(LocalVault vault, string path, Func<IReadOnlyList<string>> resolve, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> files = [];
        bool several = MyInvocation.ExpectingInput || Path.Length + LiteralPath.Length > 1;
        Try(path, () => files = resolve(), several);
        foreach (string file in files)
            Try(file, () => Import(vault, file, cancellationToken), several || files.Count > 1);
    }

    private void Try(string path, Action action, bool several)
    {
        try
        {
            action();
        }
        catch (Exception e) when (several && ErrorRecords.Translate(e) is { } error && IsOfOneFile(error))
        {
            WriteError(error, path);
        }
    }

    private void Import(LocalVault vault, string file, CancellationToken cancellationToken)
    {
        if (!ShouldProcess(file, $"Import entries into the account {vault.UserId}{(Online ? ", and take them to the online account" : "")}",
            out bool isWhatIf) && !isWhatIf)
            return;
        using SecretBytes? key = SourceKey?.Read(SecretBytes.FromChars);
        byte[]? keyFile = SourceKeyFile is null ? null : EntryImporter.ReadKeyFile(ResolveFile(SourceKeyFile), cancellationToken);
        try
        {
            Import(vault, file, isWhatIf, key, keyFile, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keyFile);
        }
    }

    private void ImportSecrets(LocalVault vault, CancellationToken cancellationToken)
    {
        string action = $"Import secrets into the account {vault.UserId}{(Online ? ", and take them to the online account" : "")}";
        if (!ShouldProcess(SecretVault, action, out bool isWhatIf) && !isWhatIf)
            return;
        IReadOnlyList<StoredSecret> infos = SecretVaultReader.List(this, SecretVault);
        var options = new ImportOptions { AddTags = AddTag, Preview = isWhatIf, PreferSource = PreferSource };
        long done = 0;
        Report(vault, SecretVault, isWhatIf, () => EntryFormat.SecretVault, () => (double)done / infos.Count, new EntryImporter(vault)
            .ImportSecrets(SecretVaultReader.Read(this, SecretVault, infos.Select(info => (done++, info).info)), options, cancellationToken));
    }

    private void Import(LocalVault vault, string file, bool isWhatIf, SecretBytes? key, byte[]? keyFile, CancellationToken cancellationToken)
    {
        double read = 0;
        EntryFormat? format = null;
        var options = new ImportOptions
        {
            SafeForSpreadsheet = SafeForSpreadsheet,
            Format = EntryFormats.Of(Format,
                EntryImporter.Formats)?.ToCore(), ColumnOrder = ColumnOrder?.ToCore(), AddTags = AddTag, Preview = isWhatIf, Warn = WriteWarning,
            Archived = EnumMap.To<ArchivedItems, Transfer.Importing.ArchivedItems>(Archived), PreferSource = PreferSource,
            SourceKey = key, SourceKeyContent = keyFile,
            Progress = share => read = share,
            Recognized = (taken, separator) => Tell(format = taken.ToView(), separator),
        };
        Report(vault, file, isWhatIf, () => format, () => read, new EntryImporter(vault).Import(file, options, cancellationToken));

        void Tell(EntryFormat? taken, char separator)
        {
            string separated = taken == EntryFormat.Json || separator == '\0' ? "" : $", separated by {(separator == '\t' ? "tabs" : $"'{separator}'")}";
            WriteVerbose($"{file} is read as {taken}{separated}.");
        }
    }

    private void Report(LocalVault vault, string source, bool isWhatIf, Func<EntryFormat?> format, Func<double> read,
        IEnumerable<Transfer.Importing.ImportResult> results)
    {
        var counts = new Dictionary<ImportAction, int>();
        long withoutPlace = 0;
        foreach (Transfer.Importing.ImportResult row in Counted(results, $"Importing {source}", share: read))
        {
            var result = new ImportResult(row, vault.UserId, isWhatIf, format());
            counts[result.Action] = counts.GetValueOrDefault(result.Action) + 1;
            WriteObject(result);
            Remember(vault, row, isWhatIf);
            withoutPlace += result.NoPlace.Length > 0 ? 1 : 0;
            if (result.Action == ImportAction.Failed)
                WriteError(new PasspackException(row.ErrorId!, row.Reason!), result);
        }
        if (withoutPlace > 0)
            WriteWarning($"{source}: {withoutPlace:N0} items hold something that an entry has no place for; the results' NoPlace names it.");
        if (counts.Count == 0)
            WriteWarning($"{source} holds no rows, so nothing was imported.");
        WriteVerbose($"{source}: {(counts.Count > 0 ? string.Join(", ", counts.Select(count => $"{count.Value:N0} {count.Key}")) : "no rows")}.");
    }

    private void Remember(LocalVault vault, Transfer.Importing.ImportResult row, bool isWhatIf)
    {
        if (isWhatIf || row.Id is not { } id)
            return;
        if (Online)
        {
            if (!_imported.TryGetValue(vault, out HashSet<Guid>? ids))
                _imported.Add(vault, ids = []);
            ids.Add(id);
        }
        else if (row.HasTagsOrFavorite)
        {
            _staying[vault] = _staying.GetValueOrDefault(vault) + 1;
        }
    }

    private static bool IsOfOneFile(PasspackException error) =>
        error.ErrorId is Protocol.ErrorCodes.FormatNotRecognized or Protocol.ErrorCodes.FormatAmbiguous or Protocol.ErrorCodes.SourceKeyRequired
            or Protocol.ErrorCodes.SourceKeyMismatch or Protocol.ErrorCodes.SourceDamaged or Protocol.ErrorCodes.SourceTooCostly
            or Protocol.ErrorCodes.SourceNotSupported or ErrorRecords.PathNotFound or ErrorRecords.PathNotAccessible;
}
