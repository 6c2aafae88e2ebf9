using System.Globalization;
using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Writing;

/// <summary>Where the parts of an entry go in an item of Bitwarden's.</summary>
internal sealed class BitwardenItem
{
    private readonly FullEntry _entry;
    private readonly List<string> _uriNames = [], _passkeyNames = [];
    private readonly List<ExtraField> _left;
    private string? _totpName;

    public BitwardenItem(FullEntry entry)
    {
        _entry = entry;
        _left = [.. entry.Secret.ExtraFields];
        Type = TypeOf();
        if (Type == BitwardenLayout.Login)
            TakeLogin();
        else if (Type != BitwardenLayout.Note)
            TakeMembers();
        AddCustom();
        Roles = RolesOf();
    }

    /// <summary>The number of its type.</summary>
    public int Type { get; }

    /// <summary>All addresses.</summary>
    public List<string> Uris { get; } = [];

    /// <summary>The one-time code. Empty if there is none.</summary>
    public string Totp { get; private set; } = "";

    /// <summary>Passkeys as Bitwarden writes them: JSON.</summary>
    public List<string> Passkeys { get; } = [];

    /// <summary>The members of its card, identity or key.</summary>
    public Dictionary<string, string> Members { get; } = [];

    public string Month { get; private set; } = "";

    public string Year { get; private set; } = "";

    /// <summary>The custom fields, without the roles; a role is a type of extra fields, or one of <see cref="BitwardenRoles"/>.</summary>
    public List<(string Name, string Role, string Value)> Custom { get; } = [];

    /// <summary>What the custom fields are. Null if Bitwarden's own members say it all.</summary>
    public BitwardenRoles? Roles { get; }

    /// <summary>Whether an extra field lost its type there.</summary>
    public bool HasOtherTypes => Custom.Exists(one => !one.Role.StartsWith('=') && one.Role != DefaultRole(one.Role, one.Value));

    /// <summary>The name of the member that has the values of a type.</summary>
    public static string MemberOf(int type) => type switch
    {
        BitwardenLayout.Card => "card",
        BitwardenLayout.Identity => "identity",
        BitwardenLayout.SshKey => "sshKey",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private int TypeOf()
    {
        bool hasMore = _entry.Secret.Password.Length > 0 || _entry.Summary.Url.Length > 0
            || _left.Exists(field => field.Type is FieldTypes.Totp or FieldTypes.Passkey);
        bool hasLogin = hasMore || _entry.Summary.UserId.Length > 0;
        return _entry.Summary.Type switch
        {
            EntryTypes.Card when !hasLogin => BitwardenLayout.Card,
            EntryTypes.Identity when !hasMore => BitwardenLayout.Identity,
            EntryTypes.SshKey when !hasLogin && _left.Exists(IsPrivateKey) => BitwardenLayout.SshKey,
            EntryTypes.Login => BitwardenLayout.Login,
            _ => hasLogin ? BitwardenLayout.Login : BitwardenLayout.Note,
        };
    }

    private void TakeLogin()
    {
        if (_entry.Summary.Url.Length > 0)
        {
            Uris.Add(_entry.Summary.Url);
            foreach (ExtraField field in Take(field => field.Type == FieldTypes.Url && field.Data.Length > 0))
            {
                Uris.Add(field.Data);
                _uriNames.Add(field.Name);
            }
        }
        if (_left.Find(field => field.Type == FieldTypes.Totp && field.Data.Trim().Length > 0) is { } totp)
        {
            _left.Remove(totp);
            Totp = totp.Data;
            if (totp.Name != "TOTP" || OneTimeCode.ToUri(totp.Data, "", "", out _) != totp.Data)
                _totpName = totp.Name;
        }
        foreach (ExtraField field in Take(field => field.Type == FieldTypes.Passkey && IsPasskey(field.Data)))
        {
            Passkeys.Add(field.Data);
            _passkeyNames.Add(field.Name);
        }
    }

    private void TakeMembers()
    {
        foreach (BitwardenMember member in BitwardenLayout.Members[MemberOf(Type)])
        {
            if (_left.Find(field => field.Name == member.Field && field.Type == member.Type && field.Data.Length > 0) is not { } field)
                continue;
            _left.Remove(field);
            Members[member.Name] = field.Data;
        }
        // Only if the reader makes the same of it.
        if (Type == BitwardenLayout.Card
            && _left.Find(field => field is { Name: BitwardenLayout.Expiration, Type: FieldTypes.Date }) is { } expiration
            && DateTime.TryParseExact(expiration.Data, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime month)
            && month.Year is >= 100 and <= 9998 && _entry.Summary.Expires == new DateTimeOffset(month.AddMonths(1), TimeSpan.Zero).AddSeconds(-1))
        {
            _left.Remove(expiration);
            Month = month.Month.ToString(CultureInfo.InvariantCulture);
            Year = month.Year.ToString(CultureInfo.InvariantCulture);
        }
    }

    private void AddCustom()
    {
        if (_entry.Summary.Email.Length > 0 && Type != BitwardenLayout.Identity)
            Custom.Add(("Email", BitwardenRoles.Email, _entry.Summary.Email));
        if (_entry.Secret.SharedNotes.Length > 0)
            Custom.Add(("Shared Notes", BitwardenRoles.SharedNotes, _entry.Secret.SharedNotes));
        foreach (string tag in _entry.Summary.Tags.Skip(1))
            Custom.Add(("Tag", BitwardenRoles.Tag, tag));
        foreach (ExtraField field in _left)
            Custom.Add((field.Name, field.Type, field.Data));
    }

    private BitwardenRoles? RolesOf()
    {
        var roles = new BitwardenRoles
        {
            Fields = [.. Custom.Select(field => field.Role)],
            Uris = _uriNames.SequenceEqual(Numbered("URL", _uriNames.Count)) ? null : _uriNames,
            Totp = _totpName,
            Passkeys = _passkeyNames.SequenceEqual(Numbered("Passkey", _passkeyNames.Count)) ? null : _passkeyNames,
            Type = BitwardenLayout.EntryType(Type) == _entry.Summary.Type ? null : _entry.Summary.Type,
            Expires = Month.Length > 0 ? null : _entry.Summary.Expires,
        };
        bool isNeeded = roles is not { Uris: null, Totp: null, Passkeys: null, Type: null, Expires: null }
            || Custom.Exists(field => field.Role != DefaultRole(field.Role, field.Value)) || Custom is [.., { Name: BitwardenLayout.RolesField }];
        return isNeeded ? roles : null;
    }

    /// <summary>What a reader takes a custom field for that knows no role.</summary>
    private static string DefaultRole(string role, string value) =>
        FieldTypes.IsSecret(role) ? FieldTypes.Hidden : value.Contains('\n', StringComparison.Ordinal) ? FieldTypes.Multiline : FieldTypes.Text;

    // As SourceItem names several of one name.
    private static IEnumerable<string> Numbered(string name, int count) =>
        Enumerable.Range(1, count).Select(number => number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} {number}"));

    private List<ExtraField> Take(Predicate<ExtraField> which)
    {
        List<ExtraField> taken = _left.FindAll(which);
        _left.RemoveAll(which);
        return taken;
    }

    private static bool IsPrivateKey(ExtraField field) => field.Type == FieldTypes.SshKey && field.Name == BitwardenLayout.Members["sshKey"][0].Field;

    private static bool IsPasskey(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("credentialId", out _)
                && json.RootElement.GetRawText() == text;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
