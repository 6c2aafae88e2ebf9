using System.Management.Automation;
using Passpack.Automation.References;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Makes references of entries.</summary>
[Cmdlet(VerbsData.ConvertTo, "PasspackReference")]
[OutputType(typeof(string))]
public sealed class ConvertToPasspackReferenceCommand : VaultCmdlet
{
    /// <summary>The entry.</summary>
    [Parameter(ValueFromPipeline = true)]
    public Entry? InputObject { get; set; }

    /// <summary>The field, as a reference names it; by default the password.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ReferenceFieldCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Field { get; set; }

    /// <summary>Name the entry by its id, which stays when its name is changed.</summary>
    [Parameter]
    public SwitchParameter UseId { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (InputObject is null)
            throw ErrorRecords.Invalid("An entry is missing. Pipe it: Get-PasspackEntry VPN | ConvertTo-PasspackReference.", null);
        try
        {
            LocalVault vault = Require(InputObject.Folder);
            EntrySummary entry = RequireLive(vault, InputObject.Id);
            SecretReference reference = Make(vault, entry);
            ReferenceResolver.Find(reference, entry, vault.ReadSecret(entry.Id), TimeProvider.System.GetUtcNow());
            WriteObject(reference.ToString());
        }
        catch (PasspackException e) when (e.ErrorId is Protocol.ErrorCodes.FieldMissing or Protocol.ErrorCodes.ReferenceAmbiguous
            or Protocol.ErrorCodes.ReferenceInvalid || EntryChangeCmdlet.IsOfOneEntry(e))
        {
            WriteError(e, InputObject);
        }
        return Task.CompletedTask;
    }

    private SecretReference Make(LocalVault vault, EntrySummary entry)
    {
        var reference = new SecretReference
        {
            Entry = entry.Name,
            Field = Field,
            // On a machine with one account, the reference holds for whoever has the same entries.
            Account = DataFolder.Current.Accounts().Count > 1 ? vault.UserId : null,
        };
        if (UseId || reference.EntryId is not null || !SecretReference.CanHold(entry.Name) || vault.List(new EntryQuery { Name = entry.Name }).Skip(1).Any())
            reference = reference with { Entry = entry.Id.ToString() };
        // A field that no reference can hold, or a name that is too long.
        return Field is null || SecretReference.CanHold(Field) ? SecretReference.Parse(reference.ToString())
            : throw ErrorRecords.Invalid("-Field holds half a surrogate pair, which is no character.", null);
    }
}
