using System.Management.Automation;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that takes entries and nothing else of them.</summary>
public abstract class EntryTargetCmdlet : EntryChangeCmdlet
{
    /// <summary>The entry's id.</summary>
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Id { get; set; }
}
