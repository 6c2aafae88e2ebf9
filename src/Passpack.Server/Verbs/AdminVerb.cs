using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Verbs;

/// <summary>Says who is an administrator, on the data folder itself, beside a server that may be running.</summary>
internal static class AdminVerb
{
    /// <summary>How many are listed at most.</summary>
    public const int MostListed = 1000;

    private const string Usage = """
        passpack-server admin grant USERID [OPTIONS of the server]
        passpack-server admin revoke USERID [OPTIONS of the server]
        passpack-server admin list [OPTIONS of the server]

        Makes an account an administrator's, or takes that back; lists those that there are. A running server goes by it at once. Run this as the
        user that the server runs as. An administrator manages accounts from PowerShell (Get-PasspackServerAccount), and can read none of them.

          --data FOLDER  the server's data folder, if it was started with one
        """;

    public static Verb Verb { get; } = new("admin", "says who is an administrator", Usage, RunAsync, "Nothing was changed");

    private static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancel)
    {
        VerbArguments arguments = VerbArguments.Parse(args);
        (string act, string? userId) = arguments.Names switch
        {
            ["list"] => ("list", null),
            ["grant" or "revoke", var name] => (arguments.Names[0], Normalize(name)),
            _ => throw new ServerStartException("say one of: admin grant USERID, admin revoke USERID, admin list."),
        };
        ServerOptions options = PasspackServer.ReadOptions(arguments.Server).Options;
        await Stores.WithStoreAsync(options, store => userId is null ? ListAsync(store, output, cancel) : SetAsync(store, userId, act == "grant", output, cancel), cancel);
        return 0;
    }

    private static string Normalize(string userId)
    {
        try
        {
            return UserIds.Normalize(userId);
        }
        catch (ArgumentException)
        {
            throw new ServerStartException($"a User ID has 1 to {UserIds.MaxLength} characters of valid Unicode.");
        }
    }

    private static async Task ListAsync(IServerStore store, TextWriter output, CancellationToken cancel)
    {
        IReadOnlyList<(string UserId, bool Disabled)> found = await store.ListAdministratorsAsync(MostListed, cancel);
        foreach ((string userId, bool disabled) in found)
            output.WriteLine($"{PrintableText.Of(userId)}{(disabled ? " (disabled)" : "")}");
        if (found.Count == 0)
            output.WriteLine("There is no administrator. passpack-server admin grant USERID makes an account one's.");
    }

    private static async Task SetAsync(IServerStore store, string userId, bool administrator, TextWriter output, CancellationToken cancel)
    {
        if (!await store.SetAdministratorAsync(userId, administrator, Act.OfServer(TimeProvider.System.GetUtcNow()), cancel))
            throw new ServerStartException($"there is no account with the User ID {PrintableText.Of(userId)}.");
        output.WriteLine($"{PrintableText.Of(userId)} is {(administrator ? "an administrator" : "no administrator any more")}.");
        if (!administrator && !(await store.ListAdministratorsAsync(MostListed, cancel)).Any(one => !one.Disabled))
            output.WriteLine("WARN: nobody is an administrator now.");
    }
}
