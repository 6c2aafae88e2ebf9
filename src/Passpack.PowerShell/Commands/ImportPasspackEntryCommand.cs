using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Transfer;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Imports entries from a file; importing it again changes nothing.</summary>
[Cmdlet(VerbsData.Import, "PasspackEntry", SupportsShouldProcess = true)]
[OutputType(typeof(ImportResult))]
public sealed class ImportPasspackEntryCommand : AccountCmdlet
{
    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The format; by default, told by the content.</summary>
    [Parameter]
    public EntryFormat? Format { get; set; }

    /// <summary>What the columns of a file in a classic layout are; by default its header says, else they are in Passpack's order.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public EntryColumn[]? ColumnOrder { get; set; }

    /// <summary>Tags that every imported entry gets besides its own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] AddTag { get; set; } = [];

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken stopping)
    {
        LocalVault vault = DemandAccount();
        try
        {
            string path = ResolveFile(Path);
            if (!ShouldProcess(path, $"Import entries into the account {vault.UserId}", out bool isWhatIf) && !isWhatIf)
                return Task.CompletedTask;
            Import(vault, path, isWhatIf, stopping);
        }
        catch (Exception e) when (MyInvocation.ExpectingInput && ErrorRecords.Translate(e) is { } error && IsOfOneFile(error))
        {
            WriteError(error, Path);
        }
        return Task.CompletedTask;
    }

    private void Import(LocalVault vault, string path, bool isWhatIf, CancellationToken stopping)
    {
        var options = new ImportOptions
        {
            Format = Format?.ToCore(), ColumnOrder = ColumnOrder?.ToCore(), AddTags = AddTag, Preview = isWhatIf, Warn = WriteWarning,
        };
        foreach (Transfer.ImportResult row in Counted(new EntryImporter(vault).Import(path, options, stopping), $"Importing {path}"))
        {
            var result = new ImportResult(row, vault.UserId, isWhatIf);
            WriteObject(result);
            if (result.Action == ImportAction.Failed)
                WriteError(new PasspackException(row.ErrorId!, row.Reason!), result);
        }
    }

    private static bool IsOfOneFile(PasspackException error) =>
        error.ErrorId is Protocol.ErrorCodes.FormatNotRecognized or ErrorRecords.PathNotFound or ErrorRecords.PathNotAccessible;
}
