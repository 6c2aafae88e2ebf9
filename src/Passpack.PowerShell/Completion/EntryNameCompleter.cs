using System.Collections;
using System.Management.Automation;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Completion;

/// <summary>Names of entries: of those that the command takes, which may be the ones in the trash.</summary>
public sealed class EntryNameCompleter : VaultCompleter
{
    private protected override IEnumerable<string> Find(string command, string word, IDictionary? bound) =>
        Require(bound).Names(IsOfTrash(command, bound) ? VaultNames.TrashedEntries : VaultNames.Entries, word, Most);

    /// <summary>Whether the command looks for entries in the trash.</summary>
    internal static bool IsOfTrash(string command, IDictionary? bound) =>
        command.EndsWith("Restore-PasspackEntry", StringComparison.OrdinalIgnoreCase) || IsOn(bound?["Deleted"]) || IsOn(bound?["Permanent"]);

    // -Deleted:$variable comes as no value that is known yet.
    private static bool IsOn(object? given) => given is not null && LanguagePrimitives.IsTrue(given);

    private protected override bool TakesWildcards(string command, string parameter) => parameter == "Name";
}
