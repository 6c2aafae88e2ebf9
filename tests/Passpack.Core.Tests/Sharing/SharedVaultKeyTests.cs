using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>Keys of a shared vault: wrapped, chained, committed to. Against another implementation (Vectors/sharing.py) and the vectors of X-Wing's draft.</summary>
public sealed class SharedVaultKeyTests
{
    private static readonly KeyFile s_vectors = TestVectors.Load<KeyFile>("sharing.json");
    private static readonly SignedStatement[] s_statements = [.. s_vectors.Statements.Select(vector => Logs.Read(vector.Bytes))];
    private static readonly VaultLog s_log = Logs.Replay(s_statements);

    public static TheoryData<string> Wrong => [.. s_vectors.WrongWrapped.Select(vector => vector.Name)];

    [Fact]
    public void Secrets_of_X_Wing_are_those_of_its_draft()
    {
        Assert.Equal(3, s_vectors.XWing.Count);
        foreach (XWingSecret vector in s_vectors.XWing)
        {
            byte[] ciphertext = new byte[XWing.CiphertextBytes], secret = new byte[XWing.SharedBytes], again = new byte[XWing.SharedBytes];
            XWing.Encapsulate(XWing.PublicKeyOf(vector.Key), vector.Seed, ciphertext, secret);
            Assert.Equal(vector.Secret, secret);
            Assert.Equal(vector.Ciphertext, ciphertext);
            Assert.True(XWing.TryDecapsulate(vector.Key, ciphertext, again));
            Assert.Equal(secret, again);
        }
    }

    [Fact]
    public void A_wrapped_key_opens_for_its_member_and_leads_to_all_of_history()
    {
        foreach (WrappedVector vector in s_vectors.Wrapped)
        {
            using SharedVaultKey? key = Unwrap(vector.Bytes, vector.Epoch, vector.UserId);
            Assert.Equal(vector.Key, key!.Span);
        }

        // Of epoch 7 the chain goes through an epoch that was lost, so from 5 on: as the statements carry it.
        var starts = s_statements.Select(statement => statement.Content.Act).Select(act => act switch
        {
            StatementAct.Remove { Epoch: { } start } => start,
            StatementAct.StartEpoch { Epoch: var start } => start,
            _ => null,
        }).OfType<EpochStart>().ToDictionary(start => start.Epoch);
        SharedVaultKey newest = Key(2);
        using SharedVaultKey? first = newest.TryOpenChained(starts[2].ChainedKey, EpochOf(1));
        Assert.Equal(s_vectors.VaultKeys[0], first!.Span);
        Assert.Null(first.TryOpenChained(starts[2].ChainedKey, EpochOf(1)));
        Assert.Null(newest.TryOpenChained(starts[5].ChainedKey, EpochOf(2)));
        Assert.Null(newest.TryOpenChained(starts[2].ChainedKey.AsSpan(1..), EpochOf(1)));
        Assert.Equal(starts[2].ChainedKey, newest.Chain(first));
        using SharedVaultKey seventh = Key(7);
        using SecretBytes subkey = seventh.Subkey("records", s_log.VaultId);
        Assert.Equal(s_vectors.Subkey, subkey.Span);
    }

    [Theory, MemberData(nameof(Wrong))]
    public void What_is_not_the_key_of_this_member_vault_and_epoch_is_none(string name) =>
        Assert.Null(Unwrap(s_vectors.WrongWrapped.Single(vector => vector.Name == name).Bytes, 2, "carl@example.com"));

    [Fact]
    public void A_new_key_goes_to_each_member_and_to_nobody_else()
    {
        var vault = Guid.NewGuid();
        using SharedVaultKey first = SharedVaultKey.Create(Logs.Hash("random"), 1), second = SharedVaultKey.Create(Logs.Hash("random"), 2);
        byte[] wrapped = second.WrapFor(vault, Person.Bob.Identity);
        Assert.Equal(SharedVaultKey.WrappedBytes, wrapped.Length);
        Assert.NotEqual(wrapped, second.WrapFor(vault, Person.Bob.Identity));
        using SharedVaultKey? bobs = SharedVaultKey.TryUnwrap(wrapped, second.Epoch, vault, Person.Bob.Identity, Person.Bob.ReceivingSeed);
        Assert.Equal(second.Span, bobs!.Span);
        using SharedVaultKey? before = bobs.TryOpenChained(second.Chain(first), first.Epoch);
        Assert.Equal(first.Span, before!.Span);
        Assert.Null(SharedVaultKey.TryUnwrap(wrapped, second.Epoch, vault, Person.Carl.Identity, Person.Carl.ReceivingSeed));
        Assert.Null(SharedVaultKey.TryUnwrap(wrapped, second.Epoch, vault, Person.Carl.Identity, Person.Bob.ReceivingSeed));
        Assert.Null(SharedVaultKey.TryUnwrap(wrapped, second.Epoch, Guid.NewGuid(), Person.Bob.Identity, Person.Bob.ReceivingSeed));
        Assert.Null(SharedVaultKey.TryUnwrap(wrapped, first.Epoch, vault, Person.Bob.Identity, Person.Bob.ReceivingSeed));
        Assert.Null(SharedVaultKey.TryUnwrap(wrapped, second.Epoch with { Number = 3 }, vault, Person.Bob.Identity, Person.Bob.ReceivingSeed));
        for (int i = 0; i < wrapped.Length; i += 13)
        {
            byte[] altered = [.. wrapped];
            altered[i] ^= 0x10;
            Assert.Null(SharedVaultKey.TryUnwrap(altered, second.Epoch, vault, Person.Bob.Identity, Person.Bob.ReceivingSeed));
        }
    }

    private static SharedEpoch EpochOf(int number) => new(s_log.State.Random, number, s_log.State.Epochs[number]);

    private static SharedVaultKey Key(int epoch) => Unwrap(s_vectors.Wrapped.Single(vector => vector.Epoch == epoch).Bytes, epoch, "carl@example.com")!;

    private static SharedVaultKey? Unwrap(byte[] wrapped, int epoch, string userId)
    {
        Person member = Person.All.Single(person => person.Identity.UserId == userId);
        return SharedVaultKey.TryUnwrap(wrapped, EpochOf(epoch), s_log.VaultId, member.Identity, member.ReceivingSeed);
    }

    private sealed record KeyFile(
        IReadOnlyList<NamedVector> Statements, IReadOnlyList<byte[]> VaultKeys, byte[] Subkey, IReadOnlyList<WrappedVector> Wrapped, IReadOnlyList<NamedVector> WrongWrapped,
        IReadOnlyList<XWingSecret> XWing);

    private sealed record NamedVector(string Name, byte[] Bytes);

    private sealed record WrappedVector(int Epoch, string UserId, byte[] Seed, byte[] Key, byte[] Bytes);

    private sealed record XWingSecret(byte[] Key, byte[] Seed, byte[] Secret, byte[] Ciphertext);
}
