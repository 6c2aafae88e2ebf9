using System.Text;
using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>Pieces of logs.</summary>
internal static class Logs
{
    public static readonly DateTimeOffset Time = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    public static Hash256 Hash(string text) => Hash256.Of(Encoding.UTF8.GetBytes(text));

    public static ChainHead Manifest(long generation) => new(generation, Hash($"manifest {generation}"));

    public static EpochStart Epoch(int number, int chained) => new(number, Hash($"key {number}"), chained, new byte[EpochStart.ChainedKeyBytes]);

    /// <summary>The statement that comes next, if its author may.</summary>
    public static Statement Next(this LogState state, Person author, StatementAct act, ChainHead? manifest = null) => new(
        state.Head.Number + 1, state.Head.Hash, author.Fingerprint, Time, manifest ?? (state.Manifest == ChainHead.None ? Manifest(1) : state.Manifest), act);

    public static SignedStatement Read(ReadOnlySpan<byte> bytes)
    {
        Assert.True(SignedStatement.TryRead(bytes, out SignedStatement? statement, out string? fault), fault);
        return statement;
    }

    public static VaultLog Begin(Person founder)
    {
        Assert.Equal(StatementFault.None, VaultLog.TryBegin(founder.Create(), out VaultLog? log));
        return log!;
    }

    public static SignedStatement Append(this VaultLog log, Person author, StatementAct act, ChainHead? manifest = null)
    {
        SignedStatement statement = author.Sign(log.State.Next(author, act, manifest));
        Assert.Equal(StatementFault.None, log.TryAppend(statement));
        return statement;
    }

    /// <summary>The same log, read and verified again.</summary>
    public static VaultLog Replay(IEnumerable<SignedStatement> statements)
    {
        VaultLog? log = null;
        foreach (SignedStatement statement in statements)
        {
            SignedStatement read = Read(statement.Bytes);
            Assert.Equal(StatementFault.None, log is null ? VaultLog.TryBegin(read, out log) : log.TryAppend(read));
        }

        return log!;
    }
}
