# The script that a scheduler runs, in processes of its own: how each run ends, and what its log says. Against the real server.
BeforeDiscovery {
    $CanBeNobody = -not $IsWindows -and -not $IsMacOS -and (id -u) -eq '0' -and (Get-Command setpriv -ErrorAction Ignore)
    if (-not $CanBeNobody) { Write-Warning 'The tests of a task that runs as another user do NOT run: they need root and setpriv (util-linux).' }
}

BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $script = Join-Path $ModuleFolder 'Sync-PasspackTask.ps1'
    $credential = New-Credential anna@example.com
    $second = Enter-NewMachine
    $machine = Enter-NewMachine
    $null = New-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
    $entry = New-PasspackEntry 'Secret name' -Password 's3cret word'
    Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
    $log = Join-Path $machine runs sync.jsonl

    function Start-Run([string[]] $More, [string] $Account = 'anna@example.com', [string] $Folder = $machine) {
        $errors = Join-Path $TestDrive "$([guid]::NewGuid()).err"
        $process = Start-Process $ShellProgram -PassThru -RedirectStandardError $errors -RedirectStandardOutput "$errors.out" -ArgumentList ($ShellStart + @(
            '-NoProfile', '-NonInteractive', '-File', "`"$script`"", "-Account:$Account", "-DataFolder:`"$Folder`"") + $More)
        $null = $process.Handle # Else the exit code is lost.
        [pscustomobject]@{ Process = $process; Errors = $errors }
    }

    # What a run ended with, what it said, and its line in the log.
    function Wait-Run($Run, [string] $Log = $log) {
        $Run.Process.WaitForExit()
        $said = (Get-Content $Run.Errors, "$($Run.Errors).out" -Raw) -join ''
        $line = (Test-Path $Log) ? (Get-Content $Log | Select-Object -Last 1 | ConvertFrom-Json) : $null
        [pscustomobject]@{ ExitCode = $Run.Process.ExitCode; Said = $said; Line = $line }
    }

    # The lock's file has the time of a run that has begun.
    function Wait-Begun {
        $lock = Get-ChildItem (Join-Path $machine runs) -Filter '*.lock' | Where-Object Name -NE 'sync.jsonl.lock'
        for ($i = 0; $i -lt 600 -and -not (Get-Item $lock).Length; $i++) { Start-Sleep -Milliseconds 50 }
        (Get-Item $lock).Length | Should -BeGreaterThan 0
    }

    function Use-Second([scriptblock] $Work) {
        $env:PASSPACK_HOME = $second
        try { & $Work } finally { $env:PASSPACK_HOME = $machine }
    }
}

AfterAll {
    Close-Test
}

Describe 'The exit codes' {
    BeforeAll {
        $ast = [Management.Automation.Language.Parser]::ParseFile($script, [ref] $null, [ref] $null)
        $table = $ast.Find({ param($node) $node -is [Management.Automation.Language.AssignmentStatementAst] -and "$($node.Left)" -eq '$ExitCodes' }, $true)
        $codes = & ([scriptblock]::Create("$($table.Right)"))
        $protocol = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'Passpack.Protocol' } | Select-Object -First 1
        $ids = $protocol.GetType('Passpack.Protocol.ErrorCodes').GetFields().ForEach({ $_.GetRawConstantValue() })
        $internal = 'RevisionConflict', 'StatementConflict', 'PushIdReused', 'RequestInvalid', 'NotFound', 'KeyGenerationConflict'
        $own = 'InvalidArgument', 'PathNotFound', 'PathNotAccessible', 'DeviceNotFound', 'NameAmbiguous', 'NoTotp', 'SecretRequired', 'SecretTooLong', 'ProgramExitedWithNonZeroCode', 'CommandInProgress', 'TaskRunning',
            'Unexpected'
    }

    It 'are one for every error id, and no other' {
        $mapped = $codes.Values.ForEach({ $_ | Select-Object -Skip 1 })
        $mapped | Group-Object | Where-Object Count -NE 1 | Should -BeNullOrEmpty
        $expected = $ids.Where({ $_ -notin $internal }) + $own
        Compare-Object $mapped $expected | Should -BeNullOrEmpty
    }

    It 'are told apart, and none is one of PowerShell''s or a shell''s own' {
        $numbers = $codes.Values.ForEach({ $_[0] })
        ($numbers | Select-Object -Unique).Count | Should -Be $numbers.Count
        $numbers | ForEach-Object { $_ | Should -BeIn (1..63) }
    }

    It 'are the ones that about_Passpack_Automation lists' {
        $documented = @{}
        $page = Get-Content (Join-Path $root docs/en-US/about_Passpack_Automation.md) -Raw
        foreach ($row in [regex]::Matches($page, '(?m)^- (?<code>\d+) (?<class>\w+): (?<ids>[\w,\s]+)\.')) {
            $documented[$row.Groups['class'].Value] = @([int] $row.Groups['code'].Value) + @([regex]::Matches($row.Groups['ids'].Value, '\w+').Value)
        }
        foreach ($class in $codes.Keys) { $documented[$class] | Should -Be $codes[$class] -Because $class }
        $documented.Count | Should -Be $codes.Count
    }
}

