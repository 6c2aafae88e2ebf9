using Passpack.Transfer.Writing;

namespace Passpack.Transfer.Layouts;

/// <summary>The formats that entries are imported from and exported to.</summary>
public enum EntryFileFormat
{
    /// <summary>Passpack's modern CSV.</summary>
    Csv,

    /// <summary>An array of <see cref="ExportedEntry"/>.</summary>
    Json,

    /// <summary>Passpack's classic layout (<see cref="ClassicLayout"/>), separated by commas.</summary>
    ClassicCsv,

    /// <summary>The same, separated by tabs.</summary>
    ClassicTab,

    /// <summary>Bitwarden's JSON, or its zip with attachments.</summary>
    Bitwarden,

    /// <summary>Bitwarden's JSON, encrypted by a password.</summary>
    BitwardenEncrypted,

    /// <summary>Bitwarden's CSV.</summary>
    BitwardenCsv,

    /// <summary>A KeePass database: KDBX 3.1, 4.0 or 4.1.</summary>
    Kdbx,

    /// <summary>KeePass 2 XML.</summary>
    KeePassXml,

    /// <summary>KeePassXC's CSV.</summary>
    KeePassXCCsv,

    /// <summary>1Password's 1PUX.</summary>
    OnePassword,

    /// <summary>1Password's CSV.</summary>
    OnePasswordCsv,

    /// <summary>LastPass's CSV.</summary>
    LastPass,

    /// <summary>The CSV of Chrome, Edge, Brave, Opera and Vivaldi.</summary>
    Chrome,

    /// <summary>Firefox's CSV.</summary>
    Firefox,

    /// <summary>The CSV of Safari and Apple Passwords.</summary>
    Safari,

    /// <summary>Keeper's JSON.</summary>
    Keeper,

    /// <summary>Keeper's CSV.</summary>
    KeeperCsv,

    /// <summary>Dashlane's zip of CSV files, or one of them.</summary>
    Dashlane,

    /// <summary>Proton Pass's zip, or the JSON in it.</summary>
    ProtonPass,

    /// <summary>Proton Pass's CSV.</summary>
    ProtonPassCsv,

    /// <summary>The Credential Exchange Format of the FIDO Alliance, 1.0.</summary>
    Cxf,

    /// <summary>A page to print; only written.</summary>
    Html,

    /// <summary>A vault of SecretManagement, which is no file; only read.</summary>
    SecretVault,
}
