namespace Passpack.Vault.Fields;

/// <summary>What an entry is, as other programs tell them apart. Any other word in lower case is kept.</summary>
public static class EntryTypes
{
    /// <summary>What an entry is when nothing is said.</summary>
    public const string Login = "login";

    /// <summary>A text to keep.</summary>
    public const string Note = "note";

    /// <summary>A credit or debit card.</summary>
    public const string Card = "card";

    /// <summary>A person: name, address, papers.</summary>
    public const string Identity = "identity";

    /// <summary>A key pair of SSH.</summary>
    public const string SshKey = "sshkey";

    /// <summary>A wireless network.</summary>
    public const string Wifi = "wifi";

    /// <summary>A licence of a program.</summary>
    public const string Licence = "licence";

    /// <summary>A bank account.</summary>
    public const string Bank = "bank";

    /// <summary>A server.</summary>
    public const string Server = "server";

    /// <summary>A database.</summary>
    public const string Database = "database";

    /// <summary>A key of a programming interface.</summary>
    public const string ApiKey = "apikey";

    /// <summary>A paper, such as a passport or a driver's licence.</summary>
    public const string Document = "document";

    /// <summary>A membership or a subscription.</summary>
    public const string Membership = "membership";

    /// <summary>A passkey without a password.</summary>
    public const string Passkey = "passkey";

    /// <summary>Those above, to choose from.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Login, Note, Card, Identity, SshKey, Wifi, Licence, Bank, Server, Database, ApiKey, Document, Membership, Passkey];

    /// <summary>A type as it is kept: in lower case, without outer spaces.</summary>
    public static string Normal(string type) => type.Trim().ToLowerInvariant();
}
