using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

/// <summary>Account Keys that follow each other: whoever has the newest has all before it, and nobody else has any that comes.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "VaultKeys owns its Account Key.")]
public sealed class EpochTests : IDisposable
{
    private const int Epochs = 5;
    private const string UserId = "alice@example.com";
    private static readonly Guid s_vault = Guid.NewGuid(), s_id = Guid.NewGuid();
    private static readonly (RecordStream Stream, RecordPart Part)[] s_purposes =
    [
        (RecordStream.Data, RecordPart.Summary), (RecordStream.Data, RecordPart.Secret), (RecordStream.Data, RecordPart.Tombstone),
        (RecordStream.Tags, RecordPart.Whole), (RecordStream.Favorite, RecordPart.Whole),
        (RecordStream.None, RecordPart.Manifest), (RecordStream.None, RecordPart.DeviceToken), (RecordStream.None, RecordPart.SyncRecord),
    ];

    // From epoch 1 on, each the next of the one before.
    private readonly List<VaultKeys> _chain = [New()];

    public EpochTests()
    {
        while (_chain.Count < Epochs)
            _chain.Add(_chain[^1].Next(SecretBytes.Random(KeyDerivation.KeyBytes)));
    }

    public void Dispose() => _chain.ForEach(keys => keys.Dispose());

    [Fact]
    public void Later_keys_open_everything_of_earlier_ones_and_earlier_ones_nothing_of_later()
    {
        foreach ((RecordStream stream, RecordPart part) in s_purposes)
        {
            byte[][] records = [.. _chain.Select(keys => keys.Seal(stream, part, s_id, 1, "a plaintext"u8))];
            for (int sealer = 0; sealer < Epochs; sealer++)
            for (int opener = 0; opener < Epochs; opener++)
                Assert.Equal(opener >= sealer, Opens(_chain[opener], stream, part, records[sealer]));
        }
    }

    [Fact]
    public void A_record_that_names_another_epoch_does_not_open()
    {
        byte[] record = _chain[2].Seal(RecordStream.Data, RecordPart.Secret, s_id, 1, "a plaintext"u8);
        foreach (int epoch in new[] { int.MinValue, -1, 0, 1, 2, 4, 5, 6, KeyRecordContent.LastEpoch, int.MaxValue })
        {
            var header = new RecordHeader(s_vault, epoch, RecordStream.Data, RecordPart.Secret, s_id, 1);
            header.Write(record);
            Assert.False(Opens(_chain[^1], RecordStream.Data, RecordPart.Secret, record));
        }
    }

    [Fact]
    public void The_keys_at_an_epoch_are_those_that_there_were()
    {
        for (int epoch = 1; epoch <= Epochs; epoch++)
        {
            using VaultKeys then = _chain[^1].At(epoch);
            Assert.Equal(epoch, then.Epoch);
            Assert.Equal(_chain[epoch - 1].EarlierKeys, then.EarlierKeys);
            Assert.True(then.Continues(_chain[epoch - 1]) && _chain[epoch - 1].Continues(then));
            Assert.Equal(_chain[epoch - 1].NameKey("name"), then.NameKey("name"));
            Assert.Equal(_chain[epoch - 1].AccountRowMac("row"u8), then.AccountRowMac("row"u8));
            Assert.Equal(_chain[epoch - 1].Identity(epoch, UserId).Bytes, then.Identity(epoch, UserId).Bytes);
            Assert.True(Opens(_chain[epoch - 1], RecordStream.Tags, RecordPart.Whole, then.Seal(RecordStream.Tags, RecordPart.Whole, s_id, 1, "[]"u8)));
        }
        Assert.All(new[] { -1, 0, Epochs + 1 }, epoch => Assert.Throws<ArgumentOutOfRangeException>(() => _chain[^1].At(epoch)));
        Assert.All(new[] { -1, 0, Epochs + 1 }, epoch => Assert.Throws<ArgumentOutOfRangeException>(() => _chain[^1].Identity(epoch, UserId)));
    }

    [Fact]
    public void Keys_continue_their_own_past_and_no_other()
    {
        for (int later = 0; later < Epochs; later++)
        for (int earlier = 0; earlier < Epochs; earlier++)
            Assert.Equal(later >= earlier, _chain[later].Continues(_chain[earlier]));
        // A second successor of the same keys, a stranger of the same vault, and the same keys in another vault.
        using VaultKeys branch = _chain[2].Next(SecretBytes.Random(32)), onward = branch.Next(SecretBytes.Random(32));
        Assert.True(branch.Continues(_chain[2]) && onward.Continues(_chain[0]));
        Assert.False(branch.Continues(_chain[3]) || _chain[3].Continues(branch) || onward.Continues(_chain[4]) || _chain[4].Continues(branch));
        using VaultKeys stranger = New(), strangersNext = stranger.Next(SecretBytes.Random(32));
        Assert.False(strangersNext.Continues(_chain[0]) || _chain[1].Continues(stranger));
        byte[] accountKey = RandomNumberGenerator.GetBytes(32);
        using var here = new VaultKeys(SecretBytes.CopyOf(accountKey), s_vault, 1);
        using var there = new VaultKeys(SecretBytes.CopyOf(accountKey), Guid.NewGuid(), 1);
        Assert.False(here.Continues(there));
    }

