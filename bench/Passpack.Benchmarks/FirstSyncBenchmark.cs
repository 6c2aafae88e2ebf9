using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Benchmarks;

/// <summary>
/// The first sync of a machine. The floor: the very bytes of the server's pages over loopback HTTP, and their records inserted twice,
/// into the staging table and into the mirror, with the product's schema and settings.
/// </summary>
internal sealed class FirstSyncBenchmark : Benchmark
{
    private const int Entries = 100_000;

    private readonly BenchServer _server = new();
    private readonly List<(byte[] Bytes, IReadOnlyList<RecordChange> Changes)> _pages = [];
    private BenchOnline? _account;
    private WebApplication? _replay;
    private HttpClient? _http;
    private LocalVault? _vault;
    private long _records;

    public override string Name => "first-sync";

    public override string What => "first sync down of 100,000 entries with a tag each, over the same bytes by loopback HTTP, staged and inserted as many times";

    public override double Limit => 3;

    public override int Rounds => 5;

    public override void Prepare()
    {
        _account = new BenchOnline(_server);
        using LocalVault first = _account.FirstMachineAsync(Entries).GetAwaiter().GetResult();
        // Tags get online by -Online alone: so they do here, in the batches of that door.
        foreach (EntrySummary[] batch in first.List(new EntryQuery()).Chunk(Limits.RecordsPerBatch))
        {
            foreach (OnlineEditResult result in OnlineVault.ApplyAsync(first, [.. batch.Select(entry => new OnlineEdit { Id = entry.Id, Values = new EntryEdit { Tags = ["Rack 7"] } })]).GetAwaiter().GetResult())
            {
                if (result.Error is { } error)
                    throw error;
            }
        }
        Record(first);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _replay = builder.Build();
        _replay.MapGet("/{page:int}", (int page) => Microsoft.AspNetCore.Http.Results.Bytes(_pages[page].Bytes, RecordMessage.MediaType));
        _replay.StartAsync().GetAwaiter().GetResult();
        _http = new HttpClient { BaseAddress = new Uri(_replay.Urls.Single()) };
    }

    public override void BeforeRound()
    {
        _vault?.Dispose();
        _vault = _account!.MachineAsync().GetAwaiter().GetResult();
    }

    public override void Floor()
    {
        using var connection = new SqliteConnection($"Data Source={_vault!.Path};Pooling=False");
        connection.Open();
        Run(connection, "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384");
        using SqliteCommand stage = Insert(connection, "staged (stream, id, version, deleted, digest, body) VALUES ($1, $2, $3, $4, $5, $6)", 6);
        for (int page = 0; page < _pages.Count; page++)
        {
            _ = _http!.GetByteArrayAsync($"/{page}").GetAwaiter().GetResult();
            using SqliteTransaction transaction = connection.BeginTransaction();
            stage.Transaction = transaction;
            foreach (RecordChange change in _pages[page].Changes)
                Run(stage, (long)change.Stream, change.Id.ToByteArray(bigEndian: true), change.Version, 0L, change.Digest, change.Body);
            transaction.Commit();
        }
        using SqliteTransaction last = connection.BeginTransaction();
        using SqliteCommand mirror = Insert(connection,
            "mirror (stream, id, version, deleted, owed, digest, content_version, name_key, head, tail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", 10);
        mirror.Transaction = last;
        byte[] nameKey = new byte[VaultKeys.NameKeyBytes];
        foreach (RecordChange change in _pages.SelectMany(page => page.Changes))
        {
            byte[] id = change.Id.ToByteArray(bigEndian: true);
            if (change.Stream != (byte)RecordStream.Data || !RecordBody.TrySplit(change.Body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail))
            {
                Run(mirror, (long)change.Stream, id, change.Version, 0L, 0L, change.Digest, change.Version, DBNull.Value, change.Body, DBNull.Value);
                continue;
            }
            id.CopyTo(nameKey, 0);
            Run(mirror, (long)change.Stream, id, change.Version, 0L, 0L, change.Digest, change.Version, nameKey, head.ToArray(), tail.ToArray());
        }
        using SqliteCommand clear = connection.CreateCommand();
        clear.Transaction = last;
        clear.CommandText = "DELETE FROM staged";
        clear.ExecuteNonQuery();
        last.Commit();
    }

