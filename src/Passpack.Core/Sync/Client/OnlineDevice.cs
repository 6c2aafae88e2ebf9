namespace Passpack.Sync.Client;

/// <summary>A device of an online account, as the server knows it.</summary>
/// <param name="Id">Tells it apart.</param>
/// <param name="Name">As it gave it; the server could change it.</param>
/// <param name="Created">When it was connected, by the server's clock.</param>
/// <param name="LastSeen">When it last asked for something, by the server's clock.</param>
/// <param name="Current">Whether it is this machine.</param>
/// <param name="Asleep">Whether it has not taken over the keys that were replaced since it was connected; until then it syncs nothing.</param>
public sealed record OnlineDevice(Guid Id, string Name, DateTimeOffset Created, DateTimeOffset LastSeen, bool Current, bool Asleep)
{
    /// <summary>Whether it is a key file, which connects machines without the Password.</summary>
    public bool IsKeyFile { get; init; }

    /// <summary>How many machines the key file has connected that can still sync. 0 of any other device.</summary>
    public int Machines { get; init; }
}
