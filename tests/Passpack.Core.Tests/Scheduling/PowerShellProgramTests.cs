using Passpack.Core.Tests.Vault;
using Passpack.Scheduling;

namespace Passpack.Core.Tests.Scheduling;

public sealed class PowerShellProgramTests : IDisposable
{
    private static readonly string s_extension = OperatingSystem.IsWindows() ? ".exe" : "";

    private readonly TemporaryFolder _folder = new();

    private string Home => Path.Combine(_folder.Path, "7.6.9");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Its_own_program_is_first()
    {
        string own = Program(Home, "pwsh");
        Library();
        Assert.Equal(new PowerShellProgram(own, null), PowerShellProgram.In(Home, Program(_folder.Path, "host"), ""));
        // Another one on PATH is another one.
        Program(Path.Combine(_folder.Path, "bin"), "pwsh");
        Assert.Equal(new PowerShellProgram(own, null), PowerShellProgram.In(Home, own, Path.Combine(_folder.Path, "bin")));
    }

    [Fact]
    public void A_link_on_PATH_outlasts_the_folder_of_a_version()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making a link needs a privilege there.");
        string own = Program(Home, "pwsh"), link = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, "bin")).FullName, "pwsh");
        File.CreateSymbolicLink(link, own);
        Assert.Equal(new PowerShellProgram(link, null), PowerShellProgram.In(Home, own, $"bin{Path.PathSeparator}{Path.GetDirectoryName(link)}"));
    }

    [Fact]
    public void A_tool_of_dotnets_is_started_by_dotnet_and_its_library()
    {
        string library = Library(), dotnet = Program(Path.Combine(_folder.Path, "dotnet"), "dotnet");
        Assert.Equal(new PowerShellProgram(dotnet, library), PowerShellProgram.In(Home, dotnet, ""));
        // A global tool has a program elsewhere.
        string shim = Program(Path.Combine(_folder.Path, "tools"), "pwsh");
        Assert.Equal(new PowerShellProgram(shim, null), PowerShellProgram.In(Home, shim, ""));
    }

    [Fact]
    public void Where_no_PowerShell_is_none_is_found() =>
        Assert.Null(PowerShellProgram.In(_folder.Path, Program(_folder.Path, "host"), Path.GetDirectoryName(Program(Path.Combine(_folder.Path, "dotnet"), "dotnet"))));

    [Theory]
    [InlineData(@"C:\Program Files\WindowsApps\Microsoft.PowerShell_7.6.9.0_x64__8wekyb3d8bbwe\pwsh.exe", @"L\Microsoft\WindowsApps\Microsoft.PowerShell_8wekyb3d8bbwe\pwsh.exe")]
    [InlineData(@"D:\windowsapps\Microsoft.PowerShellPreview_7.7.1.0_arm64__8wekyb3d8bbwe\pwsh.exe", @"L\Microsoft\WindowsApps\Microsoft.PowerShellPreview_8wekyb3d8bbwe\pwsh.exe")]
    [InlineData(@"C:\Program Files\PowerShell\7\pwsh.exe", null)]
    [InlineData(@"C:\Users\a\AppData\Local\Microsoft\WindowsApps\pwsh.exe", null)]
    [InlineData("/opt/microsoft/powershell/7/pwsh", null)]
    public void A_package_of_the_Store_has_an_alias_that_its_updates_leave(string program, string? alias) =>
        Assert.Equal(alias, PowerShellProgram.StoreAlias(program, "L"));

    private string Library()
    {
        Directory.CreateDirectory(Home);
        string library = Path.Combine(Home, "pwsh.dll");
        File.WriteAllBytes(library, []);
        return library;
    }

    private static string Program(string folder, string name)
    {
        string program = Path.Combine(Directory.CreateDirectory(folder).FullName, name + s_extension);
        File.WriteAllText(program, "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return program;
    }
}
