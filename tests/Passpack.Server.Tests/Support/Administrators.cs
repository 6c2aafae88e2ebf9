using System.Net.Http.Json;
using Passpack.Protocol;

namespace Passpack.Server.Tests.Support;

/// <summary>Administrators of a test's server, and what they send.</summary>
internal static class Administrators
{
    /// <summary>An account that registered before, made an administrator's as the verb does it.</summary>
    public static async Task MakeAdministratorAsync(this TestServer server, DeviceClient account) => Xunit.Assert.True(
        await server.Store.SetAdministratorAsync(UserIds.Normalize(account.Registration.UserId), true, Make.Act(server.Time.GetUtcNow()), default));

    /// <summary>A new account that is an administrator's.</summary>
    public static async Task<DeviceClient> RegisterAdministratorAsync(this TestServer server, string userId = "root@example.org")
    {
        DeviceClient account = await server.RegisterAsync(Make.Registration(userId));
        await server.MakeAdministratorAsync(account);
        return account;
    }

    /// <summary>A request, signed over the present state.</summary>
    public static async Task<T> SignAsync<T>(this DeviceClient administrator, Func<AdministratorSignature, T> make)
        where T : AdministrationRequest
    {
        KeysAnswer now = await administrator.KeysAsync();
        return administrator.Owner.Administration(now.Head, now.Administered ?? 0, make);
    }

    /// <summary>Signs a request, and sends it.</summary>
    public static async Task<HttpResponseMessage> AdministerAsync<T>(this DeviceClient administrator, string path, Func<AdministratorSignature, T> make)
        where T : AdministrationRequest => await administrator.Http.PostAsJsonAsync(path, await administrator.SignAsync(make));

    public static Task<HttpResponseMessage> ChangeAsync(
        this DeviceClient administrator, string userId, bool? disabled = null, QuotaChange? quota = null, bool? needsSecondFactor = null) =>
        administrator.AdministerAsync(Routes.ServerAccountChange, by => new ChangeAccountRequest(by, userId, disabled, quota, needsSecondFactor));

    public static async Task<ServerAccountPage> ListAsync(this DeviceClient administrator, long after = 0, string? userId = null) =>
        await (await administrator.AdministerAsync(Routes.ServerAccounts, by => new ListAccountsRequest(by, after, userId))).ReadAsync<ServerAccountPage>();

    public static async Task<ServerAccountSummary> SeeAsync(this DeviceClient administrator, string userId) =>
        Xunit.Assert.Single((await administrator.ListAsync(0, userId)).Accounts);

    /// <summary>The types in a log, in their order.</summary>
    public static async Task<EventType[]> TypesAsync(this TestServer server, long account) =>
        [.. (await server.Store.ReadEventsAsync(account, 0, server.Time.GetUtcNow(), default))!.Events.Select(row => (EventType)row.Type)];
}
