using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet for files that are attached to entries.</summary>
public abstract class AttachmentCmdlet : AccountCmdlet
{
    /// <summary>The entry that a record means, and its account. Null if there is none; then an error was written.</summary>
    /// <param name="entry">What was piped in. Null if an id was given.</param>
    /// <param name="id">The id that was given.</param>
    private protected (LocalVault Vault, EntrySummary Entry)? FindEntry(Entry? entry, Guid? id)
    {
        if (entry is null && id is null)
        {
            WriteError(ErrorRecords.NoEntryOfAttachment(MyInvocation.MyCommand.Name));
            return null;
        }
        try
        {
            LocalVault vault = entry is null ? RequireAccount() : RequireOf(entry.Folder, Account, $"The entry '{entry.Name}'", entry);
            return (vault, vault.Get(entry?.Id ?? id!.Value));
        }
        catch (PasspackException e) when (entry is not null || EntryChangeCmdlet.IsOfOneEntry(e))
        {
            WriteError(e, entry ?? (object?)id);
            return null;
        }
    }

    /// <summary>The attachments of an entry whose names fit. A name without wildcards that none has was told.</summary>
    private protected IReadOnlyList<Attachment> ListAttachments(LocalVault vault, EntrySummary entry, string[]? names)
    {
        List<Attachment> all = [.. vault.ReadSecret(entry.Id).Attachments.Select(one => new Attachment(one, entry.Id, entry.Name, vault))];
        if (names is null)
            return all;
        var found = new List<Attachment>();
        foreach (string name in names)
        {
            WildcardPattern pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            List<Attachment> fitting = [.. all.Where(one => pattern.IsMatch(one.Name) || ComposedText.IgnoreCase.Equals(one.Name, name))];
            if (fitting.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(ErrorRecords.NoSuchAttachment(name, entry), entry.Id);
            found.AddRange(fitting.Except(found));
        }
        return found;
    }

    /// <summary>Does something with one attachment; an error of it alone is written, and the cmdlet goes on.</summary>
    private protected async Task EachAsync(object target, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (ErrorRecords.Translate(e) is { } error && IsOfOneAttachment(error))
        {
            WriteError(error, target);
        }
    }

    private static bool IsOfOneAttachment(PasspackException error) => EntryChangeCmdlet.IsOfOneEntry(error) || error.ErrorId is
        ErrorCodes.AttachmentExists or ErrorCodes.AttachmentNotFound or ErrorCodes.AttachmentMissing or ErrorCodes.FileExists
        or ErrorRecords.PathNotFound or ErrorRecords.PathNotAccessible;
}
