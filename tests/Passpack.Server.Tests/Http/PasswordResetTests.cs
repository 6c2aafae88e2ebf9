using System.Net;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Another Password by an administrator's code and the account's keys, of which neither is enough.</summary>
public sealed class PasswordResetTests
{
    private const string Anna = "anna@example.org", Berta = "berta@example.org";

    private static async Task<string> GiveCodeAsync(DeviceClient root, string userId)
    {
        string code = PasswordResets.Create();
        byte[] hash = PasswordResets.HashOf(code);
        ResetAnswer answer = await (await root.AdministerAsync(
            Routes.ServerAccountReset, by => new ResetAccountRequest(by, userId, CodeHash: hash))).ReadAsync<ResetAnswer>();
        Assert.NotNull(answer.CodeUntil);
        return code;
    }

    private static Task<HttpResponseMessage> BeginAsync(TestServer server, string userId, string code) =>
        server.Http.PostAsJsonAsync(Routes.PasswordResetBase, new BeginResetRequest(userId, code));

    private static Task<HttpResponseMessage> SendAsync(TestServer server, ResetPasswordRequest request) =>
        server.Http.PostAsJsonAsync(Routes.PasswordReset, request);

    /// <summary>What the owner of the keys sends, over what the code brings.</summary>
    private static async Task<ResetPasswordRequest> SignAsync(TestServer server, Owner owner, string userId, string code, byte[] newProof)
    {
        ResetBase found = await (await BeginAsync(server, userId, code)).ReadAsync<ResetBase>();
        return owner.Reset(userId, code, found, Make.Bytes(16), newProof);
    }

