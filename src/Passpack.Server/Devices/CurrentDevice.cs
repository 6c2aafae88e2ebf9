using Passpack.Server.Storage;

namespace Passpack.Server.Devices;

/// <summary>The device whose token came with a request; the parameter by which an endpoint learns it.</summary>
internal sealed class CurrentDevice(DeviceSession session)
{
    public long Account => session.Account;

    public Guid Id => session.Device;

    /// <summary>A vault, as this device may name it.</summary>
    public VaultKey Vault(Guid vaultId) => new(Account, vaultId);

    /// <summary>How minimal APIs ask for the parameter.</summary>
    public static ValueTask<CurrentDevice?> BindAsync(HttpContext context) => ValueTask.FromResult<CurrentDevice?>(
        context.Features.Get<CurrentDevice>() ?? throw new InvalidOperationException("The endpoint lacks NeedsDeviceToken."));
}
