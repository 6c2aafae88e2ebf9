using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Vault.Account;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

/// <summary>
/// An attachment of 64 MiB from one machine to another. The floor: the same bytes sealed, hashed, inserted, sent over loopback in as many requests, inserted
/// there as durably, and back, opened and hashed.
/// </summary>
internal sealed class AttachmentBenchmark : Benchmark
{
    private const int ChunksPerRequest = 3;

    private readonly BenchServer _server = new();
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(Limits.AttachmentBytes);
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;
    private readonly HttpClient _http = new();
    private WebApplication? _bare;
    private VaultKeys? _keys;
    private LocalVault? _a;
    private LocalVault? _b;
    private Guid _entry;
    private int _round;

    public override string Name => "attachment";

    public override string What => "64 MiB attached, synced, fetched and read on another machine, over the same bytes sealed, hashed, sent and inserted on both sides";

    public override double Limit => 2;

    public override int Rounds => 3;

    public override void Prepare()
    {
        var online = new BenchOnline(_server);
        _a = online.FirstMachineAsync(1).GetAwaiter().GetResult();
        _b = online.MachineAsync().GetAwaiter().GetResult();
        BenchOnline.Sync(_b);
        _entry = _a.List(new EntryQuery()).Single().Id;
        _keys = online.Keys();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _bare = builder.Build();
        string store = Open("bare.db");
        _bare.MapPost("/{first:int}", async (int first, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            byte[] all = body.ToArray();
            Insert(store, [.. all.Chunk(Limits.AttachmentBodyBytes).Select((chunk, i) => (first + i, chunk))]);
        });
        _bare.MapGet("/{number:int}", (int number) => Results.Bytes(Read(store, number)));
        _bare.StartAsync().GetAwaiter().GetResult();
        _http.BaseAddress = new Uri(_bare.Urls.Single());
    }

    public override void BeforeRound() => _round++;

    public override void Floor()
    {
        string up = Open($"up-{_round}.db"), down = Open($"down-{_round}.db");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = AttachmentChunk.NewBuffer();
        var id = Guid.NewGuid();
        for (int first = 0; first < AttachmentChunk.Most; first += ChunksPerRequest)
        {
            var chunks = new List<(int, byte[])>();
            for (int number = first; number < Math.Min(first + ChunksPerRequest, AttachmentChunk.Most); number++)
            {
                _content.AsSpan(number * Limits.AttachmentChunkBytes, Limits.AttachmentChunkBytes).CopyTo(buffer.AsSpan(AttachmentChunk.HeadBytes));
                hash.AppendData(buffer, AttachmentChunk.HeadBytes, Limits.AttachmentChunkBytes);
                byte[] body = AttachmentChunk.Seal(_keys!, new ChunkPlace(_entry, id, number), 1, buffer);
                SHA256.HashData(body);
                chunks.Add((number, body));
            }
            Insert(up, chunks);
            using var content = new ByteArrayContent([.. chunks.SelectMany(chunk => chunk.Item2)]);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            _http.PostAsync($"/{first}", content).GetAwaiter().GetResult().EnsureSuccessStatusCode();
        }
        using var again = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int number = 0; number < AttachmentChunk.Most; number++)
        {
            byte[] body = _http.GetByteArrayAsync($"/{number}").GetAwaiter().GetResult();
            SHA256.HashData(body);
            Insert(down, [(number, body)]);
            if (!AttachmentChunk.TryOpen(_keys!, AttachmentChunk.IdOf(id, number), body, out _, out Packing.Records.OpenedRecord plaintext))
                throw new InvalidOperationException("A chunk does not open.");
            again.AppendData(plaintext.Span[AttachmentChunk.HeadBytes..]);
            plaintext.Dispose();
        }
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(again.GetHashAndReset()))
            throw new InvalidOperationException("What came is not what went.");
    }

    public override void Product()
    {
        string name = $"round {_round}";
        Send(name);
        Fetch(name);
    }

    public override IEnumerable<string> Notes()
    {
        _round++;
        yield return "up, " + LiveHeap.Told(() => Send("heap"));
        yield return "down, " + LiveHeap.Told(() => Fetch("heap"));
    }

    public override void Dispose()
    {
        _a?.Dispose();
        _b?.Dispose();
        _keys?.Dispose();
        _http.Dispose();
        _bare?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _server.Dispose();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private void Send(string name)
    {
        _a!.AddAttachment(_entry, name, new MemoryStream(_content, writable: false));
        BenchOnline.Sync(_a);
    }

    private void Fetch(string name)
    {
        BenchOnline.Sync(_b!);
        Attachment attachment = _b!.ReadSecret(_entry).Attachments.Single(one => one.Name == name);
        AttachmentDownload.FetchAsync(_b, _entry, attachment).GetAwaiter().GetResult();
        _b.ReadAttachment(_entry, attachment, Stream.Null);
    }

    private string Open(string file)
    {
        string source = new SqliteConnectionStringBuilder { DataSource = Path.Combine(_folder, file) }.ToString();
        Run(source, connection =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; CREATE TABLE chunk (number INTEGER PRIMARY KEY, body BLOB NOT NULL)";
            command.ExecuteNonQuery();
        });
        return source;
    }

    private static void Insert(string source, IReadOnlyList<(int Number, byte[] Body)> chunks) => Run(source, connection =>
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        foreach ((int number, byte[] body) in chunks)
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "INSERT OR REPLACE INTO chunk (number, body) VALUES ($1, $2)";
            command.Parameters.AddWithValue("$1", number);
            command.Parameters.AddWithValue("$2", body);
            command.ExecuteNonQuery();
        }
        transaction.Commit();
    });

    private static byte[] Read(string source, int number)
    {
        byte[] body = [];
        Run(source, connection =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT body FROM chunk WHERE number = $1";
            command.Parameters.AddWithValue("$1", number);
            body = (byte[])command.ExecuteScalar()!;
        });
        return body;
    }

    private static void Run(string source, Action<SqliteConnection> work)
    {
        using var connection = new SqliteConnection(source);
        connection.Open();
        using (SqliteCommand durable = connection.CreateCommand())
        {
            durable.CommandText = "PRAGMA synchronous = FULL";
            durable.ExecuteNonQuery();
        }
        work(connection);
    }
}