    public override void Product()
    {
        int pulled = BenchOnline.Sync(_vault!).Changes.Count(change => change.Action == SyncAction.Pulled);
        if (pulled != Entries)
            throw new InvalidOperationException($"{pulled} entries came down.");
    }

    public override IEnumerable<string> Notes()
    {
        yield return Heap();
        yield return ManifestShare();
    }

    public override void Dispose()
    {
        _vault?.Dispose();
        _http?.Dispose();
        _replay?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _server.Dispose();
    }

    /// <summary>Client and server are in this process; its recorded pages were there before.</summary>
    private string Heap()
    {
        BeforeRound();
        long before = GC.GetTotalMemory(forceFullCollection: true), most = 0;
        int told = 0;
        var progress = new Told(_ =>
        {
            if (++told % 25 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        });
        SyncResult result = VaultSync.RunAsync(_vault!, new SyncOptions(), progress).GetAwaiter().GetResult();
        most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        GC.KeepAlive(result);
        return string.Create(CultureInfo.InvariantCulture, $"live managed heap of client and server: at most {most / 1048576.0:F1} MiB more (at most 64{(most < 64 << 20 ? "" : ", MISSED")})");
    }

    /// <summary>What the manifest costs of a first sync: a term a record, the chain and its seal.</summary>
    private string ManifestShare()
    {
        double sync = Milliseconds(() =>
        {
            BeforeRound();
            return () => BenchOnline.Sync(_vault!);
        });
        double manifest = Milliseconds(() => () =>
        {
            using VaultKeys keys = _account!.Keys();
            var sums = new ManifestSums();
            foreach (RecordChange change in _pages.SelectMany(page => page.Changes))
                sums.Add(change.Stream, change.Id, change.Version, change.Deleted, change.Digest);
            AccountIdentity identity = _account.Identity(keys);
            ManifestLink link = new Manifest
            {
                Generation = 2,
                Revision = 1,
                Previous = [],
                Device = Guid.Empty,
                Counter = 1,
                Signer = [],
                Streams = sums.ToStreams(),
            }.Seal(keys, identity);
            if (Manifest.Open(keys, identity, link) is null)
                throw new InvalidOperationException("The manifest does not open.");
        });
        double share = manifest / sync;
        return string.Create(CultureInfo.InvariantCulture,
            $"manifest: {manifest:F0} ms of {sync:F0} ms for {_records:N0} records, {share:P1} (at most 12 %{(share < 0.12 ? "" : ", MISSED")}), medians of 3");
    }

    private static double Milliseconds(Func<Action> prepare)
    {
        var times = new List<double>();
        for (int i = 0; i < 3; i++)
        {
            Action work = prepare();
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            work();
            times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return times.Order().ElementAt(1);
    }

    private void Record(LocalVault vault)
    {
        using VaultUse use = vault.Use();
        using OnlineClient client = SyncRun.Connect(AccountRow.Load(use.Connection), use.Keys);
        string? next = null;
        do
        {
            string query = "?after=0" + (next is null ? "" : $"&page={Uri.EscapeDataString(next)}");
            ChangePage page = client.GetAsync(Routes.OfVault(use.Keys.VaultId, Routes.Changes) + query, ChangePage.ReadAsync, default).GetAwaiter().GetResult();
            _pages.Add((page.ToMessage().ToArray(), page.Changes));
            _records += page.Changes.Count;
            next = page.NextPage;
        }
        while (next is not null);
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Insert(SqliteConnection connection, string into, int parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"INSERT INTO {into}";
        for (int i = 1; i <= parameters; i++)
            command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        return command;
    }

    private sealed class Told(Action<SyncProgress> action) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => action(value);
    }
}
