using Passpack;
using Passpack.Sync;

namespace QuickStart;

/// <summary>What the sample prints.</summary>
internal static class Show
{
    private const int MostRows = 25;

    public static void Title(string text) => Console.WriteLine($"\n{text}\n{new string('-', text.Length)}");

    public static void Line(string text) => Console.WriteLine(text);

    /// <summary>What a sync did to which entry, and why.</summary>
    public static void Sync(string title, SyncResult result)
    {
        Title(title);
        if (result.Changes.Count == 0)
            Line("Nothing to do.");
        else
            Console.WriteLine($"{"Action",-15}  {"Entry",-30}  {"Fields",-18}  Why");
        foreach (SyncChange change in result.Changes.Take(MostRows))
            Console.WriteLine($"{change.Action,-15}  {Cut(change.Name, 30),-30}  {Cut(string.Join(", ", change.Fields), 18),-18}  {change.Reason}");
        if (result.Changes.Count > MostRows)
            Line($"... and {result.Changes.Count - MostRows} more");
        Line($"{result.Requests} requests, {result.BytesSent:N0} bytes up, {result.BytesReceived:N0} down, {result.Duration.TotalSeconds:F1} s");
    }

    /// <summary>Shows the error that a wrong Packing Key gets: it names the way out.</summary>
    public static void WrongKey(Action unlock)
    {
        try
        {
            unlock();
        }
        catch (PasspackException e)
        {
            Line($"{e.ErrorId}: {e.Message}");
        }
    }

    /// <summary>Names the script that does the same through the cmdlets, where there is a PowerShell to run it.</summary>
    public static void PowerShell()
    {
        string name = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        if (Array.Exists(folders, folder => File.Exists(Path.Combine(folder, name))))
            Line("\nThe same through the cmdlets: pwsh samples/quickstart.ps1");
    }

    private static string Cut(string text, int length)
    {
        text = text.ReplaceLineEndings(" ");
        return text.Length <= length ? text : text[..(length - 3)] + "...";
    }
}
