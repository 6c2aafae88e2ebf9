using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that takes an entry's fields, named like the columns of Passpack's exports too.</summary>
public abstract class EntryFieldsCmdlet : EntryChangeCmdlet
{
    // Columns of an export that cannot be set.
    private static readonly string[] s_ofExports = ["Id", "Created", "Modified"];
    private readonly HashSet<string> _untaken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The User ID that the entry logs in with.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("User ID", "UserName", "Login")]
    [TextTransformation]
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
    [Alias("Uri", "Website")]
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

    /// <summary>Whether the row is a copy of an entry: then its fields may be outdated, and its secrets are missing.</summary>
    private protected bool IsCopy => InputObject is null && Row is { IsCopyOfEntry: true };

    /// <summary>The given fields. Null if none was given.</summary>
    private protected EntryEdit GetFields()
    {
        WarnOfUntaken();
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
            Tags = Given(Tag, nameof(Tag)),
            Favorite = IsFavoriteGiven && (!IsCopy || Typed.Contains(nameof(Favorite))) ? (bool)Favorite : null,
        };
    }

    // Warns once for each column that no parameter takes, because it would be lost silently.
    private void WarnOfUntaken()
    {
        if (InputObject is not null || IsCopy || Row?.Value is not { BaseObject: PSCustomObject } row)
            return;
        foreach (PSPropertyInfo property in row.Properties)
        {
            if (!Taken.Contains(property.Name) && property.Value is not (null or "") && _untaken.Add(property.Name))
                WriteWarning($"The column '{property.Name}' is none that {MyInvocation.MyCommand.Name} takes, so nothing of it is kept.");
        }
    }

    private HashSet<string> Taken => field ??= MyInvocation.MyCommand.Parameters.Values.SelectMany(parameter => (string[])[parameter.Name, .. parameter.Aliases])
        .Concat(s_ofExports).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private bool IsFavoriteGiven => MyInvocation.BoundParameters.TryGetValue(nameof(Favorite), out object? bound)
        && !ReferenceEquals(bound, FlagTransformationAttribute.NotGiven);

    /// <summary>A parameter's value; if the row is a copy of an entry, only if the value was typed.</summary>
    private protected T? Given<T>(T? value, string parameter) where T : class => IsCopy && !Typed.Contains(parameter) ? null : value;
}
