using System.Collections;
using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Sync;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Synchronizes an account with the online account; with -WhatIf, plans the sync and writes nothing anywhere.</summary>
[Cmdlet(VerbsData.Sync, "PasspackVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncResult))]
public sealed class SyncPasspackVaultCommand : EachAccountCmdlet
{
    /// <summary>Leave this machine's tags as they are.</summary>
    [Parameter]
    public SwitchParameter ExcludeTags { get; set; }

    /// <summary>Leave this machine's favorites as they are.</summary>
    [Parameter]
    public SwitchParameter ExcludeFavorites { get; set; }

    /// <summary>Which side wins if both changed the same field.</summary>
    [Parameter]
    public ConflictPolicy ConflictPolicy { get; set; }

    /// <summary>Settles single entries, whatever the policy: their ids or names, and Local, Online or Both.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ConflictCompleter))]
    public IDictionary? Resolve { get; set; }

    /// <summary>A checkpoint from another machine; the server's history has to contain it.</summary>
    [Parameter]
    public string? Checkpoint { get; set; }

    /// <summary>
    /// Accepts that the server was restored from a backup: records that it lost are sent again. Only if the server's operator confirms the restore.
    /// </summary>
    [Parameter]
    public SwitchParameter AcceptRollback { get; set; }

    /// <summary>Seconds after which the sync gives up.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int TimeoutSec { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        bool isWhatIf;
        bool go = AcceptRollback
            ? ShouldProcessHighImpact(vault.UserId, "Synchronize with the online account, even if its server went back to an earlier state", out isWhatIf)
            : ShouldProcess(vault.UserId, "Synchronize with the online account", out isWhatIf);
        if (!go && !isWhatIf)
            return;
        if (!isWhatIf)
            CopyDaily(vault.Folder);
        WriteVerbose($"{(isWhatIf ? "Planning the sync of" : "Synchronizing")} {vault.UserId}.");
        SyncOptions options = Options(vault, isWhatIf);
        SyncResult result = await ShowingAsync("Synchronizing", progress => SyncAsync(vault, options, progress, cancellationToken));
        foreach (string notice in result.Notices)
            WriteWarning(isWhatIf ? $"The sync would: {notice}." : notice);
        WarnOfRemoval(vault.UserId, result.RemovalDue);
        foreach (Guid id in options.Resolve.Keys.Except(result.Changes.Select(change => change.Id)))
            WriteWarning($"-Resolve: there was nothing to settle for {id}.");
        foreach (SyncChange change in result.Changes)
            WriteVerbose($"{change.Action}: '{change.Name}' ({string.Join(", ", change.Fields)}). {change.Reason}");
        WriteVerbose(Summarize(result));
        WriteObject(result);
    }

    private static async Task<SyncResult> SyncAsync(
        LocalVault vault, SyncOptions options, IProgress<SyncProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            return new SyncResult(await VaultSync.RunAsync(vault, options, progress, cancellationToken));
        }
        catch (PasspackException e) when (e.Target is Sync.Session.SyncResult stopped)
        {
            throw new PasspackException(e.ErrorId, e.Message, e) { Target = new SyncResult(stopped) };
        }
    }

    private SyncOptions Options(LocalVault vault, bool isWhatIf) => new()
    {
        ExcludeTags = ExcludeTags,
        ExcludeFavorites = ExcludeFavorites,
        Policy = EnumMap.To<ConflictPolicy, Sync.Session.ConflictPolicy>(ConflictPolicy),
        Resolve = Settled(vault),
        WhatIf = isWhatIf,
        Checkpoint = Checkpoint,
        AcceptRollback = AcceptRollback,
        Timeout = TimeoutSec > 0 ? TimeSpan.FromSeconds(TimeoutSec) : null,
    };

    private Dictionary<Guid, Sync.Session.ConflictPolicy> Settled(LocalVault vault)
    {
        var settled = new Dictionary<Guid, Sync.Session.ConflictPolicy>();
        foreach (DictionaryEntry one in Resolve ?? new Hashtable())
        {
            Guid id = LanguagePrimitives.TryConvertTo(one.Key, out Guid named) ? named : Find(vault, one.Key.ToString() ?? "");
            settled[id] = one.Value?.ToString()?.ToUpperInvariant() switch
            {
                "LOCAL" => Sync.Session.ConflictPolicy.PreferLocal,
                "ONLINE" => Sync.Session.ConflictPolicy.PreferOnline,
                "BOTH" => Sync.Session.ConflictPolicy.KeepBoth,
                _ => throw ErrorRecords.Invalid($"-Resolve: '{one.Value}' is neither Local nor Online nor Both.", id),
            };
        }
        return settled;
    }

    private static Guid Find(LocalVault vault, string name)
    {
        Guid[] found = [.. vault.List(new EntryQuery { Name = name }).Select(entry => entry.Id)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw ErrorRecords.Invalid($"-Resolve: '{name}' is neither the id nor the name of an entry in the account {vault.UserId}.", name),
            _ => throw ErrorRecords.Invalid($"-Resolve: {found.Length} entries are named '{name}'. Name the one that is meant by its id: " +
                $"{string.Join(", ", found)}.", name),
        };
    }

    private static string Summarize(SyncResult result)
    {
        string[] counts = [.. result.Changes.GroupBy(change => change.Action).Select(group => $"{group.Count():N0} {group.Key}")];
        return $"{(result.IsPlan ? "A sync would do" : "Done")}: {(counts.Length > 0 ? string.Join(", ", counts) : "nothing to do")}. "
            + $"{result.Requests:N0} request(s), {result.BytesSent:N0} bytes up, {result.BytesReceived:N0} down, {result.Duration.TotalSeconds:N1} s.";
    }
}
