using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

/// <summary>A vault with everything that a vault can have goes over to the next epoch: all of it, or nothing.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "VaultKeys owns its Account Key.")]
public sealed class EpochChangeTests : IDisposable
{
    private const string Secret = "the password of ", Unreadable = "does not open";
    private static readonly byte[] s_unknown = [1, 2, 3];

    private readonly TestVault _test = new();
    private readonly Guid _live, _edited, _trashed, _mirrored, _loser, _damaged, _malformed, _foreign = Guid.NewGuid();
    private readonly VaultUse _use;
    private readonly VaultKeys _next;

    public EpochChangeTests()
    {
        Guid Add(string name) => _test.Add(new EntryEdit { Name = name, Password = Secret + name, Tags = [name], Favorite = true }).Id;
        (_live, _edited, _trashed, _mirrored, _loser, _damaged, _malformed) =
            (Add("live"), Add("edited"), Add("trashed"), Add("mirrored"), Add("loser"), Add("damaged"), Add("malformed"));
        _test.Write(writer =>
        {
            writer.Edit(_edited, new EntryEdit { Password = "another password", Tags = ["new"], Favorite = false });
            writer.Edit(_loser, new EntryEdit { Password = "the one that won" });
            writer.Trash(_trashed);
            return 0;
        });
        _use = _test.Vault.Use();
        _next = _use.Keys.Next(SecretBytes.Random(KeyDerivation.KeyBytes));
        VaultConnection connection = _use.Connection;
        // What it lost against goes up right before it.
        connection.Execute("UPDATE local_data SET loser = (SELECT seq FROM history WHERE stream = 1 AND id = $1) WHERE id = $1", _loser);
        // One came down, and is as it came, with a tombstone and a record of an unknown stream.
        connection.Execute("""
            INSERT INTO mirror (stream, id, version, deleted, owed, digest, content_version, name_key, head, tail)
            SELECT 1, id, version, 0, 0, digest, version, name_key, head, tail FROM local_data WHERE id = $1
            """, _mirrored);
        connection.Execute("DELETE FROM local_data WHERE id = $1", _mirrored);
        connection.Execute("INSERT INTO mirror (stream, id, version, deleted, owed, digest) VALUES (1, $1, 9, 1, 0, $2)", Guid.NewGuid(), new byte[32]);
        connection.Execute("INSERT INTO mirror (stream, id, version, deleted, owed, digest, head) VALUES (250, $1, 9, 0, 0, $2, $3)", _foreign, new byte[32], s_unknown);
        foreach ((long stream, Guid id, byte[] body) in new[]
        {
            (2L, _live, SealedEntry.SealTags(_use.Keys, _live, 7, ["again"])), (3L, _live, SealedEntry.SealFavorite(_use.Keys, _live, 7, true)), (250L, _foreign, s_unknown),
        })
        {
            connection.Execute("INSERT INTO resend (stream, id, version, digest, body) VALUES ($1, $2, 7, $3, $4)", stream, id, RecordBody.Digest(body), body);
        }
        // One bit of a secret; and a summary that is sealed as it has to be, and says nothing.
        connection.Execute("UPDATE local_data SET tail = $2 WHERE id = $1", _damaged, Flipped(connection.First("SELECT tail FROM local_data WHERE id = $1", row => row.GetBytes(0), _damaged)!));
        connection.Execute("UPDATE local_data SET head = $2 WHERE id = $1", _malformed,
            _use.Keys.Seal(RecordStream.Data, RecordPart.Summary, _malformed, connection.Scalar<long>("SELECT version FROM local_data WHERE id = $1", _malformed), "no JSON"u8));
        connection.Execute("INSERT INTO outbox (push_id, request) VALUES ($1, $2)", Guid.NewGuid(), s_unknown);
        connection.Execute("INSERT INTO staged (stream, id, version, deleted, digest) VALUES (1, $1, 1, 0, $2)", _foreign, new byte[32]);
        connection.Execute("INSERT INTO staging (one, after, page) VALUES (1, 5, 'page')");
    }

    public static TheoryData<string> Statements =>
    [
        "DELETE ON outbox", "DELETE ON staged", "DELETE ON staging", "UPDATE ON local_data", "UPDATE ON history", "UPDATE ON local_tags", "UPDATE ON local_favorites",
        "UPDATE ON resend", "UPDATE ON mirror", "INSERT ON account", "UPDATE ON account",
    ];

    public void Dispose()
    {
        _next.Dispose();
        _use.Dispose();
        _test.Dispose();
    }

