using System.Collections;

namespace Passpack.PowerShell.Completion;

/// <summary>Names of devices, as last read from the online account; it is asked at most once after an unlock.</summary>
public sealed class DeviceCompleter : VaultCompleter
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        DeviceNames.Of(Require(bound), s_patience).Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase));

    private protected override bool TakesWildcards(string command, string parameter) => true;
}
