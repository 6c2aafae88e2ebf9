using System.Diagnostics;
using System.Globalization;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Benchmarks;

/// <summary>What a push costs must follow the changes, not the vault.</summary>
/// <param name="entries">Of the large vault.</param>
internal sealed class PushBenchmark(int entries = 100_000) : Benchmark
{
    private const int Changes = 100;

    private readonly BenchServer _server = new();
    private LocalVault? _small;
    private LocalVault? _large;
    private List<Guid> _smallIds = [];
    private List<Guid> _largeIds = [];
    private int _round;

    public override string Name => IsLong ? "push-million" : "push";

    public override string What => string.Create(CultureInfo.InvariantCulture, $"push 100 changes out of {entries:N0} entries, over 100 out of 1,000");

    public override bool IsLong => entries > 100_000;

    public override double Limit => 1.5;

    public override int Rounds => 21;

    public override void Prepare()
    {
        _small = new BenchOnline(_server).FirstMachineAsync(1_000).GetAwaiter().GetResult();
        _large = new BenchOnline(_server).FirstMachineAsync(entries).GetAwaiter().GetResult();
        _smallIds = Spread(_small);
        _largeIds = Spread(_large);
    }

    public override void BeforeRound()
    {
        Change(_small!, _smallIds);
        Change(_large!, _largeIds);
    }

    public override void Floor() => Push(_small!);

    public override void Product() => Push(_large!);

    /// <summary>What signing and verifying a push costs: manifest and push signed here, both verified there under an identity that is read.</summary>
    public override IEnumerable<string> Notes()
    {
        BeforeRound();
        long start = Stopwatch.GetTimestamp();
        Push(_large!);
        TimeSpan push = Stopwatch.GetElapsedTime(start);
        using VaultUse use = _large!.Use();
        AccountIdentity identity = AccountRow.Load(use.Connection, use.Keys).Identity!;
        byte[] message = new byte[1024];
        const int times = 200;
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
        {
            byte[] one = use.Keys.Sign(identity, SignaturePurpose.Manifest, message), other = use.Keys.Sign(identity, SignaturePurpose.Push, message);
            if (!AccountIdentity.TryRead(identity.Bytes, out AccountIdentity? read, out _) || !Signatures.Verify(read, SignaturePurpose.Manifest, message, one)
                || !Signatures.Verify(read, SignaturePurpose.Push, message, other))
                throw new InvalidOperationException("A signature does not verify.");
        }
        double signing = Stopwatch.GetElapsedTime(start).TotalMilliseconds / times, share = signing / push.TotalMilliseconds;
        yield return string.Create(CultureInfo.InvariantCulture,
            $"signatures: {signing:F2} ms of {push.TotalMilliseconds:F0} ms, {share:P1} (at most 10 %{(share < 0.1 ? "" : ", MISSED")})");
    }

    public override void Dispose()
    {
        _small?.Dispose();
        _large?.Dispose();
        _server.Dispose();
    }

    // Over the whole vault: neighbours share pages.
    private static List<Guid> Spread(LocalVault vault)
    {
        List<Guid> ids = [.. vault.List(new EntryQuery()).Select(entry => entry.Id)];
        return [.. Enumerable.Range(0, Changes).Select(i => ids[i * (ids.Count / Changes)])];
    }

    private void Change(LocalVault vault, List<Guid> ids) => BenchOnline.Edit(vault, ids, $"round {++_round}");

    // Either side's round leaves the other's changes waiting; they are edits of the same entries, so 100 go up all the same.
    private static void Push(LocalVault vault)
    {
        int pushed = BenchOnline.Sync(vault).Changes.Count;
        if (pushed != Changes)
            throw new InvalidOperationException($"{pushed} entries went up.");
    }
}
