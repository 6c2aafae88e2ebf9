using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Sync;

namespace Passpack.Server.Sharing;

/// <summary>The log of a shared vault: its statements, and the keys that are wrapped beside it.</summary>
internal static class StatementEndpoints
{
    // As many keys as there may be members, in Base64 with their names, and a statement.
    private const int StatementBody = 2 << 20;

    // Of a statement, the byte that says what it does: docs/pack-format.md, "The log of a shared vault".
    private const int KindOffset = 121;

    public static void MapStatements(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(VaultEndpoints.Of(Routes.LogStatements), Read)
            .Describe("Sharing", "ReadStatements", "The log of a shared vault after a statement, page by page. Who was removed is served it up to that.")
            .Answers<StatementPage>()
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status422UnprocessableEntity, StatusCodes.Status404NotFound)
            .NeedsDeviceToken().TakesKeyFileMachines()
            .WithMetadata(Transfer.Answer);

        routes.MapPost(VaultEndpoints.Of(Routes.LogStatements), Append)
            .Describe("Sharing", "AppendStatement", "Appends a signed statement to the log of a shared vault, against both heads. A repeat gets the same answer.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict, StatusCodes.Status507InsufficientStorage)
            .NeedsDeviceToken()
            .TakesBodyUpTo(StatementBody)
            .WithMetadata(Transfer.Push);

        routes.MapPut(VaultEndpoints.Of(Routes.WrappedKeys), Rewrap)
            .Describe("Sharing", "RewrapKeys", "Puts wrapped keys of the newest epoch in the place of those of members; an Owner may.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict)
            .NeedsDeviceToken()
            .TakesBodyUpTo(StatementBody)
            .WithMetadata(Transfer.Push);
    }

    private static async Task<IResult> Read(Guid vaultId, CurrentDevice device, IServerStore store, CancellationToken cancel, long after = -1)
    {
        if (after < -1)
            return Problems.Invalid("after is the number of a statement, or -1.");
        return await store.FindSharedAsync(device.Account, vaultId, cancel) is { } place
            ? Results.Ok(new StatementPage(await store.ReadStatementsAsync(vaultId, after, place.LastStatement, cancel)))
            : VaultEndpoints.NoSuchVault();
    }

    private static async Task<IResult> Append(
        Guid vaultId, JsonBody<AppendStatementRequest> body, CurrentDevice device, ServerOptions options, DiskReserve disk, IServerStore store, SharedLogs logs,
        TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        AppendStatementRequest request = body.Value;
        if (!SignedStatement.TryRead(request.Statement, out SignedStatement? statement, out string? fault))
            return Problems.Invalid($"statement {fault}.");
        if (FindFault(request.Keys) is { } keyFault)
            return Problems.Invalid(keyFault);
        if (await store.FindSharedAsync(device.Account, vaultId, cancel) is not { } place)
            return VaultEndpoints.NoSuchVault();
        // Its answer may have been lost, and with it who asks may be no member any more.
        if (await IsRepeatAsync(statement, vaultId, place, store, cancel))
            return Results.NoContent();
        if (place.Until is not null)
            return SharingProblems.NoMember();
        if (statement.Content.Author != place.Key.As!.Identity)
            return Problems.NotSigned("statement");

        VaultLog log = await logs.LoadAsync(vaultId, place.Heads.Log, cancel);
        if (log.Judge(statement, out LogState? after) is not StatementFault.None and var refused)
            return SharingProblems.OfStatement(refused);
        if (statement.Content.Manifest != place.Heads.Manifest)
            return SharingProblems.LogMoved();
        if (FindOtherKeys(statement.Content.Act, after!, request.Keys) is { } otherKeys)
            return Problems.Invalid(otherKeys);
        if (statement.Content.Act is StatementAct.Revert revert && !await IsOfChainAsync(revert.Manifest, place.Key, store, cancel))
            return Problems.Invalid("statement reverts to a manifest that the vault never had.");

        bool takesAway = statement.Content.Act is StatementAct.Remove or StatementAct.Close;
        if (!takesAway && !disk.HasReserve)
            return Problems.DiskFull();
        var change = new NewStatement(
            request.Statement, statement.Head, place.Heads, Changes(log.State, after!), statement.Content.Act.Starts is not null, request.Keys,
            request.Statement[KindOffset])
        {
            Quotas = takesAway ? null : new Quotas(options.QuotaBytes, options.TotalQuotaBytes),
        };
        return SharingProblems.OfOutcome(await store.AppendStatementAsync(place.Key, change, device.Act(client, time.GetUtcNow()), cancel));
    }

    private static async Task<IResult> Rewrap(
        Guid vaultId, JsonBody<RewrapRequest> body, CurrentDevice device, IServerStore store, SharedLogs logs, CancellationToken cancel)
    {
        RewrapRequest request = body.Value;
        if (FindFault(request.Keys) is { } fault)
            return Problems.Invalid(fault);
        (SharedPlace? place, IResult? refused) = await SharedAccess.FindMemberAsync(store, device, vaultId, cancel);
        if (place is null)
            return refused!;
        LogState state = (await logs.LoadAsync(vaultId, place.Heads.Log, cancel)).State;
        if (state.RoleOf(place.Key.As!.Identity) != VaultRole.Owner)
            return SharingProblems.NotPermitted("Owners wrap keys.");
        if (request.Epoch != state.Epoch)
            return SharingProblems.LogMoved();
        if (request.Keys.Any(key => !state.Members.ContainsKey(Hash256.Read(key.Member))))
            return Problems.Invalid("keys has one for somebody who is no member.");
        return SharingProblems.OfOutcome(await store.RewrapAsync(place.Key, place.Heads.Log, request.Keys, cancel));
    }

    /// <summary>What is wrong with the form of wrapped keys. Null if nothing is.</summary>
    private static string? FindFault(IReadOnlyList<WrappedKey> keys)
    {
        if (keys.Count > LogState.MostMembers)
            return $"keys has more than {LogState.MostMembers} items.";
        var members = new HashSet<Hash256>();
        foreach (WrappedKey key in keys)
        {
            if (key is null)
                return "keys holds null.";
            string? fault = RequestRules.Length("keys.member", key.Member, Hash256.Length) ?? RequestRules.Length("keys.key", key.Key, WrappedKey.KeyBytes);
            if (fault is not null)
                return fault;
            if (!members.Add(Hash256.Read(key.Member)))
                return "keys has two for one member.";
        }

        return null;
    }

    /// <summary>Why these are not the keys that a statement has to bring. Null if they are.</summary>
    private static string? FindOtherKeys(StatementAct act, LogState after, IReadOnlyList<WrappedKey> keys)
    {
        if (act.Starts is not null)
        {
            return keys.Count == after.Members.Count && keys.All(key => after.Members.ContainsKey(Hash256.Read(key.Member)))
                ? null : "keys has exactly one for each who is a member after a statement that starts an epoch.";
        }

        if (act is StatementAct.Add add)
        {
            return keys.Count == 1 && keys[0].Member.AsSpan().SequenceEqual(add.Identity.Fingerprint)
                ? null : "keys has exactly that of the member whom the statement adds.";
        }

        return keys.Count == 0 ? null : "keys is empty with a statement that neither adds a member nor starts an epoch.";
    }

    private static IReadOnlyList<MemberChange> Changes(LogState before, LogState after) =>
    [
        .. after.Members.Where(member => before.RoleOf(member.Key) != member.Value.Role).Select(member => new MemberChange(member.Key, member.Value.Role)),
        .. before.Members.Keys.Where(member => !after.Members.ContainsKey(member)).Select(member => new MemberChange(member, null)),
    ];

    private static async Task<bool> IsRepeatAsync(
        SignedStatement statement, Guid vaultId, SharedPlace place, IServerStore store, CancellationToken cancel)
    {
        long number = statement.Content.Number;
        return number <= place.LastStatement
            && await store.ReadStatementsAsync(vaultId, number - 1, number, cancel) is [var stored] && stored.AsSpan().SequenceEqual(statement.Bytes);
    }

    private static async Task<bool> IsOfChainAsync(ChainHead manifest, VaultKey vault, IServerStore store, CancellationToken cancel) =>
        await store.ReadManifestsAsync(vault, manifest.Number - 1, manifest.Number + 1, cancel) is [var found] && Hash256.Of(found.Sealed) == manifest.Hash;
}
