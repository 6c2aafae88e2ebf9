using System.Globalization;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Attachments;

/// <summary>
/// The file beside the vault that holds the sealed chunks of attachments. It lies outside the vault's folder: copies of the vault do not hold it, and it
/// stays when another vault takes the vault's place. Chunks are by vault, because an account that joins another gets a vault with another id.
/// </summary>
internal sealed class AttachmentStore : IDisposable
{
    /// <summary>"PkPA", SQLite's application_id.</summary>
    private const int ApplicationId = 0x506B5041;

    private const int SchemaVersion = 1;

    /// <summary>The setting whether a sync fetches everything.</summary>
    public const string Always = "always";

    /// <summary>The setting when chunks that nothing names were last looked for.</summary>
    public const string Swept = "swept";

    private const string Schema = """
        -- Sealed, as they are or will be online.
        CREATE TABLE chunk (vault BLOB NOT NULL, id BLOB NOT NULL, stored INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (vault, id)) STRICT;
        -- Whose a chunk is, here or only online; more than one entry's, where a conflict made a copy.
        CREATE TABLE owner (
            vault BLOB NOT NULL,
            id BLOB NOT NULL,
            entry BLOB NOT NULL,
            attachment BLOB NOT NULL,
            PRIMARY KEY (vault, id, entry)
        ) STRICT, WITHOUT ROWID;
        -- Since when nothing that this machine knows of names a chunk.
        CREATE TABLE unnamed (vault BLOB NOT NULL, id BLOB NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (vault, id)) STRICT, WITHOUT ROWID;
        CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
        """;

    private readonly VaultConnection _connection;
    private readonly Guid _vault;

    private AttachmentStore(VaultConnection connection, Guid vault)
    {
        _connection = connection;
        _vault = vault;
    }

    public VaultConnection Connection => _connection;

    /// <summary>Opens the file, and makes it if there is none.</summary>
    public static AttachmentStore Open(AccountFolder folder, Guid vault) => Find(folder, vault) ?? Make(folder, vault);

    /// <summary>Opens the file. Null if there is none.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>: it is another file.</exception>
    public static AttachmentStore? Find(AccountFolder folder, Guid vault)
    {
        if (!File.Exists(folder.AttachmentFile))
            return null;
        VaultConnection? connection = null;
        try
        {
            connection = VaultConnection.Open(folder.AttachmentFile);
            connection.Execute("PRAGMA cache_size = -2048");
            long version = connection.Scalar<long>("PRAGMA user_version");
            if (version > SchemaVersion)
            {
                throw new PasspackException(ErrorCodes.PackTooNew, $"{connection.Path} was written by a newer version of this module. Update the module.")
                {
                    Target = connection.Path,
                };
            }
            if (version != SchemaVersion || connection.Scalar<long>("PRAGMA application_id") != ApplicationId)
                throw AttachmentErrors.DamagedFile(connection.Path);
            return new AttachmentStore(connection, vault);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            connection?.Dispose();
            throw AttachmentErrors.DamagedFile(folder.AttachmentFile, e);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    /// <summary>Whether syncs of an account fetch everything; needs no key.</summary>
    public static bool FetchesAlways(AccountFolder folder)
    {
        try
        {
            using AttachmentStore? store = Find(folder, Guid.Empty);
            return store?.Setting(Always) is > 0;
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.VaultDamaged or ErrorCodes.PackTooNew)
        {
            // Whoever wants a content is told. The account itself is sound.
            return false;
        }
    }

    // Filled beside its place and renamed there, so that it is whole or not there.
    private static AttachmentStore Make(AccountFolder folder, Guid vault)
    {
        string temporary = $"{folder.AttachmentFile}.{Guid.NewGuid():N}.tmp";
        VaultFile.Guard(folder.AttachmentFile, () =>
        {
            using (VaultConnection connection = VaultConnection.Open(temporary, create: true))
            {
                connection.BeginImmediate();
                connection.Execute(Schema);
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {SchemaVersion}"));
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
                connection.Commit();
            }
            try
            {
                File.Move(temporary, folder.AttachmentFile);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && File.Exists(folder.AttachmentFile))
            {
                // Another process made it at the same time.
                Leftovers.Remove(new FileInfo(temporary));
            }
            OwnerOnly.FlushFolder(folder.Path);
            return 0;
        });
        Failpoints.Hit("attachment file made");
        return Find(folder, vault)!;
    }

    public bool Has(Guid id) => _connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM chunk WHERE vault = $1 AND id = $2)", _vault, id) != 0;

    public bool HasAny => _connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM chunk WHERE vault = $1)", _vault) != 0;

