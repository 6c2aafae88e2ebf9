using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Benchmarks;

/// <summary>Export-PasspackEntry of 100,000 entries into a CSV file.</summary>
internal sealed class CmdletExportBenchmark : Benchmark
{
    private const int Entries = 100_000;

    private BenchAccount? _account;
    private readonly byte[] _plaintext = new byte[1 << 20];
    private PowerShellSession? _shell;
    private byte[] _bytes = [];

    public override string Name => "cmdlet-export";

    public override string What => "Export-PasspackEntry of 100,000 entries to CSV, over opening the same records and writing the same bytes to the disk";

    public override double Limit => 3;

    public override int Rounds => 5;

    private string File => Path.Combine(_account!.Home.Path, "export.csv");

    public override void Prepare()
    {
        (_account, _shell) = (new BenchAccount(), new PowerShellSession());
        _account.Add(Entries);
        _shell.Unlock(_account);
        Product();
        _bytes = System.IO.File.ReadAllBytes(File);
    }

    public override void Floor()
    {
        using SqliteConnection connection = _account!.Connect();
        using AesGcm summaries = _account.Cipher("summary"), secrets = _account.Cipher("secret"), tags = _account.Cipher("tags");
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT d.head, d.tail, t.body FROM local_data d JOIN local_tags t ON t.id = d.id";
        using SqliteDataReader row = command.ExecuteReader();
        using var file = new FileStream(File + ".floor", FileMode.Create, FileAccess.Write, FileShare.None, 65536);
        int written = 0, read = 0;
        while (row.Read())
        {
            Open(summaries, row.GetFieldValue<byte[]>(0));
            Open(secrets, row.GetFieldValue<byte[]>(1));
            Open(tags, row.GetFieldValue<byte[]>(2));
            int end = (int)((long)_bytes.Length * ++read / Entries);
            file.Write(_bytes, written, end - written);
            written = end;
        }
        if (written != _bytes.Length)
            throw new InvalidOperationException($"{read} rows.");
        file.Flush(flushToDisk: true);
    }

    public override void Product() => _shell!.Run($"$null = Export-PasspackEntry -Path '{File}' -Force");

    public override void Dispose()
    {
        _shell?.Dispose();
        _account?.Dispose();
    }

    private void Open(AesGcm cipher, ReadOnlySpan<byte> record)
    {
        ReadOnlySpan<byte> ciphertext = record[(RecordHeader.Size + 12)..^16];
        cipher.Decrypt(record.Slice(RecordHeader.Size, 12), ciphertext, record[^16..], _plaintext.AsSpan(..ciphertext.Length), record[..RecordHeader.Size]);
    }
}
