using Microsoft.Data.Sqlite;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Manifests;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Lies about where the account stands: the chain of manifests, its head, and what the head says of keys and versions.</summary>
public sealed class ManifestTamperingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Fact]
    public Task Newest_manifest_dropped() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with { Manifests = [.. head.Manifests.SkipLast(1)] }));

    [Fact]
    public Task All_manifests_dropped() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with { Manifests = [] }));

    [Fact]
    public Task Manifest_missing_in_the_middle() =>
        RefusedAsync(ErrorCodes.ServerTampered, WithoutManifestPages(head => head with { Manifests = [head.Manifests[0], .. head.Manifests.Skip(2)] }));

    [Fact]
    public Task First_manifests_missing() =>
        RefusedAsync(ErrorCodes.ServerTampered, WithoutManifestPages(head => head with { Manifests = [head.Manifests[^1]] }));

    [Fact]
    public Task Manifests_reordered() =>
        RefusedAsync(ErrorCodes.ServerTampered, WithoutManifestPages(head => head with { Manifests = [.. head.Manifests.Reverse()] }));

    [Fact]
    public async Task Manifest_repeated_changes_nothing()
    {
        Hostile.Lie = Lies.Head(head => head with { Manifests = [.. head.Manifests.SelectMany(link => new[] { link, link })] });
        await Victim.SyncAsync();
        await HonestAgainAsync();
    }

    [Fact]
    public Task Manifest_replayed_as_a_later_one() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with
    {
        Manifests = [head.Manifests[0], head.Manifests[0] with { Generation = head.Manifests[1].Generation }, .. head.Manifests.Skip(2)],
    }));

    [Fact]
    public Task Manifest_altered() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with
    {
        Manifests = [.. head.Manifests.SkipLast(1), head.Manifests[^1] with { Sealed = RecordTamperingTests.Flipped(head.Manifests[^1].Sealed) }],
    }));

    /// <summary>Each part of a manifest by itself: whatever is altered, the manifest is none of this account.</summary>
    public static TheoryData<string> Parts => ["length", "vault", "epoch", "part", "generation", "nonce", "ciphertext", "tag", "signer", "log", "R", "S", "cut", "extended"];

    [Theory]
    [MemberData(nameof(Parts))]
    public Task Manifest_altered_in(string part) => RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with
    {
        Manifests = [.. head.Manifests.SkipLast(1), head.Manifests[^1] with { Sealed = Altered(head.Manifests[^1].Sealed, part) }],
    }));

    private static byte[] Altered(byte[] manifest, string part)
    {
        byte[] altered = [.. manifest];
        int at = part switch
        {
            "length" => 3,
            "vault" => 4 + 1,
            "epoch" => 4 + 17,
            "part" => 4 + 22,
            "generation" => 4 + 46,
            "nonce" => 4 + RecordHeader.Size,
            "ciphertext" => 4 + RecordHeader.Size + 12,
            "tag" => manifest.Length - 64 - 1 - 32 - 1,
            "signer" => manifest.Length - 64 - 1 - 32,
            "log" => manifest.Length - 64 - 1,
            "R" => manifest.Length - 64,
            "S" => manifest.Length - 32,
            _ => 0,
        };
        altered[at] ^= part is "cut" or "extended" ? (byte)0 : (byte)0x40;
        return part switch { "cut" => altered[..^1], "extended" => [.. altered, 0], _ => altered };
    }

    [Fact]
    public async Task Manifest_sealed_by_this_account_and_signed_by_another()
    {
        await using TestAccount other = await TestAccount.RegisterAsync(Server);
        using VaultKeys stranger = other.Keys(), ours = Account.Keys();
        AccountIdentity own = ours.Identity(1, Account.UserId), foreign = stranger.Identity(1, other.UserId);
        foreach ((byte[] signer, AccountIdentity signing) in new[] { (own.Fingerprint, foreign), (foreign.Fingerprint, foreign) })
        {
            await RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head =>
            {
                SignedManifest newest = SignedManifest.Read(head.Manifests[^1].Sealed)!;
                byte[] signed = SignedManifest.Make(newest.SealedPart, signer, message => stranger.Sign(signing, SignaturePurpose.Manifest, message)).ToBytes();
                return head with { Manifests = [.. head.Manifests.SkipLast(1), head.Manifests[^1] with { Sealed = signed }] };
            }));
        }
    }

    [Theory]
    [InlineData(SignaturePurpose.Push)]
    [InlineData(SignaturePurpose.KeyRecord)]
    public async Task Manifest_signed_for_another_purpose(SignaturePurpose purpose)
    {
        using VaultKeys ours = Account.Keys();
        AccountIdentity own = ours.Identity(1, Account.UserId);
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head =>
        {
            SignedManifest newest = SignedManifest.Read(head.Manifests[^1].Sealed)!;
            byte[] signed = SignedManifest.Make(newest.SealedPart, own.Fingerprint, message => ours.Sign(own, purpose, message)).ToBytes();
            return head with { Manifests = [.. head.Manifests.SkipLast(1), head.Manifests[^1] with { Sealed = signed }] };
        }));
    }

    [Fact]
    public async Task Manifest_that_says_that_it_begins_an_epoch()
    {
        using VaultKeys ours = Account.Keys();
        AccountIdentity own = ours.Identity(1, Account.UserId);
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head =>
        {
            Manifest newest = Manifest.Open(ours, own, head.Manifests[^1])!;
            ManifestLink claimed = (newest with { Successor = true }).Seal(ours, own);
            return head with { Manifests = [.. head.Manifests.SkipLast(1), claimed] };
        }));
    }

    [Fact]
    public Task Manifest_of_an_epoch_that_is_to_come()
    {
        return RefusedAsync(ErrorCodes.KeysReplacedOnline, Lies.Head(head =>
        {
            using VaultKeys keys = Account.Keys();
            Manifest newest = Manifest.Open(keys, keys.Identity(1, Account.UserId), head.Manifests[^1])!;
            using VaultKeys after = keys.Next(SecretBytes.Random(KeyDerivation.KeyBytes));
            return head with { Manifests = [.. head.Manifests.SkipLast(1), (newest with { Successor = true }).Seal(after, after.Identity(2, Account.UserId))] };
        }));
    }

    [Fact]
    public Task Manifest_under_another_generation() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with
    {
        Generation = head.Generation + 1,
        Manifests = [.. head.Manifests, head.Manifests[^1] with { Generation = head.Generation + 1 }],
    }));

    [Fact]
    public Task Manifest_too_large() => RefusedAsync(ErrorCodes.ServerRefused, Lies.Head(head => head with
    {
        Manifests = [head.Manifests[0] with { Sealed = new byte[Limits.ManifestBytes + 1] }, .. head.Manifests.Skip(1)],
    }));

    [Fact]
    public Task Manifest_of_null() =>
        RefusedAsync(ErrorCodes.ServerRefused, Lies.Head(head => head with { Manifests = [null!, .. head.Manifests.Skip(1)] }));

    [Fact]
    public Task Older_head_with_newer_records() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(Older));

    [Fact]
    public Task Older_head_with_the_newest_revision() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => Older(head) with { Revision = head.Revision }));

    [Fact]
    public Task Newer_head_with_older_records() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Page(page => page with { Changes = [.. page.Changes.Take(1)] }));

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(1000)]
    public Task Revision_altered(int by) => RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with { Revision = head.Revision + by }));

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000_000_000)]
    public Task Generation_raised(long by) =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with { Generation = head.Generation + by }));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(-5, -5)]
    [InlineData(2, -1)]
    public Task Account_said_to_stand_at_an_earlier_point(long generation, long revision) =>
        RefusedAsync(ErrorCodes.ServerRolledBack, Lies.Page(_ => new ChangePage([], null, new VaultHead(revision, generation, 1, 7, []))));

    [Fact]
    public Task Changes_without_a_new_manifest() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => AtVictim(head)));

    [Fact]
    public Task Another_revision_at_the_same_generation() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Page(page => new ChangePage([], null, AtVictim(page.Head!) with { Revision = page.Head!.Revision })));

    [Fact]
    public async Task Database_really_set_back()
    {
        string database = Path.Combine(Server.Folder, "passpack-server.db"), copy = Path.Combine(Server.Folder, "copy.db");
        await Victim.SyncAsync();
        using (SqliteConnection source = Open(database), target = Open(copy))
            source.BackupDatabase(target);
        Friend.Edit(Changed, new EntryEdit { SharedNotes = "after the copy" });
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        using (SqliteConnection source = Open(copy), target = Open(database))
            source.BackupDatabase(target);

        string before = Victim.DumpVault();
        Assert.Equal(ErrorCodes.ServerRolledBack, (await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync())).ErrorId);
        Assert.Equal(before, Victim.DumpVault());

        // The server goes on from there, past where this machine was: another history of the same length and more.
        Machine newcomer = await Account.MachineAsync("newcomer");
        await newcomer.SyncAsync();
        newcomer.Edit(Changed, new EntryEdit { SharedNotes = "in another history" });
        await newcomer.SyncAsync();
        newcomer.Edit(Changed, new EntryEdit { SharedNotes = "in another history, further on" });
        await newcomer.SyncAsync();
        Assert.Equal(ErrorCodes.ServerTampered, (await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync())).ErrorId);
        Assert.Equal(before, Victim.DumpVault());

        static SqliteConnection Open(string path)
        {
            var connection = new SqliteConnection($"Data Source={path};Pooling=False");
            connection.Open();
            return connection;
        }
    }

    [Fact]
    public async Task A_machine_that_never_synced_is_told_that_the_account_is_empty()
    {
        Machine fresh = await Account.MachineAsync("fresh", server: Hostile.Address);
        string before = fresh.DumpVault();
        Hostile.Lie = Lies.Page(_ => new ChangePage([], null, new VaultHead(0, 0, 1, 7, [])));
        Assert.Equal(ErrorCodes.ServerTampered, (await Assert.ThrowsAsync<PasspackException>(() => fresh.SyncAsync())).ErrorId);
        Hostile.Lie = Lies.Page(page => page with { Changes = [] });
        Assert.Equal(ErrorCodes.ServerTampered, (await Assert.ThrowsAsync<PasspackException>(() => fresh.SyncAsync())).ErrorId);
        Assert.Equal(before, fresh.DumpVault());
        Hostile.Lie = null;
        await fresh.SyncAsync();
        Assert.Equal(Friend.Dump(), fresh.Dump());
    }

    [Fact]
    public async Task A_devices_counter_that_runs_backwards()
    {
        // Only who has the keys can make such a manifest: a vault that was copied to another machine, say.
        AccountRow friend;
        using (VaultUse use = Friend.Vault.Use())
            friend = AccountRow.Load(use.Connection);
        using VaultKeys keys = Account.Keys();
        Lie lie = Lies.Head(head =>
        {
            Manifest newest = Manifest.Open(keys, keys.Identity(1, Account.UserId), head.Manifests[^1])!;
            ManifestLink replayed = (newest with
            {
                Generation = head.Generation + 1,
                Revision = head.Revision + 1,
                Previous = Manifest.HashOf(head.Manifests[^1]),
                Device = friend.DeviceId!.Value,
                Counter = friend.DeviceCounter,
            }).Seal(keys, keys.Identity(1, Account.UserId));
            return head with { Generation = head.Generation + 1, Revision = head.Revision + 1, Manifests = [.. head.Manifests, replayed] };
        });
        await RefusedAsync(ErrorCodes.ServerTampered, lie);
    }

    [Fact]
    public async Task Manifest_of_another_account()
    {
        await using TestAccount other = await TestAccount.RegisterAsync(Server);
        using VaultKeys keys = other.Keys(), ours = Account.Keys();
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Head(head => head with
        {
            Manifests = [.. head.Manifests.SkipLast(1), Manifest.Open(ours, ours.Identity(1, Account.UserId), head.Manifests[^1])!.Seal(keys, keys.Identity(1, Account.UserId))],
        }));
    }

    [Fact]
    public Task Key_record_older_than_last_seen() => RefusedAsync(ErrorCodes.ServerRolledBack, Lies.Head(head => head with { KeyGeneration = 0 }));

    [Fact]
    public Task Key_record_said_to_be_newer() => RefusedAsync(ErrorCodes.PackingKeyChangedOnline, Lies.Head(head => head with { KeyGeneration = 2 }));

    [Theory]
    [InlineData(6)]
    [InlineData(0)]
    [InlineData(-7)]
    public Task Pack_version_lower(int version) => RefusedAsync(ErrorCodes.ServerRolledBack, Lies.Head(head => head with { PackVersion = version }));

    [Fact]
    public Task Pack_version_higher() => RefusedAsync(ErrorCodes.PackTooNew, Lies.Head(head => head with { PackVersion = 8 }));

    private static VaultHead Older(VaultHead head) =>
        head with { Generation = head.Generation - 1, Revision = head.Revision - 1, Manifests = [.. head.Manifests.SkipLast(1)] };

    private VaultHead AtVictim(VaultHead head)
    {
        using VaultUse use = Victim.Vault.Use();
        AccountRow account = AccountRow.Load(use.Connection);
        return head with { Generation = account.Generation, Revision = account.Revision, Manifests = [] };
    }

    private static Lie WithoutManifestPages(Func<VaultHead, VaultHead> alter)
    {
        Lie pages = Lies.Head(alter);
        return async exchange => exchange.Is(Routes.Manifests) ? Answer.Json(new ManifestPage([]), ProtocolJson.Default.ManifestPage) : await pages(exchange);
    }
}
