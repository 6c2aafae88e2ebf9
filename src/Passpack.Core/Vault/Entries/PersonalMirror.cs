using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sharing;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>
/// The personal records of shared vaults, as the mirror has them: there is no local change of them. One that does not open is passed over; the sync that
/// brought it told of it, and the next asks for it again.
/// </summary>
/// <param name="connection">The vault's.</param>
/// <param name="keys">Its keys.</param>
internal sealed class PersonalMirror(VaultConnection connection, VaultKeys keys)
{
    public IReadOnlyList<Contact> Contacts() => [.. All(RecordStream.Contact).OfType<Contact>()];

    public IReadOnlyList<Promise> Promises() => [.. All(RecordStream.Invitation).OfType<Promise>()];

    public IReadOnlyList<AnsweredInvitation> Answered() => [.. All(RecordStream.Invitation).OfType<AnsweredInvitation>()];

    public IReadOnlyList<SharedVaultRecord> SharedVaults() => [.. All(RecordStream.SharedVault).OfType<SharedVaultRecord>()];

    public SharedVaultRecord? SharedVault(Guid id) => SharedVaults().FirstOrDefault(vault => vault.VaultId == id);

    public Contact? Contact(string userId) => Contacts().FirstOrDefault(contact => contact.IsOf(userId));

    // A newer version that is owed may take back what the older one says. Of a shared vault the older one is better than none: the vault would be gone.
    private IEnumerable<PersonalRecord> All(RecordStream stream) => connection.Query(
        "SELECT id, content_version, head FROM mirror WHERE stream = $1 AND deleted = 0 AND head IS NOT NULL AND (owed = 0 OR stream = 7) ORDER BY id",
        row => (Id: row.GetId(0), Version: row.GetInt64(1), Body: row.GetBytes(2)), (long)stream).ToList()
        .Select(row => Open(stream, row.Id, row.Version, row.Body)).OfType<PersonalRecord>();

    private PersonalRecord? Open(RecordStream stream, Guid id, long version, byte[] body)
    {
        if (!keys.TryOpen(stream, RecordPart.Whole, id, version, body, out OpenedRecord opened))
            return null;
        try
        {
            return PersonalRecord.Read(stream, id, opened.Span);
        }
        catch (JsonException)
        {
            // Sealed by this account, and malformed: a defect of its writer.
            return null;
        }
        finally
        {
            opened.Dispose();
        }
    }
}