    /// <summary>The sealed body of a chunk. Null if it is not here.</summary>
    public byte[]? Body(Guid id) => _connection.First("SELECT body FROM chunk WHERE vault = $1 AND id = $2", row => row.GetBytes(0), _vault, id);

    /// <summary>Stores a chunk; the caller may have a transaction open.</summary>
    public void Put(ChunkPlace place, byte[] body, long now)
    {
        Guid id = place.Id;
        InTransaction(() =>
        {
            _connection.Execute("INSERT OR REPLACE INTO chunk (vault, id, stored, body) VALUES ($1, $2, $3, $4)", _vault, id, now, body);
            Note(id, place.Entry, place.Attachment);
        });
    }

    /// <summary>Notes whose a chunk is.</summary>
    public void Note(Guid id, Guid entry, Guid attachment) => InTransaction(() => _connection.Execute(
        "INSERT OR IGNORE INTO owner (vault, id, entry, attachment) VALUES ($1, $2, $3, $4)", _vault, id, entry, attachment));

    /// <summary>The entries that a chunk is known to belong, or to have belonged, to.</summary>
    public IReadOnlyList<Guid> OwnersOf(Guid id) =>
        [.. _connection.Query("SELECT entry FROM owner WHERE vault = $1 AND id = $2", row => row.GetId(0), _vault, id)];

    /// <summary>Since when nothing names each of the chunks that nothing names.</summary>
    public IReadOnlyDictionary<Guid, long> Unnamed() =>
        _connection.Query("SELECT id, since FROM unnamed WHERE vault = $1", row => (row.GetId(0), row.GetInt64(1)), _vault).ToDictionary();

    public void SetUnnamed(Guid id, long since) =>
        InTransaction(() => _connection.Execute("INSERT OR REPLACE INTO unnamed (vault, id, since) VALUES ($1, $2, $3)", _vault, id, since));

    public void SetNamed(Guid id) => InTransaction(() => _connection.Execute("DELETE FROM unnamed WHERE vault = $1 AND id = $2", _vault, id));

    /// <summary>Deletes the content of a chunk on this machine.</summary>
    public void Delete(Guid id) => InTransaction(() => _connection.Execute("DELETE FROM chunk WHERE vault = $1 AND id = $2", _vault, id));

    /// <summary>Forgets all about a chunk that is neither here nor online.</summary>
    public void Forget(Guid id) => InTransaction(() =>
    {
        Delete(id);
        SetNamed(id);
        _connection.Execute("DELETE FROM owner WHERE vault = $1 AND id = $2", _vault, id);
    });

    /// <summary>Removes the content of an attachment that was never named.</summary>
    public void Discard(Guid attachment) => InTransaction(() =>
    {
        _connection.Execute("DELETE FROM chunk WHERE vault = $1 AND id IN (SELECT id FROM owner WHERE vault = $1 AND attachment = $2)", _vault, attachment);
        _connection.Execute("DELETE FROM owner WHERE vault = $1 AND attachment = $2", _vault, attachment);
    });

    public long? Setting(string name) => _connection.First("SELECT value FROM setting WHERE name = $1", row => (long?)row.GetInt64(0), name);

    public void Set(string name, long value) =>
        InTransaction(() => _connection.Execute("INSERT OR REPLACE INTO setting (name, value) VALUES ($1, $2)", name, value));

    /// <summary>The ids of all chunks that are here.</summary>
    public IReadOnlyList<Guid> Ids() => [.. _connection.Query("SELECT id FROM chunk WHERE vault = $1", row => row.GetId(0), _vault)];

    public void InTransaction(Action action)
    {
        if (_connection.HasTransaction)
            action();
        else
            _connection.InTransaction(action);
    }

    /// <summary>Seals what is here of a vault anew for another vault; what was stays.</summary>
    public static void Reseal(AccountFolder folder, VaultKeys oldKeys, VaultKeys newKeys, long now)
    {
        using AttachmentStore? old = Find(folder, oldKeys.VaultId);
        if (old is null)
            return;
        var next = new AttachmentStore(old._connection, newKeys.VaultId);
        foreach (Guid id in old.Ids())
        {
            byte[] body = old.Body(id)!;
            if (!AttachmentChunk.TryOpen(oldKeys, id, body, out ChunkPlace place, out OpenedRecord plaintext))
                continue;
            try
            {
                next.Put(place, AttachmentChunk.SealAgain(newKeys, place, 1, plaintext.Span), now);
            }
            finally
            {
                plaintext.Dispose();
            }
        }
    }

    public void Dispose() => _connection.Dispose();
}
