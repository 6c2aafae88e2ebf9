using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Sharing;

/// <summary>
/// A shared vault as the personal vault has it. A machine takes no shared vault that no such record names, and no log that does not continue the one whose
/// head it names. The key of the newest epoch lies in it sealed by itself, so that who lists vaults holds no key.
/// </summary>
/// <param name="VaultId">The vault's, and the record's.</param>
/// <param name="Name">This account's own name for it.</param>
/// <param name="Standing">What this account is to it.</param>
/// <param name="Voucher">The fingerprint of who signed the statement by which this account became a member, and so vouches for all before it. Of the founder
/// its own.</param>
/// <param name="Head">The newest statement that a machine of this account had verified when it was written.</param>
/// <param name="Epoch">Of <paramref name="SealedKey"/>.</param>
/// <param name="SealedKey">As <see cref="SharedVaultKey.SealFor"/> makes it. Null: there was none that opens, yet.</param>
/// <param name="Since">When this account joined.</param>
internal sealed record SharedVaultRecord(
    Guid VaultId, string Name, SharedVaultStanding Standing, Hash256 Voucher, ChainHead Head, int Epoch, byte[]? SealedKey,
    DateTimeOffset Since) : PersonalRecord
{
    internal override Guid RecordId => VaultId;

    internal override RecordStream Stream => RecordStream.SharedVault;

    /// <summary>Opens the key; the caller disposes it.</summary>
    /// <param name="personal">The keys of the personal vault.</param>
    /// <param name="epoch">What the log says of <see cref="Epoch"/>.</param>
    /// <returns>Null if there is none, it does not open, or it is not the one that the log commits to.</returns>
    public SharedVaultKey? OpenKey(VaultKeys personal, SharedEpoch epoch) =>
        SealedKey is null || epoch.Number != Epoch ? null : SharedVaultKey.TryOpenSealed(SealedKey, epoch, VaultId, personal);

    /// <summary>With another key.</summary>
    public SharedVaultRecord With(SharedVaultKey key, VaultKeys personal) => this with { Epoch = key.Epoch.Number, SealedKey = key.SealFor(personal, VaultId) };

    internal static SharedVaultRecord? Read(Guid id, PersonalMembers members)
    {
        SharedVaultStanding? standing = members.Text("standing", 32) switch
        {
            "joined" => SharedVaultStanding.Joined,
            "left" => SharedVaultStanding.Left,
            _ => null,
        };
        string name = members.Text("name", SharingRules.MostNameLength);
        Hash256 voucher = Hash256.Read(members.Bytes("voucher", Hash256.Length));
        var head = new ChainHead(members.Number("statement", 0, VaultLog.MostStatements), Hash256.Read(members.Bytes("statementHash", Hash256.Length)));
        int epoch = (int)members.Number("epoch", 1, int.MaxValue);
        byte[]? key = members.OptionalBytes("key", SharedVaultKey.SealedBytes);
        DateTimeOffset since = members.Time("since");
        return standing is { } known ? new SharedVaultRecord(id, name, known, voucher, head, epoch, key, since) { Unknown = members.Rest } : null;
    }

    private protected override void Write(Utf8JsonWriter json)
    {
        json.WriteString("name"u8, Name);
        json.WriteString("standing"u8, Standing == SharedVaultStanding.Joined ? "joined"u8 : "left"u8);
        json.WriteBase64String("voucher"u8, Voucher.ToBytes());
        json.WriteNumber("statement"u8, Head.Number);
        json.WriteBase64String("statementHash"u8, Head.Hash.ToBytes());
        json.WriteNumber("epoch"u8, Epoch);
        if (SealedKey is not null)
            json.WriteBase64String("key"u8, SealedKey);
        Time(json, "since"u8, Since);
    }
}
