using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

/// <param name="synced">Whether the entries came from the online account, so that they are the mirror's; else they are this machine's own.</param>
internal sealed class ListBenchmark(bool synced) : Benchmark
{
    private const int Entries = 100_000;

    private readonly BenchAccount _account = new();
    private readonly byte[] _plaintext = new byte[1 << 20];

    public override string Name => synced ? "list-synced" : "list";

    public override string What => (synced ? "the same of a vault that was synced" : "list the summaries of 100,000 entries with a tag each") +
        ", over reading the same bytes from SQLite and opening the same AES-GCM records";

    public override double Limit => 3;

    public override void Prepare()
    {
        _account.Add(Entries);
        if (!synced)
            return;
        using SqliteConnection connection = _account.Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO mirror (stream, id, version, deleted, owed, digest, content_version, name_key, head, tail)
                SELECT 1, id, version, 0, 0, digest, version, name_key, head, tail FROM local_data;
            INSERT INTO mirror (stream, id, version, deleted, owed, digest, content_version, head) SELECT 2, id, version, 0, 0, zeroblob(32), version, body FROM local_tags;
            DELETE FROM local_data;
            DELETE FROM local_tags;
            """;
        command.ExecuteNonQuery();
    }

    public override void Floor()
    {
        using SqliteConnection connection = _account.Connect();
        Open(connection, synced ? "SELECT id, version, head FROM mirror WHERE stream = 1" : "SELECT id, version, head FROM local_data", "summary");
        Open(connection, synced ? "SELECT id, version, head FROM mirror WHERE stream = 2" : "SELECT id, version, body FROM local_tags", "tags");
    }

    public override void Product()
    {
        int seen = 0;
        foreach (EntrySummary entry in _account.Vault.List(new EntryQuery()))
            seen += entry.Tags.Count;
        if (seen != Entries)
            throw new InvalidOperationException($"{seen} tags.");
    }

    public override IEnumerable<string> Notes()
    {
        long first = 0, most = 0;
        int seen = 0;
        foreach (EntrySummary _ in _account.Vault.List(new EntryQuery()))
        {
            if (++seen % 10_000 != 0)
                continue;
            long live = GC.GetTotalMemory(forceFullCollection: true);
            first = first == 0 ? live : first;
            most = Math.Max(most, live - first);
        }
        yield return string.Create(CultureInfo.InvariantCulture, $"live managed heap between the first 10,000 and the last: {Math.Max(0, most) / 1024.0:F0} KiB more");
    }

    public override void Dispose() => _account.Dispose();

    private void Open(SqliteConnection connection, string sql, string purpose)
    {
        using AesGcm cipher = _account.Cipher(purpose);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader row = command.ExecuteReader();
        int opened = 0;
        while (row.Read())
        {
            _ = row.GetFieldValue<byte[]>(0);
            _ = row.GetInt64(1);
            ReadOnlySpan<byte> record = row.GetFieldValue<byte[]>(2);
            ReadOnlySpan<byte> ciphertext = record[(RecordHeader.Size + 12)..^16];
            cipher.Decrypt(record.Slice(RecordHeader.Size, 12), ciphertext, record[^16..], _plaintext.AsSpan(..ciphertext.Length), record[..RecordHeader.Size]);
            opened++;
        }
        if (opened != Entries)
            throw new InvalidOperationException($"{opened} records.");
    }
}
