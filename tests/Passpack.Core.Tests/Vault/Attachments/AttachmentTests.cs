using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault.Attachments;

/// <summary>Files attached to entries of one machine.</summary>
public sealed class AttachmentTests : IDisposable
{
    private readonly TestVault _test = new();

    private Guid Entry => field == Guid.Empty ? field = _test.Add(new EntryEdit { Name = "router" }).Id : field;

    public void Dispose() => _test.Dispose();

    public static TheoryData<int> Sizes =>
    [
        0, 1, 255, Limits.AttachmentChunkBytes - 1, Limits.AttachmentChunkBytes, Limits.AttachmentChunkBytes + 1, 3 * Limits.AttachmentChunkBytes,
    ];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void What_is_attached_is_read_back(int size)
    {
        byte[] content = RandomNumberGenerator.GetBytes(size);
        Attachment attachment = Add("a.bin", content);
        Assert.Equal((size, Convert.ToHexString(SHA256.HashData(content))), (attachment.Size, attachment.Sha256));
        Assert.Equal(1, _test.Vault.Get(Entry).Attachments);
        Assert.Equal(0, _test.Vault.MissingChunks(attachment));
        Assert.Equal(content, Read(attachment));
        _test.Reopen();
        Assert.Equal(content, Read(Assert.Single(_test.Vault.ReadSecret(Entry).Attachments)));
    }

    [Fact]
    public void A_name_that_is_there_is_refused_and_a_replaced_one_stays_in_the_history()
    {
        Add("a.txt", [1, 2, 3]);
        Refused(ErrorCodes.AttachmentExists, () => Add("A.TXT", [4]));
        Attachment replaced = Add("A.TXT", [4], replace: true);
        Assert.Equal([replaced], _test.Vault.ReadSecret(Entry).Attachments);
        EntryVersion version = _test.Vault.History(Entry)[0];
        Assert.Equal(["Attachment A.TXT", "Attachment a.txt"], version.Fields.Order(StringComparer.Ordinal));
        Assert.Equal([1, 2, 3], Read(Assert.Single(_test.Vault.ReadSecret(version).Attachments)));
        _test.Write(writer => writer.Restore(version));
        Assert.Equal("a.txt", Assert.Single(_test.Vault.ReadSecret(Entry).Attachments).Name);
    }

    [Fact]
    public void The_same_content_again_changes_nothing_and_leaves_nothing()
    {
        Attachment first = Add("a.txt", [1, 2, 3]);
        Assert.Equal(first, Add("a.txt", [1, 2, 3], replace: true));
        Assert.Single(_test.Vault.History(Entry));
        using AttachmentStore store = Store();
        Assert.Single(store.Ids());
    }

    [Fact]
    public void An_attachment_is_removed_and_one_that_is_not_there_is_told()
    {
        Add("a.txt", [1]);
        _test.Vault.RemoveAttachment(Entry, "a.txt");
        Assert.Equal(0, _test.Vault.Get(Entry).Attachments);
        Refused(ErrorCodes.AttachmentNotFound, () => _test.Vault.RemoveAttachment(Entry, "a.txt"));
        Refused(ErrorCodes.EntryNotFound, () => _test.Vault.RemoveAttachment(Guid.NewGuid(), "a.txt"));
    }

    [Fact]
    public void A_source_that_fails_leaves_neither_the_attachment_nor_its_chunks()
    {
        using var source = new Pattern(4 * Limits.AttachmentChunkBytes) { FailsAt = 3 * Limits.AttachmentChunkBytes };
        Assert.Throws<IOException>(() => _test.Vault.AddAttachment(Entry, "a.bin", source));
        Assert.Empty(_test.Vault.ReadSecret(Entry).Attachments);
        using AttachmentStore store = Store();
        Assert.Empty(store.Ids());
    }

    [Fact]
    public void Content_that_was_altered_or_exchanged_on_the_disk_is_not_given_out()
    {
        Attachment one = Add("one", RandomNumberGenerator.GetBytes(300_000)), other = Add("other", RandomNumberGenerator.GetBytes(300_000));
        using (AttachmentStore store = Store())
        {
            byte[] body = store.Body(AttachmentChunk.IdOf(one.Id, 1))!;
            body[^20] ^= 1;
            store.Put(new ChunkPlace(Entry, one.Id, 1), body, 0);
            store.Put(new ChunkPlace(Entry, other.Id, 0), store.Body(AttachmentChunk.IdOf(one.Id, 0))!, 0);
        }
        Refused(ErrorCodes.RecordDamaged, () => Read(one));
        Refused(ErrorCodes.RecordDamaged, () => Read(other));
        // A damaged chunk counts as missing from then on, so that it is fetched again.
        Assert.Equal(1, _test.Vault.MissingChunks(one));
        Refused(ErrorCodes.AttachmentMissing, () => Read(one));
    }

    [Fact]
    public void Another_entry_in_the_secret_with_another_size_or_digest_does_not_pass()
    {
        Attachment attachment = Add("a", RandomNumberGenerator.GetBytes(1000));
        Refused(ErrorCodes.RecordDamaged, () => Read(attachment with { Size = 999 }));
        Refused(ErrorCodes.RecordDamaged, () => Read(attachment with { Size = 1001 }));
        Refused(ErrorCodes.RecordDamaged, () => Read(attachment with { Sha256 = new string('0', 64) }));
    }

