using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Devices;

/// <summary>The device whose token came with a request; endpoints take it as a parameter.</summary>
internal sealed class CurrentDevice(DeviceSession session)
{
    public DeviceSession Session => session;

    public long Account => session.Account;

    public Guid Id => session.Device;

    /// <summary>Whose acts the log tells: of a machine that a key file connected, that one's.</summary>
    public Guid Told => session.KeyFile ?? Id;

    /// <summary>The key of a vault, restricted to this device's account.</summary>
    public VaultKey Vault(Guid vaultId) => new(Account, vaultId);

    /// <summary>What this device does, as the log tells it.</summary>
    public Act Act(ClientAddress client, DateTimeOffset now) => new(EventActor.Owner, Told, client.Text, now);

    /// <summary>Called by minimal APIs to bind the parameter.</summary>
    public static ValueTask<CurrentDevice?> BindAsync(HttpContext context) => ValueTask.FromResult<CurrentDevice?>(
        context.Features.Get<CurrentDevice>() ?? throw new InvalidOperationException("The endpoint lacks NeedsDeviceToken."));
}
