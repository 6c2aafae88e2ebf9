using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Passpack.Protocol;

namespace Passpack.Server.Tests.Support;

/// <summary>One account, as one of its devices reaches it.</summary>
internal sealed class DeviceClient : IDisposable
{
    /// <param name="server">Where.</param>
    /// <param name="registration">Of the account.</param>
    /// <param name="token">This device's.</param>
    /// <param name="device">This one. Null if it is the one that registered.</param>
    /// <param name="shared">Connections that many devices share: of new ones a server takes only so many a second. Null if it connects by itself.</param>
    public DeviceClient(Uri server, RegisterRequest registration, byte[] token, DeviceDescription? device = null, SocketsHttpHandler? shared = null)
    {
        Registration = registration;
        Device = device ?? registration.Device;
        Owner = Owner.Of(registration.UserId);
        Http = new HttpClient(shared ?? new SocketsHttpHandler(), disposeHandler: shared is null) { BaseAddress = server };
        Token = token;
    }

    public RegisterRequest Registration { get; }

    public DeviceDescription Device { get; }

    /// <summary>Signs what this device sends.</summary>
    public Owner Owner { get; set; }

    public HttpClient Http { get; }

    public byte[] Token
    {
        get;
        set
        {
            field = value;
            Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Base64Url.EncodeToString(value));
        }
    }

    public Guid Vault => Owner.Vault;

    public string Path(string part) => Routes.OfVault(Vault, part);

    public async Task<KeysAnswer> KeysAsync() => await (await Http.GetAsync(Routes.KeyRecord)).ReadAsync<KeysAnswer>();

    public async Task<ManifestName> HeadAsync() => (await KeysAsync()).Head;

    /// <summary>Wakes the token, which is another one then.</summary>
    public async Task WakeAsync()
    {
        byte[] token = Make.Bytes(32);
        (await Http.PostAsJsonAsync(Routes.Wake, Owner.Wake(await HeadAsync(), Device.Id, token))).EnsureSuccessStatusCode();
        Token = token;
    }

    /// <summary>Replaces the keys by those of the next epoch.</summary>
    public async Task<HttpResponseMessage> SendReplacementAsync(byte[] token)
    {
        KeysAnswer now = await KeysAsync();
        Xunit.Assert.True(KeyRecordContent.TryRead(now.Keys.Record, out KeyRecordContent? keys, out string? fault), fault);
        return await Http.PutAsJsonAsync(
            Routes.KeyRecord, Owner.Replacement(keys!.Generation + 1, now.Head, Device.Id, token, Registration.Proof));
    }

    /// <summary>Replaces the keys by those of the next epoch, and goes on with them.</summary>
    public async Task ReplaceKeysAsync()
    {
        byte[] token = Make.Bytes(32);
        HttpResponseMessage answer = await SendReplacementAsync(token);
        Xunit.Assert.True((int)answer.StatusCode == 204, await answer.Content.ReadAsStringAsync());
        (Token, Owner) = (token, Owner.Next());
    }

    public Task<HttpResponseMessage> SendPushAsync(PushRequest push) => Http.PostBytesAsync(Path(Routes.Pushes), push.ToMessage().ToArray());

    public async Task<PushAnswer> PushAsync(PushRequest push) => await (await SendPushAsync(push)).ReadAsync<PushAnswer>();

    /// <summary>Pushes onto whatever is newest, as this account's.</summary>
    public Task<PushAnswer> PushNextAsync(params RecordChange[] records) => PushNextAsync(null, records);

    public async Task<PushAnswer> PushNextAsync(int? manifestBytes, params RecordChange[] records) => await PushAsync(await NextAsync(manifestBytes, records));

    public async Task<PushRequest> NextAsync(int? manifestBytes, params RecordChange[] records)
    {
        VaultHead head = (await ChangesAsync(long.MaxValue)).Head!;
        return Owner.Push(head.Revision, ManifestName.Of(head.Manifests[^1]), [.. records.Select(Owner.Adopt)], manifestBytes);
    }

    public async Task<ChangePage> ChangesAsync(long after, string? page = null, long? generation = null)
    {
        string query = $"?after={after}" + (page is null ? "" : $"&page={page}") + (generation is null ? "" : $"&generation={generation}");
        return await (await Http.GetAsync(Path(Routes.Changes) + query)).ReadAsync(ChangePage.ReadAsync);
    }

    /// <summary>All pages after a revision.</summary>
    public async Task<(List<RecordChange> Changes, VaultHead Head, int Pages)> PullAsync(long after, Func<Task>? betweenPages = null)
    {
        List<RecordChange> changes = [];
        ChangePage page = await ChangesAsync(after);
        int pages = 1;
        while (true)
        {
            changes.AddRange(page.Changes);
            if (page.Head is not null)
                return (changes, page.Head, pages);
            await (betweenPages?.Invoke() ?? Task.CompletedTask);
            page = await ChangesAsync(after, page.NextPage);
            pages++;
        }
    }

    public void Dispose() => Http.Dispose();
}
