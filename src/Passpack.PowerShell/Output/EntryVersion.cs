using System.Security;
using Passpack.Sync.Mirroring;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>An earlier version of an entry. As in <see cref="Entry"/>, secrets are not properties; methods open them.</summary>
public sealed class EntryVersion
{
    // One of the two is set: a version replaced on this machine, or one that the online account keeps.
    private readonly Vault.Entries.EntryVersion? _local;
    private readonly OnlineVersion? _online;

    internal EntryVersion(Vault.Entries.EntryVersion version, string entryName, LocalVault vault)
    {
        _local = version;
        Folder = vault.Folder;
        EntryId = version.EntryId;
        Version = version.Number;
        When = version.Replaced;
        Fields = [.. version.Fields];
        Reason = EnumMap.To<HistoryReason, EntryVersionReason>(version.Reason);
        Name = version.Name.Length > 0 ? version.Name : entryName;
        HasData = version.IsData;
        Verified = true;
    }

    internal EntryVersion(OnlineVersion version, string entryName, LocalVault vault)
    {
        _online = version;
        Folder = vault.Folder;
        EntryId = version.EntryId;
        Version = version.Version;
        When = version.Replaced;
        Fields = [.. version.Fields];
        Reason = EntryVersionReason.Online;
        Name = version.Entry?.Name ?? entryName;
        HasData = !version.IsDeletion;
        Verified = version.IsVerified;
    }

    /// <summary>The number of the version: unique among all of this machine; with <c>-Online</c>, among the entry's.</summary>
    public long Version { get; }

    /// <summary>When it was replaced: by this machine's clock; of <c>-Online</c>, by the server's.</summary>
    public DateTimeOffset When { get; }

    /// <summary>The Entry Name in this version; if it has none, the entry's.</summary>
    public string Name { get; }

    /// <summary>The fields that differ from the replacing version.</summary>
    public string[] Fields { get; }

    /// <summary>Why it was replaced.</summary>
    public EntryVersionReason Reason { get; }

    /// <summary>Whether this machine has, or had, this very version. Otherwise the server alone says that the entry was ever so.</summary>
    public bool Verified { get; }

    /// <summary>The User ID of the account that the entry lives in.</summary>
    public string Account => Folder.UserId;

    /// <summary>The entry. Not named Id, so that cmdlets which bind an entry's Id do not take a version for the entry.</summary>
    public Guid EntryId { get; }

    internal AccountFolder Folder { get; }

    internal Vault.Entries.EntryVersion? Local => _local;

    internal OnlineVersion? Online => _online;

    internal bool IsOnline => _online is not null;

    // Versions of tags or favorite only, and deletions, have no secrets.
    private bool HasData { get; }

    /// <summary>The Password in this version. Null for a deletion, and for a version of tags or favorite only.</summary>
    public SecureString? GetPassword() => ReadSecret() is { } secret ? SecureStrings.Of(secret.Password) : null;

    /// <summary>The Password that it had, as text; null likewise, and empty where it had none.</summary>
    public string? GetPasswordText() => ReadSecret()?.Password;

    /// <summary>The new password of a rotation that was under way in this version. Null if none was.</summary>
    public SecureString? GetPendingPassword() => ReadSecret()?.Pending is { } pending ? SecureStrings.Of(pending.Value) : null;

    /// <summary>The Notes in this version. Null for a deletion, and for a version of tags or favorite only.</summary>
    public string? GetNotes() => ReadSecret()?.Notes;

    /// <summary>The Extra Fields that it had.</summary>
    public ExtraField[] GetExtraFields() =>
        [.. (ReadSecret()?.ExtraFields ?? []).Select(field => new ExtraField(field.Name, field.Type, field.Data))];

    /// <summary>A text by which the user recognises the version.</summary>
    public override string ToString() => $"{Name}, version {Version}";

    private EntrySecret? ReadSecret() =>
        !HasData ? null : _online is not null ? _online.ReadSecret() : UnlockedAccounts.Shared.Require(Folder).ReadSecret(_local!);
}

/// <summary>Why a version of an entry was replaced.</summary>
public enum EntryVersionReason
{
    /// <summary>An edit on this machine.</summary>
    Edit,

    /// <summary>A sync brought another value.</summary>
    Sync,

    /// <summary>It lost a conflict.</summary>
    Conflict,

    /// <summary>An import brought another value.</summary>
    Import,

    /// <summary>A machine pushed another version; the online account does not know why.</summary>
    Online,
}
