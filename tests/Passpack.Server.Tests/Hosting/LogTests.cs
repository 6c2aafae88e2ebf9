using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>The real program at its most verbose, and what its log must not hold.</summary>
public sealed class LogTests
{
    private const string UserId = "zqx-anna@example.org";

    [Fact]
    public async Task At_the_most_verbose_level_no_token_proof_salt_key_body_or_User_ID_is_logged()
    {
        using var folder = new TempFolder();
        using ServerProcess server = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--registration", "open", "--registration-difficulty", "1", "--disk-reserve", "1"],
            ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace"), ("Logging__Console__FormatterOptions__IncludeScopes", "true"));
        var secrets = new List<byte[]>();
        using (var http = new HttpClient { BaseAddress = server.Address })
        {
            RegisterRequest request = Make.Registration(UserId);
            RegisterAnswer registered = await (await http.RegisterAsync(request)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
            using var account = new DeviceClient(server.Address, request, registered.DeviceToken);
            LoginAnswer signedIn = await (await http.PostAsJsonAsync(Routes.Login, new LoginRequest(UserId, request.Proof, Make.Device()))).ReadAsync<LoginAnswer>();
            byte[] wrong = Make.Bytes(32), changed = Make.Bytes(32);
            RecordChange record = Owner.Of(UserId).Record(Guid.NewGuid(), body: Make.Bytes(64));
            secrets.AddRange([request.Proof, request.LoginSalt, request.Keys.Mac, request.Keys.Record, registered.DeviceToken, signedIn.DeviceToken, wrong, changed, record.Body]);

            await http.PostAsJsonAsync(Routes.LoginParameters, new LoginParametersRequest(UserId));
            await http.PostAsJsonAsync(Routes.Login, new LoginRequest(UserId, wrong, Make.Device())).RequireAsync(401, ErrorCodes.PasswordRejected);
            await http.RegisterAsync(request).RequireAsync(409, ErrorCodes.AccountExists);
            await http.PostTextAsync(Routes.Login, $"{{\"userId\":\"{UserId}\",\"proof\":5").RequireAsync(400, ErrorCodes.RequestInvalid);
            await account.PushNextAsync(record);
            await account.PullAsync(0);
            await account.Http.GetAsync(Routes.KeyRecord);
            ManifestName head = await account.HeadAsync();
            ChangePasswordRequest change = account.Owner.Signed(
                new ChangePasswordRequest(Make.Bytes(16), "17.8.1", changed, head, [], request.Proof), request.LoginSalt);
            Assert.Equal(HttpStatusCode.NoContent, (await account.Http.PutAsJsonAsync(Routes.Password, change)).StatusCode);
            await account.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(wrong)).RequireAsync(401, ErrorCodes.PasswordRejected);
            await account.Http.PostAsJsonAsync(Routes.AccountRemoval, new RemoveAccountRequest(head, change.Signature)).RequireAsync(403, ErrorCodes.SignatureInvalid);
            secrets.Add(change.Signature);
            await MalformAsync(server, account, changed);
        }

        await server.KillAsync();
        string log = await server.Output;
        // It was verbose, and it was this.
        Assert.Contains(Routes.Pushes, log, StringComparison.Ordinal);
        Assert.Contains("dbug: ", log, StringComparison.Ordinal);
        foreach (byte[] secret in secrets)
        {
            Assert.DoesNotContain(Base64Url.EncodeToString(secret), log, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(secret), log, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexString(secret), log, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("zqx", log, StringComparison.Ordinal);
    }

    /// <summary>Requests that the framework refuses before this server sees them, and that hold secrets where it looks for what is wrong.</summary>
    private static async Task MalformAsync(ServerProcess server, DeviceClient account, byte[] proof)
    {
        string token = account.Http.DefaultRequestHeaders.Authorization!.ToString(), body = Convert.ToBase64String(proof);
        string get = $"GET {Routes.Devices} HTTP/1.1\r\nHost: localhost\r\n", post = $"POST {Routes.Login} HTTP/1.1\r\nHost: localhost\r\n";
        foreach (string request in new[]
        {
            $"{get}Authorization : {token}\r\n\r\n", $"{get}Authorization: {token}\0\r\n\r\n", $"{get}X: y\r\n Authorization: {token}\r\n\r\n",
            $"{get}Authorization {token}\r\n\r\n", $"{get}Content-Length: {token}\r\n\r\n", $"{get}Transfer-Encoding: {token}\r\n\r\n",
            $"{get}Host: {token}\r\n\r\n", $"GET {token} HTTP/1.1\r\nHost: localhost\r\n\r\n", $"{token} / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            $"GET / {token}\r\nHost: localhost\r\n\r\n", $"{post}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{body}\r\n",
            $"{body} {UserId} {body}\r\n\r\n",
        })
        {
            string answer = await RawHttp.ExchangeAsync(server.Address, request);
            Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        }
    }
}
