using System.Management.Automation;
using Passpack.Health.Checks;
using Passpack.Vault.Account;
using CoreFinding = Passpack.Health.Checks.HealthFinding;
using CoreKind = Passpack.Health.Checks.HealthKind;

namespace Passpack.PowerShell.Commands;

/// <summary>Finds groups of entries that are for the same.</summary>
[Cmdlet(VerbsCommon.Find, "PasspackDuplicate")]
[OutputType(typeof(DuplicateGroup))]
public sealed class FindPasspackDuplicateCommand : AccountCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        RefuseEntry();
        LocalVault vault = RequireAccount();
        var alike = new HashSet<HealthGroup>();
        var passwordOf = new Dictionary<Guid, HealthGroup>();
        var scan = new HealthScan(vault, new HealthOptions { Kinds = [CoreKind.Duplicate, CoreKind.Reused] });
        await foreach (CoreFinding finding in scan.RunAsync(damaged => WriteError(damaged), cancellationToken))
        {
            if (finding.Kind == CoreKind.Duplicate)
                alike.Add(finding.Group!);
            else
                passwordOf[finding.Entry.Id] = finding.Group!;
        }
        foreach (HealthGroup group in alike)
        {
            Entry[] entries = [.. group.Ids.Select(id => new Entry(vault.Get(id), vault)).OrderByDescending(entry => entry.Modified)];
            HealthGroup? shared = passwordOf.GetValueOrDefault(group.Ids[0]);
            WriteObject(new DuplicateGroup(entries, shared is not null && group.Ids.All(id => passwordOf.GetValueOrDefault(id) == shared), vault.UserId));
        }
    }
}
