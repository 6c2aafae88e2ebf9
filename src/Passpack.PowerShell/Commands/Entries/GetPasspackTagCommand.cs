using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Lists tags, and how many entries have each.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackTag")]
[OutputType(typeof(Tag))]
public sealed class GetPasspackTagCommand : AccountCmdlet
{
    /// <summary>Tags, with wildcards.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(TagCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    /// <summary>Ask the online account itself.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        IReadOnlyList<TagCount> all = Online
            ? await ShowingAsync("Looking into the online account", progress => OnlineVault.TagsAsync(vault, progress, cancellationToken))
            : vault.Tags(damaged => WriteError(damaged), cancellationToken);
        WildcardPattern[] patterns = [.. Name.Select(EntryFilter.Pattern)];
        foreach (TagCount tag in all.Where(tag => patterns.Length == 0 || Array.Exists(patterns, pattern => EntryFilter.Fits(pattern, tag.Name))))
            WriteObject(new Tag(tag, vault.UserId));
        foreach (string exact in Name.Where(name => !WildcardPattern.ContainsWildcardCharacters(name)).Select(WildcardPattern.Unescape))
        {
            if (!all.Any(tag => Protocol.ComposedText.IgnoreCase.Equals(tag.Name, exact)))
                WriteError(ErrorRecords.NoSuchEntry($"with the tag '{exact}'", vault.UserId, exact));
        }
    }
}
