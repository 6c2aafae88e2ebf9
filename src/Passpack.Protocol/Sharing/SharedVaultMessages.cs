namespace Passpack.Protocol.Sharing;

/// <summary>Creates a shared vault. Its id is in the statement; the account becomes the founder. The same request again gets the same answer.</summary>
/// <param name="Statement">Number 0 of the log, signed by the account's identity in force: the bytes of a <see cref="SignedStatement"/>.</param>
/// <param name="Manifest">Generation 1, over no records, of epoch 1; names the statement.</param>
/// <param name="WrappedKey">The key of epoch 1, wrapped for the founder; <see cref="Sharing.WrappedKey.KeyBytes"/> bytes.</param>
public sealed record CreateSharedVaultRequest(byte[] Statement, ManifestLink Manifest, byte[] WrappedKey);

/// <summary>Statements of a log, in order.</summary>
/// <param name="Statements">
/// At most <see cref="Limits.StatementsPerPage"/>, and about <see cref="Limits.StatementPageBytes"/> bytes: each the bytes of a <see cref="SignedStatement"/>.
/// Empty after the last that the account may have.
/// </param>
public sealed record StatementPage(IReadOnlyList<byte[]> Statements);

/// <summary>The key of an epoch, wrapped for a member.</summary>
/// <param name="Member">Its fingerprint, 32 bytes.</param>
/// <param name="Key"><see cref="KeyBytes"/> bytes.</param>
public sealed record WrappedKey(byte[] Member, byte[] Key)
{
    /// <summary>Bytes of a wrapped key: a ciphertext of X-Wing, the key, and a tag. docs/pack-format.md, "The keys of a shared vault".</summary>
    public const int KeyBytes = 1120 + 32 + 16;
}

/// <summary>
/// Appends a statement to the log of a shared vault. The very bytes that are stored at its number already get the same answer again, before anything else
/// of it is judged.
/// </summary>
/// <param name="Statement">The bytes of a <see cref="SignedStatement"/>, whose author is the account's identity in force.</param>
/// <param name="Keys">
/// With a statement that adds a member: its key. With one that starts an epoch: one key for each who is a member after it. With any other: none.
/// </param>
public sealed record AppendStatementRequest(byte[] Statement, IReadOnlyList<WrappedKey> Keys);

/// <summary>Puts wrapped keys in the place of those that are missing or false. An Owner may.</summary>
/// <param name="Epoch">The newest.</param>
/// <param name="Keys">For members, each at most once.</param>
public sealed record RewrapRequest(int Epoch, IReadOnlyList<WrappedKey> Keys);

/// <summary>Where the log of a shared vault stands.</summary>
/// <param name="Statements">How many there are.</param>
/// <param name="New">Those after the one that the client named, one page; the others have to be asked for. None if it named none.</param>
/// <param name="WrappedKey">The key of the newest epoch, wrapped for the account. Null if there is none: an Owner has to wrap it again.</param>
public sealed record SharedVaultHead(long Statements, IReadOnlyList<byte[]> New, byte[]? WrappedKey);

/// <summary>A shared vault that the account is or was a member of.</summary>
/// <param name="VaultId">Its id.</param>
/// <param name="State">By <see cref="SharedVaultState.Compute"/>: as long as it is the same, there is nothing to pull.</param>
public sealed record SharedVaultPlace(Guid VaultId, byte[] State);
