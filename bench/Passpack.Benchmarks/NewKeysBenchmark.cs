using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Benchmarks;

/// <summary>What it costs to replace the keys of a large account: every online record is sealed anew.</summary>
internal sealed class NewKeysBenchmark : Benchmark
{
    private const int Entries = 100_000;

    private readonly BenchServer _server = new();
    private BenchOnline? _account;
    private BenchOnline? _other;
    private LocalVault? _vault;
    private ManifestName? _head;
    private OnlineClient? _client;
    private long _revision;
    private int _round;

    public override string Name => "new-keys";

    public override string What => "replace the keys of 100,000 entries with a tag each, over reading, opening, sealing and pushing as many records";

    public override double Limit => 3;

    public override int Rounds => 2;

    public override int WarmUps => 0;

    public override void Prepare()
    {
        _account = new BenchOnline(_server);
        _vault = _account.FirstMachineAsync(Entries).GetAwaiter().GetResult();
        _other = new BenchOnline(_server);
        _other.RegisterAsync().GetAwaiter().GetResult();
        using LocalVault target = _other.MachineAsync().GetAwaiter().GetResult();
        BenchOnline.Sync(target);
        using VaultUse use = target.Use();
        AccountRow row = AccountRow.Load(use.Connection, use.Keys);
        _head = new ManifestName(row.Generation, row.ManifestHash!);
        _client = SyncRun.Connect(row, use.Keys);
    }

    public override void BeforeRound() => _round++;

    public override void Floor()
    {
        using VaultUse use = _vault!.Use();
        using VaultKeys target = _other!.Keys();
        AccountIdentity identity = _other.Identity(target);
        var batch = new List<RecordChange>();
        long bytes = 0;
        foreach (RecordChange record in use.Connection.Query("SELECT stream, id, version, head, tail FROM mirror WHERE head IS NOT NULL", row =>
            Sealed(use.Keys, target, (RecordStream)row.GetInt64(0), row.GetId(1), row.GetInt64(2), row.GetBytes(3), row.GetBytesOrNull(4))))
        {
            if (batch.Count == Limits.RecordsPerBatch || (batch.Count > 0 && bytes + record.Body.Length > Limits.BatchBodyBytes))
                Push(target, identity, batch, ref bytes);
            batch.Add(record);
            bytes += record.Body.Length;
        }
        Push(target, identity, batch, ref bytes);
    }

    public override void Product()
    {
        using (SecretBytes packingKey = SecretBytes.FromChars($"a new Packing Key for round {_round}"))
        using (SyncRun run = SyncRun.StartAsync(_vault!, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, null, default).GetAwaiter().GetResult())
            OnlineKeys.ReplaceAsync(run, () => Task.FromResult(_account!.Proof()), packingKey, default).GetAwaiter().GetResult();
        VaultSync.RunAsync(_vault!, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }).GetAwaiter().GetResult();
    }

    public override void Dispose()
    {
        _client?.Dispose();
        _vault?.Dispose();
        _server.Dispose();
    }

    private RecordChange Sealed(VaultKeys keys, VaultKeys target, RecordStream stream, Guid id, long version, byte[] head, byte[]? tail)
    {
        long next = version + (100 * _round);
        byte[] body = stream == RecordStream.Data
            ? RecordBody.Join(Again(RecordPart.Summary, head), Again(RecordPart.Secret, tail!))
            : Again(RecordPart.Whole, head);
        return new RecordChange((byte)stream, id, next, false, RecordBody.Digest(body), body);

        byte[] Again(RecordPart part, byte[] record)
        {
            if (!keys.TryOpen(stream, part, id, version, record, out OpenedRecord plaintext))
                throw new InvalidOperationException("A record does not open.");
            byte[] sealedAnew = target.Seal(stream, part, id, next, plaintext.Span);
            plaintext.Dispose();
            return sealedAnew;
        }
    }

    private void Push(VaultKeys keys, AccountIdentity identity, List<RecordChange> batch, ref long bytes)
    {
        ManifestLink manifest = new Manifest
        {
            Generation = _head!.Generation + 1,
            Revision = _revision + 1,
            Previous = _head.Hash,
            Device = Guid.Empty,
            Counter = _head.Generation + 1,
            Signer = [],
            Streams = [],
        }.Seal(keys, identity);
        var push = new PushRequest(Guid.NewGuid(), _revision, [.. batch], manifest, _head.Hash, []);
        push = push with { Signature = keys.Sign(identity, SignaturePurpose.Push, Statements.Push(keys.VaultId, push.Digest())) };
        _client!.PushAsync(Routes.OfVault(keys.VaultId, Routes.Pushes), push.ToMessage().ToArray(), default).GetAwaiter().GetResult();
        (_head, _revision) = (ManifestName.Of(manifest), _revision + 1);
        batch.Clear();
        bytes = 0;
    }
}
