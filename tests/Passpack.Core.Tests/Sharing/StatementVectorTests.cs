using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>A log that another implementation made (Vectors/sharing.py), and what it says has to be refused.</summary>
public sealed class StatementVectorTests
{
    private static readonly SharingVectors s_vectors = TestVectors.Load<SharingVectors>("sharing.json");

    public static TheoryData<string> Refusals => [.. s_vectors.Refusals.Select(vector => vector.Name)];

    [Fact]
    public void The_log_is_read_verified_and_written_as_it_was_made()
    {
        VaultLog? log = null;
        var acts = new HashSet<Type>();
        foreach (StatementVector vector in s_vectors.Statements)
        {
            SignedStatement read = Logs.Read(vector.Bytes);
            Assert.Equal(vector.Hash, read.Hash.ToBytes());
            Assert.Equal(StatementFault.None, log is null ? VaultLog.TryBegin(read, out log) : log.TryAppend(read));
            Assert.Equal(read.Head, log!.State.Head);
            Assert.Equal(vector.Bytes, SignedStatement.Make(read.Content, _ => vector.Bytes[^Signatures.SignatureBytes..]).Bytes);
            acts.Add(read.Content.Act.GetType());
        }

        Assert.Equal(typeof(StatementAct).GetNestedTypes().Length, acts.Count);
        Assert.Equal(s_vectors.VaultId, log!.VaultId);
        Assert.Equal(s_vectors.Members.OrderBy(pair => pair.Key), log.State.Members.ToDictionary(pair => $"{pair.Key}", pair => $"{pair.Value.Role}").OrderBy(pair => pair.Key));
        Assert.Equal(s_vectors.Epochs, log.State.Epochs.Keys);
    }

    [Fact]
    public void The_signatures_are_the_ones_that_are_made_here()
    {
        SignedStatement create = Logs.Read(s_vectors.Statements[0].Bytes);
        Assert.Equal(s_vectors.Statements[0].Bytes, Person.Anna.Sign(create.Content).Bytes);
    }

    [Theory, MemberData(nameof(Refusals))]
    public void What_is_not_sound_is_refused(string name)
    {
        RefusedStatement vector = s_vectors.Refusals.Single(refusal => refusal.Name == name);
        Assert.Equal(StatementFault.None, VaultLog.TryBegin(Logs.Read(s_vectors.Statements[0].Bytes), out VaultLog? log));
        bool isRead = SignedStatement.TryRead(vector.Bytes, out SignedStatement? statement, out string? fault);
        Assert.Equal(vector.Fault is not null, isRead);
        if (isRead)
            Assert.Equal(vector.Fault, $"{log!.TryAppend(statement!)}");
        else
            Assert.Matches("^(has|is) ", fault);
    }

    [Fact]
    public void Of_a_sound_statement_no_part_is_read_and_no_other_bit()
    {
        foreach (StatementVector vector in s_vectors.Statements)
        {
            VaultLog? before = LogBefore(vector);
            for (int length = 0; length < vector.Bytes.Length; length += length < 200 ? 1 : 37)
                Refused(vector.Bytes.AsSpan(..length), before);
            for (int bit = 0; bit < vector.Bytes.Length * 8; bit += bit < 1600 ? 7 : 211)
            {
                byte[] altered = [.. vector.Bytes];
                altered[bit / 8] ^= (byte)(1 << (bit % 8));
                Refused(altered, before);
            }
        }
    }

    [Fact]
    public void A_statement_has_64_KiB()
    {
        Hash256[] removed = [.. Enumerable.Range(0, 2000).Select(i => Logs.Hash($"{i}"))];
        var far = new Statement(1, default, default, Logs.Time, Logs.Manifest(1), new StatementAct.AcceptRollback(Logs.Manifest(9), Logs.Epoch(2, 1), removed, []));
        Assert.Equal(removed, ((StatementAct.AcceptRollback)Logs.Read(Person.Anna.Sign(far).Bytes).Content.Act).Removed);
        var further = far with { Act = new StatementAct.AcceptRollback(Logs.Manifest(9), Logs.Epoch(2, 1), [.. removed, .. removed], []) };
        Assert.Throws<ArgumentException>(() => Person.Anna.Sign(further));
        Assert.False(SignedStatement.TryRead(new byte[SignedStatement.MostBytes + 1], out _, out string? fault));
        Assert.Equal("has more than 65536 bytes", fault);
    }

    private static void Refused(ReadOnlySpan<byte> bytes, VaultLog? before)
    {
        if (!SignedStatement.TryRead(bytes, out SignedStatement? statement, out _))
            return;
        Assert.NotEqual(StatementFault.None, before is null ? VaultLog.TryBegin(statement, out _) : before.TryAppend(statement));
    }

    private static VaultLog? LogBefore(StatementVector vector) => s_vectors.Statements[0] == vector
        ? null : Logs.Replay(s_vectors.Statements.TakeWhile(other => other != vector).Select(other => Logs.Read(other.Bytes)));

    private sealed record SharingVectors(
        Guid VaultId, IReadOnlyList<StatementVector> Statements, IReadOnlyDictionary<string, string> Members, IReadOnlyList<int> Epochs, IReadOnlyList<RefusedStatement> Refusals);

    private sealed record StatementVector(string Name, byte[] Bytes, byte[] Hash);

    private sealed record RefusedStatement(string Name, string? Fault, byte[] Bytes);
}
