using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that takes an entry's fields, named like the columns of Passpack's exports too.</summary>
public abstract class EntryFieldsCmdlet : EntryChangeCmdlet
{
    /// <summary>The User ID that the entry logs in with.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("User ID", "UserName", "Login", "Login Name", "login_username")]
    [TextTransformation]
    public string? UserId { get; set; }

    /// <summary>The Password.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("login_password")]
    [SecretTransformation]
    public SecureString? Password { get; set; }

    /// <summary>User ID and Password.</summary>
    [Parameter]
    public PSCredential? Credential { get; set; }

    /// <summary>The address that the entry logs in at.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("Uri", "Website", "Web Site", "login_uri")]
    [TextTransformation]
    public string? Url { get; set; }

    /// <summary>The Email.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [TextTransformation]
    public string? Email { get; set; }

    /// <summary>The Notes.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("Note", "Comment", "Comments")]
    [TextTransformation(Lines = true)]
    public string? Notes { get; set; }

    /// <summary>The Shared Notes.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("Shared Notes")]
    [TextTransformation(Lines = true)]
    public string? SharedNotes { get; set; }

    /// <summary>All Extra Fields: a hashtable of names and data, what GetExtraFields() gives, or a cell of an export.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("Extra Fields", "ExtraFields")]
    [ExtraFieldTransformation]
    [ArgumentCompleter(typeof(ExtraFieldCompleter))]
    public ExtraField[]? ExtraField { get; set; }

    /// <summary>What the entry is, such as login, note, card, identity, sshkey or wifi.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [TextTransformation]
    [ArgumentCompleter(typeof(EntryTypeCompleter))]
    public string? Type { get; set; }

    /// <summary>When it expires: the end of a day as 2026-12-31, an instant with its offset, or a date object.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [ExpiryTransformation]
    public object? Expires { get; set; }

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

    /// <summary>Changes the online account itself: the only way for tags and favorites to get there.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    private protected override bool IsOnline => Online;

    private protected override bool IsWholeRowMeant => true;

    /// <summary>Whether the row is a copy of an entry: then its fields may be outdated, and its secrets are missing.</summary>
    private protected bool IsCopy => InputObject is null && Row is { IsCopyOfEntry: true };

    /// <summary>The given fields. Null if none was given.</summary>
    private protected EntryEdit GetFields()
    {
        if (Credential is not null && (UserId ?? (object?)Password) is not null)
            throw ErrorRecords.Invalid("Give either -Credential, or -UserId and -Password.", Credential.UserName);
        return new EntryEdit
        {
            UserId = Credential?.UserName ?? Given(UserId, nameof(UserId)),
            Password = (Credential?.Password ?? Given(Password, nameof(Password)))?.Read(characters => new string(characters)),
            Url = Given(Url, nameof(Url)),
            Email = Given(Email, nameof(Email)),
            Notes = Given(Notes, nameof(Notes)),
            SharedNotes = Given(SharedNotes, nameof(SharedNotes)),
            ExtraFields = Given(ExtraField, nameof(ExtraField)) is not { } extra ? null : [.. extra.Select(field => field.ToCore())],
            Type = Given(Type, nameof(Type)) is { Length: > 0 } type ? EntryTypes.Normal(type) : null,
            Expires = Given(Expires, nameof(Expires)) as DateTimeOffset?,
            Tags = Given(Tag, nameof(Tag)),
            Favorite = IsFavoriteGiven && (!IsCopy || Typed.Contains(nameof(Favorite))) ? (bool)Favorite : null,
        };
    }

    private bool IsFavoriteGiven => MyInvocation.BoundParameters.TryGetValue(nameof(Favorite), out object? bound)
        && !ReferenceEquals(bound, FlagTransformationAttribute.NotGiven);

    /// <summary>A parameter's value; if the row is a copy of an entry, only if the value was typed.</summary>
    private protected T? Given<T>(T? value, string parameter) where T : class => IsCopy && !Typed.Contains(parameter) ? null : value;
}
