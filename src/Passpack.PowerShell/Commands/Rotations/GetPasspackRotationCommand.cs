using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Rotations;

namespace Passpack.PowerShell.Commands;

/// <summary>Lists rotations that are not finished, and what to do with each.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackRotation")]
[OutputType(typeof(Rotation))]
public sealed class GetPasspackRotationCommand : AccountCmdlet
{
    private readonly HashSet<Guid> _emitted = [];

    /// <summary>The entry.</summary>
    // Bound by property name, too: if no row could bind the mandatory parameter of a set, PowerShell would coerce each row, and fail with an
    // exception.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Entry")]
    [AllowNull]
    public Entry? InputObject { get; set; }

    /// <summary>Entry Names, with wildcards; by default all.</summary>
    // In one set with -Id: beside a mandatory name, PowerShell would first try to make an Entry of each row, with an exception.
    [Parameter(Position = 0, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [PSDefaultValue(Help = "all")]
    public string[] Name { get; set; } = [];

    /// <summary>Ids of entries.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (Name.Length > 0 && Id.Length > 0)
        {
            WriteError(ErrorRecords.NameAndId(Name[0]));
            return Task.CompletedTask;
        }
        _emitted.Clear();
        LocalVault vault = InputObject is null ? RequireAccount() : RequireOf(InputObject.Folder, Account, $"The entry '{InputObject.Name}'", InputObject);
        string[] wild = [.. Name.Where(WildcardPattern.ContainsWildcardCharacters)];
        Guid[] ids = InputObject is null ? Id : [InputObject.Id];
        foreach (Guid id in ids)
            Show(vault, new EntryQuery { Id = id }, $"{id}", id, cancellationToken);
        foreach (string name in Name.Except(wild).Select(WildcardPattern.Unescape))
            Show(vault, new EntryQuery { Name = name }, $"'{name}'", name, cancellationToken);
        if (wild.Length == 0 && (ids.Length > 0 || Name.Length > 0))
            return Task.CompletedTask;
        var filter = new EntryFilter(wild, null, null, null);
        foreach (UnfinishedRotation rotation in UnfinishedRotation.List(vault, new EntryQuery(), damaged => WriteError(damaged), cancellationToken))
        {
            if (filter.MatchesName(rotation.Entry))
                Show(vault, rotation);
        }
        return Task.CompletedTask;
    }

    // Of an entry that was named exactly, it is told whether that is there.
    private void Show(LocalVault vault, EntryQuery query, string sought, object target, CancellationToken cancellationToken)
    {
        if (!vault.List(query, _ => { }, cancellationToken).Any())
            WriteError(ErrorRecords.NoSuchEntry(sought, vault.UserId, InputObject ?? target));
        foreach (UnfinishedRotation rotation in UnfinishedRotation.List(vault, query, damaged => WriteError(damaged, InputObject), cancellationToken))
            Show(vault, rotation);
    }

    // Two of the given names can match the same entry.
    private void Show(LocalVault vault, UnfinishedRotation rotation)
    {
        if (_emitted.Add(rotation.Entry.Id))
            WriteObject(new Rotation(rotation, vault));
    }
}
