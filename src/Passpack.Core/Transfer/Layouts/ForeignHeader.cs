namespace Passpack.Transfer.Layouts;

/// <summary>Recognises headers of other programs, so that they are not imported as entries.</summary>
internal static class ForeignHeader
{
    // A line with two of these words as cells is a header: no entry has one as its name and another as its password.
    private static readonly HashSet<string> s_words = new(StringComparer.OrdinalIgnoreCase)
    {
        "account", "title", "name", "entry name", "username", "user name", "user", "userid", "user id", "login", "login name",
        "login_username", "e-mail", "email",
        "password", "passwort", "kennwort", "login_password", "benutzername", "benutzer", "titel", "mot de passe", "identifiant",
        "contraseña", "usuario", "senha", "wachtwoord",
        "url", "website", "web site", "webseite", "login_uri", "link", "notes", "note", "notizen", "comments", "comment",
        "extra", "tags", "group", "grouping", "folder",
        "favorite", "category", "totp", "otpauth", "otpurl", "httprealm", "formactionorigin", "uuid", "guid",
    };

    // The columns by which a program's header is recognised: no other program's header has all of them.
    private static readonly (string Program, string[] Columns)[] s_programs =
    [
        ("KeePass", ["Account", "Login Name", "Password", "Web Site", "Comments"]),
        ("KeePassX", ["Group", "Title", "Username", "Password", "URL", "Notes"]),
        ("SafeInCloud", ["Title", "Login", "Password", "Website", "Notes"]),
        ("1Password", ["Title", "Url", "Username", "Password", "OTPAuth"]),
        ("1Password", ["Title", "Website", "Username", "Password"]),
        ("Firefox", ["url", "username", "password", "httpRealm", "formActionOrigin"]),
        ("Password Gorilla", ["uuid", "group", "title", "url", "user", "password", "notes"]),
        ("Bitwarden", ["name", "login_uri", "login_username", "login_password"]),
        ("LastPass", ["url", "username", "password", "extra", "name", "grouping"]),
        ("Dashlane", ["username", "username2", "username3", "title", "password", "note"]),
    ];

    // These words are anybody's: only a line of just them is Chrome's.
    private static readonly string[] s_chrome = ["name", "url", "username", "password", "note"];

    /// <summary>Whether a first line is a header of any program.</summary>
    public static bool Is(IReadOnlyList<string> fields) =>
        fields.Select(field => field.Trim()).Where(s_words.Contains).Distinct(StringComparer.OrdinalIgnoreCase).Count() >= 2;

    /// <summary>Describes a header for an error message: the program that it looks like.</summary>
    public static string Describe(IReadOnlyList<string> fields)
    {
        var names = fields.Select(field => field.Trim()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        string? program = s_programs.Where(known => known.Columns.All(names.Contains)).OrderByDescending(known => known.Columns.Length).FirstOrDefault().Program
            ?? (names.IsSubsetOf(s_chrome) && s_chrome.Except(names, StringComparer.OrdinalIgnoreCase).All(missing => missing == "note")
                ? "Chrome or Edge"
                : null);
        return program is null ? "its first line is a header of another program" : $"its first line is a header as {program} writes it";
    }
}
