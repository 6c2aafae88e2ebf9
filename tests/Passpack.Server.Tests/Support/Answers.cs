using System.Net;
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

    public static async Task<Problem> DemandAsync(this HttpResponseMessage response, int status, string code)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Problem problem = JsonSerializer.Deserialize(text, ProtocolJson.Default.Problem)!;
        Assert.Equal(code, problem.Code);
        Assert.Equal(status, problem.Status);
        Assert.False(string.IsNullOrEmpty(problem.Title));
        return problem;
    }

    public static async Task<Problem> DemandAsync(this Task<HttpResponseMessage> response, int status, string code) =>
        await (await response).DemandAsync(status, code);

    /// <summary>Sends a text as it is, as JSON.</summary>
    public static Task<HttpResponseMessage> PostTextAsync(this HttpClient http, string path, string json) =>
        http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
}
