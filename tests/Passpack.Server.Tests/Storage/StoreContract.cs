using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>What every store must hold. One class a database derives from it.</summary>
public abstract partial class StoreContract
{
    private protected static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A prepared store over an empty database.</summary>
    private protected abstract IServerStore Store { get; }

    /// <summary>Another node over the same database.</summary>
    private protected abstract Task<IServerStore> OtherNodeAsync();

    /// <summary>Whether tests go on for long where verdicts come from what all stores share (<see cref="AttemptJudge"/>): over one store is enough.</summary>
    private protected virtual bool GoesOn => true;

    private protected async Task<VaultKey> AddAsync(string userId = "anna")
    {
        var keys = Make.Keys(Guid.NewGuid());
        Assert.Equal(AddOutcome.Added, await Store.AddAccountAsync(Account(userId, keys), Device(), onlyFirst: false, default));
        StoredLogin login = (await Store.FindLoginAsync(userId, default))!;
        return new VaultKey(login.Account, keys.Content.VaultId);
    }

    private static NewAccount Account(string userId, CheckedKeys keys) =>
        new(userId, Make.Bytes(16), "17.8.1", Make.Bytes(16), Make.Bytes(32), keys, Make.Manifest(1), Now);

    private static DeviceSignIn Device(Guid? id = null) => new(id ?? Guid.NewGuid(), "laptop", Make.Bytes(32), Now);

    private protected static Push Sealed(PushRequest request, long? quota = null) => new(request, quota, Retention.Default, Now);

    /// <summary>Signs a device in, and wakes it.</summary>
    private protected async Task WakeAsync(VaultKey vault, DeviceSignIn device, IServerStore? store = null)
    {
        store ??= Store;
        DeviceSignIn login = device with { TokenHash = Make.Bytes(32) };
        KeysAnswer keys = (await store.SignInDeviceAsync(vault.Account, login, default))!;
        DeviceSession session = (await store.FindDeviceAsync(login.TokenHash, default))!;
        Assert.Equal(TokenState.NeverWoken, session.State);
        Assert.Equal(ChangeOutcome.Done, await store.WakeDeviceAsync(session, device.TokenHash, keys.Head, Make.Act(device.Now), default));
    }

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
        Assert.Equal(AddOutcome.Added, await Store.AddAccountAsync(first, Device(), onlyFirst: true, default));
        Assert.Equal(AddOutcome.Taken, await Store.AddAccountAsync(Account("anna", Make.Keys(Guid.NewGuid())), Device(), onlyFirst: false, default));
        // Where only the first is taken, known and unknown names are answered alike.
        foreach (string userId in new[] { "anna", "berta" })
            Assert.Equal(AddOutcome.NotFirst, await Store.AddAccountAsync(Account(userId, Make.Keys(Guid.NewGuid())), Device(), onlyFirst: true, default));