    private static Task<HttpResponseMessage> LogInAsync(TestServer server, string userId, byte[] proof) =>
        server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(userId, proof, Make.Device()));

    [Fact]
    public async Task The_owner_sets_another_Password_and_every_device_has_to_connect_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync();
        using DeviceClient anna = await server.RegisterAsync(), other = await server.SignInAsync(anna), asleep = await server.LogInAsync(anna);
        string code = await GiveCodeAsync(root, Anna);
        Assert.Equal(server.Time.GetUtcNow() + PasswordResets.Life, (await root.SeeAsync(Anna)).ResetUntil);
        byte[] newProof = Make.Bytes(32);
        ResetPasswordRequest request = await SignAsync(server, anna.Owner, " Anna@Example.org", $" {code}\n", newProof);
        Assert.Equal(204, (int)(await SendAsync(server, request)).StatusCode);
        foreach (DeviceClient device in new[] { anna, other, asleep })
            await device.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        await LogInAsync(server, Anna, anna.Registration.Proof).RequireAsync(401, ErrorCodes.PasswordRejected);
        using DeviceClient again = await server.SignInAsync(anna, proof: newProof);
        await again.PushNextAsync(Make.Records(1));
        // Used up.
        await BeginAsync(server, Anna, code).RequireAsync(403, ErrorCodes.ResetCodeInvalid);
        await SendAsync(server, request).RequireAsync(403, ErrorCodes.ResetCodeInvalid);
        Assert.Null((await root.SeeAsync(Anna)).ResetUntil);

        long number = (await root.SeeAsync(Anna)).Number;
        EventPage log = (await server.Store.ReadEventsAsync(number, 0, server.Time.GetUtcNow(), default))!;
        LoggedEvent given = log.Events.Single(row => row.Type == (int)EventType.PasswordResetGiven), set = log.Events.Single(row => row.Type == (int)EventType.PasswordReset);
        Assert.Equal(((int)EventActor.Administrator, (string?)null), (given.Actor, given.Address));
        Assert.Equal(((int)EventActor.Owner, "127.0.0.1", 2L), (set.Actor, set.Address, set.Count));
        Assert.DoesNotContain(code, DatabaseDump.Of(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_code_alone_changes_nothing_and_neither_do_the_keys_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        string code = await GiveCodeAsync(root, Anna);
        byte[] newProof = Make.Bytes(32);
        ResetPasswordRequest sound = await SignAsync(server, anna.Owner, Anna, code, newProof);
        string before = DatabaseDump.Of(server);
        // The administrator, who has the code and his own keys; a signature for something else, or of something else.
        ResetBase found = await (await BeginAsync(server, Anna, code)).ReadAsync<ResetBase>();
        byte[] asPassword = anna.Owner.Sign(SignaturePurpose.Password, Statements.Password(
            anna.Vault, found.Account.Head, found.LoginSalt, sound.LoginSalt, sound.LoginKdf, newProof));
        foreach (ResetPasswordRequest forged in new[]
        {
            root.Owner.Reset(Anna, code, found, Make.Bytes(16), newProof), sound with { Signature = new byte[64] }, sound with { Signature = asPassword },
            sound with { NewProof = Make.Bytes(32) }, sound with { LoginSalt = Make.Bytes(16) }, sound with { LoginKdf = "15.8.1" },
            sound with { Head = new ManifestName(sound.Head.Generation + 1, sound.Head.Hash) },
        })
        {
            await SendAsync(server, forged).RequireAsync(403, ErrorCodes.SignatureInvalid);
        }

        foreach (string wrong in new[] { "x", PasswordResets.Create(), code[..^1] })
        {
            await SendAsync(server, anna.Owner.Reset(Anna, wrong, found, Make.Bytes(16), newProof)).RequireAsync(403, ErrorCodes.ResetCodeInvalid);
            await BeginAsync(server, Anna, wrong).RequireAsync(403, ErrorCodes.ResetCodeInvalid);
        }

        await BeginAsync(server, Anna, "").RequireAsync(422, ErrorCodes.RequestInvalid);
        Assert.Equal(before, DatabaseDump.Of(server));
        await (await LogInAsync(server, Anna, anna.Registration.Proof)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task A_code_of_another_account_or_of_none_gets_the_answer_of_a_wrong_one()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        using DeviceClient berta = await server.RegisterAsync(Make.Registration(Berta));
        string code = await GiveCodeAsync(root, Anna);
        Problem wrong = await BeginAsync(server, Anna, PasswordResets.Create()).RequireAsync(403, ErrorCodes.ResetCodeInvalid);
        foreach (string userId in new[] { Berta, "nobody@example.org" })
            Assert.Equal(wrong, await BeginAsync(server, userId, code).RequireAsync(403, ErrorCodes.ResetCodeInvalid));
        ResetBase found = await (await BeginAsync(server, Anna, code)).ReadAsync<ResetBase>();
        await SendAsync(server, berta.Owner.Reset(Berta, code, found, Make.Bytes(16), Make.Bytes(32))).RequireAsync(403, ErrorCodes.ResetCodeInvalid);
        // A new one takes the place of the one before.
        string second = await GiveCodeAsync(root, Anna);
        await BeginAsync(server, Anna, code).RequireAsync(403, ErrorCodes.ResetCodeInvalid);
        Assert.Equal(HttpStatusCode.OK, (await BeginAsync(server, Anna, second)).StatusCode);
    }

    [Fact]
    public async Task A_code_holds_for_an_hour_and_until_somebody_has_the_Password()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        string code = await GiveCodeAsync(root, Anna);
        ResetPasswordRequest request = await SignAsync(server, anna.Owner, Anna, code, Make.Bytes(32));
        server.Time.Advance(PasswordResets.Life);
        await SendAsync(server, request).RequireAsync(403, ErrorCodes.ResetCodeInvalid);

        code = await GiveCodeAsync(root, Anna);
        await LogInAsync(server, Anna, Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        request = await SignAsync(server, anna.Owner, Anna, code, Make.Bytes(32));
        await (await LogInAsync(server, Anna, anna.Registration.Proof)).ReadAsync<LoginAnswer>();
        await SendAsync(server, request).RequireAsync(403, ErrorCodes.ResetCodeInvalid);

        // Nor after the Password was changed on a machine that was still connected.
        code = await GiveCodeAsync(root, Anna);
        byte[] salt = Make.Bytes(16), proof = Make.Bytes(32);
        ChangePasswordRequest change = anna.Owner.Signed(new ChangePasswordRequest(salt, "17.8.1", proof, await anna.HeadAsync(), []), anna.Registration.LoginSalt);
        Assert.Equal(204, (int)(await anna.Http.PutAsJsonAsync(Routes.Password, change)).StatusCode);
        await BeginAsync(server, Anna, code).RequireAsync(403, ErrorCodes.ResetCodeInvalid);
    }

    [Fact]
    public async Task Of_two_at_once_with_one_code_one_sets_the_Password()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        string code = await GiveCodeAsync(root, Anna);
        byte[][] proofs = [.. Enumerable.Range(0, 4).Select(_ => Make.Bytes(32))];
        ResetPasswordRequest[] requests = await Task.WhenAll(proofs.Select(proof => SignAsync(server, anna.Owner, Anna, code, proof)));
        HttpResponseMessage[] answers = await Task.WhenAll(requests.Select(request => SendAsync(server, request)));
        byte[] won = proofs[Array.FindIndex(answers, answer => answer.StatusCode == HttpStatusCode.NoContent)];
        Assert.Equal(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.Forbidden));
        await (await LogInAsync(server, Anna, won)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task A_push_in_between_voids_the_signature_and_a_disabled_account_takes_no_code()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        string code = await GiveCodeAsync(root, Anna);
        ResetPasswordRequest old = await SignAsync(server, anna.Owner, Anna, code, Make.Bytes(32));
        await anna.PushNextAsync(Make.Records(1));
        await SendAsync(server, old).RequireAsync(409, ErrorCodes.RevisionConflict);
        ResetPasswordRequest request = await SignAsync(server, anna.Owner, Anna, code, Make.Bytes(32));
        await root.ChangeAsync(Anna, disabled: true);
        await SendAsync(server, request).RequireAsync(403, ErrorCodes.AccountDisabled);
        await root.ChangeAsync(Anna, disabled: false);
        Assert.Equal(204, (int)(await SendAsync(server, request)).StatusCode);
    }
}
