using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Packing;
using Passpack.Vault;

namespace Passpack.Benchmarks;

internal sealed class AddFigure : Figure
{
    private const int Entries = 100_000, Batch = 1000;

    private readonly List<(byte[] Summary, byte[] Secret, byte[] Tags)> _plaintexts = [];
    private BenchAccount? _account;

    public override string Name => "add";

    public override string What => "add 100,000 entries with a tag each in batches of 1,000, over sealing the same plaintexts and the same inserts";

    public override double Limit => 2;

    public override int Rounds => 3;

    public override void Prepare()
    {
        for (int i = 0; i < Batch; i++)
        {
            EntryEdit entry = BenchAccount.Entry(i);
            EntryContent content = EntryContent.New(entry, 1_700_000_000_000);
            using SecretBuffer summary = EntryCodec.WriteSummary(content), secret = EntryCodec.WriteSecret(content), tags = EntryCodec.WriteTags(entry.Tags!);
            _plaintexts.Add((Padded(summary.Span), Padded(secret.Span), Padded(tags.Span)));
        }
    }

    public override void BeforeRound()
    {
        _account?.Dispose();
        _account = new BenchAccount();
    }

    public override void Floor()
    {
        using AesGcm summaries = _account!.Cipher("summary"), secrets = _account.Cipher("secret"), tags = _account.Cipher("tags");
        using SqliteConnection connection = _account.Connect();
        using SqliteCommand data = Insert(connection, "local_data (id, version, pending, base, digest, name_key, head, tail) VALUES ($1, 1, 1, NULL, $2, $3, $4, $5)", 5);
        using SqliteCommand tag = Insert(connection, "local_tags (id, version, held, body) VALUES ($1, 0, 0, $2)", 2);
        byte[] digest = new byte[32];
        for (int i = 0; i < Entries; i += Batch)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            data.Transaction = tag.Transaction = transaction;
            for (int k = 0; k < Batch; k++)
            {
                byte[] id = Guid.NewGuid().ToByteArray();
                data.Parameters[0].Value = tag.Parameters[0].Value = id;
                data.Parameters[1].Value = digest;
                data.Parameters[2].Value = RandomNumberGenerator.GetBytes(VaultKeys.NameKeyBytes);
                data.Parameters[3].Value = Seal(summaries, _plaintexts[k].Summary);
                data.Parameters[4].Value = Seal(secrets, _plaintexts[k].Secret);
                data.ExecuteNonQuery();
                tag.Parameters[1].Value = Seal(tags, _plaintexts[k].Tags);
                tag.ExecuteNonQuery();
            }
            transaction.Commit();
        }
    }

    public override void Product() => _account!.Add(Entries);

    public override void Dispose() => _account?.Dispose();

    private static byte[] Seal(AesGcm cipher, byte[] plaintext)
    {
        byte[] record = new byte[RecordHeader.Size + 12 + plaintext.Length + 16];
        Span<byte> nonce = record.AsSpan(RecordHeader.Size, 12);
        RandomNumberGenerator.Fill(nonce);
        cipher.Encrypt(nonce, plaintext, record.AsSpan(RecordHeader.Size + 12, plaintext.Length), record.AsSpan(^16..), record.AsSpan(..RecordHeader.Size));
        return record;
    }

    private static byte[] Padded(ReadOnlySpan<byte> plaintext)
    {
        byte[] padded = new byte[(plaintext.Length / RecordCipher.PaddingStep + 1) * RecordCipher.PaddingStep];
        plaintext.CopyTo(padded);
        return padded;
    }

    private static SqliteCommand Insert(SqliteConnection connection, string into, int parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"INSERT INTO {into}";
        for (int i = 1; i <= parameters; i++)
            command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        return command;
    }
}
