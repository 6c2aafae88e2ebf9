namespace Passpack.Automation.References;

/// <summary>What the last segment of a <see cref="SecretReference"/> says.</summary>
public enum ReferenceFieldKind
{
    /// <summary>The Password; also of a reference without a last segment.</summary>
    Password,

    /// <summary>The User ID.</summary>
    UserName,

    /// <summary>The URL.</summary>
    Url,

    /// <summary>The Email.</summary>
    Email,

    /// <summary>The Notes.</summary>
    Notes,

    /// <summary>The Shared Notes.</summary>
    SharedNotes,

    /// <summary>The one-time code of now.</summary>
    Totp,

    /// <summary>An Extra Field or an attachment, whichever has the name.</summary>
    Named,

    /// <summary>An Extra Field: <c>field:NAME</c>.</summary>
    ExtraField,

    /// <summary>An attachment: <c>file:NAME</c>.</summary>
    Attachment,
}
