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
    /// <summary>The entry.</summary>
    // Bound by property name, too: if no row could bind the mandatory parameter of a set, PowerShell would coerce each row, and fail with an
    // exception.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Entry")]
    [Alias("Entry")]
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
        LocalVault vault = InputObject is null ? RequireAccount() : RequireOf(InputObject.Folder, Account, $"The entry '{InputObject.Name}'", InputObject);
        EntryQuery[] queries = InputObject is not null ? [new EntryQuery { Id = InputObject.Id }]
            : Id.Length > 0 ? [.. Id.Select(id => new EntryQuery { Id = id })] : [new EntryQuery()];
        var filter = new EntryFilter(Name, null, null, null);
        foreach (UnfinishedRotation rotation in queries.SelectMany(query => UnfinishedRotation.List(vault, query, damaged => WriteError(damaged), cancellationToken)))
        {
            if (filter.MatchesName(rotation.Entry))
                WriteObject(new Rotation(rotation, vault));
        }
        return Task.CompletedTask;
    }
}
