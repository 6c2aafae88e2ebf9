using System.Management.Automation;
using System.Security;
using Passpack.Packing;
using Passpack.PowerShell.Commands;
using Passpack.Sync;
using Passpack.Vault;

namespace Passpack.PowerShell;

/// <summary>What the cmdlets ask of the online account: PowerShell's types on their side, Core's on the other.</summary>
internal static class Online
{
    public static async Task<LocalVault> RegisterAsync(Uri server, PSCredential credential, SecureString packingKey, CancellationToken stopping)
    {
        using SecretBytes password = credential.Password.Read(SecretBytes.FromChars), key = packingKey.Read(SecretBytes.FromChars);
        return await OnlineAccounts.RegisterAsync(DataFolder.Current, server, credential.UserName, password, key, stopping);
    }

    public static async Task<LocalVault> ConnectAsync(
        Uri server, PSCredential credential, SecureString packingKey, string? checkpoint, CancellationToken stopping)
    {
        using SecretBytes password = credential.Password.Read(SecretBytes.FromChars), key = packingKey.Read(SecretBytes.FromChars);
        return await OnlineAccounts.ConnectAsync(DataFolder.Current, server, credential.UserName, password, key, checkpoint, stopping);
    }

    public static async Task<SyncResult> SyncAsync(LocalVault vault, SyncOptions options, IProgress<SyncProgress> progress, CancellationToken stopping) =>
        new(await VaultSync.RunAsync(vault, options, progress, stopping));

    public static Task<IReadOnlyList<EntrySummary>> ListAsync(LocalVault vault, EntryQuery query, CancellationToken stopping) =>
        OnlineVault.ListAsync(vault, query, stopping);

    public static Task<IReadOnlyList<TagCount>> TagsAsync(LocalVault vault, CancellationToken stopping) => OnlineVault.TagsAsync(vault, stopping);

    public static Task<EntrySecret> ReadSecretAsync(LocalVault vault, Guid id) => OnlineVault.ReadSecretAsync(vault, id, CancellationToken.None);

    /// <summary>Makes changes of one account: all in one push; where one of them cannot be made, each in its own.</summary>
    public static async Task<IReadOnlyList<EntryOutcome>> ApplyAsync(IReadOnlyList<EntryChange> changes, CancellationToken stopping)
    {
        try
        {
            IReadOnlyList<EntrySummary> entries = await OnlineVault.ApplyAsync(changes[0].Vault, [.. changes.Select(ToEdit)], stopping);
            // Deletions leave nothing to return.
            return changes[0].Values is null
                ? [.. changes.Select(change => new EntryOutcome(change, null, null))]
                : [.. changes.Zip(entries, (change, entry) => new EntryOutcome(change, entry, null))];
        }
        catch (Exception e) when (ErrorRecords.Translate(e) is { } error && EntryChangeCmdlet.IsOfOneEntry(error))
        {
            if (changes.Count == 1)
                return [new EntryOutcome(changes[0], null, error)];
        }
        var outcomes = new List<EntryOutcome>();
        foreach (EntryChange change in changes)
            outcomes.AddRange(await ApplyAsync([change], stopping));
        return outcomes;
    }

    private static OnlineEdit ToEdit(EntryChange change) => new() { Id = change.Id, Values = change.Values, Delete = change.Values is null };
}
