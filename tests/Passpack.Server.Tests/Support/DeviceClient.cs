using System.Buffers.Text;
using System.Net.Http.Headers;
using Passpack.Protocol;

namespace Passpack.Server.Tests.Support;

/// <summary>One account, as one of its devices reaches it.</summary>
internal sealed class DeviceClient : IDisposable
{
    public DeviceClient(Uri server, RegisterRequest registration, byte[] token)
    {
        Registration = registration;
        Http = new HttpClient { BaseAddress = server };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Base64Url.EncodeToString(token));
    }

    public RegisterRequest Registration { get; }

    public HttpClient Http { get; }

    public Guid Vault => Registration.Keys.VaultId;

    public string Path(string part) => Routes.OfVault(Vault, part);

    public Task<HttpResponseMessage> SendPushAsync(PushRequest push) => Http.PostBytesAsync(Path(Routes.Pushes), push.ToMessage().ToArray());

    public async Task<PushAnswer> PushAsync(PushRequest push) => await (await SendPushAsync(push)).ReadAsync<PushAnswer>();

    /// <summary>Pushes onto whatever is newest.</summary>
    public async Task<PushAnswer> PushNextAsync(params RecordChange[] records)
    {
        VaultHead head = (await ChangesAsync(long.MaxValue)).Head!;
        return await PushAsync(new PushRequest(Guid.NewGuid(), head.Revision, records, Make.Manifest(head.Generation + 1)));
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
