using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that takes an entry's fields, named like the columns of Passpack's exports too.</summary>
public abstract class EntryFieldsCmdlet : EntryChangeCmdlet
{
    /// <summary>The User ID that the entry logs in with.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("User ID")]
    public string? UserId { get; set; }

    /// <summary>The Password.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [SecretTransformation]
    public SecureString? Password { get; set; }

    /// <summary>User ID and Password.</summary>
    [Parameter]
    public PSCredential? Credential { get; set; }

    /// <summary>The address that the entry logs in at.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    public string? Url { get; set; }

    /// <summary>The Email.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    public string? Email { get; set; }

    /// <summary>The Notes.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    public string? Notes { get; set; }

    /// <summary>The Shared Notes.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("Shared Notes")]
    public string? SharedNotes { get; set; }

    /// <summary>All Extra Fields: a hashtable of names and data, what GetExtraFields() gives, or a cell of an export.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("Extra Fields", "ExtraFields")]
    [ExtraFieldTransformation]
    [ArgumentCompleter(typeof(ExtraFieldCompleter))]
    public ExtraField[]? ExtraField { get; set; }

    /// <summary>All tags, or a cell of an export.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("Tags")]
    [TagTransformation]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[]? Tag { get; set; }

    /// <summary>Whether it is a favorite.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [FlagTransformation]
    public SwitchParameter Favorite { get; set; }

    /// <summary>Work on the online account itself: the one way that tags and favorites get there.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    private protected override bool IsOnline => Online;

    /// <summary>What was given; null where nothing was.</summary>
    private protected EntryEdit GetFields()
    {
        if (Credential is not null && (UserId ?? (object?)Password) is not null)
            throw ErrorRecords.Invalid("Give either -Credential, or -UserId and -Password.", Credential.UserName);
        return new EntryEdit
        {
            UserId = Credential?.UserName ?? UserId,
            Password = (Credential?.Password ?? Password)?.Read(characters => new string(characters)),
            Url = Url,
            Email = Email,
            Notes = Notes,
            SharedNotes = SharedNotes,
            ExtraFields = ExtraField is null ? null : [.. ExtraField.Select(field => field.ToCore())],
            Tags = Tag,
            Favorite = MyInvocation.BoundParameters.ContainsKey(nameof(Favorite)) ? (bool)Favorite : null,
        };
    }
}
