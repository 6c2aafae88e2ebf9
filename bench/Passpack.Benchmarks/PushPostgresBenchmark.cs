using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Server;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Tests.Postgres;

namespace Passpack.Benchmarks;

/// <summary>
/// Pushes of ten records that were sealed and signed beforehand, by eight accounts at once, at one node over PostgreSQL; over pgbench, which does the same
/// statements to a copy of the same tables. Commits are synchronous on both sides, and all of it runs on the same processors.
/// </summary>
internal sealed class PushPostgresBenchmark : Benchmark
{
    private const int Clients = 8, Pushes = 25, Records = 10, BodyBytes = 700;

    // What a push does, in the round trips that it takes: whose token it is, what it is judged by, the vault's lock with what that guards, the records, the rest.
    private static readonly string s_script = $"""
        \set account :client_id + 1
        SELECT d.account, d.device_id, d.last_seen, d.epoch = a.epoch, a.disabled FROM device d JOIN account a ON a.id = d.account WHERE d.account = :account LIMIT 1;
        SELECT key_record, key_mac, key_signature, manifest.generation, sealed, vault.revision, quota FROM account
            JOIN vault ON vault.account = account.id AND vault.vault_id = account.vault_id JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation
            LEFT JOIN push ON push.vault = vault.id AND push_id = gen_random_uuid() WHERE account.id = :account;
        \startpipeline
        BEGIN;
        SELECT 1 FROM account WHERE id = :account FOR KEY SHARE;
        SELECT 1 FROM vault WHERE account = :account FOR NO KEY UPDATE;
        SELECT id, revision, generation, bytes, pushed FROM vault WHERE account = :account;
        SELECT digest FROM push JOIN vault ON vault.id = push.vault WHERE vault.account = :account AND push_id = gen_random_uuid();
        SELECT manifest.generation, sealed FROM vault JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation WHERE account = :account;
        SELECT device, place FROM push_queue JOIN vault ON vault.id = push_queue.vault WHERE account = :account;
        SELECT r.version FROM generate_series(1, {Records}) JOIN vault ON account = :account JOIN record r ON r.vault = vault.id AND r.stream = 1 AND r.record_id = gen_random_uuid();
        \endpipeline
        \startpipeline
        INSERT INTO record (vault, stream, record_id, version, deleted, digest, revision, ordinal, stored, body)
            SELECT v.id, 1, gen_random_uuid(), 1, false, sha256('x'), v.revision + 1, i, 0, decode(repeat('ab', {BodyBytes}), 'hex') FROM vault v, generate_series(1, {Records}) AS i WHERE v.account = :account
            ON CONFLICT (vault, stream, record_id) DO NOTHING;
        SELECT count(*) FROM vault JOIN earlier_version e ON e.vault = vault.id AND e.stream = 1 AND e.record_id = gen_random_uuid() WHERE account = :account;
        \endpipeline
        \startpipeline
        INSERT INTO manifest (vault, generation, sealed) SELECT id, generation + 1, decode(repeat('cd', 3700), 'hex') FROM vault WHERE account = :account;
        INSERT INTO push (vault, push_id, digest, revision, generation, accepted) SELECT id, gen_random_uuid(), sha256('x'), revision + 1, generation + 1, 0 FROM vault WHERE account = :account;
        UPDATE vault SET revision = revision + 1, generation = generation + 1, bytes = bytes + 10000, pushed = 0 WHERE account = :account;
        INSERT INTO event_sum (account, type, device, since, due, told, count, bytes, last) VALUES (:account, 10, '00000000-0000-0000-0000-000000000000', 0, 1, 0, 1, 7000, 0)
            ON CONFLICT (account, type, device, since) DO UPDATE SET count = event_sum.count + 1, bytes = event_sum.bytes + 7000;
        SELECT l.number, l.hash FROM account a LEFT JOIN event_log l ON l.account = a.id WHERE a.id = :account;
        \endpipeline
        COMMIT;
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;
    private readonly List<Client> _clients = [];
    private readonly HttpClient _http = new();
    private Process? _cluster;
    private WebApplication? _node;
    private string _sockets = "";
    private double _floor, _pushes;

    public override string Name => "push-postgres";

    public override string What => $"{Clients * Pushes} pushes of {Records} records by {Clients} accounts at once, one node over PostgreSQL, over pgbench doing the same statements (0.3 of its throughput)";

    public override double Limit => 1 / 0.3;

    public override int Rounds => 9;

    public override int WarmUps => 3;

    public override string? Missing => PostgresPrograms.Missing ?? (File.Exists("/usr/bin/pgbench") ? null : "there is no pgbench (Debian's postgresql-contrib)");

    public override void Prepare()
    {
        StartCluster();
        _node = PasspackServer.Create(
            ["--urls", "http://127.0.0.1:0", "--data", Path.Combine(_folder, "node"), "--registration", "open", "--registration-difficulty", "1", "--database", $"Host={_sockets};Database=passpack;Username=postgres"],
            builder => builder.Logging.ClearProviders());
        _node.StartAsync().GetAwaiter().GetResult();
        _http.BaseAddress = new Uri(_node.Urls.Single() + "/");
        for (int i = 0; i < Clients; i++)
            _clients.Add(Client.RegisterAsync(_http.BaseAddress, i).GetAwaiter().GetResult());
        // A copy of the tables with these accounts, in which pgbench pushes. Nobody may be connected to what is copied.
        Shell($"psql -qh {_sockets} -U postgres -d postgres -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'passpack'\" -c 'CREATE DATABASE floor TEMPLATE passpack'");
        File.WriteAllText(Path.Combine(_sockets, "push.sql"), s_script);
    }

    public override void BeforeRound() => _clients.ForEach(client => client.Make(Pushes));

    public override void Floor()
    {
        long start = Stopwatch.GetTimestamp();
        Shell($"pgbench -n -M prepared -h {_sockets} -U postgres -c {Clients} -j 2 -t {Pushes} -f {_sockets}/push.sql floor");
        _floor = Clients * Pushes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // To connect is a part of no push.
    public override void FloorOverhead() => Shell($"pgbench -n -M prepared -h {_sockets} -U postgres -c {Clients} -j 2 -t 1 -f /dev/stdin floor <<< 'SELECT 1;'");

    public override void Product()
    {
        long start = Stopwatch.GetTimestamp();
        Task.WhenAll(_clients.Select(client => Task.Run(() => client.SendAsync(_http)))).GetAwaiter().GetResult();
        _pushes = Clients * Pushes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public override IEnumerable<string> Notes()
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"the last round: {_pushes:F0} pushes a second; pgbench with its start {_floor:F0}");
    }

    public override void Dispose()
    {
        _node?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _http.Dispose();
        _clients.ForEach(client => client.Dispose());
        if (_cluster is not null)
        {
            _cluster.StandardInput.Close();
            _cluster.WaitForExit();
            _cluster.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void StartCluster()
    {
        _sockets = Directory.CreateTempSubdirectory("passpack-pg-").FullName;
        PostgresPrograms.Give(_sockets);
        // As it comes: what is committed is on the disk.
        _cluster = PostgresPrograms.Start($"""
            cd {_sockets} || exit 1
            trap 'rm -rf {_sockets}' EXIT
            {PostgresPrograms.Folder}/initdb -A trust -E UTF8 --locale=C -U postgres -D data >log 2>&1
            printf '%s\n' "unix_socket_directories = '{_sockets}'" "listen_addresses = ''" >>data/postgresql.conf
            {PostgresPrograms.Folder}/pg_ctl start -w -D data -l log >/dev/null 2>&1
            {PostgresPrograms.Folder}/createdb -h {_sockets} -U postgres -E UTF8 -T template0 passpack
            echo started
            cat >/dev/null
            {PostgresPrograms.Folder}/pg_ctl stop -m fast -w -D data >/dev/null 2>&1
            """);
        if (_cluster.StandardOutput.ReadLine() != "started")
            throw new InvalidOperationException("PostgreSQL does not start.");
    }

    private static void Shell(string command)
    {
        using Process shell = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = shell.StandardOutput.ReadToEnd() + shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        if (shell.ExitCode != 0)
            throw new InvalidOperationException(output);
    }

    /// <summary>An account, the pushes that it made, and where they lead.</summary>
    private sealed class Client(VaultKeys keys, AccountIdentity identity, AuthenticationHeaderValue token, ManifestLink head, Guid device) : IDisposable
    {
        private readonly Queue<byte[]> _made = [];
        private long _revision;
        private ManifestLink _head = head;

        public static async Task<Client> RegisterAsync(Uri server, int number)
        {
            string userId = $"user{number}@example.com";
            var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
            AccountIdentity identity = keys.Identity(1, userId);
            using var client = new OnlineClient(server);
            Manifest first = Registration.FirstManifest(Guid.NewGuid());
            ManifestLink head = first.Seal(keys, identity);
            (byte[] challenge, byte[] work) = await Registration.WorkAsync(client, userId, CancellationToken.None);
            RegisterAnswer answer = await client.PostAsync(Routes.Accounts,
                new RegisterRequest(userId, new byte[16], KdfParameters.Current.ToString(), new byte[32], keys.CreateKeyRecord(1, "7#never opened here", userId), head,
                    new DeviceDescription(first.Device, "bench"), challenge, work),
                ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.RegisterAnswer, CancellationToken.None);
            string token = Base64Text.EncodeUrl(answer.DeviceToken);
            return new Client(keys, identity, new AuthenticationHeaderValue("Bearer", token), head, first.Device);
        }

        /// <summary>Makes pushes, one onto the other.</summary>
        public void Make(int pushes)
        {
            while (_made.Count < pushes)
            {
                var manifest = new Manifest
                {
                    Generation = _head.Generation + 1, Revision = _revision + 1, Previous = ManifestName.Of(_head).Hash, Device = device, Counter = _head.Generation + 1,
                    Signer = [], Streams = [],
                };
                RecordChange[] records = [.. Enumerable.Range(0, Records).Select(_ => Record(Guid.CreateVersion7()))];
                ManifestLink sealedManifest = manifest.Seal(keys, identity);
                var push = new PushRequest(Guid.NewGuid(), _revision, records, sealedManifest, manifest.Previous, []);
                push = push with { Signature = keys.Sign(identity, SignaturePurpose.Push, Statements.Push(keys.VaultId, push.Digest())) };
                _made.Enqueue(push.ToMessage().ToArray());
                (_revision, _head) = (_revision + 1, sealedManifest);
            }
        }

        public async Task SendAsync(HttpClient http)
        {
            while (_made.TryDequeue(out byte[]? push))
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, Routes.OfVault(keys.VaultId, Routes.Pushes).TrimStart('/')) { Content = new ByteArrayContent(push) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(RecordMessage.MediaType);
                request.Headers.Authorization = token;
                using HttpResponseMessage answer = await http.SendAsync(request);
                if (!answer.IsSuccessStatusCode)
                    throw new InvalidOperationException($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            }
        }

        public void Dispose() => keys.Dispose();

        private RecordChange Record(Guid id)
        {
            byte[] body = RecordBody.Join(
                keys.Seal(RecordStream.Data, RecordPart.Summary, id, 1, new byte[BodyBytes / 4]), keys.Seal(RecordStream.Data, RecordPart.Secret, id, 1, new byte[BodyBytes / 2]));
            return new RecordChange((byte)RecordStream.Data, id, 1, false, RecordBody.Digest(body), body);
        }
    }
}
