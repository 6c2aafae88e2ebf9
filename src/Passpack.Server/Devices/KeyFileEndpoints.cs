using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Devices;

/// <summary>Key files, which connect machines without a Password, and the machines that they connect.</summary>
internal static class KeyFileEndpoints
{
    public static void MapKeyFiles(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.KeyFiles, Add)
            .Describe("Devices", "AddKeyFile", "Adds a token that stands in a key file and does nothing but connect machines; needs a signature.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .NeedsDeviceToken();

        routes.MapPost(Routes.KeyFileConnections, Connect)
            .Describe("Devices", "ConnectByKeyFile", "Adds a machine that the key file connects whose token asks; needs a signature. It is told in the log.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .NeedsDeviceToken().TakesKeyFiles();
    }

    private static async Task<IResult> Add(
        JsonBody<AddKeyFileRequest> body, CurrentDevice current, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        AddKeyFileRequest request = body.Value;
        if (FindFault(request.KeyFile, request.TokenHash) is { } fault)
            return Problems.Invalid(fault);
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, current, SignaturePurpose.KeyFile, request.Head, request.Signature,
            vault => Statements.KeyFile(vault, request.Head, request.KeyFile.Id, request.TokenHash), cancel);
        return refused ?? state!.Answered(await store.AddKeyFileAsync(
            current.Account, SignIn(request.KeyFile, request.TokenHash, client, time), request.Head, cancel));
    }

    private static async Task<IResult> Connect(
        JsonBody<ConnectByKeyFileRequest> body, CurrentDevice current, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        ConnectByKeyFileRequest request = body.Value;
        if (current.Session.State != TokenState.KeyFile)
            return Problems.NoKeyFile();
        if (FindFault(request.Device, request.TokenHash) is { } fault)
            return Problems.Invalid(fault);
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, current, SignaturePurpose.Wake, request.Head, request.Signature,
            vault => Statements.Wake(vault, request.Head, request.Device.Id, request.TokenHash), cancel);
        return refused ?? state!.Answered(await store.ConnectByKeyFileAsync(
            current.Session, SignIn(request.Device, request.TokenHash, client, time), request.Head, cancel));
    }

    private static string? FindFault(DeviceDescription device, byte[] tokenHash) =>
        RequestRules.Device(device) ?? RequestRules.Length("tokenHash", tokenHash, RecordMessage.DigestBytes);

    private static DeviceSignIn SignIn(DeviceDescription device, byte[] tokenHash, ClientAddress client, TimeProvider time) =>
        new(device.Id, device.Name, tokenHash, time.GetUtcNow()) { From = client.Text };
}
