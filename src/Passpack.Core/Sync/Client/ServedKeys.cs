using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Client;

/// <summary>An account's keys as a server serves them: well-formed, and not yet vouched for by any key.</summary>
internal sealed record ServedKeys(KeyRecord Record, KeyRecordContent Content, ManifestName Head, Succession? Succession, PendingRemoval? Removal)
{
    /// <summary>Of an administrator's account: how many of its requests as one were taken. Null of any other.</summary>
    public long? Administered { get; init; }

    /// <summary>As a vault keeps them.</summary>
    public StoredKeyRecord Stored => new(Record, Content);

    /// <summary>Asks for them; a token that sleeps may, too.</summary>
    public static async Task<ServedKeys> ReadAsync(OnlineClient client, CancellationToken cancellationToken) => Of(client,
        await client.GetAsync(Routes.KeyRecord, ProtocolJson.Default.KeysAnswer, cancellationToken).ConfigureAwait(false));

    /// <summary>Checks the form of an answer.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerRefused"/>, <see cref="ErrorCodes.PackTooNew"/>.</exception>
    public static ServedKeys Of(OnlineClient client, KeysAnswer? answer)
    {
        if (answer is not { Keys: { Record: { } record, Mac.Length: KeyRecord.MacBytes, Signature.Length: Signatures.SignatureBytes } keys }
            || answer.Head is not { Generation: >= 1, Hash.Length: SignedManifest.HashBytes } head)
        {
            throw client.NotPasspack("its key record is incomplete");
        }
        SyncErrors.RequireKnown(KeyRecordContent.PackVersionOf(record));
        if (!KeyRecordContent.TryRead(record, out KeyRecordContent? content, out string? fault))
            throw client.NotPasspack($"its key record {fault}");
        if (answer.Succession is { } succession && (succession.Record is null or { Length: > KeyRecordContent.MostBytes }
            || succession is not { Head: { Generation: >= 1, Hash.Length: SignedManifest.HashBytes },
                FirstManifest.Length: SignedManifest.HashBytes, Signature: not null }))
        {
            throw client.NotPasspack("what it says of how the keys were replaced is incomplete");
        }
        return new ServedKeys(keys, content, head, answer.Succession, answer.Removal) { Administered = answer.Administered };
    }

    /// <summary>
    /// Whether this account's identity named the epoch of these keys as the one after its own. That another epoch came after that one, only its own keys
    /// could tell.
    /// </summary>
    public bool IsSuccessorOf(VaultKeys keys, AccountIdentity identity) =>
        Content.Epoch == keys.Epoch + 1 && Succession is { } succession
        && KeyRecordContent.TryRead(succession.Record, out KeyRecordContent? first, out _) && first.Epoch == Content.Epoch && first.VaultId == keys.VaultId
        && first.Identity.Bytes.SequenceEqual(Content.Identity.Bytes)
        && Signatures.Verify(identity, SignaturePurpose.Succession,
            Statements.Succession(keys.VaultId, succession.Head, first, succession.FirstManifest), succession.Signature);
}
