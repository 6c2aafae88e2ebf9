using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Passpack.Protocol;
using Xunit;

namespace Passpack.Server.Tests.Support;

/// <summary>What a test demands of answers.</summary>
internal static class Answers
{
    public static async Task<T> ReadAsync<T>(this HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        // As the client reads it: with the protocol's own context.
        return (T)JsonSerializer.Deserialize(text, typeof(T), ProtocolJson.Default)!;
    }

    /// <summary>Reads an answer with records, as the client does.</summary>
    public static async Task<T> ReadAsync<T>(this HttpResponseMessage response, Func<RecordReader, CancellationToken, Task<T>> read)
    {
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {Encoding.UTF8.GetString(bytes)}");
        Assert.Equal(RecordMessage.MediaType, response.Content.Headers.ContentType?.ToString());
        return await read(new RecordReader(new MemoryStream(bytes)), CancellationToken.None);
    }

    public static async Task<Problem> RequireAsync(this HttpResponseMessage response, int status, string code)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Problem problem = JsonSerializer.Deserialize(text, ProtocolJson.Default.Problem)!;
        Assert.Equal(code, problem.Code);
        Assert.Equal(status, problem.Status);
        Assert.False(string.IsNullOrEmpty(problem.Title));
        // In the server's own words: those of its libraries name types and lines of code.
        Assert.DoesNotMatch(@"\b(System|Microsoft|Passpack)\.[A-Z]|JSON value could not|LineNumber|Failed to bind", text);
        return problem;
    }

    public static async Task<Problem> RequireAsync(this Task<HttpResponseMessage> response, int status, string code) =>
        await (await response).RequireAsync(status, code);

    /// <summary>Demands that what was asked for was done, with an answer or without.</summary>
    public static async Task RequireDoneAsync(this HttpResponseMessage response) =>
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");

    /// <summary>Registers as a client does: asks what to work on, works, sends.</summary>
    public static async Task<HttpResponseMessage> RegisterAsync(this HttpClient http, RegisterRequest request) =>
        await http.PostAsJsonAsync(Routes.Accounts, await http.WorkAsync(request));

    /// <summary>The request with the work that this server asks for.</summary>
    public static async Task<RegisterRequest> WorkAsync(this HttpClient http, RegisterRequest request)
    {
        HttpResponseMessage response = await http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest(request.UserId));
        RegistrationChallenge asked = await response.ReadAsync<RegistrationChallenge>();
        return request with { Challenge = asked.Challenge, Work = ProofOfWork.Solve(asked.Challenge, asked.Difficulty) };
    }

    /// <summary>Sends a text as it is, as JSON.</summary>
    public static Task<HttpResponseMessage> PostTextAsync(this HttpClient http, string path, string json) =>
        http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Sends bytes as they are, as a message with records.</summary>
    public static Task<HttpResponseMessage> PostBytesAsync(this HttpClient http, string path, byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new(RecordMessage.MediaType);
        return http.PostAsync(path, content);
    }
}