    [Fact]
    public void Copies_of_the_vault_hold_no_content_and_the_file_is_its_owners_alone()
    {
        Add("a.bin", RandomNumberGenerator.GetBytes(2 << 20));
        string copy = VaultCopies.CopySealed(_test.Folder, "test", TimeProvider.System);
        Assert.InRange(new FileInfo(copy).Length, 1, 1 << 20);
        Assert.InRange(new FileInfo(_test.Folder.AttachmentFile).Length, 2 << 20, 4 << 20);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_test.Folder.AttachmentFile));
    }

    [Fact]
    public void Another_file_in_the_place_of_the_contents_is_refused_and_the_vault_is_not_harmed()
    {
        File.WriteAllText(_test.Folder.AttachmentFile, "no database at all, but long enough to be taken for one by somebody");
        PasspackException error = Assert.Throws<PasspackException>(() => Add("a", [1]));
        Assert.Equal(ErrorCodes.VaultDamaged, error.ErrorId);
        Assert.Empty(_test.Vault.ReadSecret(Entry).Attachments);
    }

    [Fact]
    public void Chunks_have_ids_that_depend_on_attachment_and_number_alone()
    {
        var attachment = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        byte[] named = [.. Encoding.ASCII.GetBytes("passpack/7/attachment chunk"), .. attachment.ToByteArray(bigEndian: true), 0, 0, 0, 7];
        Assert.Equal(new Guid(SHA256.HashData(named).AsSpan(0, 16), bigEndian: true), AttachmentChunk.IdOf(attachment, 7));
        Assert.Equal(256, AttachmentChunk.Most);
        Assert.Equal(AttachmentChunk.Most, AttachmentChunk.Count(long.MaxValue));
    }

    [Fact]
    public void A_full_chunk_has_the_bytes_that_servers_take_and_no_more()
    {
        using var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        var place = new ChunkPlace(Guid.NewGuid(), Guid.NewGuid(), 3);
        byte[] body = AttachmentChunk.Seal(keys, place, 1, AttachmentChunk.NewBuffer());
        Assert.Equal(Limits.AttachmentBodyBytes, body.Length);
        Assert.True(AttachmentChunk.TryOpen(keys, place.Id, body, out ChunkPlace opened, out OpenedRecord plaintext));
        Assert.Equal(place, opened);
        Assert.Equal(Limits.AttachmentChunkBytes + AttachmentChunk.HeadBytes, plaintext.Span.Length);
        plaintext.Dispose();
        Assert.False(AttachmentChunk.TryOpen(keys, AttachmentChunk.IdOf(place.Attachment, 4), body, out _, out _));
    }

    [Theory]
    [InlineData("a.txt", "a.txt")]
    [InlineData("COM1", "_COM1")]
    [InlineData("com1.tar.gz", "_com1.tar.gz")]
    [InlineData("nul .txt", "_nul .txt")]
    [InlineData("CONIN$", "_CONIN$")]
    [InlineData("LPT\u00B9", "_LPT\u00B9")]
    [InlineData("console.txt", "console.txt")]
    [InlineData("a:b", "a_b")]
    [InlineData("../../etc/passwd", ".._.._etc_passwd")]
    [InlineData(@"..\x", ".._x")]
    [InlineData("..", "_")]
    [InlineData("", "_")]
    [InlineData(" ", "_")]
    [InlineData("trailing. . .", "trailing")]
    [InlineData("a\0b\nc", "a_b_c")]
    [InlineData("\u202Egpj.exe", "_gpj.exe")]
    public void A_name_of_any_origin_becomes_the_name_of_a_file(string name, string file) => Assert.Equal(file, AttachmentNames.ForFile(name));

    // An attribute holds no half of a pair.
    [Fact]
    public void Half_a_surrogate_pair_is_no_name_and_no_part_of_a_files()
    {
        Assert.Throws<ArgumentException>(() => Add("a\uD800", [1]));
        Assert.Equal("a_", AttachmentNames.ForFile("a\uD800"));
    }

    [Fact]
    public void A_long_name_is_cut_and_keeps_its_extension()
    {
        string file = AttachmentNames.ForFile(string.Concat(Enumerable.Repeat("\U0001F511", 100)) + ".pem");
        Assert.EndsWith(".pem", file, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(file), 250, AttachmentNames.MostBytes);
        Assert.Equal(file, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(file)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(@"a\b")]
    [InlineData("a\nb")]
    public void A_name_that_is_none_is_refused(string name) => Assert.Throws<ArgumentException>(() => Add(name, [1]));

    [Fact]
    public void Members_that_this_version_does_not_know_stay_with_their_attachment()
    {
        Attachment added = Add("a", [1]);
        _test.Write(writer => writer.Edit(Entry, new EntryEdit { Attachments = [added with { Unknown = """{"mime":"text/plain"}""" }] }));
        Add("b", [2]);
        _test.Reopen();
        Assert.Equal("""{"mime":"text/plain"}""", _test.Vault.ReadSecret(Entry).Attachments.Single(one => one.Name == "a").Unknown);
    }

    private Attachment Add(string name, byte[] content, bool replace = false)
    {
        using var stream = new MemoryStream(content, writable: false);
        return _test.Vault.AddAttachment(Entry, name, stream, replace);
    }

    private byte[] Read(Attachment attachment)
    {
        using var content = new MemoryStream();
        _test.Vault.ReadAttachment(Entry, attachment, content);
        return content.ToArray();
    }

    private AttachmentStore Store()
    {
        using VaultUse use = _test.Vault.Use();
        return AttachmentStore.Find(_test.Folder, use.Keys.VaultId)!;
    }

    private static void Refused(string errorId, Func<object> action) => Assert.Equal(errorId, Assert.Throws<PasspackException>(action).ErrorId);

    private static void Refused(string errorId, Action action) => Assert.Equal(errorId, Assert.Throws<PasspackException>(action).ErrorId);
}
