using System.Security.Cryptography;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Server.Login;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>What every store must hold. One class a database derives from it.</summary>
public abstract class StoreContract
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A prepared store over an empty database.</summary>
    private protected abstract IServerStore Store { get; }

    /// <summary>Another node over the same database.</summary>
    private protected abstract Task<IServerStore> OtherNodeAsync();

    private protected async Task<VaultKey> AddAsync(string userId = "anna")
    {
        var keys = Make.Keys(Guid.NewGuid());
        Assert.True(await Store.AddAccountAsync(Account(userId, keys), Device(), default));
        StoredLogin login = (await Store.FindLoginAsync(userId, default))!;
        return new VaultKey(login.Account, keys.VaultId);
    }

    private static NewAccount Account(string userId, KeyRecord keys) =>
        new(userId, Make.Bytes(16), "17.8.1", Make.Bytes(16), Make.Bytes(32), keys, Make.Manifest(1), Now);

    private static DeviceSignIn Device(Guid? id = null) => new(id ?? Guid.NewGuid(), "laptop", Make.Bytes(32), Now);

    private static Push Sealed(PushRequest request, long? quota = null) =>
        new(request, SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request)), quota, Now);

    [Fact]
    public async Task The_secret_lasts_and_is_the_same_on_every_node()
    {
        byte[] secret = await Store.GetSecretAsync(default);
        Assert.Equal(32, secret.Length);
        Assert.Equal(secret, await (await OtherNodeAsync()).GetSecretAsync(default));
    }

    [Fact]
    public async Task A_user_id_is_given_once()
    {
        NewAccount first = Account("anna", Make.Keys(Guid.NewGuid()));
        Assert.True(await Store.AddAccountAsync(first, Device(), default));
        Assert.False(await Store.AddAccountAsync(Account("anna", Make.Keys(Guid.NewGuid())), Device(), default));

        StoredLogin login = (await Store.FindLoginAsync("anna", default))!;
        Assert.Equal(first.ProofHash, login.ProofHash);
        Assert.Equal(first.ProofSalt, login.ProofSalt);
        Assert.Equal(first.LoginSalt, login.LoginSalt);
        Assert.Equal(first.LoginKdf, login.LoginKdf);
        Assert.Equal(login.UserId, (await Store.FindLoginAsync(login.Account, default))!.UserId);
        Assert.Equivalent(first.Keys, await Store.GetKeyRecordAsync(login.Account, default));
        Assert.Null(await Store.FindLoginAsync("berta", default));
    }

    [Fact]
    public async Task Two_accounts_may_name_their_vaults_alike_and_share_nothing()
    {
        KeyRecord keys = Make.Keys(Guid.NewGuid());
        Assert.True(await Store.AddAccountAsync(Account("anna", keys), Device(), default));
        Assert.True(await Store.AddAccountAsync(Account("berta", keys), Device(), default));
        var anna = new VaultKey((await Store.FindLoginAsync("anna", default))!.Account, keys.VaultId);
        var berta = new VaultKey((await Store.FindLoginAsync("berta", default))!.Account, keys.VaultId);

        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Record(Guid.NewGuid()))), default);
        Assert.Equal(1, (await Store.ReadChangesAsync(anna, default, null, default))!.Head!.Revision);
        Assert.Equal(0, (await Store.ReadChangesAsync(berta, default, null, default))!.Head!.Revision);
    }

    [Fact]
    public async Task A_vault_of_another_account_is_not_there()
    {
        VaultKey anna = await AddAsync("anna");
        VaultKey berta = await AddAsync("berta");
        var stolen = new VaultKey(anna.Account, berta.Vault);
        Assert.Null(await Store.ReadChangesAsync(stolen, default, null, default));
        Assert.Null(await Store.ReadManifestsAsync(stolen, 0, long.MaxValue, default));
        Assert.Null(await Store.ReadRecordsAsync(stolen, [], default));
        Assert.Null(await Store.ApplyPushAsync(stolen, Sealed(Make.Push(0)), default));
    }

    [Fact]
    public async Task A_device_that_signs_in_again_loses_its_earlier_token_and_keeps_its_date()
    {
        VaultKey anna = await AddAsync();
        DeviceSignIn first = Device();
        await Store.SignInDeviceAsync(anna.Account, first, default);
        DeviceSignIn again = Device(first.Id) with { Now = Now.AddDays(1), Name = "renamed" };
        await Store.SignInDeviceAsync(anna.Account, again, default);

        Assert.Null(await Store.FindDeviceAsync(first.TokenHash, default));
        Assert.Equal(new DeviceSession(anna.Account, first.Id, Now.AddDays(1)), await Store.FindDeviceAsync(again.TokenHash, default));
        StoredDevice listed = Assert.Single(await Store.ListDevicesAsync(anna.Account, default), device => device.Id == first.Id);
        Assert.Equal(new StoredDevice(first.Id, "renamed", Now, Now.AddDays(1)), listed);
    }

    [Fact]
    public async Task A_removed_device_is_gone_and_another_accounts_is_out_of_reach()
    {
        VaultKey anna = await AddAsync("anna");
        VaultKey berta = await AddAsync("berta");
        DeviceSignIn device = Device();
        await Store.SignInDeviceAsync(anna.Account, device, default);

        Assert.False(await Store.RemoveDeviceAsync(berta.Account, device.Id, default));
        Assert.NotNull(await Store.FindDeviceAsync(device.TokenHash, default));
        Assert.True(await Store.RemoveDeviceAsync(anna.Account, device.Id, default));
        Assert.Null(await Store.FindDeviceAsync(device.TokenHash, default));
        Assert.False(await Store.RemoveDeviceAsync(anna.Account, device.Id, default));
    }

    [Fact]
    public async Task Keys_are_replaced_by_the_next_generation_only()
    {
        VaultKey anna = await AddAsync();
        Assert.False(await Store.ReplaceKeyRecordAsync(anna.Account, Make.Keys(anna.Vault, 1), default));
        Assert.False(await Store.ReplaceKeyRecordAsync(anna.Account, Make.Keys(anna.Vault, 3), default));
        KeyRecord second = Make.Keys(anna.Vault, 2);
        Assert.True(await Store.ReplaceKeyRecordAsync(anna.Account, second, default));
        Assert.Equivalent(second, await Store.GetKeyRecordAsync(anna.Account, default));
        Assert.Equal(2, (await Store.ReadChangesAsync(anna, default, null, default))!.Head!.KeyGeneration);
    }

    [Fact]
    public async Task Failures_lock_an_account_out_for_longer_and_longer_and_a_success_forgives()
    {
        DateTimeOffset now = Now;
        AttemptKeys keys = new(Make.Bytes(32), Make.Bytes(32));
        for (int i = 0; i < LockoutPolicy.FreeFailuresOfAccount; i++)
            Assert.Null(await Store.CountAttemptAsync(keys, proved: false, now, default));

        TimeSpan? wait = await Store.CountAttemptAsync(keys, proved: true, now, default);
        Assert.Equal(TimeSpan.FromSeconds(1), wait);
        now += TimeSpan.FromSeconds(1);
        Assert.Null(await Store.CountAttemptAsync(keys, proved: false, now, default));
        Assert.Equal(TimeSpan.FromSeconds(2), await Store.CountAttemptAsync(keys, proved: false, now, default));
        now += TimeSpan.FromSeconds(2);
        Assert.Null(await Store.CountAttemptAsync(keys, proved: true, now, default));
        for (int i = 0; i < LockoutPolicy.FreeFailuresOfAccount; i++)
            Assert.Null(await Store.CountAttemptAsync(keys, proved: false, now, default));
    }

    [Fact]
    public async Task Failures_of_many_accounts_lock_their_address_out_and_a_success_does_not_forgive_it()
    {
        byte[] address = Make.Bytes(32);
        for (int i = 0; i < LockoutPolicy.FreeFailuresOfAddress; i++)
        {
            Assert.Null(await Store.CountAttemptAsync(new(Make.Bytes(32), address), proved: false, Now, default));
            if (i == 10)
                Assert.Null(await Store.CountAttemptAsync(new(Make.Bytes(32), address), proved: true, Now, default));
        }

        Assert.NotNull(await Store.CountAttemptAsync(new(Make.Bytes(32), address), proved: true, Now, default));
        Assert.Null(await Store.CountAttemptAsync(new(Make.Bytes(32), Make.Bytes(32)), proved: false, Now, default));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_does_not_lengthen_a_lockout_and_a_day_forgets_it()
    {
        AttemptKeys keys = new(Make.Bytes(32), Make.Bytes(32));
        for (int i = 0; i < LockoutPolicy.FreeFailuresOfAccount; i++)
            await Store.CountAttemptAsync(keys, proved: false, Now, default);
        Assert.Equal(TimeSpan.FromSeconds(1), await Store.CountAttemptAsync(keys, proved: false, Now.AddYears(-1), default));

        DateTimeOffset later = Now + LockoutPolicy.Memory + TimeSpan.FromMilliseconds(1);
        for (int i = 0; i < LockoutPolicy.FreeFailuresOfAccount; i++)
            Assert.Null(await Store.CountAttemptAsync(keys, proved: false, later, default));
    }

    [Fact]
    public async Task A_push_is_stamped_and_read_back_in_its_order()
    {
        VaultKey anna = await AddAsync();
        RecordChange[] records = Make.Records(20);
        PushOutcome outcome = (await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, records)), default))!;
        Assert.Equal(new PushAnswer(1, 2), outcome.Answer);

        ChangeSlice slice = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equivalent(records, slice.Changes, strict: true);
        Assert.Equal(records.Select(record => record.Id), slice.Changes.Select(record => record.Id));
        Assert.Null(slice.Next);
        Assert.Equal((1, 2, 1, 7), (slice.Head!.Revision, slice.Head.Generation, slice.Head.KeyGeneration, slice.Head.PackVersion));
        Assert.Equal(Make.Manifest(2).Sealed, Assert.Single(slice.Head.Manifests).Sealed);
    }

    [Fact]
    public async Task A_refused_push_changes_nothing()
    {
        VaultKey anna = await AddAsync();
        Guid known = Guid.NewGuid();
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Record(known, version: 5))), default);

        RecordChange added = Make.Record(Guid.NewGuid());
        PushRequest[] refused =
        [
            Make.Push(0, added), // another revision
            Make.Push(2, added),
            Make.Push(1, added) with { Manifest = Make.Manifest(2) }, // another generation
            Make.Push(1, added) with { Manifest = Make.Manifest(4) },
            Make.Push(1, added, Make.Record(known, version: 5)), // a version that does not grow, after one that would do
            Make.Push(1, added, Make.Record(known, version: 4)),
        ];
        foreach (PushRequest request in refused)
            Assert.Equal(PushStatus.RevisionConflict, (await Store.ApplyPushAsync(anna, Sealed(request), default))!.Status);

        ChangeSlice slice = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal((1, 2), (slice.Head!.Revision, slice.Head.Generation));
        Assert.Equal(5, Assert.Single(slice.Changes).Version);
    }

    [Fact]
    public async Task A_repeat_gets_the_answer_that_the_push_got_however_much_has_happened_since()
    {
        VaultKey anna = await AddAsync();
        Push push = Sealed(Make.Push(0, Make.Record(Guid.NewGuid())));
        await Store.ApplyPushAsync(anna, push, default);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, Make.Record(Guid.NewGuid()))), default);

        Assert.Equal(new PushAnswer(1, 2), (await (await OtherNodeAsync()).ApplyPushAsync(anna, push, default))!.Answer);
        Push other = Sealed(push.Request with { BaseRevision = 2 });
        Assert.Equal(PushStatus.PushIdReused, (await Store.ApplyPushAsync(anna, other, default))!.Status);
        Assert.Equal(2, (await Store.ReadChangesAsync(anna, default, null, default))!.Head!.Revision);
    }

    [Fact]
    public async Task A_record_changed_again_is_listed_once_at_its_newest()
    {
        VaultKey anna = await AddAsync();
        RecordChange[] first = Make.Records(3);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, first)), default);
        RecordChange again = Make.Record(first[0].Id, version: 7, deleted: true);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, again)), default);

        ChangeSlice all = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal([first[1].Id, first[2].Id, first[0].Id], all.Changes.Select(change => change.Id));
        ChangeSlice since = (await Store.ReadChangesAsync(anna, PagePosition.AfterRevision(1), 2, default))!;
        Assert.Equivalent(again, Assert.Single(since.Changes), strict: true);
        Assert.Equal(3, Assert.Single(since.Head!.Manifests).Generation);
    }

    [Fact]
    public async Task Streams_that_no_client_knows_yet_are_kept_apart_under_one_id()
    {
        VaultKey anna = await AddAsync();
        Guid id = Guid.NewGuid();
        RecordChange[] records = [.. new byte[] { 1, 2, 3, 4, 200, 255 }.Select(stream => Make.Record(id, stream: stream))];
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, records)), default);
        Assert.Equivalent(records, (await Store.ReadChangesAsync(anna, default, null, default))!.Changes, strict: true);
    }

    [Fact]
    public async Task Pages_close_at_the_record_limit_and_go_on_exactly_there()
    {
        VaultKey anna = await AddAsync();
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Records(Limits.RecordsPerBatch))), default);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, Make.Records(1))), default);

        ChangeSlice first = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal(Limits.RecordsPerBatch, first.Changes.Count);
        Assert.Null(first.Head);
        ChangeSlice second = (await Store.ReadChangesAsync(anna, first.Next!.Value, null, default))!;
        Assert.Single(second.Changes);
        Assert.NotNull(second.Head);
    }

    [Fact]
    public async Task A_page_may_end_amid_the_newest_revision()
    {
        VaultKey anna = await AddAsync();
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Records(400))), default);
        RecordChange[] newest = Make.Records(800);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, newest)), default);

        ChangeSlice first = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal(new PagePosition(2, 599), first.Next);
        ChangeSlice second = (await Store.ReadChangesAsync(anna, first.Next!.Value, null, default))!;
        Assert.Equal(newest[600..].Select(record => record.Id), second.Changes.Select(change => change.Id));
        Assert.Equal(2, second.Head!.Revision);
    }

    [Fact]
    public async Task Pages_close_at_the_byte_limit_with_at_least_one_record()
    {
        VaultKey anna = await AddAsync();
        RecordChange[] large = [.. Enumerable.Range(0, 3).Select(_ => Make.Record(Guid.NewGuid(), body: Make.Bytes(Limits.RecordBodyBytes)))];
        for (int i = 0; i < large.Length; i++)
            await Store.ApplyPushAsync(anna, Sealed(Make.Push(i, large[i])), default);

        PagePosition position = default;
        foreach (RecordChange expected in large)
        {
            ChangeSlice slice = (await Store.ReadChangesAsync(anna, position, null, default))!;
            Assert.Equal(expected.Body, Assert.Single(slice.Changes).Body);
            position = slice.Next ?? default;
        }

        Assert.Single((await Store.ReadRecordsAsync(anna, large.Select(record => new RecordKey(1, record.Id)), default))!);
    }

    [Fact]
    public async Task The_head_brings_the_manifests_that_the_client_lacks()
    {
        VaultKey anna = await AddAsync();
        for (int i = 0; i < Limits.ManifestsPerPage + 2; i++)
            await Store.ApplyPushAsync(anna, Sealed(Make.Push(i)), default);
        long newest = Limits.ManifestsPerPage + 3;

        async Task<long[]> For(long? generation) =>
            [.. (await Store.ReadChangesAsync(anna, PagePosition.AfterRevision(newest), generation, default))!.Head!.Manifests.Select(link => link.Generation)];
        Assert.Equal(new[] { newest }, await For(null));
        Assert.Empty(await For(newest));
        Assert.Empty(await For(newest + 5)); // The client is ahead: the server was rolled back, and says so by its head.
        Assert.Equal(new[] { newest - 1, newest }, await For(newest - 2));
        Assert.Equal(Limits.ManifestsPerPage, (await For(newest - Limits.ManifestsPerPage)).Length);
        Assert.Equal(new[] { newest }, await For(newest - Limits.ManifestsPerPage - 1));

        IReadOnlyList<ManifestLink> page = (await Store.ReadManifestsAsync(anna, 0, long.MaxValue, default))!;
        Assert.Equal(Enumerable.Range(1, Limits.ManifestsPerPage).Select(i => (long)i), page.Select(link => link.Generation));
        Assert.Equal(new long[] { 2, 3 }, (await Store.ReadManifestsAsync(anna, 1, 4, default))!.Select(link => link.Generation));
    }

    [Fact]
    public async Task A_vault_beyond_its_quota_refuses_and_stays()
    {
        VaultKey anna = await AddAsync();
        PushRequest push = Make.Push(0, Make.Record(Guid.NewGuid(), body: new byte[100]));
        long needed = Make.Manifest(1).Sealed.Length + Make.Manifest(2).Sealed.Length + 100;
        Assert.Equal(PushStatus.QuotaExceeded, (await Store.ApplyPushAsync(anna, Sealed(push, needed - 1), default))!.Status);
        Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, Sealed(push, needed), default))!.Status);
    }

    [Fact]
    public async Task Of_pushes_side_by_side_on_two_nodes_one_wins_each_round()
    {
        VaultKey anna = await AddAsync();
        IServerStore other = await OtherNodeAsync();
        for (int round = 0; round < 5; round++)
        {
            PushOutcome?[] outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
                (i % 2 == 0 ? Store : other).ApplyPushAsync(anna, Sealed(Make.Push(round, Make.Record(Guid.NewGuid()))), default))));
            Assert.Single(outcomes, outcome => outcome!.Status == PushStatus.Accepted);
            Assert.Equal(7, outcomes.Count(outcome => outcome!.Status == PushStatus.RevisionConflict));
        }

        ChangeSlice slice = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal((5, 5), (slice.Head!.Revision, slice.Changes.Count));
    }

    [Fact]
    public async Task Attempts_side_by_side_cannot_slip_past_the_count()
    {
        IServerStore other = await OtherNodeAsync();
        AttemptKeys keys = new(Make.Bytes(32), Make.Bytes(32));
        TimeSpan?[] waits = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() =>
            (i % 2 == 0 ? Store : other).CountAttemptAsync(keys, proved: false, Now, default))));
        Assert.Equal(LockoutPolicy.FreeFailuresOfAccount, waits.Count(wait => wait is null));
    }
}