        StoredLogin login = (await Store.FindLoginAsync("anna", default))!;
        Assert.Equal(first.ProofHash, login.ProofHash);
        Assert.Equal(first.ProofSalt, login.ProofSalt);
        Assert.Equal(first.LoginSalt, login.LoginSalt);
        Assert.Equal(first.LoginKdf, login.LoginKdf);
        Assert.Equal(login.UserId, (await Store.FindLoginAsync(login.Account, default))!.UserId);
        Assert.Equivalent(first.Keys.Record, (await Store.GetKeysAsync(login.Account, default))!.Keys);
        Assert.Null(await Store.FindLoginAsync("berta", default));
    }

    [Fact]
    public async Task A_login_is_replaced_once_and_only_one_device_is_kept()
    {
        VaultKey anna = await AddAsync(), berta = await AddAsync("berta");
        StoredLogin found = (await Store.FindLoginAsync("anna", default))!;
        DeviceSignIn kept = Device();
        await WakeAsync(anna, kept);
        var login = new NewLogin(Make.Bytes(16), "16.8.1", Make.Bytes(16), Make.Bytes(32));

        Assert.Equal(ChangeOutcome.HeadMoved, await Store.ReplaceLoginAsync(found, login, kept.Id, Make.Head(2), Make.Act(), default));
        Assert.Equal(found.ProofHash, (await Store.FindLoginAsync("anna", default))!.ProofHash);
        DeviceSignIn sleeping = Device(kept.Id);
        await Store.SignInDeviceAsync(anna.Account, sleeping, default);
        Assert.Equal(ChangeOutcome.Done, await Store.ReplaceLoginAsync(found, login, kept.Id, Make.Head(1), Make.Act(), default));
        Assert.Null(await Store.FindDeviceAsync(sleeping.TokenHash, default));
        StoredLogin replaced = (await Store.FindLoginAsync("anna", default))!;
        Assert.Equivalent(login, new NewLogin(replaced.LoginSalt, replaced.LoginKdf, replaced.ProofSalt, replaced.ProofHash), strict: true);
        Assert.Equal(kept.Id, Assert.Single(await Store.ListDevicesAsync(anna.Account, default)).Id);
        Assert.NotNull(await Store.FindDeviceAsync(kept.TokenHash, default));
        Assert.Single(await Store.ListDevicesAsync(berta.Account, default));

        // By who saw the login before that: nothing happens.
        Assert.Equal(ChangeOutcome.LoginMoved, await Store.ReplaceLoginAsync(found, login with { LoginKdf = "15.8.1" }, Guid.NewGuid(), Make.Head(1), Make.Act(), default));
        Assert.Equal("16.8.1", (await Store.FindLoginAsync("anna", default))!.LoginKdf);
        await Store.RemoveAccountAsync(anna.Account, Make.Head(1), Make.Act(), default);
        Assert.NotEqual(ChangeOutcome.Done, await Store.ReplaceLoginAsync(replaced, login, kept.Id, Make.Head(1), Make.Act(), default));
    }

    [Fact]
    public async Task Two_accounts_may_name_their_vaults_alike_and_share_nothing()
    {
        CheckedKeys keys = Make.Keys(Guid.NewGuid());
        Assert.Equal(AddOutcome.Added, await Store.AddAccountAsync(Account("anna", keys), Device(), onlyFirst: false, default));
        Assert.Equal(AddOutcome.Added, await Store.AddAccountAsync(Account("berta", keys), Device(), onlyFirst: false, default));
        var anna = new VaultKey((await Store.FindLoginAsync("anna", default))!.Account, keys.Content.VaultId);
        var berta = new VaultKey((await Store.FindLoginAsync("berta", default))!.Account, keys.Content.VaultId);

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
        await WakeAsync(anna, first);
        DeviceSignIn again = Device(first.Id) with { Now = Now.AddDays(1), Name = "renamed" };
        await Store.SignInDeviceAsync(anna.Account, Device(first.Id), default);
        Assert.NotNull(await Store.FindDeviceAsync(first.TokenHash, default));
        await WakeAsync(anna, again);

        Assert.Null(await Store.FindDeviceAsync(first.TokenHash, default));
        Assert.Equivalent(new DeviceSession(anna.Account, first.Id, Now.AddDays(1), again.TokenHash, TokenState.Awake), await Store.FindDeviceAsync(again.TokenHash, default), strict: true);
        StoredDevice listed = Assert.Single(await Store.ListDevicesAsync(anna.Account, default), device => device.Id == first.Id);
        Assert.Equal(new StoredDevice(first.Id, "renamed", Now, Now.AddDays(1), Asleep: false), listed);
    }

    [Fact]
    public async Task A_removed_device_is_gone_and_another_accounts_is_out_of_reach()
    {
        VaultKey anna = await AddAsync("anna");
        VaultKey berta = await AddAsync("berta");
        DeviceSignIn device = Device();
        DeviceSignIn sleeping = Device(device.Id);
        await WakeAsync(anna, device);
        await Store.SignInDeviceAsync(anna.Account, sleeping, default);

        Assert.Equal(ChangeOutcome.NotThere, await Store.RemoveDeviceAsync(berta.Account, device.Id, Make.Head(1), Make.Act(), default));
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.RemoveDeviceAsync(anna.Account, device.Id, Make.Head(2), Make.Act(), default));
        Assert.NotNull(await Store.FindDeviceAsync(device.TokenHash, default));
        Assert.Equal(ChangeOutcome.Done, await Store.RemoveDeviceAsync(anna.Account, device.Id, Make.Head(1), Make.Act(), default));
        Assert.Null(await Store.FindDeviceAsync(device.TokenHash, default));
        Assert.Null(await Store.FindDeviceAsync(sleeping.TokenHash, default));
        Assert.Equal(ChangeOutcome.NotThere, await Store.RemoveDeviceAsync(anna.Account, device.Id, Make.Head(1), Make.Act(), default));
    }

    [Fact]
    public async Task Keys_are_replaced_by_the_next_generation_only()
    {
        VaultKey anna = await AddAsync();
        Assert.Equal(ChangeOutcome.KeysMoved, await Store.ReplaceKeyRecordAsync(anna.Account, Make.Keys(anna.Vault, 1), null, Make.Act(), default));
        Assert.Equal(ChangeOutcome.KeysMoved, await Store.ReplaceKeyRecordAsync(anna.Account, Make.Keys(anna.Vault, 3), null, Make.Act(), default));
        CheckedKeys second = Make.Keys(anna.Vault, 2);
        Assert.Equal(ChangeOutcome.Done, await Store.ReplaceKeyRecordAsync(anna.Account, second, null, Make.Act(), default));
        Assert.Equivalent(second.Record, (await Store.GetKeysAsync(anna.Account, default))!.Keys);
        Assert.Equal(2, (await Store.ReadChangesAsync(anna, default, null, default))!.Head!.KeyGeneration);
    }
}
