using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

/// <summary>The least that adding entries with a tag each can take: sealing as many bytes with the platform's cipher, and the same inserts.</summary>
internal sealed class InsertFloor
{
    public const int Batch = 1000;

    private readonly List<(byte[] Summary, byte[] Secret, byte[] Tags)> _plaintexts = [];

    public InsertFloor()
    {
        for (int i = 0; i < Batch; i++)
        {
            EntryEdit entry = BenchAccount.Entry(i);
            EntryContent content = EntryContent.New(entry, 1_700_000_000_000);
            using SecretBuffer summary = EntryCodec.WriteSummary(content), secret = EntryCodec.WriteSecret(content), tags = EntryCodec.WriteTags(entry.Tags!);
            _plaintexts.Add((Padded(summary.Span), Padded(secret.Span), Padded(tags.Span)));
        }
    }

    /// <summary>Inserts as many rows as <paramref name="next"/> answers true, in batches.</summary>
    /// <param name="account">Where.</param>
    /// <param name="next">Whether there is another row.</param>
    /// <param name="first">Rows of the first batch.</param>
    /// <param name="versions">Earlier versions of each row's data, and one fewer of its tags.</param>
    public void Run(BenchAccount account, Func<bool> next, int first = Batch, int versions = 0)
    {
        using AesGcm summaries = account.Cipher("summary"), secrets = account.Cipher("secret"), tags = account.Cipher("tags");
        using SqliteConnection connection = account.Connect();
        using SqliteCommand data = Insert(connection, "local_data (id, version, pending, base, digest, name_key, head, tail) VALUES ($1, 1, 1, NULL, $2, $3, $4, $5)", 5);
        using SqliteCommand tag = Insert(connection, "local_tags (id, version, held, body) VALUES ($1, 0, 0, $2)", 2);
        using SqliteCommand version = Insert(connection, "history (stream, id, version, replaced_at, reason, head, tail) VALUES ($4, $1, 0, 0, 1, $2, $3)", 4);
        byte[] digest = new byte[32];
        int size = first;
        for (bool more = true; more; size = Batch)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            data.Transaction = tag.Transaction = version.Transaction = transaction;
            for (int k = 0; k < size && (more = next()); k++)
            {
                byte[] id = Guid.CreateVersion7().ToByteArray(bigEndian: true);
                data.Parameters[0].Value = tag.Parameters[0].Value = version.Parameters[0].Value = id;
                data.Parameters[1].Value = digest;
                data.Parameters[2].Value = RandomNumberGenerator.GetBytes(VaultKeys.NameKeyBytes);
                data.Parameters[3].Value = Seal(summaries, _plaintexts[k].Summary);
                data.Parameters[4].Value = Seal(secrets, _plaintexts[k].Secret);
                data.ExecuteNonQuery();
                tag.Parameters[1].Value = Seal(tags, _plaintexts[k].Tags);
                tag.ExecuteNonQuery();
                for (int i = 0; i < versions; i++)
                {
                    version.Parameters[3].Value = 1;
                    version.Parameters[1].Value = Seal(summaries, _plaintexts[k].Summary);
                    version.Parameters[2].Value = Seal(secrets, _plaintexts[k].Secret);
                    version.ExecuteNonQuery();
                    if (i == 0)
                        continue;
                    version.Parameters[3].Value = 2;
                    version.Parameters[1].Value = Seal(tags, _plaintexts[k].Tags);
                    version.Parameters[2].Value = DBNull.Value;
                    version.ExecuteNonQuery();
                }
            }
            transaction.Commit();
        }
    }

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
