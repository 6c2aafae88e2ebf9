using System.Management.Automation;
using System.Security;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Transfer.Importing;
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

    /// <summary>The format; by default recognised by the content.</summary>
    [Parameter]
    public EntryFormat? Format { get; set; }

    /// <summary>The columns of a file in a classic layout; by default those of its header, otherwise Passpack's order.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public EntryColumn[]? ColumnOrder { get; set; }

    /// <summary>Tags that every imported entry gets besides its own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] AddTag { get; set; } = [];

    /// <summary>The key of an encrypted file of another program: its password.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? SourceKey { get; set; }

    /// <summary>The key file of a KeePass database.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SourceKeyFile { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
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
        if (!ShouldProcess(file, $"Import entries into the account {vault.UserId}", out bool isWhatIf) && !isWhatIf)
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

    private void Import(LocalVault vault, string file, bool isWhatIf, SecretBytes? key, byte[]? keyFile, CancellationToken cancellationToken)
    {
        double read = 0;
        EntryFormat? format = null;
        var options = new ImportOptions
        {
            Format = Format?.ToCore(), ColumnOrder = ColumnOrder?.ToCore(), AddTags = AddTag, Preview = isWhatIf, Warn = WriteWarning,
            SourceKey = key, SourceKeyContent = keyFile,
            Progress = share => read = share,
            Recognized = (taken, separator) => Tell(format = taken.ToView(), separator),
        };
        var counts = new Dictionary<ImportAction, int>();
        foreach (Transfer.Importing.ImportResult row in Counted(new EntryImporter(vault).Import(file, options, cancellationToken),
            $"Importing {file}", share: () => read))
        {
            var result = new ImportResult(row, vault.UserId, isWhatIf, format);
            counts[result.Action] = counts.GetValueOrDefault(result.Action) + 1;
            WriteObject(result);
            if (result.Action == ImportAction.Failed)
                WriteError(new PasspackException(row.ErrorId!, row.Reason!), result);
        }
        void Tell(EntryFormat? taken, char separator) =>
            WriteVerbose($"{file} is read as {taken}{(taken == EntryFormat.Json ? "" : $", separated by {(separator == '\t' ? "tabs" : $"'{separator}'")}")}.");
        if (counts.Count == 0)
            WriteWarning($"{file} holds no rows, so nothing was imported.");
        WriteVerbose($"{file}: {(counts.Count > 0 ? string.Join(", ", counts.Select(count => $"{count.Value:N0} {count.Key}")) : "no rows")}.");
    }

    private static bool IsOfOneFile(PasspackException error) =>
        error.ErrorId is Protocol.ErrorCodes.FormatNotRecognized or Protocol.ErrorCodes.FormatAmbiguous or Protocol.ErrorCodes.SourceKeyRequired
            or Protocol.ErrorCodes.SourceKeyMismatch or Protocol.ErrorCodes.SourceDamaged or Protocol.ErrorCodes.SourceTooCostly
            or Protocol.ErrorCodes.SourceNotSupported or ErrorRecords.PathNotFound or ErrorRecords.PathNotAccessible;
}
