using System.Collections;
using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>Numbers of the versions that this machine has of the entry that -Id names, newest first; each says when it was replaced, and why.</summary>
public sealed class VersionCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        LanguagePrimitives.TryConvertTo(bound?["Id"], out Guid id)
            ? Require(bound).History(id).Select(Describe).Where(version => version.StartsWith(word, StringComparison.Ordinal))
            : [];

    private protected override CompletionResult Result(string value, bool escape) =>
        new(value.Split(' ')[0], Shown(value), CompletionResultType.ParameterValue, Shown(value));

    private static string Describe(Vault.Entries.EntryVersion version) =>
        $"{version.Number} {View.Ago(version.Replaced)}, {version.Reason}: {string.Join(", ", version.Fields)}";
}
