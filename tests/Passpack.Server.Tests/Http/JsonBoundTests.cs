using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>JSON that would become many times its size in memory, from somebody with a token.</summary>
public sealed class JsonBoundTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task Many_small_values_are_refused_wherever_they_stand(string value)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        string many = string.Join(',', Enumerable.Repeat(value, 8_000));
        foreach (string member in new[] { "manifest", "unknown" })
        {
            Problem problem = await account.Http.PostBytesAsync(account.Path(Routes.Pushes), Make.PushWith($$"""{"{{member}}":[{{many}}]}"""))
                .RequireAsync(400, ErrorCodes.RequestInvalid);
            Assert.Contains("more values", problem.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Metadata_has_no_more_bytes_than_another_body()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        byte[] push = Make.PushWith("{" + new string(' ', EndpointConventions.SmallBody) + "}");
        Problem problem = await account.Http.PostBytesAsync(account.Path(Routes.Pushes), push).RequireAsync(400, ErrorCodes.RequestInvalid);
        Assert.Contains($"more than {EndpointConventions.SmallBody} bytes of metadata", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_fullest_push_is_far_from_that_bound()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.PushAsync(Make.Push(0, Make.Records(Limits.RecordsPerBatch)));
    }

    [Theory]
    [InlineData(60, 200)]
    [InlineData(64, 400)]
    [InlineData(5_000, 400)]
    public async Task Nesting_is_bounded_even_where_it_is_passed_over(int levels, int status)
    {
        await using TestServer server = await TestServer.StartAsync();
        string json = $$"""{"userId":"anna","unknown":{{new string('[', levels)}}{{new string(']', levels)}}}""";
        using HttpResponseMessage answer = await server.Http.PostTextAsync(Routes.LoginParameters, json);
        Assert.Equal(status, (int)answer.StatusCode);
    }
}
