using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Changes passwords of entries, here and where they are used, so that neither the old nor the new one is lost.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "PasspackRotation", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Rotation))]
public sealed class InvokePasspackRotationCommand : RotationCmdlet
{
    /// <summary>The entry.</summary>
    // Bound by property name, too: if no row could bind the mandatory parameter of a set, PowerShell would coerce each row, and fail with an
    // exception.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Entry")]
    [AllowNull]
    public Entry? Entry { get; set; }

    /// <summary>Entry Names, exactly; each of one entry.</summary>
    // In one set with -Id: beside a mandatory name, PowerShell would first try to make an Entry of each row, with an exception.
    [Parameter(Position = 0, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Ids of entries.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <summary>Puts the new password in force: <c>param($Entry, $Old, $New)</c>.</summary>
    [Parameter(Mandatory = true)]
    public ScriptBlock? Change { get; set; }

    /// <summary>The new password; by default one is made.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? NewPassword { get; set; }

    /// <summary>Characters of the password that is made.</summary>
    [Parameter]
    [ValidateRange(4, 1024)]
    public int Length { get; set; } = 20;

    /// <summary>The sets that its characters come from; at least one of each.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public PasswordCharacters[] CharacterSet { get; set; } = Enum.GetValues<PasswordCharacters>();

    /// <summary>The number of words, for a password that is easier to type.</summary>
    [Parameter]
    [ValidateRange(3, 64)]
    public int Words { get; set; }

    private protected override ScriptBlock? ChangeBlock => Change;

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancellationToken)
    {
        bool ofCharacters = Typed.Contains(nameof(Length)) || Typed.Contains(nameof(CharacterSet)), ofWords = Typed.Contains(nameof(Words));
        if (NewPassword is not null && (ofCharacters || ofWords) || ofCharacters && ofWords)
            throw ErrorRecords.Invalid("Give -NewPassword, or -Words, or -Length and -CharacterSet.", null);
        return base.BeginAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (Name.Length > 0 && Id.Length > 0)
        {
            WriteError(ErrorRecords.NameAndId(Name[0]));
            return;
        }
        if (Entry is null && Name.Length == 0 && Id.Length == 0)
        {
            WriteError(ErrorRecords.NoEntryGiven(MyInvocation.MyCommand.Name, null));
            return;
        }
        LocalVault vault = Entry is null ? RequireAccount() : RequireOf(Entry.Folder, Account, $"The entry '{Entry.Name}'", Entry);
        Guid[] ids = Entry is not null ? [Entry.Id] : Name.Length == 0 ? Id : Find(vault);
        foreach (Guid id in ids)
            await RotateAsync(vault, id, cancellationToken);
    }

    private async Task RotateAsync(LocalVault vault, Guid id, CancellationToken cancellationToken)
    {
        object target = Entry ?? (object)id;
        try
        {
            if (!ShouldProcess(RequireLive(vault, id).Name, "Rotate the password"))
                return;
        }
        catch (PasspackException e) when (EntryChangeCmdlet.IsOfOneEntry(e))
        {
            WriteError(e, target);
            return;
        }
        await RunAsync(vault, target, rotation => rotation.RunAsync(id, MakePassword(), cancellationToken), cancellationToken);
    }

    private string MakePassword()
    {
        if (NewPassword is not null)
            return NewPassword.Read(characters => new string(characters));
        char[] password = PasswordCharacterSets.Generate(Typed.Contains(nameof(Words)) ? Words : null, Length, CharacterSet);
        try
        {
            return new string(password);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(password.AsSpan()));
        }
    }

    private Guid[] Find(LocalVault vault)
    {
        var ids = new List<Guid>();
        foreach (string name in Name.Select(ExactName))
        {
            List<EntrySummary> found = [.. vault.List(new EntryQuery { Name = name }, damaged => WriteError(damaged))];
            if (TryChoose(vault, name, found, () => NotHere(vault, name)) is { } id && !ids.Contains(id))
                ids.Add(id);
        }
        return [.. ids];
    }
}
