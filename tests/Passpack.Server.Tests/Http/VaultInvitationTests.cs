using System.Net.Http.Json;
using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class VaultInvitationTests
{
    [Fact]
    public async Task Only_who_was_invited_sees_the_inviter_and_answers_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        DeviceClient anna = await server.RegisterAsync(), berta = await server.RegisterAsync(Make.Registration("berta@example.org"));
        DeviceClient carl = await server.RegisterAsync(Make.Registration("carl@example.org"));
        NewVaultInvitationRequest invitation = Invitation(server, "Berta@example.org");
        await InviteAsync(anna, invitation);
        await InviteAsync(anna, invitation);
        await (await carl.Http.PostAsJsonAsync(Routes.VaultInvitations, invitation)).RequireAsync(409, ErrorCodes.InvitationInvalid);
        await (await anna.Http.PostAsJsonAsync(Routes.VaultInvitations, invitation with { UserId = "carl@example.org" })).RequireAsync(409, ErrorCodes.InvitationInvalid);
        foreach (DateTimeOffset wrong in new[] { server.Time.GetUtcNow(), server.Time.GetUtcNow().AddDays(31) })
            await (await anna.Http.PostAsJsonAsync(Routes.VaultInvitations, invitation with { Expires = wrong })).RequireAsync(422, ErrorCodes.RequestInvalid);

        InviterAnswer inviter = await (await berta.Http.GetAsync(Routes.OfVaultInvitation(invitation.Id, Routes.Inviter))).ReadAsync<InviterAnswer>();
        Assert.Equal(anna.Owner.Identity.Bytes.ToArray(), inviter.Identity);
        byte[] answer = Answer(anna, berta, invitation);
        foreach (DeviceClient other in new[] { anna, carl })
        {
            await other.Http.GetAsync(Routes.OfVaultInvitation(invitation.Id, Routes.Inviter)).RequireAsync(404, ErrorCodes.NotFound);
            await (await SendAsync(other, invitation.Id, answer)).RequireAsync(404, ErrorCodes.NotFound);
        }

        // Of somebody else's identity, and to another invitation.
        await (await SendAsync(berta, invitation.Id, Answer(anna, carl, invitation))).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await (await SendAsync(berta, invitation.Id, Answer(anna, berta, invitation with { Id = Guid.NewGuid() }))).RequireAsync(422, ErrorCodes.RequestInvalid);
        await (await SendAsync(berta, invitation.Id, answer[..^1])).RequireAsync(422, ErrorCodes.RequestInvalid);
        await (await SendAsync(berta, invitation.Id, answer)).RequireDoneAsync();
        await (await SendAsync(berta, invitation.Id, answer)).RequireDoneAsync();
        await (await SendAsync(berta, invitation.Id, Answer(anna, berta, invitation))).RequireAsync(409, ErrorCodes.InvitationInvalid);

        StoredVaultInvitation stored = Assert.Single(await ListAsync(anna));
        Assert.Equal((invitation.Id, "Berta@example.org"), (stored.Id, stored.UserId));
        Assert.Equal(answer, stored.Answer);
        Assert.Empty(await ListAsync(berta));
        // Both logs tell it; the inviter's learns no device of the other.
        LoggedEvent own = Assert.Single((await EventsAsync(anna)).Events, row => row.Type == (int)EventType.VaultInvitationAnswered);
        Assert.Null(own.Device);
        Assert.Single((await EventsAsync(berta)).Events, row => row.Type == (int)EventType.VaultInvitationAnswered);

        await (await berta.Http.DeleteAsync(Routes.OfVaultInvitation(invitation.Id))).RequireDoneAsync();
        Assert.Single(await ListAsync(anna));
        await (await anna.Http.DeleteAsync(Routes.OfVaultInvitation(invitation.Id))).RequireDoneAsync();
        Assert.Empty(await ListAsync(anna));
    }

    [Fact]
    public async Task An_invitation_expires_and_their_number_is_bounded()
    {
        await using TestServer server = await TestServer.StartAsync();
        DeviceClient anna = await server.RegisterAsync(), berta = await server.RegisterAsync(Make.Registration("berta@example.org"));
        NewVaultInvitationRequest first = Invitation(server, berta.Owner.UserId);
        await InviteAsync(anna, first);
        for (int i = 1; i < Limits.VaultInvitationsOpen; i++)
            await InviteAsync(anna, Invitation(server, berta.Owner.UserId));
        await (await anna.Http.PostAsJsonAsync(Routes.VaultInvitations, Invitation(server, "carl"))).RequireAsync(507, ErrorCodes.QuotaExceeded);
        server.Time.Advance(TimeSpan.FromDays(8));
        await InviteAsync(anna, Invitation(server, "carl"));
        await (await SendAsync(berta, first.Id, Answer(anna, berta, first))).RequireAsync(409, ErrorCodes.InvitationInvalid);
    }

    [Fact]
    public async Task An_identity_is_for_who_names_its_fingerprint()
    {
        await using TestServer server = await TestServer.StartAsync();
        DeviceClient anna = await server.RegisterAsync(), berta = await server.RegisterAsync(Make.Registration("berta@example.org"));
        string fingerprint = Convert.ToHexString(berta.Owner.Identity.Fingerprint);
        Task<HttpResponseMessage> AskAsync(string userId, string named) => anna.Http.GetAsync($"{Routes.Identities}?userId={userId}&fingerprint={named}");

        foreach (string sound in new[] { fingerprint, fingerprint[..40], fingerprint[..40].ToLowerInvariant() })
            Assert.Equal(berta.Owner.Identity.Bytes.ToArray(), (await (await AskAsync("BERTA@example.org", sound)).ReadAsync<InviterAnswer>()).Identity);
        foreach (string wrong in new[] { "", fingerprint[..39], fingerprint[..41], new string('g', 40) })
            await (await AskAsync("berta@example.org", wrong)).RequireAsync(422, ErrorCodes.RequestInvalid);
        Problem other = await (await AskAsync("berta@example.org", Convert.ToHexString(anna.Owner.Identity.Fingerprint))).RequireAsync(404, ErrorCodes.NotFound);
        Assert.Equal(other, await (await AskAsync("nobody@example.org", fingerprint)).RequireAsync(404, ErrorCodes.NotFound));
    }

    [Fact]
    public async Task Who_was_invited_to_a_vault_registers_under_that_User_ID_alone_and_once()
    {
        string text = Invitations.Create();
        using var folder = new TempFolder();
        DeviceClient anna;
        NewVaultInvitationRequest invitation;
        await using (TestServer open = await TestServer.StartAsync(folder: folder.Path))
        {
            anna = await open.RegisterAsync();
            invitation = Invitation(open, "berta@example.org") with { Registration = Invitations.HashOf(text) };
            await InviteAsync(anna, invitation);
        }

        await using TestServer server = await TestServer.StartAsync(["--registration", "invitation"], folder.Path);
        foreach (string other in new[] { "carl@example.org", "berta@example.com" })
            await server.Http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest(other, text)).RequireAsync(403, ErrorCodes.InvitationInvalid);
        RegisterRequest berta = Make.Registration("berta@example.org") with { Invitation = text };
        RegistrationChallenge asked = await (await server.Http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest(berta.UserId, text)))
            .ReadAsync<RegistrationChallenge>();
        berta = berta with { Challenge = asked.Challenge, Work = ProofOfWork.Solve(asked.Challenge, asked.Difficulty) };
        await (await server.Http.PostAsJsonAsync(Routes.Accounts, berta)).RequireDoneAsync();
        await server.Http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest("berta@example.org", text)).RequireAsync(403, ErrorCodes.InvitationInvalid);
    }

    private static NewVaultInvitationRequest Invitation(TestServer server, string userId) =>
        new(Guid.NewGuid(), userId, DateTimeOffset.FromUnixTimeMilliseconds(server.Time.GetUtcNow().AddDays(7).ToUnixTimeMilliseconds()));

    private static async Task InviteAsync(DeviceClient inviter, NewVaultInvitationRequest invitation) =>
        await (await inviter.Http.PostAsJsonAsync(Routes.VaultInvitations, invitation)).RequireDoneAsync();

    private static async Task<IReadOnlyList<StoredVaultInvitation>> ListAsync(DeviceClient inviter) =>
        (await (await inviter.Http.GetAsync(Routes.VaultInvitations)).ReadAsync<VaultInvitationPage>()).Invitations;

    private static async Task<EventPage> EventsAsync(DeviceClient account) => await (await account.Http.GetAsync(Routes.Events)).ReadAsync<EventPage>();

    private static Task<HttpResponseMessage> SendAsync(DeviceClient sender, Guid id, byte[] answer) =>
        sender.Http.PutAsJsonAsync(Routes.OfVaultInvitation(id, Routes.Answer), new AnswerInvitationRequest(answer));

    // The MAC is for the inviter, which a server cannot tell.
    private static byte[] Answer(DeviceClient inviter, DeviceClient invited, NewVaultInvitationRequest invitation)
    {
        var answer = new InvitationAnswer(
            invitation.Id, invitation.Expires, SharedVault.Of(inviter.Owner), invited.Owner.Identity, RandomNumberGenerator.GetBytes(InvitationAnswer.MacBytes), []);
        return (answer with { Signature = invited.Owner.Sign(SignaturePurpose.InvitationAnswer, [.. answer.Message(), .. answer.Mac]) }).ToBytes();
    }
}
