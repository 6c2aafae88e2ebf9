using System.Runtime.InteropServices;
using System.Text;

namespace Passpack.Scheduling;

/// <summary>Decodes the output of the platform's programs.</summary>
internal static partial class ProgramText
{
    public const int Utf8 = 65001;

    /// <summary>
    /// The code page of this platform's programs: on Windows that of the console that they share with this process, and without one the OEM code page;
    /// UTF-8 elsewhere.
    /// </summary>
    public static int CodePage() => !OperatingSystem.IsWindows() ? Utf8 : GetConsoleOutputCP() is > 0 and var console ? (int)console : (int)GetOEMCP();

    /// <summary>
    /// Decodes output by its byte order mark, otherwise by the code page. Characters outside of the code page have already become question marks.
    /// </summary>
    public static string Decode(byte[] output, int codePage)
    {
        Encoding encoding = output is [0xFF, 0xFE, ..] ? Encoding.Unicode : output is [0xEF, 0xBB, 0xBF, ..] || codePage == Utf8 ? Encoding.UTF8
            : CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? Encoding.UTF8;
        return encoding.GetString(output).TrimStart('\uFEFF');
    }

    [LibraryImport("kernel32")]
    private static partial uint GetConsoleOutputCP();

    [LibraryImport("kernel32")]
    private static partial uint GetOEMCP();
}
