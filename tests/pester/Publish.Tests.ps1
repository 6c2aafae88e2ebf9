# The server as one program that brings its .NET along: made as an administrator makes it, and started on a machine that has none.
BeforeDiscovery {
    $elsewhere = -not $IsLinux -or [Runtime.InteropServices.RuntimeInformation]::OSArchitecture -ne 'X64'
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    if (-not $IsLinux) { return }
    $env:MSBUILDDISABLENODEREUSE = '1'
    $log = & { try { & "$root/build.ps1" Publish } catch { "$_" } } 2>&1 6>&1 | Out-String
    $program = Join-Path $root out/server/passpack-server
    # Of packages that are not served, or of no registry at all; any other fault fails below.
    $noPacks = $log -match 'NU1101|NU1102|NU1301'

    # Its address, once it listens, as a machine without .NET has it.
    function Start-Published([string] $Data) {
        $start = [Diagnostics.ProcessStartInfo]::new($program)
        foreach ($argument in 'serve', '--urls', 'http://127.0.0.1:0', '--data', $Data) { $start.ArgumentList.Add($argument) }
        foreach ($name in 'DOTNET_ROOT', 'DOTNET_ROOT_X64', 'DOTNET_HOST_PATH') { $start.Environment[$name] = '' }
        $start.Environment['PATH'] = '/nowhere'
        $start.RedirectStandardOutput = $true
        $script:process = [Diagnostics.Process]::Start($start)
        do { $line = $process.StandardOutput.ReadLine() } until ($null -eq $line -or $line -match 'listening on (\S+);')
        $Matches[1]
    }
}

AfterAll {
    if ($process -and -not $process.HasExited) { $process.Kill() }
}

Describe 'build.ps1 Publish' -Tag 'needs Linux on x64, for which it publishes' -Skip:$elsewhere {
    It 'makes a program that serves, backs up and stops without a .NET on the machine' {
        if ($noPacks) { return Set-ItResult -Skipped -Because 'NOT TESTED: the runtime packs of .NET cannot be restored here' }
        $program | Should -Exist -Because $log
        $data = Join-Path $TestDrive data
        $address = Start-Published $data
        (Invoke-RestMethod "$address/readyz") | Should -Match 'ready'
        $copy = Join-Path $TestDrive copy.db
        & /usr/bin/env -i "HOME=$TestDrive" $program backup $copy --data $data | Should -Match 'schema \d+; checked'
        $copy | Should -Exist
        & /bin/kill -TERM $process.Id
        $process.WaitForExit(60000) | Should -BeTrue
        $process.ExitCode | Should -Be 0
    }

    It 'lies beside what it needs and how it is run, and nothing else' {
        if ($noPacks) { return Set-ItResult -Skipped -Because 'NOT TESTED: the runtime packs of .NET cannot be restored here' }
        (Get-ChildItem (Split-Path $program)).Name | Sort-Object | Should -Be 'Caddyfile', 'libe_sqlite3.so', 'nginx.conf', 'passpack-server', 'passpack-server.service'
    }
}
