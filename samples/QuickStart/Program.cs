// The main job, end to end, through the cmdlets: runs samples/quickstart.ps1 in a real PowerShell. Needs the .NET SDK alone, which builds the module and the
// server and restores the shell where there is none:
//   dotnet run -c Release --project samples/QuickStart -- [CSV] [FOLDER]
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Passpack.Testing;

string Metadata(string key) => Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;

// The dotnet of this process, which need not be on PATH: the shell may need it to run, and starts the server with it.
string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
Environment.SetEnvironmentVariable("DOTNET_HOST_PATH", dotnet);

List<string> arguments = ["-NoProfile", "-NonInteractive", "-File", Path.Combine(Metadata("RepositoryRoot"), "samples", "quickstart.ps1"),
    "-Configuration", Metadata("Configuration")];
if (args.Length > 0)
    arguments.AddRange("-Csv", Path.GetFullPath(args[0]));
if (args.Length > 1)
    arguments.AddRange("-Folder", Path.GetFullPath(args[1]));

// Ctrl+C reaches the shell as well, which ends its server before it ends.
Console.CancelKeyPress += (_, e) => e.Cancel = true;
using Process shell = Process.Start(RealShell.Start(arguments))!;
await shell.WaitForExitAsync();
return shell.ExitCode;
