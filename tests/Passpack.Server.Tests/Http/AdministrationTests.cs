using System.Net;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>What administrators see and do, and that nobody else does: every request is signed, and taken once.</summary>
public sealed class AdministrationTests
{
    private const string Anna = "anna@example.org";

    /// <summary>Every route of administrators, with a request that would be taken.</summary>
    private static async Task<Dictionary<string, Func<Task<HttpResponseMessage>>>> RequestsAsync(DeviceClient signer, HttpClient sender, string userId)
    {
        KeysAnswer now = await signer.KeysAsync();
        byte[] hash = Make.Bytes(32);
        Func<Task<HttpResponseMessage>> Of<T>(string path, Func<AdministratorSignature, T> make)
            where T : AdministrationRequest
        {
            T request = signer.Owner.Administration(now.Head, now.Administered ?? 0, make);
            return () => sender.PostAsJsonAsync(path, request);
        }

        return new()
        {
            [Routes.ServerStatus] = Of(Routes.ServerStatus, by => new ReadStatusRequest(by)),
            [Routes.ServerEvents] = Of(Routes.ServerEvents, by => new ReadServerEventsRequest(by, 0)),
            [Routes.ServerAccounts] = Of(Routes.ServerAccounts, by => new ListAccountsRequest(by, 0, userId)),
            [Routes.ServerAccountChange] = Of(Routes.ServerAccountChange, by => new ChangeAccountRequest(by, userId, Disabled: true)),
            [Routes.ServerAccountReset] = Of(Routes.ServerAccountReset, by => new ResetAccountRequest(by, userId, true, true, true, hash)),
            [Routes.ServerAccountRemoval] = Of(Routes.ServerAccountRemoval, by => new RemoveServerAccountRequest(by, userId)),
            [Routes.InvitationList] = Of(Routes.InvitationList, by => new ListInvitationsRequest(by, new byte[32])),
            [Routes.InvitationRemoval] = Of(Routes.InvitationRemoval, by => new RemoveInvitationRequest(by, hash)),
        };
    }

    [Fact]
    public async Task An_administrator_sees_the_accounts_and_nothing_of_what_they_hold()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync();
        using DeviceClient anna = await server.RegisterAsync(), other = await server.SignInAsync(anna);
        await anna.PushNextAsync(Make.Records(3));
        server.Time.Advance(TimeSpan.FromHours(1));
        await anna.HeadAsync();

        ServerAccountPage page = await root.ListAsync();
        Assert.False(page.More);
        Assert.Equal(["root@example.org", Anna], page.Accounts.Select(account => account.UserId));
        ServerAccountSummary seen = page.Accounts[1];
        Assert.True(seen is
        {
            Disabled: false, Administrator: false, SecondFactor: false, NeedsSecondFactor: false, Devices: 2, Vaults: 1, Records: 3, Quota: null,
            RemovalDue: null, ResetUntil: null,
        }, $"{seen}");
        Assert.Equal(server.Time.GetUtcNow(), seen.LastSeen);
        Assert.True(seen.Bytes > 3 * Make.HeaderBytes);
        Assert.True(page.Accounts[0].Administrator);
        Assert.Equal(seen, await root.SeeAsync(" Anna@Example.org"));
        Assert.Empty((await root.ListAsync(0, "nobody")).Accounts);
        Assert.Equal(Anna, Assert.Single((await root.ListAsync(page.Accounts[0].Number)).Accounts).UserId);