    [Fact]
    public void Everything_of_this_machine_is_sealed_anew_and_what_came_down_stays_as_it_is()
    {
        VaultConnection connection = _use.Connection;
        List<string> mirror = Rows("SELECT stream, id, version, deleted, owed, digest, content_version, head, tail FROM mirror"),
            history = Rows("SELECT * FROM history WHERE seq NOT IN (SELECT loser FROM local_data WHERE loser IS NOT NULL)"),
            local = Rows("SELECT row, id, version, pending, trashed, purged, base, loser FROM local_data"), unknown = Rows("SELECT * FROM resend WHERE stream = 250");
        Dictionary<string, string> before = Contents(_use.Keys);

        Assert.Equal([_damaged, _malformed], Apply().OrderBy(id => id == _malformed));

        Assert.Equal(before, Contents(_next));
        Assert.Equal(mirror, Rows("SELECT stream, id, version, deleted, owed, digest, content_version, head, tail FROM mirror"));
        Assert.Equal(history, Rows("SELECT * FROM history WHERE seq NOT IN (SELECT loser FROM local_data WHERE loser IS NOT NULL)"));
        Assert.Equal(local, Rows("SELECT row, id, version, pending, trashed, purged, base, loser FROM local_data"));
        Assert.Equal(unknown, Rows("SELECT * FROM resend WHERE stream = 250"));
        Assert.Equal([0, 0, 0], connection.First("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM staged), (SELECT count(*) FROM staging)",
            row => new[] { row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) })!);
        // Nothing that may go up is of the epoch before, but for what does not open, which never goes up.
        foreach (string sql in new[]
        {
            "SELECT id, head FROM local_data WHERE head IS NOT NULL", "SELECT id, tail FROM local_data WHERE tail IS NOT NULL", "SELECT id, body FROM local_tags WHERE body IS NOT NULL",
            "SELECT id, body FROM local_favorites WHERE body IS NOT NULL", "SELECT id, body FROM resend WHERE stream IN (2, 3)",
            "SELECT id, head FROM history WHERE seq IN (SELECT loser FROM local_data)", "SELECT id, tail FROM history WHERE seq IN (SELECT loser FROM local_data)",
        })
        {
            List<(Guid Id, int Epoch)> epochs = [.. connection.Query(sql, row => (row.GetId(0), RecordHeader.TryRead(row.GetBytes(1), out RecordHeader header) ? header.Epoch : 0))];
            Assert.NotEmpty(epochs);
            Assert.All(epochs, of => Assert.Equal((of.Id == _damaged || of.Id == _malformed) && sql.Contains("local_data W", StringComparison.Ordinal) ? 1 : 2, of.Epoch));
        }
        foreach ((byte[] head, byte[] tail, byte[] digest) in connection.Query("SELECT head, tail, digest FROM local_data WHERE id NOT IN ($1, $2)",
            row => (row.GetBytes(0), row.GetBytes(1), row.GetBytes(2)), _damaged, _malformed))
        {
            Assert.Equal(RecordBody.Digest(head, tail), digest);
        }
        Assert.All(connection.Query("SELECT body, digest FROM resend", row => (row.GetBytes(0), row.GetBytes(1))), row => Assert.Equal(RecordBody.Digest(row.Item1), row.Item2));
        // Names are found under the new index alone.
        foreach ((string name, Guid id, string table) in new[] { ("live", _live, "local_data"), ("EDITED", _edited, "local_data"), ("mirrored", _mirrored, "mirror") })
        {
            Assert.Equal(id, connection.First($"SELECT id FROM {table} WHERE name_key = $1", row => row.GetId(0), _next.NameKey(name)));
            Assert.Equal(0, connection.Scalar<long>($"SELECT count(*) FROM {table} WHERE name_key = $1", _use.Keys.NameKey(name)));
        }
        AccountRow account = AccountRow.Load(connection, _next);
        Assert.Equal((2, "an envelope"), (account.Epoch, account.KeyEnvelope));
        Assert.Equal(_next.EarlierKeys, account.EarlierKeys);
    }

    [Fact]
    public void Whoever_has_only_the_keys_before_opens_nothing_new_and_is_refused_at_the_account()
    {
        VaultKeys old = _use.Keys;
        Apply();
        foreach ((Guid id, long version, byte[] head, byte[] tail) in _use.Connection.Query("SELECT id, version, head, tail FROM local_data WHERE id NOT IN ($1, $2)",
            row => (row.GetId(0), row.GetInt64(1), row.GetBytes(2), row.GetBytes(3)), _damaged, _malformed))
        {
            Assert.Equal(ErrorCodes.RecordDamaged, Assert.Throws<PasspackException>(() => SealedEntry.OpenContent(old, id, version, head, tail)).ErrorId);
        }
        Errors.Of(ErrorCodes.VaultLocked, () => AccountRow.Load(_use.Connection, old), "Lock-PasspackVault");
        Errors.Of(ErrorCodes.VaultLocked, () => AccountRow.Change(_use.Connection, old, "UPDATE account SET revision = 1"), "Nothing was changed");
        Errors.Of(ErrorCodes.VaultLocked, () => _test.Vault.BeginWrite().Dispose());
        Assert.Equal(0, AccountRow.Load(_use.Connection, _next).Revision);
    }

    [Fact]
    public void It_can_be_done_again_and_again()
    {
        Dictionary<string, string> before = Contents(_use.Keys);
        Apply();
        VaultKeys keys = _next.At(2);
        for (int epoch = 3; epoch <= 6; epoch++)
        {
            VaultKeys next = keys.Next(SecretBytes.Random(KeyDerivation.KeyBytes));
            Apply(keys, next);
            keys.Dispose();
            keys = next;
            Assert.Equal(before, Contents(keys));
        }
        keys.Dispose();
    }

    [Theory]
    [MemberData(nameof(Statements))]
    public void A_failure_anywhere_leaves_the_vault_as_it_was(string statement)
    {
        VaultConnection connection = _use.Connection;
        string before = Dump();
        // At the first row that it changes, and at the last.
        foreach (string when in new[] { "", "WHEN (SELECT count(*) FROM hits) > 1" })
        {
            connection.Execute($"""
                CREATE TEMP TABLE hits (hit INTEGER);
                CREATE TEMP TRIGGER count_hits BEFORE {statement} BEGIN INSERT INTO hits VALUES (1); END;
                CREATE TEMP TRIGGER fail AFTER {statement} {when} BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END;
                """);
            Exception? failed = Record.Exception(() => Apply());
            Assert.True(failed is not null || when.Length > 0, "It was not met.");
            connection.Execute("DROP TRIGGER temp.fail; DROP TRIGGER temp.count_hits; DROP TABLE temp.hits");
            if (failed is null)
                return; // One row alone.
            Assert.Equal(before, Dump());
            Assert.Equal(1, AccountRow.Load(connection, _use.Keys).Epoch);
        }
        Assert.Equal([_damaged, _malformed], Apply().OrderBy(id => id == _malformed));
    }

    private IReadOnlyCollection<Guid> Apply() => Apply(_use.Keys, _next);

    private IReadOnlyCollection<Guid> Apply(VaultKeys before, VaultKeys next)
    {
        IReadOnlyCollection<Guid> damaged = [];
        _use.Connection.InTransaction(() => damaged = EpochChange.Apply(_use.Connection, next,
            AccountRow.Load(_use.Connection, before) with { Epoch = next.Epoch, EarlierKeys = next.EarlierKeys, KeyEnvelope = "an envelope" }));
        return damaged;
    }

    /// <summary>What opens, by where it stands.</summary>
    private Dictionary<string, string> Contents(VaultKeys keys)
    {
        var contents = new Dictionary<string, string>();
        VaultConnection connection = _use.Connection;
        foreach ((string place, string sql) in new[]
        {
            ("local", "SELECT id, version, head, tail FROM local_data WHERE head IS NOT NULL"), ("mirror", "SELECT id, content_version, head, tail FROM mirror WHERE tail IS NOT NULL"),
            ("history", "SELECT id, version, head, tail FROM history WHERE stream = 1"),
        })
        {
            foreach ((Guid id, long version, byte[] head, byte[] tail) in connection.Query(sql, row => (row.GetId(0), row.GetInt64(1), row.GetBytes(2), row.GetBytes(3))).ToList())
            {
                EntryContent? content = SealedEntry.OrNull(() => SealedEntry.OpenContent(keys, id, version, head, tail));
                contents.Add($"{place} {id} {version}", content is null ? Unreadable : $"{content.Name} {content.Password}");
            }
        }
        foreach ((string place, string sql) in new[]
        {
            ("tags", "SELECT id, version, body FROM local_tags"), ("history of tags", "SELECT id, version, head FROM history WHERE stream = 2"), ("resent", "SELECT id, version, body FROM resend WHERE stream = 2"),
        })
        {
            foreach ((Guid id, long version, byte[] body) in connection.Query(sql, row => (row.GetId(0), row.GetInt64(1), row.GetBytes(2))).ToList())
                contents[$"{place} {id} {version}"] = string.Join(' ', SealedEntry.OpenTags(keys, id, version, body));
        }
        foreach ((Guid id, long version, byte[] body) in connection.Query("SELECT id, version, body FROM local_favorites", row => (row.GetId(0), row.GetInt64(1), row.GetBytes(2))).ToList())
            contents[$"favorite {id}"] = $"{SealedEntry.OpenFavorite(keys, id, version, body)}";
        Assert.Equal(2, contents.Values.Count(content => content == Unreadable));
        Assert.Contains($"live {Secret}live", contents.Values);
        return contents;
    }

    private string Dump() => string.Join('\n', Rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .SelectMany(table => Rows($"SELECT * FROM {table}").Order(StringComparer.Ordinal).Prepend(table)));

    private List<string> Rows(string sql) => [.. _use.Connection.Query(sql, row => string.Join(' ', Enumerable.Range(0, row.FieldCount).Select(i =>
        row.GetValue(i) is byte[] blob ? Convert.ToHexString(blob) : Convert.ToString(row.GetValue(i), CultureInfo.InvariantCulture))))];

    private static byte[] Flipped(byte[] record)
    {
        record[^20] ^= 1;
        return record;
    }
}
