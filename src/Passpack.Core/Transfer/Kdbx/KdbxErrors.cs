using System.Globalization;
using Passpack.Protocol;

namespace Passpack.Transfer.Kdbx;

/// <summary>The errors of a KeePass database or its key file. None holds anything of what is sealed.</summary>
internal static class KdbxErrors
{
    public static PasspackException NotKdbx(string source) =>
        Of(ErrorCodes.FormatNotRecognized, source, "is not a KeePass database: its first bytes are not KDBX's. Give the .kdbx file itself.");

    public static PasspackException KeePass1(string source) => Of(ErrorCodes.SourceNotSupported, source,
        "is a database of KeePass 1 (.kdb). Import it into KeePassXC or KeePass 2 (Database > Import, File > Import), save it there as .kdbx, and give that.");

    public static PasspackException TooNew(string source, int major, int minor) => Of(ErrorCodes.SourceNotSupported, source, string.Create(
        CultureInfo.InvariantCulture, $"is KDBX {major}.{minor}; this version reads up to 4.1. Update Passpack, or save the database as KDBX 4 in KeePassXC."));

    /// <summary>A part of the file that this version does not know.</summary>
    public static PasspackException Unsupported(string source, string what) => Of(ErrorCodes.SourceNotSupported, source,
        $"uses {what}. Choose AES, ChaCha20 or Twofish, and Argon2 or AES-KDF, in its program's Database Settings > Security, save it, and import again.");

    /// <summary>Refused before anything is computed.</summary>
    public static PasspackException TooCostly(string source, string what) => Of(ErrorCodes.SourceTooCostly, source,
        $"asks for {what}. Nothing was computed. If it is yours, lower the cost in its program's Database Settings > Security, save it, and import again.");

    /// <summary>Content that goes beyond the bounds of a reader.</summary>
    public static PasspackException TooLarge(string source, string what) => Of(ErrorCodes.SourceTooCostly, source,
        $"{what}. No database that a program wrote does; get the file again from where it comes from.");

    public static PasspackException KeyRequired(string source) => Of(ErrorCodes.SourceKeyRequired, source,
        "is encrypted. Give its password as -SourceKey (Read-Host -AsSecureString), its key file as -SourceKeyFile, or both.");

    public static PasspackException KeyMismatch(string source) => Of(ErrorCodes.SourceKeyMismatch, source,
        "does not open with this key. Check -SourceKey, and -SourceKeyFile where the database has a key file, too; a database with a key file alone takes no "
        + "-SourceKey. One that also needs a hardware key (YubiKey, OnlyKey) or a Windows account cannot be opened here: remove that in KeePassXC or KeePass "
        + "(Database > Database Security), and import a copy.");

    /// <summary>Never with an inner exception: a parser's may quote what it read.</summary>
    public static PasspackException Damaged(string source, string what) => Of(ErrorCodes.SourceDamaged, source,
        $"is damaged: {what}. Get the file again from where it comes from, or open it in KeePassXC, save it, and import that.");

    public static PasspackException CutOff(string source, string where) => Damaged(source, $"it ends within {where}; it may have been copied in part");

    public static PasspackException KeyFileDamaged(string source, string what) => Of(ErrorCodes.SourceKeyMismatch, source,
        $"cannot be opened with this -SourceKeyFile: {what}. Give another copy of the key file.");

    private static PasspackException Of(string id, string source, string message) => new(id, $"{source} {message}") { Target = source };
}