        ServerStatus status = await (await root.AdministerAsync(Routes.ServerStatus, by => new ReadStatusRequest(by))).ReadAsync<ServerStatus>();
        Assert.Equal((2, 0, 1, "open"), (status.Accounts, status.Disabled, status.Administrators, status.Registration));
        Assert.Equal(TimeSpan.FromHours(1), status.Now - status.Started);
        Assert.True(status.Bytes > seen.Bytes && status.Schema > 0 && status.Limits is { Quota: 1 << 30, Connections: 2000 });
        Assert.Matches(@"^\d+\.\d+\.\d+", status.Version);
    }

    [Fact]
    public async Task Whoever_is_no_administrator_learns_nothing_not_even_who_has_an_account()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync();
        using DeviceClient anna = await server.RegisterAsync();
        string before = DatabaseDump.Of(server);
        foreach (string userId in new[] { "root@example.org", "nobody@example.org", Anna })
        {
            string? told = null;
            foreach ((string route, Func<Task<HttpResponseMessage>> send) in await RequestsAsync(anna, anna.Http, userId))
            {
                Problem problem = await send().RequireAsync(403, ErrorCodes.NotPermitted);
                told ??= $"{problem}";
                Assert.Equal(told, $"{problem}");
            }
        }

        Assert.Equal(before, DatabaseDump.Of(server));
    }

    [Fact]
    public async Task A_stolen_token_of_an_administrator_administers_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), stolen = await server.SignInAsync(root);
        using DeviceClient anna = await server.RegisterAsync();
        stolen.Owner = Owner.Of("thief");
        string before = DatabaseDump.Of(server);
        foreach ((_, Func<Task<HttpResponseMessage>> send) in await RequestsAsync(stolen, stolen.Http, Anna))
            await send().RequireAsync(403, ErrorCodes.SignatureInvalid);
        // Nor do the administrator's signatures under another's token.
        foreach ((_, Func<Task<HttpResponseMessage>> send) in await RequestsAsync(root, anna.Http, Anna))
            await send().RequireAsync(403, ErrorCodes.SignatureInvalid);
        Assert.Equal(before, DatabaseDump.Of(server));
    }

    [Fact]
    public async Task A_request_is_taken_once_and_as_it_was_signed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        using DeviceClient berta = await server.RegisterAsync(Make.Registration("berta@example.org"));
        ChangeAccountRequest disable = await root.SignAsync(by => new ChangeAccountRequest(by, Anna, Disabled: true));
        foreach (ChangeAccountRequest altered in new[]
        {
            disable with { UserId = "berta@example.org" }, disable with { Disabled = false }, disable with { Disabled = null },
            disable with { Quota = new QuotaChange(1) }, disable with { Quota = new QuotaChange(null) }, disable with { NeedsSecondFactor = true },
            disable with { By = disable.By with { Number = disable.By.Number + 1 } },
        })
        {
            await root.Http.PostAsJsonAsync(Routes.ServerAccountChange, altered).RequireAsync(403, ErrorCodes.SignatureInvalid);
        }

        // Under another route, what was signed is another content.
        await root.Http.PostAsJsonAsync(Routes.ServerAccountRemoval, new RemoveServerAccountRequest(disable.By, Anna)).RequireAsync(403, ErrorCodes.SignatureInvalid);
        Assert.Equal(204, (int)(await root.Http.PostAsJsonAsync(Routes.ServerAccountChange, disable)).StatusCode);
        Assert.Equal(204, (int)(await root.ChangeAsync(Anna, disabled: false)).StatusCode);
        await root.Http.PostAsJsonAsync(Routes.ServerAccountChange, disable).RequireAsync(409, ErrorCodes.RevisionConflict);
        Assert.False((await root.SeeAsync(Anna)).Disabled);

        // One that found no account is used up, too: it waits for none.
        ChangeAccountRequest early = await root.SignAsync(by => new ChangeAccountRequest(by, "carla@example.org", Disabled: true));
        await root.Http.PostAsJsonAsync(Routes.ServerAccountChange, early).RequireAsync(404, ErrorCodes.ServerAccountNotFound);
        using DeviceClient carla = await server.RegisterAsync(Make.Registration("carla@example.org"));
        await root.Http.PostAsJsonAsync(Routes.ServerAccountChange, early).RequireAsync(409, ErrorCodes.RevisionConflict);
        Assert.False((await root.SeeAsync("carla@example.org")).Disabled);

        // One that only reads is taken once as well, and a push in between voids what was signed before it.
        ListAccountsRequest list = await root.SignAsync(by => new ListAccountsRequest(by, 0));
        Assert.Equal(HttpStatusCode.OK, (await root.Http.PostAsJsonAsync(Routes.ServerAccounts, list)).StatusCode);
        await root.Http.PostAsJsonAsync(Routes.ServerAccounts, list).RequireAsync(409, ErrorCodes.RevisionConflict);
        ListAccountsRequest old = await root.SignAsync(by => new ListAccountsRequest(by, 0));
        await root.PushNextAsync(root.Owner.Record(Guid.NewGuid()));
        await root.Http.PostAsJsonAsync(Routes.ServerAccounts, old).RequireAsync(409, ErrorCodes.RevisionConflict);
    }

    [Fact]
    public async Task Of_one_request_sent_many_times_at_once_one_is_taken()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        ResetAccountRequest request = await root.SignAsync(by => new ResetAccountRequest(by, Anna, Lockout: true));
        HttpResponseMessage[] answers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => root.Http.PostAsJsonAsync(Routes.ServerAccountReset, request)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(5, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Single(await server.TypesAsync((await root.SeeAsync(Anna)).Number), type => type == EventType.LockoutReset);
    }

    [Fact]
    public async Task A_disabled_account_is_refused_by_every_token_and_login_and_loses_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync();
        using DeviceClient anna = await server.RegisterAsync(), asleep = await server.LogInAsync(anna);
        await anna.PushNextAsync(Make.Records(2));
        Assert.Equal(204, (int)(await root.ChangeAsync(Anna, disabled: true)).StatusCode);
        foreach (DeviceClient device in new[] { anna, asleep })
        {
            await device.Http.GetAsync(Routes.KeyRecord).RequireAsync(403, ErrorCodes.AccountDisabled);
            await device.Http.GetAsync(device.Path(Routes.Changes) + "?after=0").RequireAsync(403, ErrorCodes.AccountDisabled);
            await device.Http.GetAsync(Routes.Events).RequireAsync(403, ErrorCodes.AccountDisabled);
        }

        var login = new LoginRequest(Anna, anna.Registration.Proof, Make.Device());
        await server.Http.PostAsJsonAsync(Routes.Login, login).RequireAsync(403, ErrorCodes.AccountDisabled);
        // Only to who has the Password.
        await server.Http.PostAsJsonAsync(Routes.Login, login with { Proof = Make.Bytes(32) }).RequireAsync(401, ErrorCodes.PasswordRejected);
        Assert.True((await root.SeeAsync(Anna)) is { Disabled: true, Records: 2, Devices: 1 });

        Assert.Equal(204, (int)(await root.ChangeAsync(Anna, disabled: false)).StatusCode);
        Assert.Equal(204, (int)(await root.ChangeAsync(Anna, disabled: false)).StatusCode);
        Assert.Equal(2, (await anna.PullAsync(0)).Changes.Count);
        await anna.PushNextAsync(Make.Records(1));
        (await server.SignInAsync(anna)).Dispose();

        // Each once in both logs, by an administrator whose device and address the account is not told.
        long number = (await root.SeeAsync(Anna)).Number;
        EventPage own = (await server.Store.ReadEventsAsync(number, 0, server.Time.GetUtcNow(), default))!;
        LoggedEvent[] acts = [.. own.Events.Where(row => row.Actor == (int)EventActor.Administrator)];
        Assert.Equal([EventType.AccountDisabled, EventType.AccountEnabled], acts.Select(row => (EventType)row.Type));
        Assert.All(acts, row => Assert.Equal((null, null, 0), (row.Device, row.Address, row.Subject)));
        EventPage log = await (await root.AdministerAsync(Routes.ServerEvents, by => new ReadServerEventsRequest(by, 0))).ReadAsync<EventPage>();
        LoggedEvent[] told = [.. log.Events.Where(row => row.Subject == number)];
        Assert.Equal([EventType.AccountDisabled, EventType.AccountEnabled], told.Select(row => (EventType)row.Type));
        Assert.All(told, row => Assert.Equal((root.Device.Id, "127.0.0.1"), (row.Device, row.Address)));
    }

    [Fact]
    public async Task An_administrator_who_is_disabled_or_no_administrator_any_more_does_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), second = await server.RegisterAdministratorAsync("second@example.org");
        await root.ChangeAsync("root@example.org", disabled: true).RequireAsync(422, ErrorCodes.RequestInvalid);
        await root.AdministerAsync(Routes.ServerAccountRemoval, by => new RemoveServerAccountRequest(by, "root@example.org"))
            .RequireAsync(422, ErrorCodes.RequestInvalid);

        // Two at once, each the other: one of them is left.
        ChangeAccountRequest one = await root.SignAsync(by => new ChangeAccountRequest(by, "second@example.org", Disabled: true));
        ChangeAccountRequest other = await second.SignAsync(by => new ChangeAccountRequest(by, "root@example.org", Disabled: true));
        HttpResponseMessage[] answers = await Task.WhenAll(
            root.Http.PostAsJsonAsync(Routes.ServerAccountChange, one), second.Http.PostAsJsonAsync(Routes.ServerAccountChange, other));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Forbidden);
        DeviceClient left = answers[0].IsSuccessStatusCode ? root : second;
        string gone = left == root ? "second@example.org" : "root@example.org";
        Assert.Equal(204, (int)(await left.ChangeAsync(gone, disabled: false)).StatusCode);

        KeysAnswer before = await left.KeysAsync();
        Assert.True(await server.Store.SetAdministratorAsync(left.Registration.UserId, false, Make.Act(server.Time.GetUtcNow()), default));
        Assert.Null((await left.KeysAsync()).Administered);
        await left.Http.PostAsJsonAsync(Routes.ServerStatus, left.Owner.Administration(before.Head, before.Administered!.Value, by => new ReadStatusRequest(by)))
            .RequireAsync(403, ErrorCodes.NotPermitted);
    }

    [Fact]
    public async Task Invitations_are_listed_without_their_texts_and_taken_back()
    {
        await using TestServer server = await TestServer.StartAsync(["--registration", "invitation"]);
        // The one that the server wrote at its start.
        long root = 0;
        using DeviceClient administrator = await RegisterByAsync(server, "root@example.org", (await File.ReadAllTextAsync(
            Path.Combine(server.Folder, Accounts.FirstInvitation.FileName))).Trim());
        root = (await administrator.SeeAsync("root@example.org")).Number;
        string first = Invitations.Create(), second = Invitations.Create();
        foreach ((string text, long? quota) in new (string, long?)[] { (first, null), (second, 4096) })
        {
            Assert.Equal(204, (int)(await administrator.Http.PostAsJsonAsync(Routes.Invitations, administrator.Owner.Invitation(
                await administrator.HeadAsync(), Invitations.HashOf(text), server.Time.GetUtcNow().AddDays(1), quota))).StatusCode);
        }

        // A quota that was not signed is none.
        InviteRequest altered = administrator.Owner.Invitation(await administrator.HeadAsync(), Make.Bytes(32), server.Time.GetUtcNow().AddDays(1));
        await administrator.Http.PostAsJsonAsync(Routes.Invitations, altered with { Quota = 1 << 20 }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        using DeviceClient invited = await RegisterByAsync(server, Anna, second);
        Assert.Equal(4096, (await administrator.SeeAsync(Anna)).Quota);
        // The account is bound by it.
        await invited.SendPushAsync(await invited.NextAsync(null, Make.Record(Guid.NewGuid(), body: Make.Bytes(5000))))
            .RequireAsync(507, ErrorCodes.QuotaExceeded);

        InvitationPage page = await ListInvitationsAsync(administrator);
        Assert.Equal(3, page.Invitations.Count);
        InvitationSummary open = page.Invitations.Single(one => one.Hash.AsSpan().SequenceEqual(Invitations.HashOf(first)));
        Assert.True(open is { Used: null, By: "root@example.org", Quota: null, Administrator: false });
        Assert.True(page.Invitations.Single(one => one.Hash.AsSpan().SequenceEqual(Invitations.HashOf(second))) is { Used: not null, Quota: 4096 });
        Assert.True(page.Invitations.Single(one => one.Administrator) is { Used: not null, By: null });

        Assert.Equal(204, (int)(await TakeBackAsync(administrator, first)).StatusCode);
        await TakeBackAsync(administrator, first).RequireAsync(403, ErrorCodes.InvitationInvalid);
        await TakeBackAsync(administrator, second).RequireAsync(403, ErrorCodes.InvitationInvalid);
        await server.Http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest("berta", first)).RequireAsync(403, ErrorCodes.InvitationInvalid);
        Assert.Equal(2, (await ListInvitationsAsync(administrator)).Invitations.Count);
        Assert.Single(await server.TypesAsync(root), type => type == EventType.InvitationRemoved);
    }

    private static async Task<InvitationPage> ListInvitationsAsync(DeviceClient administrator) => await (await administrator.AdministerAsync(
        Routes.InvitationList, by => new ListInvitationsRequest(by, new byte[32]))).ReadAsync<InvitationPage>();

    private static Task<HttpResponseMessage> TakeBackAsync(DeviceClient administrator, string text) => administrator.AdministerAsync(
        Routes.InvitationRemoval, by => new RemoveInvitationRequest(by, Invitations.HashOf(text)));

    private static async Task<DeviceClient> RegisterByAsync(TestServer server, string userId, string invitation)
    {
        RegisterRequest request = Make.Registration(userId) with { Invitation = invitation };
        RegistrationChallenge asked = await (await server.Http.PostAsJsonAsync(
            Routes.RegistrationChallenge, new ChallengeRequest(userId, invitation))).ReadAsync<RegistrationChallenge>();
        request = request with { Challenge = asked.Challenge, Work = ProofOfWork.Solve(asked.Challenge, asked.Difficulty) };
        RegisterAnswer answer = await (await server.Http.PostAsJsonAsync(Routes.Accounts, request)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        return new DeviceClient(server.Http.BaseAddress!, request, answer.DeviceToken);
    }
}