Describe 'A run' {
    It 'syncs, silently, and then has nothing to do' {
        $run = Wait-Run (Start-Run)
        $run.ExitCode, $run.Said | Should -Be 0, ''
        $run.Line.result, $run.Line.counts.pushed, $run.Line.account | Should -Be 'Synced', 1, 'anna@example.com'
        [datetime] $run.Line.start | Should -BeLessOrEqual ([datetime] $run.Line.end)
        $run.Line.duration | Should -BeGreaterThan 0
        $run = Wait-Run (Start-Run)
        $run.ExitCode, $run.Line.result | Should -Be 0, 'NothingToDo'
    }

    It 'keeps log and lock to its owner' -Tag 'needs modes of files, which Windows has not' -Skip:$IsWindows {
        (Get-Item (Split-Path $log)).UnixMode | Should -Be 'drwx------'
        Get-ChildItem (Split-Path $log) | ForEach-Object { $_.UnixMode | Should -Be '-rw-------' }
    }

    It 'ends with a code of its own: <Kind>' -ForEach @(
        @{ Kind = 'no such account'; Arguments = @{ Account = 'nobody@x' }; Code = 11; Id = 'AccountNotFound' }
        @{ Kind = 'a policy that is none'; Arguments = @{ More = '-ConflictPolicy:Nonsense' }; Code = 11; Id = 'InvalidArgument' }
    ) {
        $run = Wait-Run (Start-Run @Arguments)
        $run.ExitCode, $run.Line.errorId, $run.Line.exitCode | Should -Be $Code, $Id, $Code
        $run.Said | Should -Match "ended with $Code \($Id\)"
    }

    It 'as another user than the data folder''s, <Kind>: disk, and why' -Tag 'needs root and setpriv, to be another user' -Skip:(-not $CanBeNobody) -ForEach @(
        @{ Kind = 'who may not look into it'; Mode = 'u=rwx,go='; Id = 'ReadOnly' }
        @{ Kind = 'who may, and not into the vault'; Mode = 'u=rwx,go=rx'; Id = 'ReadOnly' }
        @{ Kind = 'who may, and not make the log'; Mode = 'u=rwx,go=rx'; Id = 'PathNotAccessible'; IsFirst = $true }
    ) {
        $before = @(Get-Content $log).Count
        $ofOthers = Join-Path (Copy-ModuleForOthers) Sync-PasspackTask.ps1
        $shell = Copy-ShellForOthers
        chmod $Mode $machine "$machine/accounts"
        if ($IsFirst) { Move-Item "$machine/runs" "$machine/kept" }
        try {
            $said = setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent @shell -NoProfile -NonInteractive -File $ofOthers `
                -Account:anna@example.com "-DataFolder:$machine" 2>&1
            $LASTEXITCODE | Should -Be 10
            "$said" | Should -Match "ended with 10 \($Id\)\..*$([regex]::Escape($machine))"
            "$said" | Should -Not -Match 'MethodInvocation|Exception calling'
        } finally {
            if ($IsFirst) { Move-Item "$machine/kept" "$machine/runs" }
            chmod 'u=rwx,go=' $machine "$machine/accounts"
        }
        @(Get-Content $log).Count | Should -Be $before
    }

    It 'without a key for it: locked' {
        Disable-PasspackUnattendedUnlock
        $run = Wait-Run (Start-Run)
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
        $run.ExitCode, $run.Line.errorId, $run.Line.result | Should -Be 2, 'UnattendedRefused', 'Locked'
        $run.Said | Should -Match 'Enable-PasspackUnattendedUnlock'
    }

    It 'two at once: the second ends as busy, the first goes on' -Tag 'needs signals, which Windows has not' -Skip:$IsWindows {
        $null = New-PasspackEntry another
        kill -STOP $server.Process.Id
        try {
            $first = Start-Run
            Wait-Begun
            $other = Wait-Run (Start-Run)
            $other.ExitCode, $other.Line.errorId, $other.Line.result | Should -Be 8, 'TaskRunning', 'Busy'
            $first.Process.HasExited | Should -BeFalse
        } finally { kill -CONT $server.Process.Id }
        $run = Wait-Run $first
        $run.ExitCode, $run.Line.result, $run.Line.counts.pushed | Should -Be 0, 'Synced', 1
    }

    It 'killed: the next one says so, and does the work' -Tag 'needs signals, which Windows has not' -Skip:$IsWindows {
        $null = New-PasspackEntry 'before the kill'
        kill -STOP $server.Process.Id
        try {
            $killed = Start-Run
            Wait-Begun
            kill -KILL $killed.Process.Id
            $killed.Process.WaitForExit()
        } finally { kill -CONT $server.Process.Id }
        $lines = @(Get-Content $log).Count
        $run = Wait-Run (Start-Run)
        $run.ExitCode, $run.Line.counts.pushed | Should -Be 0, 1
        $interrupted = (Get-Content $log)[$lines] | ConvertFrom-Json
        $interrupted.result, $interrupted.account | Should -Be 'Interrupted', 'anna@example.com'
        [datetime] $interrupted.start | Should -BeLessThan ([datetime] $run.Line.start)
        (Wait-Run (Start-Run)).ExitCode | Should -Be 0
        @(Get-Content $log).Count | Should -Be ($lines + 3)
    }

    It 'a server that does not answer in time: unreachable' -Tag 'needs signals, which Windows has not' -Skip:$IsWindows {
        kill -STOP $server.Process.Id
        try { $run = Wait-Run (Start-Run -More '-TimeoutSec:2') } finally { kill -CONT $server.Process.Id }
        $run.ExitCode, $run.Line.errorId | Should -Be 3, 'ServerUnreachable'
        $run.Line.message | Should -Match 'within 2 seconds'
    }

    It 'a conflict under Stop: told, without the entry''s name' {
        Use-Second {
            $null = Connect-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
            $null = Sync-PasspackVault
            Get-PasspackEntry 'Secret name' | Set-PasspackEntry -Notes 'theirs'
            $null = Sync-PasspackVault
        }
        Get-PasspackEntry 'Secret name' | Set-PasspackEntry -Notes 'ours'
        $run = Wait-Run (Start-Run -More '-ConflictPolicy:Stop')
        $run.ExitCode, $run.Line.errorId, $run.Line.result | Should -Be 5, 'SyncConflict', 'Conflict'
        $run.Said | Should -Not -Match 'Secret name'
        $run = Wait-Run (Start-Run)
        $run.ExitCode, $run.Line.counts.conflicts | Should -Be 0, 1
    }

    It 'the online account''s removal pending: synced, and told as refused' {
        $due = (Remove-PasspackAccount -WithoutKeys -Credential $credential -Confirm:$false).Due
        $null = New-PasspackEntry 'before the removal'
        try { $run = Wait-Run (Start-Run) } finally { Restore-PasspackAccount }
        $run.ExitCode, $run.Line.errorId, $run.Line.result, $run.Line.counts.pushed | Should -Be 4, 'AccountRemovalPending', 'Refused', 1
        $run.Said | Should -Match "$($due.UtcDateTime.ToString('yyyy-MM-dd')).*Restore-PasspackAccount"
        (Wait-Run (Start-Run)).ExitCode | Should -Be 0
    }

    It 'its device revoked: refused' {
        Use-Second { Get-PasspackDevice | Where-Object -Not Current | Remove-PasspackDevice -Confirm:$false }
        $run = Wait-Run (Start-Run)
        $run.ExitCode, $run.Line.errorId | Should -Be 4, 'DeviceRevoked'
    }

    It 'no server: unreachable' {
        Stop-TestServer $server
        $run = Wait-Run (Start-Run)
        $run.ExitCode, $run.Line.errorId | Should -Be 3, 'ServerUnreachable'
    }

    It 'a damaged vault: damaged' {
        Lock-PasspackVault -All
        $vault = (Get-PasspackLocalAccount).Path
        [IO.File]::WriteAllText($vault, 'no vault')
        Remove-Item "$vault-*"
        $run = Wait-Run (Start-Run)
        $run.ExitCode, $run.Line.errorId | Should -Be 7, 'VaultDamaged'
    }

    It 'leaves no secret in the log, no name, and nothing but lines of JSON' {
        $text = Get-Content $log -Raw
        foreach ($secret in 'Secret name', 's3cret', $PackingKey, 'the password 4711', 'theirs', 'before the kill') { $text | Should -Not -BeLike "*$secret*" }
        foreach ($line in Get-Content $log) { { $line | ConvertFrom-Json } | Should -Not -Throw }
    }
}

Describe 'The log' {
    It 'is set aside when it is large, and only so many are kept' {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive rotated)
        $new = Join-Path $folder runs sync.jsonl
        foreach ($i in 1..6) { $null = Wait-Run (Start-Run -Account "nobody$i@x" -Folder $folder -More '-LogBytes:1') $new }
        (Get-ChildItem (Join-Path $folder runs) -Filter 'sync.jsonl*' | Where-Object Extension -NE '.lock').Name | Sort-Object |
            Should -Be 'sync.jsonl', 'sync.jsonl.1', 'sync.jsonl.2', 'sync.jsonl.3', 'sync.jsonl.4'
        (Get-Content $new, "$new.4" | ConvertFrom-Json).account | Should -Be 'nobody6@x', 'nobody2@x'
    }

    It 'that a crash cut does not take the next line with it' {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive cut/runs) -Force
        [IO.File]::WriteAllText("$folder/sync.jsonl", '{"account":"x","en')
        (Wait-Run (Start-Run -Account nobody@x -Folder (Split-Path $folder)) "$folder/sync.jsonl").Line.errorId | Should -Be 'AccountNotFound'
    }
}
