# README.md, walked through in a PowerShell of its own: every line after a prompt is run as it is written, and shows what stands below it.
BeforeDiscovery {
    $readme = Get-Content (Join-Path (Split-Path (Split-Path $PSScriptRoot)) README.md) -Raw
    $lines = [regex]::Matches($readme, '(?ms)^```\r?\n(PS> .*?)^```').ForEach({ $_.Groups[1].Value -split '(?m)^PS> ' }).Where({ $_ })
    $number = 0
    $steps = foreach ($line in $lines) {
        $command, $shown = $line -split '\r?\n', 2
        # Which scheduler there is depends on the machine.
        @{ Number = $number++; Command = $command; Expected = $shown; ShowsScheduler = $command -like 'Register-*' }
    }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'README.md' -ForEach @{ Steps = $steps } {
    BeforeAll {
        $server = Start-TestServer
        $before = $env:PATH, $env:XDG_RUNTIME_DIR
        New-Crontab
        $env:PATH = "$TestDrive/bin$([IO.Path]::PathSeparator)$env:PATH"
        Copy-Item (Join-Path $root samples) $TestDrive -Recurse

        # Blank lines aside, and the port, which is another one in every run.
        function Get-Comparable([string] $Text) {
            ($Text -replace '(http://)?127\.0\.0\.1:\S*', 'URL' -split '\r?\n').TrimEnd().Where({ $_ }) -join "`n"
        }

        $script = foreach ($step in $Steps) {
            $command = $step.Command.Replace('./out/Passpack', "'$ModulePath'").Replace('http://127.0.0.1:8780', $server.Url)
            "Write-Host '@@$($step.Number)'; . {`n$command`n} | Out-String -Width 100 | Write-Host"
        }
        $walk = Invoke-Fresh (@(". '$PSScriptRoot/Common.ps1'; . '$PSScriptRoot/Examples.ps1'; Set-Location '$TestDrive'; `$PSStyle.OutputRendering = 'PlainText'") + $script -join "`n")
        $walked = @{}
        foreach ($part in ($walk -join "`n") -split '(?m)^@@' | Select-Object -Skip 1) {
            $n, $text = $part -split "`n", 2
            $walked[[int] $n] = $text
        }
    }

    AfterAll {
        $env:PATH, $env:XDG_RUNTIME_DIR = $before
        Stop-TestServer $server
    }

    It 'shows what <Command> shows' -ForEach $Steps -Tag 'needs Linux: README.md shows its scheduler' -Skip:($ShowsScheduler -and -not $IsLinux) {
        Get-Comparable $walked[$Number] | Should -BeExactly (Get-Comparable $Expected)
    }
}
