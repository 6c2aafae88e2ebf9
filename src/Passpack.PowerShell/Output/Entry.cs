using System.Management.Automation;
using System.Security;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>
/// An entry. Secrets are not properties, so that nothing that enumerates properties (Format-List, ConvertTo-Json, Export-Clixml, a transcript) finds
/// them. Methods open them from the unlocked account, anew at every call.
/// </summary>
public sealed class Entry
{
    private readonly AccountFolder _folder;
    private readonly bool _online;
    private readonly OnlineVersion? _deleted;

    internal Entry(EntrySummary summary, LocalVault vault, bool online = false)
    {
        _folder = vault.Folder;
        _online = online;
        Id = summary.Id;
        Name = summary.Name;
        UserId = summary.UserId;
        Url = summary.Url;
        Email = summary.Email;
        Type = summary.Type;
        Expires = summary.Expires;
        HasTotp = summary.Flags.HasFlag(EntryFlags.Totp);
        HasSshKey = summary.Flags.HasFlag(EntryFlags.SshKey);
        Attachments = summary.Attachments;
        Tags = [.. summary.Tags];
        Favorite = summary.Favorite;
        Created = summary.Created;
        Modified = summary.Modified;
        Trashed = summary.Trashed;
        Account = vault.UserId;
    }

    internal Entry(OnlineVersion deleted, LocalVault vault) : this(deleted.Entry!, vault, online: true)
    {
        _deleted = deleted;
        Trashed = deleted.Replaced;
    }

    /// <summary>The Entry Name.</summary>
    public string Name { get; }

    /// <summary>The User ID that the entry logs in with.</summary>
    public string UserId { get; }

    /// <summary>The address that it logs in at.</summary>
    public string Url { get; }

    /// <summary>The Email.</summary>
    public string Email { get; }

    /// <summary>What it is: login, note, card, identity, sshkey, wifi and others.</summary>
    public string Type { get; }

    /// <summary>When it expires. Null if it does not.</summary>
    public DateTimeOffset? Expires { get; }

    /// <summary>Whether it has one-time codes: <c>Get-PasspackTotp</c>.</summary>
    public bool HasTotp { get; }

    /// <summary>Whether it has a key of SSH among its Extra Fields.</summary>
    public bool HasSshKey { get; }

    /// <summary>How many files are attached: <c>Get-PasspackAttachment</c>.</summary>
    public int Attachments { get; }

    /// <summary>This machine's tags; from <c>Get-PasspackEntry -Online</c>, the online account's.</summary>
    public string[] Tags { get; }

    /// <summary>Whether it is a favorite on this machine; from <c>Get-PasspackEntry -Online</c>, online.</summary>
    public bool Favorite { get; }

    /// <summary>When the entry was made.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>When its data was last edited.</summary>
    public DateTimeOffset Modified { get; }

    /// <summary>When it went to this machine's trash, or, by the server's clock, was deleted online. Null if neither.</summary>
    public DateTimeOffset? Trashed { get; }

    /// <summary>The User ID of the account that it lives in.</summary>
    public string Account { get; }

    /// <summary>The same on every machine and online.</summary>
    public Guid Id { get; }

    internal AccountFolder Folder => _folder;

    /// <summary>The Password; of an entry without one, an empty SecureString.</summary>
    public SecureString GetPassword() => SecureStrings.Of(ReadSecret().Password);

    /// <summary>The Password as text, of every entry: <c>ConvertFrom-SecureString</c> takes no empty one.</summary>
    public string GetPasswordText() => ReadSecret().Password;

    /// <summary>User ID and Password, for commands with a -Credential.</summary>
    public PSCredential GetCredential() => UserId.Length > 0
        ? new PSCredential(UserId, GetPassword())
        : throw new InvalidOperationException($"The entry '{View.Text(Name)}' has no User ID, which a credential needs. " +
            "GetPassword() gives its password alone.");

    /// <summary>The Notes.</summary>
    public string GetNotes() => ReadSecret().Notes;

    /// <summary>The Shared Notes.</summary>
    public string GetSharedNotes() => ReadSecret().SharedNotes;

    /// <summary>The Extra Fields; their data is not a property either.</summary>
    public ExtraField[] GetExtraFields() => [.. ReadSecret().ExtraFields.Select(field => new ExtraField(field.Name, field.Type, field.Data))];

    /// <summary>The Entry Name.</summary>
    public override string ToString() => Name;

    internal EntrySecret ReadSecret()
    {
        LocalVault vault = UnlockedAccounts.Shared.Require(_folder);
        if (_deleted is not null)
            return _deleted.ReadSecret();
        // On another thread, because the caller's thread waits and no continuation can run on it.
        return _online ? Task.Run(() => OnlineVault.ReadSecretAsync(vault, Id, CancellationToken.None)).GetAwaiter().GetResult() : vault.ReadSecret(Id);
    }
}
