using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Health.Checks;
using Passpack.Protocol;

namespace Passpack.Benchmarks;

internal sealed class HealthBenchmark : Benchmark
{
    private const int Entries = 100_000;

    private readonly BenchAccount _account = new();
    private readonly byte[] _plaintext = new byte[1 << 20];

    public override string Name => "health";

    public override string What => "the weak, reused and old passwords of 100,000 entries, over reading the same bytes from SQLite and opening the same AES-GCM records";

    public override double Limit => 3;

    public override void Prepare() => _account.Add(Entries);

    public override void Floor()
    {
        using SqliteConnection connection = _account.Connect();
        Open(connection, "head", "summary");
        Open(connection, "tail", "secret");
    }

    public override void Product() => Scan();

    public override IEnumerable<string> Notes() => [LiveHeap.Told(Scan)];

    public override void Dispose() => _account.Dispose();

    private void Scan()
    {
        var scan = new HealthScan(_account.Vault, new HealthOptions { Kinds = [HealthKind.Weak, HealthKind.Reused, HealthKind.Old] });
        HealthRun.ToEnd(scan, Entries);
    }

    private void Open(SqliteConnection connection, string part, string purpose)
    {
        using AesGcm cipher = _account.Cipher(purpose);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {part} FROM local_data";
        using SqliteDataReader row = command.ExecuteReader();
        int opened = 0;
        while (row.Read())
        {
            ReadOnlySpan<byte> record = row.GetFieldValue<byte[]>(0);
            ReadOnlySpan<byte> ciphertext = record[(RecordHeader.Size + 12)..^16];
            cipher.Decrypt(record.Slice(RecordHeader.Size, 12), ciphertext, record[^16..], _plaintext.AsSpan(..ciphertext.Length), record[..RecordHeader.Size]);
            opened++;
        }
        if (opened != Entries)
            throw new InvalidOperationException($"{opened} records.");
    }
}
