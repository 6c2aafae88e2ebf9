using System.Management.Automation;
using System.Text;
using Passpack.Automation.References;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that resolves references.</summary>
public abstract class ReferenceCmdlet : VaultCmdlet
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The account's User ID; by default the only local account, else the only unlocked one. A reference can name another.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Account { get; set; }

    /// <summary>Resolves references, those of each account in one pass; the entries that they name are opened, and no others.</summary>
    /// <returns>A result for each, in their order.</returns>
    private protected IReadOnlyList<Resolution> Resolve(IReadOnlyList<SecretReference> references, CancellationToken cancellationToken)
    {
        var results = new Resolution[references.Count];
        foreach (IGrouping<string?, int> account in Enumerable.Range(0, references.Count).GroupBy(index => references[index].Account))
        {
            int[] indexes = [.. account];
            try
            {
                LocalVault vault = Require(LocalAccounts.Choose(account.Key ?? Account));
                IReadOnlyList<ReferenceResult> found = ReferenceResolver.Resolve(
                    vault, [.. indexes.Select(index => references[index])], TimeProvider.System.GetUtcNow(), cancellationToken);
                for (int i = 0; i < indexes.Length; i++)
                    results[indexes[i]] = new Resolution(references[indexes[i]], vault, found[i].Secret, found[i].Error);
            }
            catch (PasspackException e) when (e.ErrorId == ErrorCodes.AccountNotFound && account.Key is not null)
            {
                foreach (int index in indexes)
                    results[index] = new Resolution(references[index], null, null, e);
            }
        }
        return results;
    }

    /// <summary>All, or none: of several errors each is told, and the last ends the cmdlet.</summary>
    private protected void RequireNone(IReadOnlyList<PasspackException> errors)
    {
        foreach (PasspackException error in errors.SkipLast(1))
            WriteError(error);
        if (errors.Count > 0)
            throw errors[^1];
    }

    /// <summary>What a resolved reference holds, as text. Of a file its content, which is fetched if need be.</summary>
    /// <exception cref="PasspackException">A file that is no text in UTF-8; it cannot be had.</exception>
    private protected async Task<string> ReadTextAsync(Resolution resolved, CancellationToken cancellationToken)
    {
        if (resolved.Secret!.Text is { } text)
            return text;
        byte[] content = await ReadBytesAsync(resolved, cancellationToken);
        try
        {
            return s_strict.GetString(content);
        }
        catch (ArgumentException)
        {
            throw ErrorRecords.Invalid($"{resolved.Reference}: the attachment '{resolved.Secret.File!.Name}' is no text in UTF-8. " +
                "Resolve-PasspackReference -AsBytes gives its bytes, and Save-PasspackAttachment writes it to a file.", resolved.Reference.ToString());
        }
        finally
        {
            Array.Clear(content);
        }
    }

    /// <summary>What a resolved reference holds, as bytes: of a file or a field of type binary its content, else UTF-8.</summary>
    private protected async Task<byte[]> ReadBytesAsync(Resolution resolved, CancellationToken cancellationToken)
    {
        if (resolved.Secret!.File is not { } file)
            return resolved.Secret.ToBytes();
        Guid entry = resolved.Secret.Entry.Id;
        await ShowingAsync($"Fetching {file.Name}", async progress =>
        {
            await AttachmentDownload.FetchAsync(resolved.Vault!, entry, file, progress, cancellationToken);
            return true;
        });
        byte[] content = new byte[file.Size];
        using var target = new MemoryStream(content);
        resolved.Vault!.ReadAttachment(entry, file, target, cancellationToken);
        return content;
    }

    /// <summary>A reference, and what became of it.</summary>
    /// <param name="Reference">The reference.</param>
    /// <param name="Vault">The account. Null if it is not on this machine.</param>
    /// <param name="Secret">What it stands for. Null if there is an error.</param>
    /// <param name="Error">Why it stands for nothing. Null if it does.</param>
    private protected sealed record Resolution(SecretReference Reference, LocalVault? Vault, ResolvedSecret? Secret, PasspackException? Error);
}
