using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.PowerShell.Commands;

/// <summary>Makes the one-time codes of entries, or shows their QR codes.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackTotp")]
[OutputType(typeof(TotpCode), typeof(string))]
public sealed class GetPasspackTotpCommand : AccountCmdlet
{
    private readonly HashSet<Guid> _emitted = [];

    /// <summary>The entry.</summary>
    // Bound by property name, too: if no row could bind the mandatory parameter of a set, PowerShell would coerce each row, and fail with an
    // exception.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Entry")]
    [AllowNull]
    public Entry? InputObject { get; set; }

    /// <summary>Entry Names, with wildcards: those of entries that have one-time codes.</summary>
    // In one set with -Id: beside a mandatory name, PowerShell would first try to make an Entry of each row, with an exception.
    [Parameter(Position = 0, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    /// <summary>Ids of entries.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <summary>Which of an entry's one-time codes, by the name of the Extra Field, with wildcards; by default all.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TotpFieldCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string? Field { get; set; }

    /// <summary>Shows the QR code that an authenticator app scans, in place of a code. Whoever sees it can make all codes.</summary>
    [Parameter]
    public SwitchParameter Qr { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (Name.Length > 0 && Id.Length > 0)
            WriteError(ErrorRecords.NameAndId(Name[0]));
        else if (InputObject is null && Name.Length == 0 && Id.Length == 0)
            WriteError(ErrorRecords.NoEntryGiven(MyInvocation.MyCommand.Name, null));
        else if (InputObject is not null)
        {
            RequireOf(InputObject.Folder, Account, $"The entry '{InputObject.Name}'", InputObject);
            Show(InputObject);
        }
        else
            ShowFound(RequireAccount(), cancellationToken);
        return Task.CompletedTask;
    }

    private void ShowFound(LocalVault vault, CancellationToken cancellationToken)
    {
        _emitted.Clear();
        string[] wild = [.. Name.Where(WildcardPattern.ContainsWildcardCharacters)];
        foreach (Guid id in Id)
            ShowOrFail(new EntryQuery { Id = id }, id.ToString(), id);
        foreach (string name in Name.Except(wild).Select(WildcardPattern.Unescape))
            ShowOrFail(new EntryQuery { Name = name }, $"'{name}'", name);
        var filter = new EntryFilter(wild, null, null, null);
        foreach (EntrySummary entry in wild.Length == 0 ? [] : List(new EntryQuery()))
        {
            if (entry.Flags.HasFlag(EntryFlags.Totp) && filter.MatchesName(entry))
                ShowOnce(entry);
        }

        void ShowOrFail(EntryQuery query, string sought, object target)
        {
            EntrySummary[] found = [.. List(query)];
            foreach (EntrySummary entry in found)
                ShowOnce(entry);
            if (found.Length == 0)
                WriteError(ErrorRecords.NoSuchEntry(sought, vault.UserId, target));
        }

        // Two of the given names can match the same entry.
        void ShowOnce(EntrySummary entry)
        {
            if (_emitted.Add(entry.Id))
                Show(new Entry(entry, vault));
        }

        IEnumerable<EntrySummary> List(EntryQuery query) => vault.List(query, damaged => WriteError(damaged), cancellationToken);
    }

    private void Show(Entry entry)
    {
        try
        {
            Vault.Entries.ExtraField[] all = [.. entry.ReadSecret().ExtraFields.Where(field => field.Type == FieldTypes.Totp)];
            WildcardPattern? pattern = Field is null ? null : EntryFilter.Pattern(Field);
            Vault.Entries.ExtraField[] fields = [.. all.Where(field => pattern is null || EntryFilter.Fits(pattern, field.Name))];
            if (fields.Length == 0)
                WriteError(ErrorRecords.WithoutTotp(entry.Name, Field, [.. all.Select(field => field.Name)]), entry);
            foreach (Vault.Entries.ExtraField field in fields)
                Show(entry, field);
        }
        catch (PasspackException e) when (EntryChangeCmdlet.IsOfOneEntry(e))
        {
            WriteError(e, entry);
        }
    }

    private void Show(Entry entry, Vault.Entries.ExtraField field)
    {
        using OneTimeCode? code = OneTimeCode.Read(field.Data, out string? fault);
        if (code is null)
            WriteError(ErrorRecords.UnreadableTotp(entry.Name, field.Name, fault), entry);
        else if (!Qr)
            WriteObject(new TotpCode(entry, field.Name, code, TimeProvider.System.GetUtcNow()));
        else if (QrText.Write(Address(entry, field, code)) is { } lines)
            WriteObject(string.Join('\n', [$"{View.Text(entry.Name)}: {View.Text(field.Name)}", .. lines.Select(Coloured)]));
        else
            throw ErrorRecords.Invalid($"The address in the field '{field.Name}' of the entry '{entry.Name}' is too long for a QR code.", entry);
    }

    // A bare seed was entered without the names that an authenticator app shows.
    private static string Address(Entry entry, Vault.Entries.ExtraField field, OneTimeCode code) =>
        code.Issuer.Length > 0 && field.Data.StartsWith("otpauth://", StringComparison.OrdinalIgnoreCase) ? field.Data
            : code.WriteUri(code.Issuer.Length > 0 ? code.Issuer : entry.Name, entry.UserId.Length > 0 ? entry.UserId : code.Label);

    // White on black, whatever the terminal's colours are: scanners want a light margin.
    private string Coloured(string line) => Host.UI is { SupportsVirtualTerminal: true } ? $"\u001b[97;40m{line}\u001b[0m" : line;
}
