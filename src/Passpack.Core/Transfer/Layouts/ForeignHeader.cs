namespace Passpack.Transfer.Layouts;

/// <summary>Knows the first line of other programs' files: it is never an entry.</summary>
internal static class ForeignHeader
{
    // Two of them, in cells of their own, and the line is a header; nobody has an entry of that name with that as its password.
    private static readonly HashSet<string> s_words = new(StringComparer.OrdinalIgnoreCase)
    {
        "account", "title", "name", "entry name", "username", "user name", "user", "userid", "user id", "login", "login name", "login_username", "e-mail", "email",
        "password", "passwort", "kennwort", "login_password", "benutzername", "benutzer", "titel", "mot de passe", "identifiant", "contraseña", "usuario", "senha", "wachtwoord",
        "url", "website", "web site", "webseite", "login_uri", "link", "notes", "note", "notizen", "comments", "comment", "extra", "tags", "group", "grouping", "folder",
        "favorite", "category", "totp", "otpauth", "otpurl", "httprealm", "formactionorigin", "uuid", "guid",
    };

    // What a program's file has in its first line, and no other's has all of.
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

    /// <summary>Whether a first line is a header, ours or another program's.</summary>
    public static bool Is(IReadOnlyList<string> fields) => fields.Select(field => field.Trim()).Where(s_words.Contains).Distinct(StringComparer.OrdinalIgnoreCase).Count() >= 2;

    /// <summary>What to say of a header: whose it looks like.</summary>
    public static string Describe(IReadOnlyList<string> fields)
    {
        var names = fields.Select(field => field.Trim()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        string? program = s_programs.Where(known => known.Columns.All(names.Contains)).OrderByDescending(known => known.Columns.Length).FirstOrDefault().Program
            ?? (names.IsSubsetOf(s_chrome) && s_chrome.Except(names, StringComparer.OrdinalIgnoreCase).All(missing => missing == "note") ? "Chrome or Edge" : null);
        return program is null ? "its first line is a header of another program" : $"its first line is a header as {program} writes it";
    }
}
