using System.Collections;

namespace Passpack.PowerShell.Completion;

/// <summary>Intervals that a task can have, as they are typed: hours and minutes.</summary>
public sealed class IntervalCompleter : VaultCompleter
{
    private static readonly string[] s_intervals = ["0:15", "0:30", "1:00", "6:00", "1.00:00:00"];

    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        s_intervals.Where(interval => interval.StartsWith(word, StringComparison.Ordinal));
}
