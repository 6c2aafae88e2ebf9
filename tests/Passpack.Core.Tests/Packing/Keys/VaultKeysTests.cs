using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using FsCheck.Fluent;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

[SuppressMessage("Reliability", "CA2000", Justification = "VaultKeys owns its Account Key.")]
public sealed class VaultKeysTests : IDisposable
{
    private static readonly byte[] s_accountKey = RandomNumberGenerator.GetBytes(32);
    private static readonly Guid s_vault = Guid.NewGuid();
    private static readonly Guid s_id = Guid.NewGuid();
    private const string UserId = "alice@example.com";
    private static readonly (RecordStream Stream, RecordPart Part)[] s_purposes =
    [
        (RecordStream.Data, RecordPart.Summary), (RecordStream.Data, RecordPart.Secret), (RecordStream.Data, RecordPart.Tombstone),
        (RecordStream.Tags, RecordPart.Whole), (RecordStream.Favorite, RecordPart.Whole),
        (RecordStream.None, RecordPart.Manifest), (RecordStream.None, RecordPart.DeviceToken), (RecordStream.None, RecordPart.SyncRecord),
    ];

    private readonly VaultKeys _keys = Create();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Every_part_opens_as_itself_and_as_nothing_else()
    {
        foreach ((RecordStream stream, RecordPart part) in s_purposes)
        {
            byte[] record = _keys.Seal(stream, part, s_id, 3, "a plaintext"u8);
            foreach ((RecordStream otherStream, RecordPart otherPart) in s_purposes)
                Assert.Equal((stream, part) == (otherStream, otherPart), Opens(_keys, otherStream, otherPart, s_id, 3, record));
            Assert.False(Opens(_keys, stream, part, Guid.NewGuid(), 3, record));
            Assert.False(Opens(_keys, stream, part, s_id, 4, record));
        }
    }

    [Fact]
    public void Every_purpose_has_a_key_of_its_own()
    {
        // Sealed under one purpose and relabelled as another with the right header throughout: only the keys can tell.
        var header = new RecordHeader(s_vault, 1, RecordStream.Data, RecordPart.Summary, s_id, 1);
        using SecretBytes accountKey = SecretBytes.CopyOf(s_accountKey);
        using SecretBytes vaultKey = KeyDerivation.Subkey(accountKey, "passpack/7/vault key/1", s_vault.ToByteArray(bigEndian: true));
        string[] purposes =
            ["summary", "secret", "tombstone", "tags", "favorites", "manifest", "device token", "sync record", "name index", "conflict copy", "account row"];
        foreach (string purpose in purposes)
        {
            using SecretBytes key = KeyDerivation.Subkey(vaultKey, $"passpack/7/{purpose}");
            using var cipher = new RecordCipher(key);
            Assert.Equal(purpose == "summary", Opens(_keys, RecordStream.Data, RecordPart.Summary, s_id, 1, cipher.Seal(header, "a plaintext"u8)));
        }
        Assert.NotEqual(_keys.NameKey("x"), _keys.AccountRowMac("x"u8)[..VaultKeys.NameKeyBytes]);
    }

    [Fact]
    public void Another_account_vault_or_epoch_opens_nothing()
    {
        byte[] record = _keys.Seal(RecordStream.Data, RecordPart.Secret, s_id, 1, "a plaintext"u8);
        using var stranger = new VaultKeys(SecretBytes.Random(32), s_vault, 1);
        VaultKeys[] others = [new(SecretBytes.Random(32), s_vault, 1), new(Copy(), Guid.NewGuid(), 1), stranger.Next(Copy())];
        foreach (VaultKeys other in others)
        {
            using (other)
            {
                Assert.False(Opens(other, RecordStream.Data, RecordPart.Secret, s_id, 1, record));
                Assert.NotEqual(_keys.NameKey("name"), other.NameKey("name"));
                Assert.NotEqual(_keys.AccountRowMac("claim"u8), other.AccountRowMac("claim"u8));
                Assert.NotEqual(_keys.ConflictCopyId(s_id, [1]), other.ConflictCopyId(s_id, [1]));
            }
        }
    }

