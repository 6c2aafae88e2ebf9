using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

/// <summary>The same vault in another process: this test program itself, started again as a worker.</summary>
internal static class Worker
{
    private const string Variable = "PASSPACK_TEST_WORKER";

    // Where another user can read what was built: a checkout below a folder that is root's alone is copied.
    private static readonly Lazy<string> s_forOthers = new(() =>
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!OperatingSystem.IsWindows() && !folder.UnixFileMode.HasFlag(UnixFileMode.OtherRead | UnixFileMode.OtherExecute))
            {
                string copy = Directory.CreateTempSubdirectory("passpack-tests-").FullName;
                AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(copy, recursive: true);
                using Process own = Process.Start("sh", ["-c", "cp -R \"$1/.\" \"$2\" && chmod -R go=rX \"$2\"", "sh", AppContext.BaseDirectory, copy]);
                own.WaitForExit();
                Assert.Equal(0, own.ExitCode);
                return copy;
            }
        }
        return AppContext.BaseDirectory;
    });

    public static Process Start(string job, DataFolder home, string name, int count, bool isInvariant = false)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Worker).Assembly.Location]) { RedirectStandardOutput = true };
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = isInvariant ? "1" : "0";
        start.Environment[Variable] = string.Join('|', job, home.Path, name, count.ToString(CultureInfo.InvariantCulture));
        return Process.Start(start)!;
    }

    /// <summary>Runs a job as a user who is not root, to whom the data folder is given first; root could read everything.</summary>
    public static string[] RunAsPlainUser(string job, DataFolder home, params string[] ofAnother)
    {
        bool isRoot = Environment.UserName == "root";
        string script = isRoot
            ? "chown -R 65534:65534 \"$1\" && shift && chown root \"$@\" && chmod go= \"$@\""
            : "shift; chmod 0 \"$@\"";
        using (Process own = Process.Start("sh", ["-c", script, "sh", home.Path, .. ofAnother]))
        {
            own.WaitForExit();
            Assert.Equal(0, own.ExitCode);
        }
        string[] prefix = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"];
        string program = Path.Combine(isRoot ? s_forOthers.Value : AppContext.BaseDirectory, Path.GetFileName(typeof(Worker).Assembly.Location));
        var start = new ProcessStartInfo(prefix[0], [.. prefix[1..], "dotnet", program]) { RedirectStandardOutput = true };
        start.Environment[Variable] = string.Join('|', job, home.Path, "", "1");
        start.Environment["HOME"] = home.Path;
        using Process worker = Process.Start(start)!;
        string output = worker.StandardOutput.ReadToEnd();
        worker.WaitForExit();
        using (Process back = Process.Start("sh", ["-c", isRoot ? "chown -R root \"$@\"" : "chmod u+rwX \"$@\"", "sh", .. ofAnother]))
            back.WaitForExit();
        Assert.True(worker.ExitCode == 0, output);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    // Before the test runner's own Main: a worker has a job instead of tests.
    [ModuleInitializer]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } job)
            return;
        try
        {
            string[] parts = job.Split('|');
            Work(parts[0], new DataFolder(parts[1]), parts[2], int.Parse(parts[3], CultureInfo.InvariantCulture));
            Environment.Exit(0);
        }
        catch (Exception e)
        {
            Console.WriteLine(e);
            Environment.Exit(1);
        }
    }

    private static void Work(string job, DataFolder home, string name, int count)
    {
        if (job == "backups")
        {
            ShowBackups(home);
            return;
        }
        if (job == "find")
        {
            using LocalVault found = TestVault.Unlock(home);
            Console.WriteLine($"composes {"e\u0301".Normalize().Length == 1}");
            foreach (string text in new[] { "Caf\u00E9", "CAFE\u0301" })
                Console.WriteLine(string.Join(' ', found.List(new EntryQuery { Name = text, Tag = null }).Count(), found.List(new EntryQuery { Tag = text }).Count(), found.Names(VaultNames.Entries, text, 9).Count));
            Console.WriteLine(home.Account("Andre\u0301@x").Path == home.Account("ANDR\u00C9@x").Path);
            return;
        }
        if (job == "unlock")
            KillAt(count);
        using LocalVault vault = TestVault.Unlock(home);
        Console.WriteLine("unlocked");
        for (int i = 0; i < count; i++)
        {
            switch (job)
            {
                case "unlock":
                    return;
                case "add":
                    Change(vault, writer => writer.Add(new EntryEdit { Name = $"{name} {i}", Tags = [name] }));
                    break;
                case "edit":
                    Guid id = vault.List(new EntryQuery { Name = "counter" }).Single().Id;
                    Change(vault, writer =>
                    {
                        // Read inside the change: nobody else writes between this and the commit.
                        int before = int.Parse(writer.Edit(id, new EntryEdit()).UserId, CultureInfo.InvariantCulture);
                        return writer.Edit(id, new EntryEdit { UserId = (before + 1).ToString(CultureInfo.InvariantCulture) });
                    });
                    break;
                case "pairs":
                    Change(vault, writer =>
                    {
                        writer.Add(new EntryEdit { Name = $"{i} left", Notes = new string('l', 3000), Tags = ["t"] });
                        return writer.Add(new EntryEdit { Name = $"{i} right", Notes = new string('r', 3000), Favorite = true });
                    });
                    Console.WriteLine(i);
                    break;
                default:
                    throw new ArgumentException(job);
            }
        }
    }

    private static void ShowBackups(DataFolder home)
    {
        AccountFolder folder = home.Account(TestVault.UserId);
        foreach (BackupInfo backup in BackupFiles.Of(folder, error => Console.WriteLine($"folder {error.ErrorId} {error.Target}")))
            Console.WriteLine($"{backup.Kind} {backup.Reason} {backup.Problem?.ErrorId ?? "sound"} {backup.Problem?.Target}");
        if (AccountInspector.Describe(folder) is { Reset: { } reset } described)
            Console.WriteLine($"reset {described.Backups.Count} copies {reset}");
        Console.WriteLine($"account {AccountInspector.Describe(folder).Problem?.ErrorId ?? "sound"}");
        Console.WriteLine($"damage {AccountInspector.ProblemOf(folder)?.ErrorId ?? "none"}");
        Show("daily", () => Path.GetFileName(VaultCopies.CopyDaily(folder)) ?? "none");
        Show("unlock", () =>
        {
            using LocalVault vault = TestVault.Unlock(home);
            return "done";
        });

        static void Show(string what, Func<string> run)
        {
            try
            {
                Console.WriteLine($"{what} {run()}");
            }
            catch (PasspackException e)
            {
                Console.WriteLine($"{what} {e.ErrorId} {e.Message}");
            }
        }
    }

    /// <summary>Ends this process, as by kill -9, at a step that is counted from 1.</summary>
    private static void KillAt(int count)
    {
        int reached = 0;
        Failpoints.Listener = step =>
        {
            if (Interlocked.Increment(ref reached) != count)
                return;
            Console.WriteLine($"killed at {step}");
            Process.GetCurrentProcess().Kill();
        };
    }

    private static void Change(LocalVault vault, Func<VaultWriter, EntrySummary> change)
    {
        using VaultWriter writer = vault.BeginWrite();
        change(writer);
        writer.Commit();
    }
}
