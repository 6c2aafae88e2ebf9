using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>The work that a registration costs, as docs/sync-proof.md says it.</summary>
public sealed class ProofOfWorkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(13)]
    public void Work_is_done_when_the_hash_begins_with_as_many_zero_bits(int difficulty)
    {
        for (int i = 0; i < 20; i++)
        {
            byte[] challenge = Make.Bytes(56), work = ProofOfWork.Solve(challenge, difficulty, TestContext.Current.CancellationToken);
            string bits = string.Concat(SHA256.HashData([.. challenge, .. work]).Select(b => b.ToString("b8", null)));
            Assert.StartsWith(new string('0', difficulty), bits, StringComparison.Ordinal);
            Assert.True(ProofOfWork.IsDone(challenge, work, difficulty));
            Assert.False(ProofOfWork.IsDone(challenge, work, bits.IndexOf('1', StringComparison.Ordinal) + 1));
            Assert.False(ProofOfWork.IsDone(challenge, [.. work, 0], difficulty));
            Assert.False(ProofOfWork.IsDone(challenge, [], difficulty));
        }
    }
}
