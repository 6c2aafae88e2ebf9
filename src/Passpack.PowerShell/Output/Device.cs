using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>A device of an online account, as the server knows it.</summary>
public sealed class Device
{
    internal Device(OnlineDevice device, LocalVault vault)
    {
        Folder = vault.Folder;
        Name = device.Name;
        Created = device.Created;
        LastSeen = device.LastSeen;
        Current = device.Current;
        Asleep = device.Asleep;
        KeyFile = device.IsKeyFile;
        Machines = device.Machines;
        Id = device.Id;
    }

    /// <summary>The name that the device gave itself; the server could change it.</summary>
    public string Name { get; }

    /// <summary>When it was connected.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>When it last asked the server for something.</summary>
    public DateTimeOffset LastSeen { get; }

    /// <summary>Whether it is this machine, or the key file that connected it.</summary>
    public bool Current { get; }

    /// <summary>Whether its token reads nothing but the account's keys until it takes over the keys that replaced those before.</summary>
    public bool Asleep { get; }

    /// <summary>Whether it is a key file, which connects machines without the Password; removing it ends them all.</summary>
    public bool KeyFile { get; }

    /// <summary>How many machines the key file has connected that can still sync; 0 of any other device.</summary>
    public int Machines { get; }

    /// <summary>The User ID of the account.</summary>
    public string Account => Folder.UserId;

    /// <summary>Tells devices of one name apart.</summary>
    public Guid Id { get; }

    internal AccountFolder Folder { get; }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}
