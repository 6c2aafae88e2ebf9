using Passpack.Transfer.Layouts;
using Passpack.Transfer.Sources;
using Passpack.Transfer.Sources.Bitwarden;
using Passpack.Transfer.Sources.Browsers;
using Passpack.Transfer.Sources.Managers;

namespace Passpack.Transfer.Importing;

/// <summary>The table of formats of other programs, from which detection, completion, messages and docs are made.</summary>
internal static class SourceFormats
{
    /// <summary>All of them, in the order of help.</summary>
    public static IReadOnlyList<SourceFormat> All { get; } =
    [
        BitwardenJson.Format,
        BitwardenEncrypted.Format,
        BitwardenCsv.Format,
        LastPass.Format,
        ChromeCsv.Format,
        Firefox.Format,
        Safari.Format,
        KeePassSource.Kdbx,
        KeePassSource.Xml,
        KeePassXCCsv.Format,
        OnePassword.Format,
        OnePasswordCsv.Format,
        Keeper.Format,
        KeeperCsv.Format,
        Dashlane.Format,
        ProtonPass.Format,
        ProtonPassCsv.Format,
        Cxf.Format,
    ];

    /// <summary>The format of this id. Null for Passpack's own, and for those that are only written.</summary>
    public static SourceFormat? Find(EntryFileFormat format) => All.FirstOrDefault(known => known.Format == format);

    /// <summary>The formats that a file that starts so may have.</summary>
    public static IReadOnlyList<SourceFormat> Fitting(SourceStart start) => [.. All.Where(format => format.Fits(start))];
}
