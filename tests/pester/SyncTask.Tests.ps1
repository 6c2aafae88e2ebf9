# Scheduled syncs at the schedulers. crontab(1) is stood in for by a script that keeps its table in a file; at the end there is a real cron, where one is installed.
BeforeDiscovery {
    $IsCronHere = -not $IsWindows -and -not $IsMacOS -and (id -u) -eq '0' -and (Test-Path /usr/sbin/cron) -and (Get-Command crontab -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $null = Enter-NewMachine
    $credential = New-Credential anna@example.com
    $null = New-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
    Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
    $pathBefore = $env:PATH
    $runtimeBefore = $env:XDG_RUNTIME_DIR
    $table = "$TestDrive/table"
    New-Crontab
}

AfterAll {
    $env:PATH = $pathBefore
    $env:XDG_RUNTIME_DIR = $runtimeBefore
    Close-Test
}

Describe 'Register-PasspackSyncTask -WhatIf' {
    It 'shows what <_> would be told, wherever it runs, and writes nothing' -ForEach 'TaskScheduler', 'Launchd', 'Systemd', 'Cron' {
        $planned = Register-PasspackSyncTask -Scheduler $_ -Every 0:15 -At 13:40 -ExcludeTags -ConflictPolicy Stop -TimeoutSec 600 -WhatIf
        $planned | Should -HaveCount 1
        $planned.Registered, "$($planned.Scheduler)", $planned.Account | Should -Be $false, $_, 'anna@example.com'
        $planned.Every, $planned.At | Should -Be ([timespan] '0:15'), ([timespan] '0:10')
        $planned.Content | Should -Match 'Sync-PasspackTask\.ps1'
        # systemd's text doubles a backslash of a path, cron's closes and opens the quotes behind it.
        $content = $planned.Content.Replace("\''", '\').Replace('\\', '\')
        foreach ($word in '-Account:anna@example.com', '-ExcludeTags', '-ConflictPolicy:Stop', '-TimeoutSec:600', "-DataFolder:$env:PASSPACK_HOME") {
            $content | Should -BeLike "*$word*"
        }
        $planned.Content | Should -Not -BeLike "*$PackingKey*"
        $planned.Path | ForEach-Object { $_ | Should -Not -Exist }
        $table | Should -Not -Exist
    }

    It 'is XML where it says so' {
        $exec = ([xml] (Register-PasspackSyncTask -Scheduler TaskScheduler -WhatIf).Content).Task.Actions.Exec
        "$($exec.Command) $($exec.Arguments)" | Should -BeLike '*pwsh*-WindowStyle Hidden -NoProfile*'
        ([xml] (Register-PasspackSyncTask -Scheduler Launchd -WhatIf).Content).plist.dict.array[0].string | Should -Contain '-Account:anna@example.com'
    }

    It 'is run by the PowerShell that this is' {
        $words = ([xml] (Register-PasspackSyncTask -Scheduler Launchd -WhatIf).Content).plist.dict.array[0].string
        $start = @($words | Select-Object -Skip 1 -First ([array]::IndexOf($words, '-NoProfile') - 1))
        & $words[0] @start -NoProfile -NonInteractive -Command "(Get-Item -LiteralPath `$PSHOME).FullName" | Should -Be (Get-Item -LiteralPath $PSHOME).FullName
    }

    It 'runs every hour, else every day, at a time that stays the same' {
        $hourly = Register-PasspackSyncTask -Scheduler Cron -WhatIf
        $hourly.Every | Should -Be ([timespan] '1:00')
        (Register-PasspackSyncTask -Scheduler Cron -WhatIf).Content | Should -Be $hourly.Content
        $daily = Register-PasspackSyncTask -Scheduler Cron -At 03:30 -WhatIf
        $daily.Every, $daily.At | Should -Be ([timespan] '1.00:00'), ([timespan] '3:30')
    }
}

Describe 'Register-, Get- and Unregister-PasspackSyncTask' -Tag 'needs a system whose scheduler is cron' -Skip:($IsWindows -or $IsMacOS) {
    BeforeAll {
        $env:PATH = "$TestDrive/bin$([IO.Path]::PathSeparator)$pathBefore"
        $others = "MAILTO=root`n# mine: é`n*/5 * * * * true  # 50\%`n"
        [IO.File]::WriteAllText($table, $others)
    }

    It 'says that there is none' {
        Get-PasspackSyncTask | Should -BeNullOrEmpty
        Get-ErrorId { Get-PasspackSyncTask -Account anna@example.com } | Should -Be 'SyncTaskNotFound'
        Get-ErrorId { Unregister-PasspackSyncTask } | Should -Be 'SyncTaskNotFound'
        Get-ErrorId { Unregister-PasspackSyncTask -Account nobody@x } | Should -Be 'SyncTaskNotFound'
        [IO.File]::ReadAllText($table) | Should -Be $others
    }

    It 'registers, and leaves the other lines as they are' {
        $registered = Register-PasspackSyncTask -Every 0:15 -At 0:07 -ExcludeFavorites
        $registered.Registered | Should -BeTrue
        "$($registered.Scheduler)" | Should -Be 'Cron'
        [IO.File]::ReadAllText($table) | Should -Be ($others + $registered.Content)
        $found = Get-PasspackSyncTask
        foreach ($property in 'Account', 'Name', 'Every', 'At', 'ExcludeTags', 'ExcludeFavorites', 'ConflictPolicy', 'TimeoutSec', 'Content', 'Registered', 'Log') {
            $found.$property | Should -Be $registered.$property
        }
        (Get-PasspackSyncTask -Account 'ANNA*').Account | Should -Be 'anna@example.com'
        Get-PasspackSyncTask -Account 'bert*' | Should -BeNullOrEmpty
    }

    It 'replaces' {
        $null = Register-PasspackSyncTask -At 3:30 -ConflictPolicy Stop
        $found = Get-PasspackSyncTask
        $found | Should -HaveCount 1
        $found.ExcludeFavorites, "$($found.ConflictPolicy)", $found.Every | Should -Be $false, 'Stop', ([timespan] '1.00:00')
    }

    It 'knows only those of its own data folder' {
        $first = $env:PASSPACK_HOME
        $null = Enter-NewMachine
        try { Get-PasspackSyncTask | Should -BeNullOrEmpty } finally { $env:PASSPACK_HOME = $first }
    }

    It 'has a table of at most 80 columns' {
        $lines = (Get-PasspackSyncTask | Out-String -Width 80) -replace '\x1b\[[0-9;]*m' -split '\r?\n' | Where-Object { $_.Trim() }
        $lines[1] | Should -Match '^[- ]+$'
        $lines | ForEach-Object { $_.TrimEnd().Length | Should -BeLessOrEqual 80 }
        $lines[2] | Should -Match 'anna@example\.com\s+1\.00:00:00\s+03:30'
        Get-PasspackSyncTask | Format-List | Out-String | Should -Match 'Scheduler\s+: Cron[\s\S]+Sync-PasspackTask'
    }

    It 'unregisters' {
        Get-PasspackSyncTask | Unregister-PasspackSyncTask -WhatIf
        Get-PasspackSyncTask | Should -HaveCount 1
        Get-PasspackSyncTask | Unregister-PasspackSyncTask | Should -BeNullOrEmpty
        [IO.File]::ReadAllText($table) | Should -Be $others
    }

    It 'goes with its account' {
        $first = $env:PASSPACK_HOME
        try {
            $null = Enter-NewMachine
            $null = Connect-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
            $null = Register-PasspackSyncTask -WarningAction Ignore
            Remove-PasspackLocalAccount -WhatIf
            [IO.File]::ReadAllText($table) | Should -Not -Be $others
            Remove-PasspackLocalAccount -Confirm:$false
            [IO.File]::ReadAllText($table) | Should -Be $others
        } finally { $env:PASSPACK_HOME = $first }
    }

    It 'is told to be left where its account goes and the scheduler does not answer' {
        $first = $env:PASSPACK_HOME
        $broken = New-Item -ItemType Directory "$TestDrive/broken"
        Set-Content "$broken/crontab" "#!/bin/sh`necho out of order >&2; exit 3"
        chmod 755 "$broken/crontab"
        try {
            $null = New-TestAccount leaving@x
            $env:PATH = "$broken$([IO.Path]::PathSeparator)$pathBefore"
            Remove-PasspackLocalAccount -Confirm:$false -WarningVariable warnings -WarningAction SilentlyContinue
            "$warnings" | Should -Match 'Unregister-PasspackSyncTask -Account leaving@x'
            Get-PasspackLocalAccount | Should -BeNullOrEmpty
        } finally {
            $env:PATH = "$TestDrive/bin$([IO.Path]::PathSeparator)$pathBefore"
            $env:PASSPACK_HOME = $first
        }
    }

    It 'refuses: <Kind>' -ForEach @(
        @{ Kind = 'times that no day repeats'; Arguments = @{ Every = '0:07' }; Id = 'InvalidArgument' }
        @{ Kind = 'a scheduler of another platform'; Arguments = @{ Scheduler = 'Launchd' }; Id = 'InvalidArgument' }
        @{ Kind = 'no account'; Arguments = @{ Account = 'nobody@x' }; Id = 'AccountNotFound' }
    ) {
        Get-ErrorId { Register-PasspackSyncTask @Arguments } | Should -Be $Id
        [IO.File]::ReadAllText($table) | Should -Be $others
    }

    It 'refuses the bare number <_>, and says how to write it' -ForEach 15, '15', 1.5, '1.5', '1,000', -2, ([byte] 2), ([uint16] 2), ([bigint] 2) {
        $number = $_
        $said = try { Register-PasspackSyncTask -Every $number } catch { "$_" }
        $said | Should -BeLike "*does not say of what. Write 0:* for minutes, *:00 for hours, or 1.00:00 for a day.*"
        if ("$number" -eq '15') { $said | Should -BeLike '*Write 0:15 for minutes, 15:00 for hours*' }
        [IO.File]::ReadAllText($table) | Should -Be $others
    }

    It 'refuses an account without an online one, and warns of one that cannot be unlocked' {
        $first = $env:PASSPACK_HOME
        try {
            $null = New-TestAccount offline@x
            Get-ErrorId { Register-PasspackSyncTask } | Should -Be 'NotConnected'
            $null = New-PasspackEntry one
            Get-ErrorId { Get-PasspackEntry one | Register-PasspackSyncTask } | Should -Be 'InvalidArgument'
            Get-ErrorId { Get-PasspackEntry one | Unregister-PasspackSyncTask } | Should -Be 'InvalidArgument'
            Get-ErrorId { Get-PasspackEntry one | Get-PasspackSyncTask } | Should -Be 'InvalidArgument'
        } finally { $env:PASSPACK_HOME = $first }
        Disable-PasspackUnattendedUnlock
        $null = Register-PasspackSyncTask -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -Match 'Enable-PasspackUnattendedUnlock'
        Unregister-PasspackSyncTask
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
    }

    It 'tells what is no time of a day, with an example; and a plan that unattended unlock is missing' {
        { Register-PasspackSyncTask -At 25:00 } | Should -Throw "*'25:00' is no time of a day. Write 0:07*"
        Disable-PasspackUnattendedUnlock
        $null = Register-PasspackSyncTask -WhatIf -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -Match 'Enable-PasspackUnattendedUnlock'
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
    }

    It 'says so where there is no scheduler' {
        $env:PATH = "$TestDrive/none"
        try {
            Get-ErrorId { Register-PasspackSyncTask } | Should -Be 'SchedulerFailed'
            $null = Register-PasspackSyncTask -WhatIf -WarningVariable warnings -WarningAction SilentlyContinue
            "$warnings" | Should -Match 'without -WhatIf this is refused'
        } finally { $env:PATH = "$TestDrive/bin$([IO.Path]::PathSeparator)$pathBefore" }
    }
}

Describe 'A real cron' -Tag 'needs root and Debian''s cron (apt-get install cron)' -Skip:(-not $IsCronHere) {
    BeforeAll {
        $env:PATH = $pathBefore
        $env:XDG_RUNTIME_DIR = $null
        # What a run of these tests that was killed left in the table goes now; all else is put back in the end.
        $kept = (crontab -l 2>/dev/null | Out-String) -replace "(?ms)^# Passpack sync task (passpack-sync-cron-s-100-x-\w+): begin.*?^# Passpack sync task \1: end\r?\n"
        Set-Content "$TestDrive/kept" $kept -NoNewline
        # A value that every layer between here and the script has a meaning of its own for.
        $env:PASSPACK_HOME = Join-Path $TestDrive "it's 50% of `"a`" \\ `$HOME %d"
        $null = New-PasspackAccount -Server $server.Url -Credential ([pscredential]::new("cron's 100%@x", $credential.Password)) -PackingKey $PackingKey
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
        $null = New-PasspackEntry 'by cron' -Password p
        $cron = Start-Process /usr/sbin/cron -ArgumentList '-f' -PassThru
    }

    AfterAll {
        if (-not $cron.HasExited) { $cron.Kill() }
        if ($kept.Trim()) { crontab "$TestDrive/kept" } else { crontab -r }
    }

    It 'takes the table, and syncs' {
        $task = Register-PasspackSyncTask -Every 0:01
        (crontab -l | Out-String) | Should -Match ([regex]::Escape($task.Name))
        # cron looks at the clock once a minute.
        for ($i = 0; $i -lt 15 -and -not (Get-PasspackSyncTask).LastRun; $i++) { Start-Sleep -Seconds 10 }
        Unregister-PasspackSyncTask
        $run = Get-Content -LiteralPath $task.Log | Select-Object -First 1 | ConvertFrom-Json
        $run.account, $run.exitCode, $run.result, $run.counts.pushed | Should -Be "cron's 100%@x", 0, 'Synced', 1
        (Get-PasspackLocalAccount).PendingChanges | Should -Be 0
        (crontab -l | Out-String) | Should -Not -Match ([regex]::Escape($task.Name))
    }
}