    [Fact]
    public void A_stream_or_part_that_is_none_opens_nothing()
    {
        byte[] record = _keys.Seal(RecordStream.Tags, RecordPart.Whole, s_id, 1, "[]"u8);
        for (int stream = 0; stream <= byte.MaxValue; stream += 3)
        {
            for (int part = 0; part <= byte.MaxValue; part += 5)
            {
                record[21] = (byte)stream;
                record[22] = (byte)part;
                Assert.False(Opens(_keys, (RecordStream)stream, (RecordPart)part, s_id, 1, record));
            }
        }
    }

    [Fact]
    public void A_plaintext_over_the_limit_is_refused()
    {
        byte[] largest = new byte[Limits.PartPlaintextBytes];
        Assert.True(Opens(_keys, RecordStream.Data, RecordPart.Secret, s_id, 1, _keys.Seal(RecordStream.Data, RecordPart.Secret, s_id, 1, largest)));
        var e = Assert.Throws<PasspackException>(() => _keys.Seal(RecordStream.Data, RecordPart.Secret, s_id, 1, new byte[Limits.PartPlaintextBytes + 1]));
        Assert.Equal((ErrorCodes.RecordTooLarge, s_id), (e.ErrorId, e.Target));
    }

    [Theory]
    [InlineData("Mail", "mAIL", true)]
    [InlineData("Café", "CAFE\u0301", true)]
    [InlineData("Ångström", "\u212Bngstro\u0308m", true)]
    [InlineData("ÄÖÜ", "äöü", true)]
    [InlineData("Mail", "Mail ", false)]
    [InlineData("Cafe", "Café", false)]
    [InlineData("ﬁ", "fi", false)]
    public void Names_are_found_whatever_their_case_and_composition(string one, string other, bool same) =>
        Assert.Equal(same, _keys.NameKey(one).AsSpan().SequenceEqual(_keys.NameKey(other)));

