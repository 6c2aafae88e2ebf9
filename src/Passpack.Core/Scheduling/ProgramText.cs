using System.Runtime.InteropServices;
using System.Text;

namespace Passpack.Scheduling;

/// <summary>What a program of the platform wrote to a pipe, as text.</summary>
internal static partial class ProgramText
{
    public const int Utf8 = 65001;

    /// <summary>
    /// The code page of this platform's programs: on Windows that of the console that they share with this process, and without one the OEM code page;
    /// UTF-8 elsewhere.
    /// </summary>
    public static int CodePage() => !OperatingSystem.IsWindows() ? Utf8 : GetConsoleOutputCP() is > 0 and var console ? (int)console : (int)GetOEMCP();

    /// <summary>By its byte order mark, where it has one; else by the code page. What a code page cannot say is a question mark already.</summary>
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
