using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Writing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Exports entries in the clear: as flat objects, or to a file.</summary>
[Cmdlet(VerbsData.Export, "PasspackEntry", SupportsShouldProcess = true, DefaultParameterSetName = "Object")]
[OutputType(ExportedEntry.TypeName, ParameterSetName = ["Object"])]
[OutputType(typeof(FileInfo), ParameterSetName = ["File"])]
public sealed class ExportPasspackEntryCommand : VaultCmdlet
{
    private readonly List<Entry> _entries = [];
    private string? _file;
    private ExportOptions _options = new();

    /// <summary>Entries; by default all that are not in the trash.</summary>
    [Parameter(ValueFromPipeline = true)]
    public Entry? InputObject { get; set; }

    /// <summary>The account's User ID; by default the only local account, else the only unlocked one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Account { get; set; }

    /// <summary>Tags; an entry has to have at least one of them.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Tag { get; set; }

    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "File")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The file's format; by default the one of its name: CSV for .csv and .txt, JSON for .json, the classic layout for .tsv and
    /// .tab, a KeePass database for .kdbx.</summary>
    [Parameter(ParameterSetName = "File")]
    [ArgumentCompleter(typeof(FormatCompleter))]
    public string? Format { get; set; }

    /// <summary>The columns of a classic layout; by default all, in Passpack's order.</summary>
    [Parameter(ParameterSetName = "File")]
    [ValidateNotNullOrEmpty]
    public EntryColumn[]? ColumnOrder { get; set; }

    /// <summary>Name the columns of a classic layout in its first line.</summary>
    [Parameter(ParameterSetName = "File")]
    public SwitchParameter IncludeHeader { get; set; }

    /// <summary>The key that is to open the file, of a format that is encrypted.</summary>
    [Parameter(ParameterSetName = "File")]
    [SecretTransformation]
    public SecureString? TargetKey { get; set; }

    /// <summary>Write nothing if the format has no place for a part of an entry.</summary>
    [Parameter(ParameterSetName = "File")]
    public SwitchParameter Strict { get; set; }

    /// <summary>In a page to print, dots instead of secrets.</summary>
    [Parameter(ParameterSetName = "File")]
    public SwitchParameter MaskSecrets { get; set; }

    /// <summary>In CSV, an apostrophe before cells that a spreadsheet would run.</summary>
    [Parameter(ParameterSetName = "File")]
    public SwitchParameter SafeForSpreadsheet { get; set; }

    /// <summary>Overwrite the file.</summary>
    [Parameter(ParameterSetName = "File")]
    public SwitchParameter Force { get; set; }

    /// <summary>Objects whose Tags are an array and whose Extra Fields are an object of names and data.</summary>
    [Parameter(ParameterSetName = "Object")]
    public SwitchParameter Plain { get; set; }

    // A name without an ending is likely an entry's, as other cmdlets take one at this place; all entries would go in the clear into a file of that name.
    private EntryFormat FileFormat => EntryFormats.Of(Format, EntryExporter.Formats) ?? EntryFormats.OfName(_file!) ?? throw ErrorRecords.Invalid(
        $"The ending of '{Path}' says no format, so nothing was written. -Path is the file to write: " +
        "end its name in .csv, .txt, .json, .tsv, .tab or .kdbx, or give -Format. " +
        "To export one entry, pipe it: Get-PasspackEntry VPN | Export-PasspackEntry -Path vpn.csv", Path);

    // Whether entries were given, by -InputObject or the pipeline; otherwise all are exported.
    private bool AreGiven => MyInvocation.ExpectingInput || InputObject is not null;

    private EntryFilter Filter => field ??= new EntryFilter(null, Tag, null, null);

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancellationToken)
    {
        // An -InputObject that is null must not export all entries.
        if (Typed.Contains(nameof(InputObject)) && InputObject is null)
            throw ErrorRecords.Invalid("-InputObject is null.", null);
        if (ParameterSetName == "File")
        {
            _file = ResolveFile(Path);
            EntryExporter.RequireWritable(_file, Force);
            _options = new ExportOptions
            {
                Classic = Classic(), Strict = Strict, Warn = WriteWarning, MaskSecrets = MaskSecrets, SafeForSpreadsheet = SafeForSpreadsheet,
            };
            using SecretBytes? key = TargetKey?.Read(SecretBytes.FromChars);
            if (key is { Length: 0 })
                throw ErrorRecords.Invalid("-TargetKey is empty, so it would open the file for everybody. Give a key.", null);
            EntryExporter.RequireFormat(FileFormat.ToCore(), _options with { Key = key });
            if (TargetKey is not null)
                WarnIfWeak(TargetKey, "-TargetKey", "the file");
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (_file is not null && InputObject is not null)
            _entries.Add(InputObject); // Secrets are opened one entry at a time, while the file is written.
        else if (_file is null)
            EmitAll(InputObject is null ? All(cancellationToken) : Open(InputObject));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task EndAsync(CancellationToken cancellationToken)
    {
        if (!AreGiven && Tag is not null)
            RequireTagged(cancellationToken);
        if (_file is null)
            return Task.CompletedTask;
        IEnumerable<FullEntry> entries = AreGiven ? _entries.SelectMany(Open) : All(cancellationToken);
        string how = TargetKey is null ? "in the clear" : "encrypted by -TargetKey";
        if (!ShouldProcess(_file, $"Write entries, passwords and all, {how}"))
            return Task.CompletedTask;
        using SecretBytes? key = TargetKey?.Read(SecretBytes.FromChars);
        long count = EntryExporter.WriteFile(Counted(entries, $"Exporting to {_file}", Total()), _file, FileFormat.ToCore(),
            Force, _options with { Key = key }, cancellationToken);
        WriteVerbose($"Wrote {count} entries {how} to {_file}.");
        EmitFile(_file);
        return Task.CompletedTask;
    }

    private ClassicOptions Classic()
    {
        EntryFormat format = FileFormat;
        if (!ClassicLayout.Is(format.ToCore()))
        {
            return ColumnOrder is null && !IncludeHeader
                ? new ClassicOptions()
                : throw ErrorRecords.Invalid("-ColumnOrder and -IncludeHeader are for -Format ClassicCsv and ClassicTab; " +
                    $"{format} has columns of its own.", Path);
        }
        IReadOnlyList<ClassicColumn> order = ColumnOrder?.ToCore() ?? ClassicLayout.DefaultOrder;
        ClassicLayout.Check(order);
        return new ClassicOptions { ColumnOrder = order, Header = IncludeHeader };
    }

    // Refuses tags that no entry has, because an empty file would replace one with entries.
    private void RequireTagged(CancellationToken cancellationToken)
    {
        LocalVault vault = Require(LocalAccounts.Choose(Account));
        bool isDamaged = false; // Damaged entries are reported later, during the export.
        if (vault.List(new EntryQuery(), _ => isDamaged = true, cancellationToken).Any(Filter.MatchesRest) || isDamaged)
            return;
        PasspackException error = ErrorRecords.NoSuchTag(Tag!, vault.UserId);
        if (_file is not null)
            throw error;
        if (!Tag!.All(WildcardPattern.ContainsWildcardCharacters))
            WriteError(error);
    }

    // With tags the total is unknown, because they are tested after opening.
    private long? Total() => Tag is not null ? null : AreGiven ? _entries.Count : Require(LocalAccounts.Choose(Account)).Describe().Entries;

    private void EmitAll(IEnumerable<FullEntry> entries)
    {
        foreach (FullEntry entry in entries)
        {
            if (!Plain || ExportedEntry.IsPlain(entry))
                WriteObject(ExportedEntry.Of(entry, Plain));
            else
                WriteError(ErrorRecords.Invalid($"Two Extra Fields of \"{entry.Summary.Name}\" ({entry.Summary.Id}) share " +
                    "a name, or one has no name, so -Plain cannot "
                    + "show them. Export it without -Plain.", entry.Summary.Id));
        }
    }

    private IEnumerable<FullEntry> All(CancellationToken cancellationToken) =>
        Require(LocalAccounts.Choose(Account)).ListFull(new EntryQuery(), damaged => WriteError(damaged), cancellationToken)
            .Where(entry => Filter.MatchesRest(entry.Summary));

    /// <summary>The present state of an entry. Empty if it is missing or damaged; then an error was written.</summary>
    private IEnumerable<FullEntry> Open(Entry entry)
    {
        LocalVault vault = Require(entry.Folder);
        FullEntry full;
        try
        {
            full = new FullEntry(vault.Get(entry.Id), entry.ReadSecret());
        }
        catch (PasspackException e) when (EntryChangeCmdlet.IsOfOneEntry(e))
        {
            WriteError(e, entry);
            yield break;
        }
        if (Filter.MatchesRest(full.Summary))
            yield return full;
    }
}
