using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Passpack.Health.Breaches;
using Passpack.Protocol;
using Passpack.Vault.Account;

namespace Passpack.Health.Checks;

/// <summary>One look at all entries of an account: each is opened once, on all processors, and its plain text is dropped before the next.</summary>
/// <param name="vault">The account.</param>
/// <param name="options">What is looked for.</param>
/// <param name="list">Breached passwords on this machine. Null if there are none; it stays open.</param>
/// <param name="service">A range API. Null if none is to be asked.</param>
public sealed class HealthScan(LocalVault vault, HealthOptions options, BreachList? list = null, BreachService? service = null)
{
    private readonly List<HealthEntry> _entries = [];
    private readonly SameDigests _passwords = new(), _similar = new();
    private readonly Dictionary<int, int> _firstOf = [];
    private readonly AlikeEntries _alike = new();
    private readonly SortedDictionary<string, List<(HealthEntry Entry, byte[] Digits)>> _toAsk = new(StringComparer.Ordinal);

    /// <summary>Counts over all entries, complete when the findings are.</summary>
    public HealthTotals Totals { get; } = new();

    /// <summary>Findings about single entries as they are opened; then what a service knows, then what entries have in common.</summary>
    /// <param name="damaged">Called for every entry that does not open, which is then skipped.</param>
    /// <param name="cancellationToken">Checked before every entry.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultLocked"/>, errors of the vault's file, of <see cref="BreachList"/> and of <see cref="BreachService"/>.
    /// </exception>
    /// <exception cref="ArgumentException">One of <see cref="HealthOptions.TotpHosts"/> is no host.</exception>
    public async IAsyncEnumerable<HealthFinding> RunAsync(
        Action<PasspackException> damaged, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(damaged);
        bool asksBreaches = options.Wants(HealthKind.Breached);
        using var key = new DigestKey();
        var tools = new Tools(options, key, vault.Now, asksBreaches ? list : null, asksBreaches ? service : null,
            options.Wants(HealthKind.NoTotp) && options.TotpHosts.Count > 0 ? new HostList(options.TotpHosts) : null);
        try
        {
            foreach (Checkup checkup in vault.Look((id, content) => Checkup.Of(id, content, tools), damaged, cancellationToken))
            {
                Note(checkup);
                foreach (HealthFinding finding in checkup.Findings)
                    yield return finding;
            }
            foreach ((string prefix, List<(HealthEntry Entry, byte[] Digits)> asked) in _toAsk)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long[] counts = await service!.CountAsync(prefix, [.. asked.Select(one => one.Digits)], cancellationToken);
                for (int i = 0; i < counts.Length; i++)
                {
                    if (counts[i] > 0)
                        yield return new HealthFinding(HealthKind.Breached, asked[i].Entry) { Breaches = counts[i] };
                }
            }
        }
        finally
        {
            foreach ((_, byte[] digits) in _toAsk.Values.SelectMany(asked => asked))
                CryptographicOperations.ZeroMemory(digits);
        }
        foreach (HealthFinding finding in InCommon())
            yield return finding;
    }

    private void Note(Checkup checkup)
    {
        int number = _entries.Count;
        _entries.Add(checkup.Entry);
        Totals.Add(checkup.Rating, checkup.Days);
        if (checkup.Password is { } password)
            _firstOf[number] = _passwords.Add(password, number);
        if (checkup.Similar is { } similar)
            _similar.Add(similar, number);
        if (checkup.Page is { } page)
            _alike.Add(number, page, checkup.Login);
        if (checkup.ToAsk is { } digits)
        {
            string prefix = Encoding.ASCII.GetString(digits.AsSpan(0, BreachDigits.Prefix));
            if (!_toAsk.TryGetValue(prefix, out List<(HealthEntry Entry, byte[] Digits)>? asked))
                _toAsk.Add(prefix, asked = []);
            asked.Add((checkup.Entry, digits));
        }
    }

    private IEnumerable<HealthFinding> InCommon()
    {
        IEnumerable<(HealthKind Kind, List<int> Group)> groups =
        [
            .. options.Wants(HealthKind.Reused) ? _passwords.Groups().Select(group => (HealthKind.Reused, group)) : [],
            // Those that all have one password are told as that.
            .. _similar.Groups().Where(group => group.Any(entry => _firstOf[entry] != _firstOf[group[0]])).Select(group => (HealthKind.Similar, group)),
            .. _alike.Groups().Select(group => (HealthKind.Duplicate, group)),
        ];
        foreach ((HealthKind kind, List<int> members) in groups)
        {
            var group = new HealthGroup([.. members.Select(entry => _entries[entry])]);
            foreach (HealthEntry entry in group.Entries)
                yield return new HealthFinding(kind, entry) { Group = group };
        }
    }

    /// <summary>What each entry is looked at with; nothing in it changes.</summary>
    internal sealed record Tools(HealthOptions Options, DigestKey Key, long Now, BreachList? List, BreachService? Service, HostList? TotpHosts)
    {
        private const long DayMilliseconds = 24 * 60 * 60 * 1000;

        /// <summary>Whole days since a time, in milliseconds since 1970; 0 for one to come.</summary>
        public int DaysSince(long time) => (int)Math.Clamp((Now - time) / DayMilliseconds, 0, int.MaxValue);
    }
}