    [Fact]
    public void Conflict_copies_have_one_id_in_every_epoch_and_other_keyed_values_others()
    {
        Assert.All(_chain, keys => Assert.Equal(_chain[0].ConflictCopyId(s_id, [1, 2]), keys.ConflictCopyId(s_id, [1, 2])));
        Assert.Equal(Epochs, _chain.Select(keys => Convert.ToHexString(keys.NameKey("name"))).Distinct().Count());
        Assert.Equal(Epochs, _chain.Select(keys => Convert.ToHexString(keys.AccountRowMac("row"u8))).Distinct().Count());
        AccountIdentity[] identities = [.. _chain.Select(keys => keys.Identity(keys.Epoch, UserId))];
        Assert.Equal(Epochs, identities.Select(identity => identity.ShownFingerprint).Distinct().Count());
        Assert.Equal(Epochs, identities.Select(identity => Convert.ToHexString(identity.SigningKey)).Distinct().Count());
        Assert.Equal(Epochs, identities.Select(identity => Convert.ToHexString(identity.ReceivingKey)).Distinct().Count());
        for (int epoch = 1; epoch <= Epochs; epoch++)
            Assert.Equal(identities[epoch - 1].Bytes, _chain[^1].Identity(epoch, UserId).Bytes);
    }

    [Fact]
    public void An_earlier_key_altered_moved_or_left_out_is_damage_and_all_keys_are_zeroed()
    {
        VaultKeys last = _chain[^1];
        byte[] accountKey = Epoch(last, Epochs).AccountKey.Span.ToArray();
        IReadOnlyList<byte[]> sound = last.EarlierKeys;
        Assert.All(sound, key => Assert.Equal(KeyRecordContent.EarlierKeyBytes, key.Length));
        using (var again = new VaultKeys(SecretBytes.CopyOf(accountKey), s_vault, Epochs, sound))
            Assert.True(again.Continues(last));
        for (int key = 0; key < sound.Count; key++)
        for (int at = 0; at < KeyRecordContent.EarlierKeyBytes; at++)
        {
            byte[][] altered = [.. sound.Select(earlier => (byte[])[.. earlier])];
            altered[key][at] ^= 1;
            Damaged(altered);
        }
        Damaged([.. sound.Reverse()]);
        Damaged([sound[0], sound[0], sound[2], sound[3]]);
        Damaged([.. sound.Skip(1)]);
        Damaged([.. sound, sound[0]]);
        Damaged([]);
        Damaged([.. sound.Select(key => key[..^1])]);

        void Damaged(IReadOnlyList<byte[]> earlier)
        {
            SecretBytes secret = SecretBytes.CopyOf(accountKey);
            byte[] buffer = secret.Array;
            Assert.Equal(ErrorCodes.VaultDamaged, Assert.Throws<PasspackException>(() => new VaultKeys(secret, s_vault, Epochs, earlier)).ErrorId);
            Assert.All(buffer, b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void Fifty_epochs_are_possible_and_no_more()
    {
        VaultKeys keys = New();
        byte[] first = keys.Seal(RecordStream.Tags, RecordPart.Whole, s_id, 1, "[]"u8);
        while (keys.Epoch < KeyRecordContent.LastEpoch)
        {
            VaultKeys next = keys.Next(SecretBytes.Random(32));
            keys.Dispose();
            keys = next;
        }
        using (keys)
        {
            Assert.True(Opens(keys, RecordStream.Tags, RecordPart.Whole, first));
            Assert.True(KeyRecordContent.TryRead(keys.CreateKeyRecord(50, "7#envelope", UserId).Record, out KeyRecordContent? content, out _));
            Assert.Equal((50, 49), (content.Epoch, content.EarlierKeys.Count));
            SecretBytes secret = SecretBytes.Random(32);
            byte[] buffer = secret.Array;
            Assert.Equal(ErrorCodes.VaultDamaged, Assert.Throws<PasspackException>(() => keys.Next(secret)).ErrorId);
            Assert.All(buffer, b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void Locking_zeroes_the_Account_Keys_of_all_epochs()
    {
        VaultKeys keys = _chain[^1].At(4);
        byte[][] buffers = [.. Enumerable.Range(1, 4).Select(epoch => Epoch(keys, epoch).AccountKey.Array)];
        Assert.All(buffers, buffer => Assert.NotEqual(new byte[32], buffer));
        keys.Dispose();
        Assert.All(buffers, buffer => Assert.Equal(new byte[32], buffer));
        // Those of another object are its own.
        Assert.True(Opens(_chain[^1], RecordStream.Tags, RecordPart.Whole, _chain[0].Seal(RecordStream.Tags, RecordPart.Whole, s_id, 1, "[]"u8)));
    }

    private static VaultKeys New() => new(SecretBytes.Random(KeyDerivation.KeyBytes), s_vault, 1);

    private static EpochKeys Epoch(VaultKeys keys, int epoch) =>
        ((IReadOnlyDictionary<int, EpochKeys>)typeof(VaultKeys).GetField("_epochs", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(keys)!)[epoch];

    private static bool Opens(VaultKeys keys, RecordStream stream, RecordPart part, byte[] record)
    {
        bool opens = keys.TryOpen(stream, part, s_id, 1, record, out OpenedRecord opened);
        opened.Dispose();
        return opens;
    }
}
