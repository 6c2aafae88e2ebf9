using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage;

/// <summary>A member of a shared vault that asks.</summary>
/// <param name="Account">Its account.</param>
/// <param name="Identity">The fingerprint of the account's identity in force.</param>
internal sealed record Membership(long Account, Hash256 Identity);

/// <summary>Where both chains of a shared vault end.</summary>
/// <param name="Log">The last statement.</param>
/// <param name="Manifest">The newest manifest.</param>
internal sealed record SharedHeads(ChainHead Log, ChainHead Manifest);

/// <summary>What an account is in a shared vault.</summary>
/// <param name="Key">The vault, and who asks.</param>
/// <param name="Heads">Where it stands.</param>
/// <param name="Until">Of a former member, the number of the statement that removed it: the last that it is served. Null of a member.</param>
internal sealed record SharedPlace(VaultKey Key, SharedHeads Heads, long? Until)
{
    /// <summary>The number of the last statement that the account is served.</summary>
    public long LastStatement => Until ?? Heads.Log.Number;
}

/// <summary>What the head of a page of changes is to say.</summary>
/// <param name="Generation">The generation of the last manifest that the client knows. Null for none.</param>
/// <param name="Statements">Of a shared vault: the number of the last statement that the client has, -1 for none. Null: none is wanted.</param>
/// <param name="Shared">Of the personal vault: whether it says where the shared ones stand.</param>
internal readonly record struct HeadWish(long? Generation, long? Statements = null, bool Shared = false);

/// <summary>A shared vault to be, which has been checked.</summary>
/// <param name="VaultId">Its id.</param>
/// <param name="Founder">The fingerprint of the account's identity, which has to be in force.</param>
/// <param name="Statement">Number 0.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Manifest">Generation 1.</param>
/// <param name="WrappedKey">The first key, wrapped for the founder.</param>
internal sealed record NewSharedVault(Guid VaultId, Hash256 Founder, byte[] Statement, Hash256 Hash, Passpack.Protocol.ManifestLink Manifest, byte[] WrappedKey);

/// <summary>What is not to be exceeded. Null: no limit.</summary>
/// <param name="Account">The bytes of the account, unless an administrator said otherwise.</param>
/// <param name="Total">The bytes of all accounts.</param>
internal sealed record Quotas(long? Account, long? Total);

/// <summary>A statement that was judged, and what it changes.</summary>
/// <param name="Bytes">As it is stored.</param>
/// <param name="Head">Its own place in the log.</param>
/// <param name="Judged">The heads by which it was judged.</param>
/// <param name="Changes">Members that come, go, or have another role.</param>
/// <param name="StartsEpoch">Whether all wrapped keys of before are of an epoch that is over.</param>
/// <param name="Keys">The wrapped keys that come with it.</param>
/// <param name="Kind">What it does, for the log: the number that its bytes have for it.</param>
internal sealed record NewStatement(
    byte[] Bytes, ChainHead Head, SharedHeads Judged, IReadOnlyList<MemberChange> Changes, bool StartsEpoch, IReadOnlyList<WrappedKey> Keys, int Kind)
{
    /// <summary>Null: whatever is there, as of one that takes somebody's access away.</summary>
    public Quotas? Quotas { get; init; }
}

/// <summary>A member as a statement leaves it.</summary>
/// <param name="Identity">Its fingerprint.</param>
/// <param name="Role">Null: it is none any more.</param>
internal sealed record MemberChange(Hash256 Identity, VaultRole? Role);

/// <summary>What became of a change to a shared vault.</summary>
internal enum SharingOutcome
{
    /// <summary>It was made.</summary>
    Done,

    /// <summary>It had been made before.</summary>
    Repeated,

    /// <summary>One of the heads is another one by now.</summary>
    Moved,

    /// <summary>The account is no member any more, or its keys were replaced.</summary>
    NotMember,

    /// <summary>Something else has the name that it would have.</summary>
    Taken,

    /// <summary>The founder has as many bytes as it may have.</summary>
    QuotaExceeded,

    /// <summary>All accounts together would have too many bytes.</summary>
    Full,

    /// <summary>The account has as many shared vaults, or invitations, as it may have.</summary>
    TooMany,
}
