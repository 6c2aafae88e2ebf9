using System.Net;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Accounts;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Who is invited to register, by whom, and that an invitation is used once.</summary>
public sealed class InvitationTests
{
    private static readonly string[] s_invited = ["--registration", "invitation"];

    private static string FirstOf(TestServer server) => File.ReadAllText(Path.Combine(server.Folder, FirstInvitation.FileName));

    private static async Task<HttpResponseMessage> RegisterAsync(TestServer server, string userId, string? invitation) =>
        (await TryRegisterAsync(server, userId, invitation)).Answer;

    private static async Task<(HttpResponseMessage Answer, RegisterRequest Request)> TryRegisterAsync(TestServer server, string userId, string? invitation)
    {
        RegisterRequest request = Make.Registration(userId) with { Invitation = invitation };
        HttpResponseMessage response = await server.Http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest(userId, invitation));
        if (response.StatusCode != HttpStatusCode.OK)
            return (response, request);
        RegistrationChallenge asked = await response.ReadAsync<RegistrationChallenge>();
        request = request with { Challenge = asked.Challenge, Work = ProofOfWork.Solve(asked.Challenge, asked.Difficulty) };
        return (await server.Http.PostAsJsonAsync(Routes.Accounts, request), request);
    }

    private static async Task<DeviceClient> RegisterByAsync(TestServer server, string userId, string invitation)
    {
        (HttpResponseMessage answer, RegisterRequest request) = await TryRegisterAsync(server, userId, invitation);
        return new DeviceClient(server.Http.BaseAddress!, request, (await answer.ReadAsync<RegisterAnswer>(HttpStatusCode.Created)).DeviceToken);
    }

    private static Task<DeviceClient> RegisterAdministratorAsync(TestServer server) => RegisterByAsync(server, "anna@example.org", FirstOf(server));

    private static async Task<InviteRequest> SignAsync(TestServer server, DeviceClient account, string invitation, int days = 7) =>
        account.Owner.Invitation(await account.HeadAsync(), Invitations.HashOf(invitation), server.Time.GetUtcNow().AddDays(days));

    private static Task<HttpResponseMessage> InviteAsync(DeviceClient account, InviteRequest request) =>
        account.Http.PostAsJsonAsync(Routes.Invitations, request);

    [Fact]
    public async Task The_first_start_leaves_an_invitation_that_only_the_owner_of_the_server_can_read()
    {
        await using TestServer server = await TestServer.StartAsync(s_invited);
        string file = Path.Combine(server.Folder, FirstInvitation.FileName);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(43, FirstOf(server).Trim().Length);
        Assert.DoesNotContain(FirstOf(server).Trim(), DatabaseDump.Of(server), StringComparison.Ordinal);
        await RegisterAsync(server, "anna@example.org", null).RequireAsync(403, ErrorCodes.ServerRefused);
        using DeviceClient administrator = await RegisterAdministratorAsync(server);
        await RegisterAsync(server, "berta@example.org", FirstOf(server)).RequireAsync(403, ErrorCodes.InvitationInvalid);
    }

    [Fact]
    public async Task A_start_with_accounts_invites_nobody()
    {
        using var folder = new TempFolder();
        await using (TestServer first = await TestServer.StartAsync(s_invited, folder.Path))
            (await RegisterAdministratorAsync(first)).Dispose();
        await using TestServer second = await TestServer.StartAsync(s_invited, folder.Path);
        Assert.False(File.Exists(Path.Combine(folder.Path, FirstInvitation.FileName)));
    }

    [Fact]
    public async Task An_administrator_invites_who_registers_once()
    {
        await using TestServer server = await TestServer.StartAsync(s_invited);
        using DeviceClient administrator = await RegisterAdministratorAsync(server);
        string invitation = Invitations.Create();
        InviteRequest request = await SignAsync(server, administrator, invitation);
        await RegisterAsync(server, "berta@example.org", invitation).RequireAsync(403, ErrorCodes.InvitationInvalid);
        Assert.Equal(204, (int)(await InviteAsync(administrator, request)).StatusCode);
        Assert.Equal(204, (int)(await InviteAsync(administrator, request)).StatusCode);
        // A name that is taken does not use it up.
        await RegisterAsync(server, administrator.Registration.UserId, invitation).RequireAsync(409, ErrorCodes.AccountExists);
        Assert.Equal(201, (int)(await RegisterAsync(server, "berta@example.org", $" {invitation}\n")).StatusCode);
        await RegisterAsync(server, "carla@example.org", invitation).RequireAsync(403, ErrorCodes.InvitationInvalid);
        // The signed request, sent again by somebody who saw it, makes no second one.
        Assert.Equal(204, (int)(await InviteAsync(administrator, request)).StatusCode);
        await RegisterAsync(server, "carla@example.org", invitation).RequireAsync(403, ErrorCodes.InvitationInvalid);
    }

    [Fact]
    public async Task Of_registrations_at_once_with_one_invitation_one_succeeds()
    {
        await using TestServer server = await TestServer.StartAsync([.. s_invited, "--registrations-per-hour", "100"]);
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => RegisterAsync(server, $"user{i}@example.org", FirstOf(server))));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_invitation_expires()
    {
        await using TestServer server = await TestServer.StartAsync(s_invited);
        using DeviceClient administrator = await RegisterAdministratorAsync(server);
        string invitation = Invitations.Create();
        InviteRequest request = await SignAsync(server, administrator, invitation, days: 1);
        Assert.Equal(204, (int)(await InviteAsync(administrator, request)).StatusCode);
        server.Time.Advance(TimeSpan.FromDays(1));
        await RegisterAsync(server, "berta@example.org", invitation).RequireAsync(403, ErrorCodes.InvitationInvalid);
        await InviteAsync(administrator, request).RequireAsync(422, ErrorCodes.RequestInvalid);
        await InviteAsync(administrator, await SignAsync(server, administrator, invitation, days: 40)).RequireAsync(422, ErrorCodes.RequestInvalid);
    }

    [Fact]
    public async Task Nobody_but_an_administrator_with_his_keys_invites()
    {
        await using TestServer server = await TestServer.StartAsync(s_invited);
        using DeviceClient administrator = await RegisterAdministratorAsync(server);
        string invitation = Invitations.Create(), his = Invitations.Create();
        InviteRequest request = await SignAsync(server, administrator, invitation);
        Assert.Equal(204, (int)(await InviteAsync(administrator, request)).StatusCode);
        using DeviceClient berta = await RegisterByAsync(server, "berta@example.org", invitation);
        // An account of no administrator, by its own signature; the administrator's signature under another token; a stolen token of the administrator.
        await InviteAsync(berta, await SignAsync(server, berta, his)).RequireAsync(403, ErrorCodes.NotPermitted);
        await InviteAsync(berta, await SignAsync(server, administrator, his)).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await InviteAsync(administrator, request with { Hash = Invitations.HashOf(his) }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await InviteAsync(administrator, request with { Expires = request.Expires.AddDays(1) }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await RegisterAsync(server, "carla@example.org", his).RequireAsync(403, ErrorCodes.InvitationInvalid);
    }

    [Fact]
    public async Task A_closed_server_takes_no_invitation()
    {
        using var folder = new TempFolder();
        string first;
        await using (TestServer invited = await TestServer.StartAsync(s_invited, folder.Path))
            first = FirstOf(invited);
        await using TestServer server = await TestServer.StartAsync(["--registration", "closed"], folder.Path);
        await RegisterAsync(server, "anna@example.org", first).RequireAsync(403, ErrorCodes.ServerRefused);
    }
}
