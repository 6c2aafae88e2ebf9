using Org.BouncyCastle.Math.EC.Rfc8032;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Benchmarks;

/// <summary>What a machine does that joins a shared vault: reads and verifies its log from the beginning.</summary>
internal sealed class VaultLogBenchmark : Benchmark
{
    private const int Statements = 10_000;

    private readonly List<byte[]> _log = [];
    private AccountIdentity _owner = null!;

    public override string Name => "vault-log";

    public override string What => "reading and verifying the log of a shared vault of 10,000 statements, over verifying as many signatures of the same messages";

    public override double Limit => 1.3;

    public override int Rounds => 3;

    public override void Prepare()
    {
        using SecretBytes seed = SecretBytes.Random(32);
        (_owner, AccountIdentity member) = (Identity("owner@example.com"), Identity("member@example.com"));
        Hash256 author = Hash256.Read(_owner.Fingerprint), other = Hash256.Read(member.Fingerprint);
        var time = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        SignedStatement last = Sign(new Statement(0, default, author, time, ChainHead.None, new StatementAct.Create(_owner, Hash256.Of([1]), Hash256.Of([2]))));
        if (VaultLog.TryBegin(last, out VaultLog? log) != StatementFault.None)
            throw new InvalidOperationException("The log does not begin.");
        for (int i = 1; i < Statements; i++)
        {
            StatementAct act = i == 1 ? new StatementAct.Add(member, VaultRole.Editor, null)
                : new StatementAct.ChangeRole(other, i % 2 == 0 ? VaultRole.Reader : VaultRole.Editor);
            last = Sign(new Statement(i, last.Hash, author, time.AddMinutes(i), new ChainHead(i, Hash256.Of(BitConverter.GetBytes(i))), act));
            if (log!.TryAppend(last) is not StatementFault.None and var fault)
                throw new InvalidOperationException($"Statement {i} is refused: {fault}.");
        }

        SignedStatement Sign(Statement statement)
        {
            SignedStatement made = SignedStatement.Make(statement, message => Signatures.Sign(seed.Span, _owner.Fingerprint, SignaturePurpose.Statement, message));
            _log.Add(made.Bytes.ToArray());
            return made;
        }

        AccountIdentity Identity(string userId)
        {
            byte[] signing = new byte[AccountIdentity.SigningKeyBytes];
            Ed25519.GeneratePublicKey(seed.Span, signing);
            return AccountIdentity.Of(userId, signing, XWing.PublicKeyOf(seed.Span));
        }
    }

    public override void Floor()
    {
        foreach (byte[] statement in _log)
        {
            if (!Signatures.Verify(_owner, SignaturePurpose.Statement, statement.AsSpan(..^Signatures.SignatureBytes), statement.AsSpan(^Signatures.SignatureBytes..)))
                throw new InvalidOperationException("A signature does not verify.");
        }
    }

    public override void Product()
    {
        VaultLog? log = null;
        foreach (byte[] bytes in _log)
        {
            if (!SignedStatement.TryRead(bytes, out SignedStatement? statement, out string? wrong))
                throw new InvalidOperationException(wrong);
            if ((log is null ? VaultLog.TryBegin(statement, out log) : log.TryAppend(statement)) is not StatementFault.None and var fault)
                throw new InvalidOperationException($"{fault}");
        }
    }

    public override void Dispose() => _log.Clear();
}
