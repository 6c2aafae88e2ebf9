using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class OpenApiTests
{
    private static async Task<JsonObject> DocumentAsync(TestServer server) =>
        JsonNode.Parse(await server.Http.GetStringAsync(Routes.OpenApi))!.AsObject();

    [Fact]
    public async Task The_document_lists_every_route_that_there_is()
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonObject paths = (await DocumentAsync(server))["paths"]!.AsObject();
        string[] described = [.. paths.SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key} {path.Key}")).Order()];

        string[] mapped = [.. server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Select(method => $"{method.ToLowerInvariant()} {endpoint.RoutePattern.RawText!.Replace(":guid", "", StringComparison.Ordinal)}"))
            .Where(route => !route.Contains("openapi", StringComparison.Ordinal)).Order()];
        Assert.Equal(mapped, described);

        foreach (string route in new[]
        {
            $"get {Routes.Health}", $"get {Routes.Ready}", $"post {Routes.Accounts}", $"post {Routes.RegistrationChallenge}", $"post {Routes.LoginParameters}", $"post {Routes.Login}",
            $"get {Routes.KeyRecord}", $"put {Routes.KeyRecord}", $"get {Routes.Devices}", $"post {Routes.Devices}/{{id}}/removal", $"post {Routes.Wake}",
            $"get {Routes.Vaults}/{{vaultId}}/{Routes.Changes}", $"get {Routes.Vaults}/{{vaultId}}/{Routes.Manifests}",
            $"post {Routes.Vaults}/{{vaultId}}/{Routes.Records}", $"get {Routes.Vaults}/{{vaultId}}/{Routes.Versions}", $"post {Routes.AccountRemoval}",
            $"put {Routes.Password}", $"post {Routes.SecondFactor}", $"post {Routes.SecondFactorConfirmation}", $"post {Routes.SecondFactorRemoval}", $"post {Routes.Invitations}",
            $"post {Routes.InvitationList}", $"post {Routes.InvitationRemoval}", $"post {Routes.ServerStatus}", $"post {Routes.ServerEvents}",
            $"post {Routes.ServerAccounts}", $"post {Routes.ServerAccountChange}", $"post {Routes.ServerAccountReset}", $"post {Routes.ServerAccountRemoval}",
             $"post {Routes.RemovalWithoutKeys}", $"post {Routes.RemovalCancelling}", $"post {Routes.Vaults}/{{vaultId}}/{Routes.Purge}",
            $"post {Routes.Vaults}/{{vaultId}}/{Routes.Pushes}",
        })
        {
            Assert.Contains(route, described);
        }
    }

    [Fact]
    public async Task Every_operation_says_what_it_takes_answers_and_refuses()
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonObject document = await DocumentAsync(server);
        foreach ((string path, JsonNode? operations) in document["paths"]!.AsObject())
        {
            foreach ((string method, JsonNode? operation) in operations!.AsObject())
            {
                JsonObject responses = operation!["responses"]!.AsObject();
                Assert.Contains(responses, response => response.Key.StartsWith('2'));
                foreach ((string status, JsonNode? response) in responses.Where(response => response.Key[0] is '4' or '5'))
                {
                    Assert.Equal(
                        "#/components/schemas/Problem",
                        (string?)response!["content"]?["application/problem+json"]?["schema"]?["$ref"]);
                }

                Assert.Equal(method is "post" or "put", operation["requestBody"] is not null);
                bool open = path is Routes.Health or Routes.Ready or Routes.Accounts or Routes.RegistrationChallenge or Routes.Login or Routes.LoginParameters;
                Assert.Equal(!open, operation["security"] is JsonArray { Count: > 0 });
                Assert.NotNull(operation["summary"]);
                Assert.NotNull(operation["operationId"]);
            }
        }

        JsonObject schemas = document["components"]!["schemas"]!.AsObject();
        foreach (Type type in new[]
        {
            typeof(RegisterRequest), typeof(ChallengeRequest), typeof(RegistrationChallenge),
            typeof(LoginAnswer), typeof(LoginParameters), typeof(KeyRecord), typeof(ChangePageMetadata),
            typeof(ManifestPage), typeof(RecordsRequest), typeof(RecordsAnswerMetadata), typeof(PushMetadata), typeof(PushAnswer), typeof(DeviceList),
            typeof(ReplaceKeysRequest), typeof(VersionPageMetadata), typeof(RemoveAccountRequest), typeof(ChangePasswordRequest),
            typeof(KeysAnswer), typeof(RegisterAnswer), typeof(Succession), typeof(SuccessorRequest), typeof(WakeRequest), typeof(RemoveDeviceRequest),
            typeof(RemoveWithoutKeysRequest), typeof(PendingRemoval), typeof(CancelRemovalRequest), typeof(PurgeRequest), typeof(PurgeAnswer), typeof(ManifestName),
            typeof(InviteRequest), typeof(ReadStatusRequest), typeof(ServerStatus), typeof(ListAccountsRequest), typeof(ServerAccountPage), typeof(ReadServerEventsRequest),
            typeof(ListInvitationsRequest), typeof(InvitationPage), typeof(RemoveInvitationRequest), typeof(ChangeAccountRequest), typeof(ResetAccountRequest),
            typeof(ResetAnswer), typeof(RemoveServerAccountRequest), typeof(AdministratorSignature), typeof(SetUpSecondFactorRequest), typeof(ConfirmSecondFactorRequest), typeof(RemoveSecondFactorRequest), typeof(Problem),
        })
        {
            Assert.True(schemas.ContainsKey(type.Name), type.Name);
        }

        Assert.NotNull(document["components"]!["securitySchemes"]!["deviceToken"]);
    }

    [Theory]
    [InlineData("get", Routes.Changes, "ChangePageMetadata", 'R')]
    [InlineData("post", Routes.Records, "RecordsAnswerMetadata", 'R')]
    [InlineData("get", Routes.Versions, "VersionPageMetadata", 'V')]
    [InlineData("post", Routes.Pushes, "PushMetadata", 'R')]
    public async Task Records_are_described_as_bytes_with_their_layout(string method, string part, string metadata, char kind)
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonObject document = await DocumentAsync(server);
        JsonNode operation = document["paths"]![$"{Routes.Vaults}/{{vaultId}}/{part}"]![method]!;
        JsonNode message = part == Routes.Pushes ? operation["requestBody"]! : operation["responses"]!["200"]!;
        (string mediaType, JsonNode? content) = Assert.Single(message["content"]!.AsObject());
        Assert.Equal(RecordMessage.MediaType, mediaType);
        JsonNode schema = content!["schema"]!;
        Assert.Equal(("string", "binary"), ((string?)schema["type"], (string?)schema["format"]));
        Assert.Contains($"#/components/schemas/{metadata} ", (string?)schema["description"], StringComparison.Ordinal);
        Assert.Contains($"kind '{kind}'", (string?)schema["description"], StringComparison.Ordinal);
        JsonNode described = document["components"]!["schemas"]![metadata]!;
        if (part == Routes.Changes)
            Assert.NotNull(described["properties"]!["nextPage"]);
        if (part == Routes.Pushes)
            Assert.NotNull(described["properties"]!["manifest"]);
    }
}
