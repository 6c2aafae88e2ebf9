using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Restores entries from this machine's trash, entries deleted online, or earlier versions.</summary>
[Cmdlet(VerbsData.Restore, "PasspackEntry", SupportsShouldProcess = true)]
[OutputType(typeof(Entry))]
public sealed class RestorePasspackEntryCommand : EntryTargetCmdlet
{
    /// <summary>An earlier version of an entry. It is restored where it came from: on this machine or online.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Version")]
    [NotNullTransformation]
    public EntryVersion? Version { get; set; }

    /// <summary>Bring an entry back that was deleted in the online account.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        bool online = Online || Version is { IsOnline: true };
        IEnumerable<EntryTarget?> targets = Version is not null
            ? [FindTarget(Version)]
            : (await ReadIdsAsync(cancellationToken)).Select(id => FindTarget(id, inTrash: true, online));
        foreach (EntryTarget? target in targets)
        {
            if (target is null)
                continue;
            if (online)
                await RestoreOnlineAsync(target, cancellationToken);
            else if (ShouldProcess(target.Name, Describe(target.Vault, null)))
                await TakeAsync(target.Change() with { Version = Version, Target = Version ?? target.Change().Target }, cancellationToken);
        }
    }

    private protected override async Task<IReadOnlyList<EntrySummary>> ListAsync(LocalVault vault, string name, CancellationToken cancellationToken)
    {
        if (!Online)
            return ListLocal(vault, name, inTrash: true, cancellationToken);
        var found = new List<EntrySummary>();
        await foreach (OnlineVersion deleted in OnlineVault.DeletedAsync(vault, null, damaged => WriteError(damaged), cancellationToken))
        {
            if (string.Equals(name, deleted.Entry!.Name, StringComparison.OrdinalIgnoreCase))
                found.Add(deleted.Entry);
        }
        return found;
    }

    private protected override EntrySummary? Apply(VaultWriter writer, EntryChange change) =>
        change.Version is null ? writer.Restore(change.Id!.Value) : writer.Restore(change.Version.Local!);

    private string Describe(LocalVault vault, OnlineVersion? online)
    {
        string what = Version is null ? "" : $"Restore version {Version.Version} of entry ({string.Join(", ", Version.Fields)})";
        if (online is null)
            return Version is null ? "Restore entry from the trash" : what;
        string how = online.IsVerified ? "" : ", which this machine cannot verify: it never had this version, and the server could have exchanged it";
        return $"{(Version is null ? "Restore deleted entry" : what)} in the online account {vault.UserId}{how}";
    }

    private EntryTarget? FindTarget(EntryVersion version)
    {
        try
        {
            if (Online && !version.IsOnline)
                throw ErrorRecords.Invalid($"{version} is one of this machine, not of the online account. Leave -Online out.", version);
            LocalVault vault = RequireOf(version.Folder, Account, $"The entry '{version.Name}'", version);
            return new EntryTarget(vault, version.EntryId, version.IsOnline ? version.Name : vault.Get(version.EntryId).Name, null);
        }
        catch (PasspackException e) when (IsOfOneEntry(e))
        {
            WriteError(e, version);
            return null;
        }
    }

    // One push for each, because the result depends on the online state at that moment.
    private async Task RestoreOnlineAsync(EntryTarget target, CancellationToken cancellationToken)
    {
        await CommitAsync(cancellationToken);
        try
        {
            OnlineVersion version = Version?.Online ?? await FindDeletedAsync(target, cancellationToken);
            string action = Describe(target.Vault, version);
            if (version.IsVerified ? !ShouldProcess(target.Name, action) : !ShouldProcessHighImpact(target.Name, action))
                return;
            EntrySummary restored = await OnlineVault.RestoreAsync(target.Vault, version, cancellationToken);
            WriteObject(new Entry(restored, target.Vault, online: true));
        }
        catch (PasspackException e) when (IsOfOneEntry(e))
        {
            WriteError(e, Version ?? target.Change().Target);
        }
    }

    private static async Task<OnlineVersion> FindDeletedAsync(EntryTarget target, CancellationToken cancellationToken)
    {
        PasspackException? damage = null;
        await foreach (OnlineVersion deleted in OnlineVault.DeletedAsync(target.Vault, target.Id, damaged => damage = damaged, cancellationToken))
            return deleted;
        throw damage ?? ErrorRecords.NotDeletedOnline(target.Name, target.Vault.UserId, target.Id);
    }
}
