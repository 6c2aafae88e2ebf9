using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Mirroring;

/// <summary>
/// An earlier version of an entry's data, as the online account keeps it. Since it opens, a machine of this account sealed it for this entry and
/// version; which machine is unknown. Nothing proves that the list of versions is complete: the server can withhold some. No manifest vouches for earlier
/// versions, so somebody with earlier keys of the account could have made one together with the server, unless this machine has the very same:
/// <see cref="IsVerified"/>.
/// </summary>
public sealed class OnlineVersion
{
    private readonly LocalVault _vault;
    private readonly byte[] _body;

    private OnlineVersion(VaultConnection connection, LocalVault vault, EarlierVersion version, EntryContent? content,
        bool isDamaged, IReadOnlyList<string> fields)
    {
        _vault = vault;
        _body = version.Record.Body;
        IsVerified = !version.Record.Deleted && IsHere(connection, version.Record);
        EntryId = version.Record.Id;
        Version = version.Record.Version;
        Stored = version.Stored;
        Replaced = version.Replaced;
        IsDeletion = version.Record.Deleted;
        IsDamaged = isDamaged;
        Fields = fields;
        Entry = content?.ToSummary(EntryId, Version, [], false);
    }

    /// <summary>The entry.</summary>
    public Guid EntryId { get; }

    /// <summary>The version of the entry's data.</summary>
    public long Version { get; }

    /// <summary>When it was pushed, by the server's clock.</summary>
    public DateTimeOffset Stored { get; }

    /// <summary>When the version after it was pushed, by the server's clock.</summary>
    public DateTimeOffset Replaced { get; }

    /// <summary>Whether the entry was deleted in this version, and created again after it.</summary>
    public bool IsDeletion { get; }

    /// <summary>Whether the version cannot be opened, and so cannot be restored.</summary>
    public bool IsDamaged { get; }

    /// <summary>Whether this machine has the very same record, in force, in its trash or in its history. Never of a deletion.</summary>
    public bool IsVerified { get; }

    /// <summary>The titles of the fields that differ from the next newer version. Empty if one of the two has no content.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>The entry as it was, without tags and favorite. Null if this version is a deletion or damaged.</summary>
    public EntrySummary? Entry { get; }

    /// <summary>Opens the secret fields; nothing opens them unasked.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RecordDamaged"/>, <see cref="ErrorCodes.VaultLocked"/>.</exception>
    public EntrySecret ReadSecret()
    {
        using VaultUse use = _vault.Use();
        return SealedEntry.OpenBody(use.Keys, EntryId, Version, _body).ToSecret();
    }

    /// <summary>Opens a version that is not a deletion.</summary>
    internal static OnlineVersion Of(LocalVault vault, VaultUse use, EarlierVersion version)
    {
        VaultKeys keys = use.Keys;
        EntryContent? content = SealedEntry.OrNull(() => SealedEntry.OpenBody(keys, version.Record.Id, version.Record.Version, version.Record.Body));
        return new OnlineVersion(use.Connection, vault, version, content, content is null, []);
    }

    /// <summary>Whether a served record is this version, byte for byte.</summary>
    internal bool IsSame(RecordChange record) => record.Version == Version && record.Body.AsSpan().SequenceEqual(_body);

    /// <summary>Opens the served versions, newest first.</summary>
    internal static IReadOnlyList<OnlineVersion> Open(LocalVault vault, VaultUse use, EntryState current, IReadOnlyList<EarlierVersion> versions)
    {
        VaultKeys keys = use.Keys;
        var opened = new List<OnlineVersion>();
        EntryContent? newer = current.IsOnline ? SealedEntry.OrNull(() => current.OpenMirror(keys)) : null;
        // Newer versions are skipped: another machine may have pushed between verifying the mirror and asking for versions.
        foreach (EarlierVersion version in versions.Where(version => version.Record.Version < current.MirrorVersion))
        {
            RecordChange record = version.Record;
            EntryContent? content = record.Deleted ? null : SealedEntry.OrNull(() => SealedEntry.OpenBody(keys, record.Id, record.Version, record.Body));
            bool damaged = record.Deleted ? !IsTombstone(keys, record) : content is null;
            IReadOnlyList<string> fields = content is null || newer is null ? [] : [.. EntryField.Differences(content, newer).Select(EntryField.Title)];
            opened.Add(new OnlineVersion(use.Connection, vault, version, content, damaged, fields));
            newer = content;
        }
        return opened;
    }

    // What the user sees may be an earlier version: of an entry that was deleted online, in the trash; or in the mirror, while the newest came damaged.
    private static bool IsHere(VaultConnection connection, RecordChange record)
    {
        byte[] digest = RecordBody.Digest(record.Body);
        return History.Has(connection, record.Id, record.Version, digest)
            || (EntryState.Find(connection, record.Id)?.Shown is { Head: { } head, Tail: { } tail } shown
                && shown.Version == record.Version && RecordBody.Digest(head, tail).AsSpan().SequenceEqual(digest));
    }

    private static bool IsTombstone(VaultKeys keys, RecordChange record) => SealedEntry.OrNull(() =>
    {
        SealedEntry.OpenTombstone(keys, record.Id, record.Version, record.Body);
        return new EntryContent();
    }) is not null;
}
