using System.Management.Automation;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Shows the scheduled syncs of this data folder, and how the last run of each ended.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackSyncTask")]
[OutputType(typeof(SyncTask))]
public sealed class GetPasspackSyncTaskCommand : PasspackCmdlet
{
    /// <summary>User IDs, with wildcards; by default all.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [TextTransformation(Needed = true, Several = true)]
    public string[] Account { get; set; } = ["*"];

    /// <summary>The account of this machine that the tasks run as, if they were registered so.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RunAsUser { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        RefuseEntry();
        foreach (string account in Account)
        {
            WildcardPattern pattern = EntryFilter.Pattern(account);
            bool found = false;
            foreach (SyncTask task in SyncTasks.Find(pattern.IsMatch, RunAsUser))
            {
                WriteObject(task);
                found = true;
            }
            if (!found && !WildcardPattern.ContainsWildcardCharacters(account))
                WriteError(SyncTasks.NotFound(account));
        }
        return Task.CompletedTask;
    }
}
