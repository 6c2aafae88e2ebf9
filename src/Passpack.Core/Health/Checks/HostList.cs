namespace Passpack.Health.Checks;

/// <summary>Hosts, each with its subdomains.</summary>
internal sealed class HostList
{
    private readonly HashSet<string> _hosts;

    /// <exception cref="ArgumentException">One is no host.</exception>
    public HostList(IEnumerable<string> hosts) => _hosts = [.. hosts.Select(Read)];

    public bool Contains(string host)
    {
        for (int dot = -1; ; )
        {
            if (_hosts.Contains(host[(dot + 1)..]))
                return true;
            dot = host.IndexOf('.', dot + 1);
            if (dot < 0)
                return false;
        }
    }

    private static string Read(string host) => EntryPlace.Of(host.Trim().TrimStart('*', '.')) is { } address
        ? EntryPlace.Host(address)
        : throw new ArgumentException($"'{Protocol.PrintableText.Of(host, 100)}' is no host like example.com.");
}
