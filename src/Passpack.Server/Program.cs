using Passpack.Server;
using Passpack.Server.Hosting;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine(ServerOptions.Usage);
    return 0;
}

try
{
    await using WebApplication app = PasspackServer.Create(args);
    await app.StartAsync();
    await app.WaitForShutdownAsync();
    return 0;
}
catch (ServerStartException e)
{
    return Refuse(e.Message);
}
catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
{
    // Kestrel's errors: the port is taken, or there is no certificate.
    return Refuse(e.Message.Split('\n')[0].TrimEnd());
}

static int Refuse(string reason)
{
    Console.Error.WriteLine($"Passpack server cannot start: {reason}");
    return 1;
}
