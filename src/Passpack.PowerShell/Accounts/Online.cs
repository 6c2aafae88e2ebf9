using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Commands;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>Forwards the cmdlets' requests to Core, and converts between PowerShell's types and Core's.</summary>
internal static partial class Online
{
    public static async Task<LocalVault> RegisterAsync(OnlineServer server, PSCredential credential, SecureString packingKey, bool allowWeakKey, string? deviceName, CancellationToken stopping)
    {
        using SecretBytes password = credential.Password.Read(SecretBytes.FromChars), key = packingKey.Read(SecretBytes.FromChars);
        return await OnlineAccounts.RegisterAsync(DataFolder.Current, server, credential.UserName, password, key, allowWeakKey, deviceName, stopping);
    }

    public static async Task<LocalVault> ConnectAsync(
        OnlineServer server, PSCredential credential, SecureString packingKey, string? checkpoint, bool acceptRollback, string? deviceName,
        CancellationToken stopping)
    {
        using SecretBytes password = credential.Password.Read(SecretBytes.FromChars), key = packingKey.Read(SecretBytes.FromChars);
        return await OnlineAccounts.ConnectAsync(DataFolder.Current, server, credential.UserName, password, key, checkpoint, acceptRollback, deviceName, stopping);
    }

    /// <summary>Checks an account with its server. If the account is locked, only whether the server answers.</summary>
    /// <returns>The problem. Null if there is none.</returns>
    public static async Task<PasspackException?> AskAsync(AccountFolder folder, CancellationToken stopping)
    {
        try
        {
            if (UnlockedAccounts.Shared.Find(folder) is { } vault)
                await OnlineAccounts.CheckAsync(vault, stopping);
            else
                await OnlineAccounts.ReachAsync(folder, stopping);
            return null;
        }
        catch (PasspackException e)
        {
            return e;
        }
    }

    public static Task MoveAsync(LocalVault vault, OnlineServer server, CancellationToken stopping) => OnlineAccounts.MoveAsync(vault, server, stopping);

    public static IAsyncEnumerable<OnlineVersion> DeletedAsync(LocalVault vault, Guid? id, Action<PasspackException> damaged, CancellationToken stopping) =>
        OnlineVault.DeletedAsync(vault, id, damaged, stopping);

    public static async Task<SyncResult> SyncAsync(LocalVault vault, SyncOptions options, IProgress<SyncProgress> progress, CancellationToken stopping)
    {
        try
        {
            return new SyncResult(await VaultSync.RunAsync(vault, options, progress, stopping));
        }
        catch (PasspackException e) when (e.Target is Sync.Session.SyncResult stopped)
        {
            throw new PasspackException(e.ErrorId, e.Message, e) { Target = new SyncResult(stopped) };
        }
    }

    public static async Task<IEnumerable<EntrySummary>> ListAsync(
        LocalVault vault, EntryQuery query, IProgress<SyncProgress> progress, CancellationToken stopping) =>
        await OnlineVault.ListAsync(vault, query, progress, stopping);

    public static Task<IReadOnlyList<TagCount>> TagsAsync(LocalVault vault, IProgress<SyncProgress> progress, CancellationToken stopping) =>
        OnlineVault.TagsAsync(vault, progress, stopping);

    public static Task<EntrySecret> ReadSecretAsync(LocalVault vault, Guid id) => OnlineVault.ReadSecretAsync(vault, id, CancellationToken.None);

    public static async Task<IEnumerable<EntryVersion>> HistoryAsync(LocalVault vault, Guid id, CancellationToken stopping)
    {
        IReadOnlyList<OnlineVersion> versions = await OnlineVault.HistoryAsync(vault, id, stopping);
        string name = versions.FirstOrDefault(version => version.Entry is not null)?.Entry!.Name ?? "";
        return versions.Select(version => new EntryVersion(version, name, vault));
    }

    public static Task<EntrySummary> RestoreAsync(LocalVault vault, Guid id, long? version, CancellationToken stopping) =>
        OnlineVault.RestoreAsync(vault, id, version, stopping);

    public static IEnumerable<SyncResult> SyncHistory(LocalVault vault, int last) =>
        Sync.Session.SyncHistory.List(vault, last).Select(record => new SyncResult(record));

    /// <summary>Makes changes of one account in as few pushes as possible. A change that fails does not affect the others.</summary>
    public static async Task<IReadOnlyList<EntryOutcome>> ApplyAsync(
        IReadOnlyList<EntryChange> changes, IProgress<SyncProgress>? progress, CancellationToken stopping)
    {
        IReadOnlyList<OnlineEditResult> results = await OnlineVault.ApplyAsync(changes[0].Vault, [.. changes.Select(ToEdit)], progress, stopping);
        return [.. changes.Zip(results, (change, result) => new EntryOutcome(change, result.Entry, result.Error))];
    }

    private static OnlineEdit ToEdit(EntryChange change) => new() { Id = change.Id, Values = change.Values ?? new EntryEdit(), Delete = change.Values is null };
}
