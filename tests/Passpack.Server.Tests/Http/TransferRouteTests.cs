using System.Collections;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Sync;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Which routes are counted as moving much.</summary>
public sealed class TransferRouteTests
{
    [Fact]
    public async Task Every_route_whose_answer_holds_a_list_or_whose_body_is_large_waits_for_its_room()
    {
        await using TestServer server = await TestServer.StartAsync();
        RouteEndpoint[] routes = [.. server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];
        string[] counted = [.. routes.Where(IsCounted).Select(route => route.RoutePattern.RawText!)];
        foreach (RouteEndpoint route in routes.Where(route => !IsCounted(route)))
        {
            string path = route.RoutePattern.RawText!;
            // Made once, of one size, and without a token: UnreadAnswerAttackTests holds what it costs.
            if (path == Routes.OpenApi)
                continue;
            Type?[] answers = [.. route.Metadata.OfType<IProducesResponseTypeMetadata>().Where(answer => answer.StatusCode < 300).Select(answer => answer.Type)];
            Assert.True(answers.Length > 0, $"{path} does not say what it answers.");
            Assert.All(answers, type => Assert.False(type is not null && HoldsList(type), $"{path} answers with a list, and waits for no room."));
            long? most = route.Metadata.OfType<Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute>().OfType<IRequestSizeLimitMetadata>().Last().MaxRequestBodySize;
            Assert.True(most <= EndpointConventions.SmallBody, $"{path} takes a large body, and waits for no room.");
        }

        Assert.Contains(Routes.Devices, counted);
        Assert.Contains(Routes.Events, counted);
        Assert.Equal(18, counted.Length);
    }

    private static bool IsCounted(RouteEndpoint route) => route.Metadata.OfType<Transfer>().Any();

    // Of bytes and characters there is a bound by member: a key envelope has 8 KiB.
    private static bool HoldsList(Type type) => type != typeof(string) && type != typeof(byte[]) && !type.IsPrimitive
        && (typeof(IEnumerable).IsAssignableFrom(type) || type.GetProperties().Any(property => property.PropertyType != type && HoldsList(property.PropertyType)));
}
