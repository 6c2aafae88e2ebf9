using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class SharedVaultTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private DeviceClient _anna = null!, _berta = null!, _carl = null!;
    private SharedVault _vault = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _anna = await _server.RegisterAsync();
        _berta = await _server.RegisterAsync(Make.Registration("berta@example.org"));
        _carl = await _server.RegisterAsync(Make.Registration("carl@example.org"));
        _vault = await SharedVault.CreateAsync(_anna);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Members_read_and_write_and_everybody_sees_where_the_log_stands()
    {
        // A repeat.
        await (await _anna.Http.PostAsJsonAsync(Routes.SharedVaults, _vault.Request)).RequireDoneAsync();
        WrappedKey key = SharedVault.Key(_berta);
        SignedStatement add = await _vault.AppendAsync(_anna, new StatementAct.Add(_berta.Owner.Identity, VaultRole.Editor, null), key);
        PushRequest push = _vault.NextPush(_berta);
        Assert.Equal(new PushAnswer(1, 2), await _vault.PushAsync(_berta));
        await _vault.PushAsync(_anna);

        ChangePage page = await _vault.ChangesAsync(_berta);
        Assert.Equal(2, page.Changes.Count);
        VaultHead head = page.Head!;
        Assert.Equal((2, 3, 0, 0), (head.Revision, head.Generation, head.KeyGeneration, head.PackVersion));
        Assert.Null(head.Log);
        Assert.Equal(2, head.Shared!.Statements);
        Assert.Equal([.. _vault.Log.Select(statement => statement.Bytes.ToArray())], head.Shared.New);
        Assert.Equal(key.Key, head.Shared.WrappedKey);
        Assert.Empty((await _vault.ChangesAsync(_berta, null)).Head!.Shared!.New);
        Assert.Equal([add.Bytes.ToArray()], (await ReadAsync<StatementPage>(_berta, Routes.LogStatements + "?after=0")).Statements);
        Assert.Equal(3, (await ReadAsync<ManifestPage>(_berta, Routes.Manifests)).Manifests.Count);

        Assert.Equal(SharedVaultState.Compute(_vault.Id, 2, _vault.ManifestHead, add.Head, key.Key), await _vault.StateAsync(_berta));
        // What belongs to nobody but a member.
        Assert.Null(await _vault.StateAsync(_carl));
        Assert.Null((await _anna.ChangesAsync(0)).Head!.SharedVaults);
        // Its own vault is where it was.
        Assert.Equal(0, (await _anna.ChangesAsync(0)).Head!.Revision);
    }

    [Fact]
    public async Task A_role_decides_who_pushes_and_who_speaks_for_the_log()
    {
        await _vault.AddAsync(_anna, _berta, VaultRole.Reader);
        await (await _vault.SendAsync(_berta, _vault.NextPush(_berta))).RequireAsync(403, ErrorCodes.NotPermitted);
        var add = new StatementAct.Add(_carl.Owner.Identity, VaultRole.Owner, null);
        await (await _vault.SendAsync(_berta, _vault.Next(_berta, add), SharedVault.Key(_carl))).RequireAsync(403, ErrorCodes.NotPermitted);
        // Signed by an Owner, and sent by somebody else.
        await (await _vault.SendAsync(_berta, _vault.Next(_anna, add), SharedVault.Key(_carl))).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await (await _vault.SendAsync(_berta, _vault.NextPush(_anna))).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await (await _berta.Http.PutAsJsonAsync(_vault.Path(Routes.WrappedKeys), new RewrapRequest(1, [SharedVault.Key(_berta)])))
            .RequireAsync(403, ErrorCodes.NotPermitted);

        await _vault.AppendAsync(_anna, new StatementAct.ChangeRole(SharedVault.Of(_berta.Owner), VaultRole.Editor));
        await _vault.PushAsync(_berta);
        await _vault.AppendAsync(_anna, new StatementAct.Close());
        await (await _vault.SendAsync(_berta, _vault.NextPush(_berta))).RequireAsync(409, ErrorCodes.VaultClosed);
        await (await _vault.SendAsync(_anna, _vault.Next(_anna, new StatementAct.ChangeRole(SharedVault.Of(_berta.Owner), VaultRole.Owner))))
            .RequireAsync(409, ErrorCodes.VaultClosed);
        await (await _vault.SendAsync(_anna, _vault.Next(_anna, new StatementAct.Remove(SharedVault.Of(_anna.Owner), null)))).RequireAsync(409, ErrorCodes.LastOwner);
    }

    [Fact]
    public async Task Both_chains_are_taken_only_against_both_heads()
    {
        SignedStatement late = _vault.Next(_anna, new StatementAct.Add(_carl.Owner.Identity, VaultRole.Reader, null));
        PushRequest behind = _vault.NextPush(_anna);
        SignedStatement add = await _vault.AddAsync(_anna, _berta, VaultRole.Owner);
        await (await _vault.SendAsync(_anna, late, SharedVault.Key(_carl))).RequireAsync(409, ErrorCodes.StatementConflict);
        await (await _vault.SendAsync(_anna, behind)).RequireAsync(409, ErrorCodes.RevisionConflict);
        // What was stored is answered again, whatever came after it.
        late = _vault.Next(_anna, new StatementAct.Add(_carl.Owner.Identity, VaultRole.Reader, null));
        PushRequest push = _vault.NextPush(_berta);
        await (await _vault.SendAsync(_berta, push)).RequireDoneAsync();
        await (await _vault.SendAsync(_anna, late, SharedVault.Key(_carl))).RequireAsync(409, ErrorCodes.StatementConflict);
        await (await _vault.SendAsync(_anna, add)).RequireDoneAsync();
        await (await _vault.SendAsync(_berta, push)).RequireDoneAsync();
        Assert.Equal(2, (await _vault.ChangesAsync(_anna)).Head!.Shared!.Statements);
    }

    [Fact]
    public async Task Keys_come_with_what_needs_them_and_with_nothing_else()
    {
        var add = new StatementAct.Add(_berta.Owner.Identity, VaultRole.Editor, null);
        await (await _vault.SendAsync(_anna, _vault.Next(_anna, add))).RequireAsync(422, ErrorCodes.RequestInvalid);
        await (await _vault.SendAsync(_anna, _vault.Next(_anna, add), SharedVault.Key(_anna))).RequireAsync(422, ErrorCodes.RequestInvalid);
        await _vault.AppendAsync(_anna, add, SharedVault.Key(_berta));
        await _vault.AddAsync(_anna, _carl, VaultRole.Reader);

        var remove = new StatementAct.Remove(SharedVault.Of(_berta.Owner), _vault.NextEpoch());
        WrappedKey[] keys = [SharedVault.Key(_anna), SharedVault.Key(_carl)];
        SignedStatement removal = _vault.Next(_anna, remove);
        foreach (WrappedKey[] wrong in new[] { [], keys[..1], [.. keys, SharedVault.Key(_berta)], [keys[0], keys[0]] })
            await (await _vault.SendAsync(_anna, removal, wrong)).RequireAsync(422, ErrorCodes.RequestInvalid);
        await (await _vault.SendAsync(_anna, removal, keys)).RequireDoneAsync();
        _vault.Took(removal);
        Assert.Equal(keys[1].Key, (await _vault.ChangesAsync(_carl)).Head!.Shared!.WrappedKey);
        await _vault.PushAsync(_anna);

        WrappedKey again = SharedVault.Key(_carl);
        foreach (RewrapRequest wrong in new[] { new RewrapRequest(2, [SharedVault.Key(_berta)]), new RewrapRequest(2, [new WrappedKey(again.Member, [1])]) })
            await (await _anna.Http.PutAsJsonAsync(_vault.Path(Routes.WrappedKeys), wrong)).RequireAsync(422, ErrorCodes.RequestInvalid);
        await (await _anna.Http.PutAsJsonAsync(_vault.Path(Routes.WrappedKeys), new RewrapRequest(1, [again]))).RequireAsync(409, ErrorCodes.StatementConflict);
        await (await _anna.Http.PutAsJsonAsync(_vault.Path(Routes.WrappedKeys), new RewrapRequest(2, [again]))).RequireDoneAsync();
        Assert.Equal(again.Key, (await _vault.ChangesAsync(_carl)).Head!.Shared!.WrappedKey);
    }

    [Fact]
    public async Task Who_was_removed_gets_the_log_up_to_that_and_nothing_else()
    {
        await _vault.AddAsync(_anna, _berta, VaultRole.Owner);
        await _vault.PushAsync(_berta);
        // It leaves by itself, whose answer may be lost.
        SignedStatement leave = await _vault.AppendAsync(_berta, new StatementAct.Remove(SharedVault.Of(_berta.Owner), null));
        await (await _vault.SendAsync(_berta, leave)).RequireDoneAsync();
        await _vault.AppendAsync(_anna, new StatementAct.StartEpoch(_vault.NextEpoch()), SharedVault.Key(_anna));

        foreach (string part in new[] { Routes.Changes, Routes.Manifests, Routes.Versions + $"?stream=1&record={Guid.NewGuid()}" })
            await _berta.Http.GetAsync(_vault.Path(part)).RequireAsync(403, ErrorCodes.NotPermitted);
        await (await _vault.SendAsync(_berta, _vault.NextPush(_berta))).RequireAsync(403, ErrorCodes.NotPermitted);
        await (await _vault.SendAsync(_berta, _vault.Next(_berta, new StatementAct.Close()))).RequireAsync(403, ErrorCodes.NotPermitted);
        Assert.Equal(
            [.. _vault.Log.Take(3).Select(statement => statement.Bytes.ToArray())], (await ReadAsync<StatementPage>(_berta, Routes.LogStatements)).Statements);
        Assert.Equal(SharedVaultState.ComputeForFormer(_vault.Id, leave.Head), await _vault.StateAsync(_berta));
    }

    [Fact]
    public async Task Nobody_creates_a_vault_for_another_or_one_that_does_not_begin()
    {
        SharedVault sound = SharedVault.Of(_anna);
        async Task RefuseAsync(DeviceClient sender, CreateSharedVaultRequest request, int status, string code) =>
            await (await sender.Http.PostAsJsonAsync(Routes.SharedVaults, request)).RequireAsync(status, code);

        await RefuseAsync(_berta, sound.Request, 403, ErrorCodes.SignatureInvalid);
        await RefuseAsync(_anna, sound.Request with { Manifest = _anna.Owner.Manifest(1) }, 422, ErrorCodes.RequestInvalid);
        await RefuseAsync(_anna, sound.Request with { Manifest = SharedVault.Of(_anna).Newest }, 422, ErrorCodes.RequestInvalid);
        await RefuseAsync(_anna, sound.Request with { Manifest = sound.Manifest(_berta, 1) }, 403, ErrorCodes.SignatureInvalid);
        await RefuseAsync(_anna, sound.Request with { Manifest = sound.Manifest(_anna, 2) }, 422, ErrorCodes.RequestInvalid);
        await RefuseAsync(_anna, sound.Request with { WrappedKey = [1] }, 422, ErrorCodes.RequestInvalid);
        byte[] forged = [.. sound.Request.Statement];
        forged[^1] ^= 1;
        await RefuseAsync(_anna, sound.Request with { Statement = forged }, 403, ErrorCodes.SignatureInvalid);
        Assert.Null(await sound.StateAsync(_anna));
    }

    private async Task<T> ReadAsync<T>(DeviceClient member, string part) => await (await member.Http.GetAsync(_vault.Path(part))).ReadAsync<T>();
}
