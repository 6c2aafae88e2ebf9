using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>What an account, and all accounts together, may hold.</summary>
public abstract partial class StoreContract
{
    private static readonly long s_empty = Make.Manifest(1).Sealed.Length + QuotaCost.Row;

    /// <summary>What the first push of one record costs.</summary>
    private static long CostOf(int body) => Make.Manifest(2).Sealed.Length + Make.HeaderBytes + body + (2 * QuotaCost.Row);

    [Fact]
    public async Task A_vault_beyond_its_quota_refuses_and_stays()
    {
        VaultKey anna = await AddAsync();
        PushRequest push = Make.Push(0, Make.Record(Guid.NewGuid(), body: new byte[100]));
        long needed = s_empty + CostOf(100);
        Assert.Equal(PushStatus.QuotaExceeded, (await Store.ApplyPushAsync(anna, Sealed(push, needed - 1), default))!.Status);
        Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, Sealed(push, needed), default))!.Status);
    }

    [Fact]
    public async Task A_chunk_of_an_attachment_counts_with_all_of_its_bytes()
    {
        VaultKey anna = await AddAsync();
        RecordChange chunk = Make.Record(Guid.NewGuid(), stream: (byte)RecordStream.Attachment, body: new byte[Limits.AttachmentChunkBytes]);
        PushRequest push = Make.Push(0, chunk);
        long needed = s_empty + Make.Manifest(2).Sealed.Length + chunk.Body.Length + (2 * QuotaCost.Row);
        Assert.Equal(PushStatus.QuotaExceeded, (await Store.ApplyPushAsync(anna, Sealed(push, needed - 1), default))!.Status);
        Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, Sealed(push, needed), default))!.Status);
    }

    [Fact]
    public async Task All_vaults_together_beyond_the_total_quota_refuse_and_stay()
    {
        VaultKey anna = await AddAsync(), berta = await AddAsync("berta");
        PushRequest push = Make.Push(0, Make.Record(Guid.NewGuid(), body: new byte[100])), second = Make.Push(0, Make.Record(Guid.NewGuid(), body: new byte[100]));
        long both = 2 * (QuotaCost.Account + s_empty + CostOf(100));
        Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, Sealed(push) with { TotalQuotaBytes = both - 1 }, default))!.Status);
        Assert.Equal(PushStatus.QuotaExceeded, (await Store.ApplyPushAsync(berta, Sealed(second) with { TotalQuotaBytes = both - 1 }, default))!.Status);
        Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(berta, Sealed(second) with { TotalQuotaBytes = both }, default))!.Status);
    }

    [Fact]
    public async Task What_is_pushed_and_registered_in_one_moment_does_not_pass_the_total_quota()
    {
        IServerStore there = await OtherNodeAsync();
        VaultKey[] vaults = [await AddAsync("0"), await AddAsync("1"), await AddAsync("2"), await AddAsync("3")];
        long room = (4 * (QuotaCost.Account + s_empty)) + (2 * CostOf(100));
        PushOutcome?[] outcomes = await Task.WhenAll(vaults.Select((vault, i) => Task.Run(() => (i % 2 == 0 ? Store : there).ApplyPushAsync(
            vault, Sealed(Make.Push(0, Make.Record(Guid.NewGuid(), body: new byte[100]))) with { TotalQuotaBytes = room }, default))));
        Assert.Equal(2, outcomes.Count(outcome => outcome!.Status == PushStatus.Accepted));
        Assert.Equal(2, outcomes.Count(outcome => outcome!.Status == PushStatus.QuotaExceeded));
        Assert.Equal(room, (await Store.GetTotalsAsync(default)).Bytes);
    }

    [Fact]
    public async Task Records_of_one_byte_use_a_quota_up_by_their_rows()
    {
        VaultKey anna = await AddAsync();
        const int Count = 100;
        RecordChange[] Tiny() => [.. Enumerable.Range(0, Count).Select(_ => Make.Record(Guid.NewGuid(), body: [1]))];
        long quota = s_empty + Make.Manifest(2).Sealed.Length + (Count * (Make.HeaderBytes + 1)) + ((Count + 1) * QuotaCost.Row);
        Assert.Equal(PushStatus.QuotaExceeded, (await PushAsync(anna, 0, quota - 1, Tiny())).Status);
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 0, quota, Tiny())).Status);
        Assert.Equal(PushStatus.QuotaExceeded, (await PushAsync(anna, 0, quota)).Status);
    }

    [Fact]
    public async Task Deletions_count_with_their_bytes_and_rows_like_everything_else()
    {
        VaultKey anna = await AddAsync();
        Guid id = Guid.NewGuid();
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 0, null, Make.Record(id, body: new byte[100]))).Status);
        RecordChange deletion = Make.Record(id, 2, deleted: true, body: new byte[5000]), made = Make.Record(Guid.NewGuid(), deleted: true, body: new byte[5000]);
        long quota = s_empty + CostOf(100) + Make.Manifest(3).Sealed.Length + (2 * (RecordHeader.Size + 5000)) + (3 * QuotaCost.Row);
        Assert.Equal(PushStatus.QuotaExceeded, (await PushAsync(anna, 1, quota - 1, deletion, made)).Status);
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 1, quota, deletion, made)).Status);
    }

    [Fact]
    public async Task A_registration_beyond_the_total_quota_is_refused_until_an_account_is_erased()
    {
        long two = 2 * (QuotaCost.Account + s_empty);
        Task<AddOutcome> Add(string userId, long most) => Store.AddAccountAsync(
            Account(userId, Make.Keys(Guid.NewGuid())) with { TotalQuotaBytes = most }, Device(), onlyFirst: false, default);
        VaultKey anna = await AddAsync();
        Assert.Equal(AddOutcome.Full, await Add("berta", two - 1));
        Assert.Null(await Store.FindLoginAsync("berta", default));
        Assert.Equal(AddOutcome.Added, await Add("berta", two));
        Assert.Equal(AddOutcome.Full, await Add("clara", two));

        await Store.RemoveAccountAsync(anna.Account, Make.Head(1), Make.Act(), default);
        while (await Store.EraseRemovedAsync(default))
        {
        }
        Assert.Equal(AddOutcome.Added, await Add("clara", two));
    }

    /// <summary>Adds devices that are awake, and were last seen now.</summary>
    private protected virtual async Task AddDevicesAsync(VaultKey vault, int count)
    {
        for (int i = 0; i < count; i++)
            await WakeAsync(vault, Device());
    }

    [Fact]
    public async Task One_device_too_many_replaces_the_one_that_was_seen_longest_ago()
    {
        VaultKey anna = await AddAsync("anna"), berta = await AddAsync("berta");
        DeviceSignIn longAgo = Device() with { Now = Now.AddDays(-9) }, seenSince = Device() with { Now = Now.AddDays(-10) };
        await WakeAsync(anna, longAgo);
        await WakeAsync(anna, seenSince);
        await Store.NoteDeviceSeenAsync((await Store.FindDeviceAsync(seenSince.TokenHash, default))!, Now, default);
        await AddDevicesAsync(anna, SqliteStore.MostDevices - 3);
        Assert.Equal(SqliteStore.MostDevices, (await Store.ListDevicesAsync(anna.Account, default)).Count);
        Assert.NotNull(await Store.FindDeviceAsync(longAgo.TokenHash, default));
        // One that is there takes nobody's place.
        DeviceSignIn again = seenSince with { Now = Now, TokenHash = Make.Bytes(32) };
        await WakeAsync(anna, again);
        Assert.NotNull(await Store.FindDeviceAsync(longAgo.TokenHash, default));

        DeviceSignIn newest = Device() with { Now = Now.AddDays(-20) };
        await WakeAsync(anna, newest);
        Assert.Equal(SqliteStore.MostDevices, (await Store.ListDevicesAsync(anna.Account, default)).Count);
        Assert.NotNull(await Store.FindDeviceAsync(newest.TokenHash, default));
        Assert.Null(await Store.FindDeviceAsync(longAgo.TokenHash, default));
        Assert.NotNull(await Store.FindDeviceAsync(again.TokenHash, default));
        Assert.Single(await Store.ListDevicesAsync(berta.Account, default));
    }
}