    [Fact]
    public void The_culture_changes_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var key = _keys.NameKey("TITLE I");
            byte[] mac = _keys.CreateKeyRecord(-1, "envelope", UserId).Mac;
            foreach (string culture in new[] { "tr-TR", "sv-SE", "ar-SA" })
            {
                CultureInfo.CurrentCulture = new CultureInfo(culture);
                Assert.Equal(key, _keys.NameKey("title i"));
                Assert.Equal(mac, _keys.CreateKeyRecord(-1, "envelope", UserId).Mac);
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Any_name_has_a_key_and_folding_again_changes_nothing() => Prop.ForAll<string>(name =>
    {
        name ??= "";
        return _keys.NameKey(name).Length == VaultKeys.NameKeyBytes && VaultKeys.Fold(VaultKeys.Fold(name)) == VaultKeys.Fold(name)
            && _keys.NameKey("\ud800" + name).Length == VaultKeys.NameKeyBytes;
    }).Holds();

    [Fact]
    public void A_key_record_with_any_byte_changed_is_not_ours()
    {
        KeyRecord record = _keys.CreateKeyRecord(4, "7#envelope", UserId);
        KeyRecordContent content = Content(record);
        Assert.True(_keys.IsOurs(record, content));
        for (int i = 0; i < record.Record.Length; i++)
            NotOurs(record with { Record = Altered(record.Record, i) }, content);
        for (int bit = 0; bit < record.Mac.Length * 8; bit++)
            NotOurs(record with { Mac = Altered(record.Mac, bit / 8, (byte)(1 << bit % 8)) }, content);
        for (int i = 0; i < record.Signature.Length; i++)
            NotOurs(record with { Signature = Altered(record.Signature, i) }, content);
        KeyRecord[] others =
        [
            record with { Record = [] }, record with { Record = record.Record[..^1] }, record with { Record = [.. record.Record, 0] },
            record with { Mac = [] }, record with { Mac = null! }, record with { Mac = record.Mac[..31] }, record with { Mac = [.. record.Mac, 0] },
            record with { Signature = [] }, record with { Signature = null! }, record with { Signature = [.. record.Signature, 0] },
        ];
        Assert.All(others, other => NotOurs(other, content));
    }

    [Fact]
    public void A_key_record_that_says_anything_else_is_not_ours()
    {
        KeyRecord record = _keys.CreateKeyRecord(4, "7#envelope", UserId);
        KeyRecordContent content = Content(record);
        using VaultKeys next = _keys.Next(SecretBytes.Random(32));
        KeyRecordContent[] others =
        [
            content with { Generation = 5 }, content with { Generation = 3 }, content with { VaultId = Guid.NewGuid() }, content with { KeyEnvelope = "7#envelopf" },
            content with { KeyEnvelope = "7#envelop" }, content with { Epoch = 2, EarlierKeys = next.EarlierKeys },
            content with { Identity = _keys.Identity(1, "bob@example.com") }, content with { Identity = next.Identity(2, UserId) },
        ];
        Assert.All(others, other => Assert.False(_keys.IsOurs(record with { Record = other.ToBytes() }, other)));
        // Another vault, or a later epoch, with everything right under its own keys.
        Assert.False(_keys.IsOurs(next.CreateKeyRecord(4, "7#envelope", UserId), Content(next.CreateKeyRecord(4, "7#envelope", UserId))));
        using var elsewhere = new VaultKeys(Copy(), Guid.NewGuid(), 1);
        KeyRecord[] strangers = [elsewhere.CreateKeyRecord(4, "7#envelope", UserId), Stranger().CreateKeyRecord(4, "7#envelope", UserId)];
        Assert.All(strangers, other => Assert.False(_keys.IsOurs(other, Content(other))));
    }

    [Fact]
    public void A_key_record_with_the_right_MAC_and_another_identity_or_signature_is_not_ours()
    {
        // Two accounts of one user with one Packing Key must not be exchanged for each other, nor a MAC do without the signature.
        KeyRecord record = _keys.CreateKeyRecord(4, "7#envelope", UserId);
        using VaultKeys stranger = Stranger();
        AccountIdentity identity = stranger.Identity(1, UserId);
        byte[] bytes = (Content(record) with { Identity = identity }).ToBytes();
        var other = new KeyRecord(bytes, Mac(bytes), []);
        other = other with { Signature = stranger.Sign(identity, SignaturePurpose.KeyRecord, other.SignedMessage()) };
        Assert.False(_keys.IsOurs(other, Content(other)));
        Assert.Equal(record.Mac, Mac(record.Record));
        AccountIdentity own = _keys.Identity(1, UserId);
        byte[][] signatures =
        [
            stranger.Sign(own, SignaturePurpose.KeyRecord, record.SignedMessage()), _keys.Sign(identity, SignaturePurpose.KeyRecord, record.SignedMessage()),
            _keys.Sign(own, SignaturePurpose.Manifest, record.SignedMessage()), _keys.Sign(own, SignaturePurpose.KeyRecord, record.Record),
        ];
        Assert.All(signatures, signature => Assert.False(_keys.IsOurs(record with { Signature = signature }, Content(record))));

        static byte[] Mac(byte[] record)
        {
            using SecretBytes accountKey = Copy(), key = KeyDerivation.Subkey(accountKey, "passpack/7/key record/1", s_vault.ToByteArray(bigEndian: true));
            return HMACSHA256.HashData(key.Span, record);
        }
    }

    [Fact]
    public void The_account_key_makes_the_round_trip_through_an_envelope()
    {
        using SecretBytes packingKey = SecretBytes.FromChars("a packing key");
        using WrappingKey wrappingKey = WrappingKey.Create(packingKey, KdfParameters.Floor);
        using var again = new VaultKeys(KeyEnvelope.Open(EnvelopePurpose.AccountKey, _keys.WrapAccountKey(wrappingKey), wrappingKey), s_vault, 1);
        Assert.True(Opens(again, RecordStream.Tags, RecordPart.Whole, s_id, 1, _keys.Seal(RecordStream.Tags, RecordPart.Whole, s_id, 1, "[]"u8)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(33)]
    public void Something_else_than_an_account_key_is_damage(int length)
    {
        SecretBytes content = SecretBytes.Random(length);
        byte[] buffer = content.Array;
        Assert.Equal(ErrorCodes.VaultDamaged, Assert.Throws<PasspackException>(() => new VaultKeys(content, s_vault, 1)).ErrorId);
        Assert.All(buffer, b => Assert.Equal(0, b));
    }

    [Fact]
    public void Disposed_keys_are_zeroed_and_answer_that_the_vault_is_locked()
    {
        SecretBytes accountKey = Copy();
        byte[] buffer = accountKey.Array;
        var keys = new VaultKeys(accountKey, s_vault, 1);
        byte[] record = keys.Seal(RecordStream.Tags, RecordPart.Whole, s_id, 1, "[]"u8);
        keys.Dispose();
        keys.Dispose();
        Assert.All(buffer, b => Assert.Equal(0, b));
        Action[] uses =
        [
            () => keys.Seal(RecordStream.Tags, RecordPart.Whole, s_id, 1, "[]"u8), () => Opens(keys, RecordStream.Tags, RecordPart.Whole, s_id, 1, record),
            () => keys.NameKey("name"), () => keys.AccountRowMac("claim"u8), () => keys.ConflictCopyId(s_id, [1]), () => keys.CreateKeyRecord(1, "envelope", UserId),
            () => keys.WrapAccountKey(null!), () => keys.Next(SecretBytes.Random(32)), () => keys.At(1), () => keys.Identity(1, UserId),
            () => keys.Sign(_keys.Identity(1, UserId), SignaturePurpose.Wake, []), () => keys.Continues(_keys), () => _keys.Continues(keys),
        ];
        Assert.All(uses, use => Assert.Equal(ErrorCodes.VaultLocked, Assert.Throws<PasspackException>(use).ErrorId));
    }

    [Fact]
    public void Many_threads_share_the_keys() => Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i =>
    {
        byte[] plaintext = RandomNumberGenerator.GetBytes(i * 5);
        for (int version = 1; version <= 100; version++)
        {
            (RecordStream stream, RecordPart part) = s_purposes[(i + version) % s_purposes.Length];
            byte[] record = _keys.Seal(stream, part, s_id, version, plaintext);
            Assert.True(_keys.TryOpen(stream, part, s_id, version, record, out OpenedRecord opened));
            Assert.Equal(plaintext, opened.Span);
            opened.Dispose();
        }
    });

    [Fact]
    public async Task Locking_while_others_work_lets_nothing_be_sealed_under_other_keys()
    {
        byte[] name = _keys.NameKey("name");
        for (int round = 0; round < 40; round++)
        {
            VaultKeys shared = Create();
            var records = new ConcurrentBag<byte[]>();
            var names = new ConcurrentBag<byte[]>();
            using var started = new CountdownEvent(4);
            Task[] workers = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
            {
                started.Signal();
                var e = Assert.Throws<PasspackException>((Action)(() =>
                {
                    while (true)
                    {
                        records.Add(shared.Seal(RecordStream.Data, RecordPart.Secret, s_id, 1, "a plaintext"u8));
                        names.Add(shared.NameKey("name"));
                    }
                }));
                Assert.Equal(ErrorCodes.VaultLocked, e.ErrorId);
            }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            started.Wait(TestContext.Current.CancellationToken);
            Thread.SpinWait(200 * round);
            shared.Dispose();
            await Task.WhenAll(workers);
            Assert.All(records, record => Assert.True(Opens(_keys, RecordStream.Data, RecordPart.Secret, s_id, 1, record)));
            Assert.All(names, key => Assert.Equal(name, key));
        }
    }

    private static VaultKeys Create() => new(Copy(), s_vault, 1);

    private static SecretBytes Copy() => SecretBytes.CopyOf(s_accountKey);

    private static VaultKeys Stranger() => new(SecretBytes.Random(32), s_vault, 1);

    private static KeyRecordContent Content(KeyRecord record)
    {
        Assert.True(KeyRecordContent.TryRead(record.Record, out KeyRecordContent? content, out string? fault), fault);
        return content;
    }

    private static byte[] Altered(byte[] bytes, int at, byte bits = 0x40)
    {
        byte[] altered = [.. bytes];
        altered[at] ^= bits;
        return altered;
    }

    // Neither with what the bytes say now, if they can be read, nor with what they said before.
    private void NotOurs(KeyRecord record, KeyRecordContent before)
    {
        Assert.False(_keys.IsOurs(record, before));
        if (KeyRecordContent.TryRead(record.Record, out KeyRecordContent? content, out _))
            Assert.False(_keys.IsOurs(record, content));
    }

    private static bool Opens(VaultKeys keys, RecordStream stream, RecordPart part, Guid id, long version, byte[] record)
    {
        bool opens = keys.TryOpen(stream, part, id, version, record, out OpenedRecord opened);
        opened.Dispose();
        return opens;
    }
}
