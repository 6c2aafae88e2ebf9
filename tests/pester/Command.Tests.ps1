# Programs that get secrets: what they get, what is masked, how they end; and by looking, that secrets are nowhere else.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $null = New-PasspackEntry DB -UserId anna -Password 'hunter2-4711' -Url https://db -Notes "one line`nanother line" -ExtraField @(
        @{ Name = 'pin'; Type = 'hidden'; Data = '0815-pin' }, @{ Name = 'short'; Type = 'hidden'; Data = 'abc' })
    $null = Get-PasspackEntry DB | Add-PasspackAttachment -Name kubeconfig.yml -Content ([Text.Encoding]::UTF8.GetBytes("token: of-the-file`n"))

    Enable-PasspackUnattendedUnlock -PackingKey $PackingKey

    # Runs a script in a shell of its own, as a program.
    function Invoke-Shell([string] $Script, [hashtable] $With = @{}) { Invoke-PasspackCommand sh -ArgumentList '-c', $Script @With }

    # A PowerShell process with this account, which Invoke-PasspackCommand is tried in; the process and the file that its program's id is in.
    function Start-Shell([string] $Script, [string] $Name) {
        $file = "$TestDrive/$Name.ps1"
        Set-Content $file "`$ErrorActionPreference = 'Stop'; Import-Module '$ModulePath'; Unlock-PasspackVault -Unattended; $Script"
        $process = Start-Process $ShellProgram -PassThru -ArgumentList @($ShellStart + '-NoProfile' + '-NonInteractive' + '-File' + $file) -RedirectStandardInput /dev/null `
            -RedirectStandardOutput "$file.out" -RedirectStandardError "$file.err"
        $process
    }

    function Wait-Until([scriptblock] $That, [string] $What) {
        $patience = [Diagnostics.Stopwatch]::StartNew()
        while (-not (& $That)) {
            if ($patience.Elapsed.TotalSeconds -gt 120) { throw "Waited in vain: $What" }
            Start-Sleep -Milliseconds 50
        }
    }

    # One that has ended may stay in the table for as long as nobody asks how.
    function Test-Running($Id) { (Test-Path "/proc/$Id/stat") -and (Get-Content "/proc/$Id/stat" -ErrorAction Ignore) -notmatch '\) Z ' }

    function Get-SecretFolder { Get-Item @($env:XDG_RUNTIME_DIR ? "$env:XDG_RUNTIME_DIR/passpack-run-*" : '/dev/shm/passpack-run-*') -ErrorAction Ignore }
}

AfterAll {
    Close-Test
}

Describe 'Invoke-PasspackCommand' -Skip:$IsWindows -Tag 'needs sh' {
    It 'hands secrets on by the environment, and masks them' {
        $lines = Invoke-Shell 'echo "$DB and $WHO"; printf %s "$DB" | wc -c' @{ Environment = @{ DB = 'passpack:///DB'; WHO = 'passpack:///DB/username' } }
        $lines[0] | Should -BeExactly '*** and anna'
        [int] $lines[1] | Should -Be 12
    }

    It 'takes texts, SecureStrings, numbers and null' {
        $env:PASSPACK_TEST_OTHER = 'x'; $env:OTHER_TEST = 'there'
        try {
            Invoke-Shell 'echo "$A $B $C ${OTHER_TEST-gone} ${PASSPACK_HOME-gone} ${PASSPACK_TEST_OTHER-gone}"' @{
                Environment = @{ A = 'text'; B = ConvertTo-SecureString secret-b -AsPlainText; C = 5; OTHER_TEST = $null }
            } | Should -BeExactly 'text *** 5 gone gone gone'
        } finally {
            $env:PASSPACK_TEST_OTHER = $env:OTHER_TEST = $null
        }
    }

    It 'starts with few variables under -UseNewEnvironment' {
        $env:OTHER_TEST = 'there'
        $names = Invoke-PasspackCommand env -UseNewEnvironment -Environment @{ A = '1' } | ForEach-Object { ($_ -split '=')[0] }
        $env:OTHER_TEST = $null
        $names | Should -Contain 'PATH'
        $names | Should -Contain 'A'
        $names | Should -BeIn 'A', 'PATH', 'HOME', 'USER', 'LANG', 'TMPDIR'
    }

    It 'reads files of variables' {
        Set-Content "$TestDrive/a.env" "# a comment`nexport DB=passpack:///DB`nA='single `$x' # why`nB=`"double\n\`"x\`"`"`n`nC = plain # comment`nD="
        Invoke-Shell 'echo "$DB|$A|$B|$C|$D|"' @{ EnvironmentFile = "$TestDrive/a.env" } | Should -BeExactly '***|single $x|double', '"x"|plain||'
        Invoke-Shell 'echo "$A"' @{ EnvironmentFile = "$TestDrive/a.env"; Environment = @{ A = 'given' } } | Should -Be 'given'
        Set-Content "$TestDrive/bad.env" "A=1`nhunter2"
        $said = { Invoke-Shell 'echo' @{ EnvironmentFile = "$TestDrive/bad.env" } } | Should -Throw -PassThru
        "$said" | Should -Match 'line 2'
        "$said" | Should -Not -Match 'hunter2'
    }

    It 'passes each argument exactly' {
        Invoke-PasspackCommand printf -ArgumentList '[%s]', '', 'a b', '-Verbose', '"q"', '$HOME', '*' | Should -BeExactly '[][a b][-Verbose]["q"][$HOME][*]'
    }

    It 'gives a standard input of <Kind>' -ForEach @(
        @{ Kind = 'text'; Value = { 'a text' }; Expected = 'a text' }
        @{ Kind = 'a reference'; Value = { 'passpack:///DB' }; Expected = '***' }
        @{ Kind = 'a SecureString'; Value = { ConvertTo-SecureString secret-b -AsPlainText }; Expected = '***' }
        @{ Kind = 'bytes'; Value = { , [byte[]] (104, 105) }; Expected = 'hi' }
        @{ Kind = 'a file'; Value = { 'passpack:///DB/kubeconfig.yml' }; Expected = '***' }
    ) {
        Invoke-PasspackCommand cat -StandardInput (& $Value) | Should -BeExactly $Expected
        Invoke-PasspackCommand true -StandardInput (& $Value) | Should -BeNullOrEmpty
    }

    It 'emits lines as they come, and ends the program when nobody wants more' {
        Invoke-Shell 'while :; do echo y; done' | Select-Object -First 2 | Should -Be 'y', 'y'
    }

    It 'masks what <Program> makes of a secret' -ForEach @(
        @{ Program = 'base64'; Script = 'printf %s "user:$DB" | base64 -w0'; Shown = '^[A-Za-z0-9+/]{6,8}\*\*\*=*$' }
        @{ Program = 'a split write'; Script = 'printf hun; sleep 0.2; printf "ter2-47"; sleep 0.2; echo 11'; Shown = '^\*\*\*$' }
        @{ Program = 'an error stream'; Script = 'echo "$DB" >&2'; Shown = '^\*\*\*$' }
        @{ Program = 'lines'; Script = 'printf "%s\n" "$NOTES" | sed "s/^/> /"'; Shown = '^> \*\*\*$' }
    ) {
        $lines = Invoke-Shell $Script @{ Environment = @{ DB = 'passpack:///DB'; NOTES = 'passpack:///DB/notes' }; MergeError = $true }
        $lines | Should -Match $Shown
        $lines | Should -Not -Match 'hunter|another'
    }

    It 'writes bytes to -OutFile, masked, for the owner alone' {
        Invoke-Shell 'printf "\377%s\000" "$DB"' @{ Environment = @{ DB = 'passpack:///DB' }; OutFile = "$TestDrive/out.bin" } | Should -BeNullOrEmpty
        [IO.File]::ReadAllBytes("$TestDrive/out.bin") -join ' ' | Should -Be '255 42 42 42 0'
        [string] (Get-Item "$TestDrive/out.bin").UnixFileMode | Should -Be 'UserWrite, UserRead'
        Get-ErrorId { Invoke-Shell 'echo' @{ OutFile = "$TestDrive/out.bin" } } | Should -Be 'FileExists'
        Invoke-Shell 'echo new' @{ OutFile = "$TestDrive/out.bin"; Force = $true }
        Get-Content "$TestDrive/out.bin" | Should -Be 'new'
    }

    It 'hands on the exit code' {
        Invoke-Shell 'exit 3'
        $global:LASTEXITCODE | Should -Be 3
        Invoke-Shell 'kill -9 $$'
        $global:LASTEXITCODE | Should -Be 137
        Invoke-Shell 'true'
        $global:LASTEXITCODE | Should -Be 0
        $PSNativeCommandUseErrorActionPreference = $true
        Get-ErrorId { Invoke-Shell 'exit 3' } | Should -Be 'ProgramExitedWithNonZeroCode'
        $global:LASTEXITCODE | Should -Be 3
        $global:LASTEXITCODE = 0
    }

    It 'starts in the location, or in -WorkingDirectory' {
        Push-Location $TestDrive
        try {
            Invoke-PasspackCommand pwd | Should -Be (Get-Item $TestDrive).FullName
            $null = New-Item -ItemType Directory sub
            Invoke-PasspackCommand pwd -WorkingDirectory sub | Should -Be (Get-Item $TestDrive/sub).FullName
        } finally {
            Pop-Location
        }
    }

    It 'gives files that are gone afterwards' {
        $before = @(Get-SecretFolder).Count
        $lines = Invoke-Shell 'echo "$KUBECONFIG"; ls -l "$KUBECONFIG"; ls -ld "$(dirname "$KUBECONFIG")"; cat "$KUBECONFIG"; cp "$KUBECONFIG" "$(dirname "$KUBECONFIG")/copy"; ln -s /etc/passwd "$(dirname "$KUBECONFIG")/link"' @{
            SecretFile = @{ KUBECONFIG = 'passpack:///DB/file:kubeconfig.yml' }
        }
        $lines[0] | Should -Match "/passpack-run-$PID-\d+-\d+/1-kubeconfig\.yml$"
        $lines[1] | Should -Match '^-rw------- '
        $lines[2] | Should -Match '^drwx------ '
        $lines[3] | Should -Be '***'
        Split-Path $lines[0] | Should -Not -Exist
        @(Get-SecretFolder).Count | Should -Be $before
        Get-Content /etc/passwd | Should -Not -BeNullOrEmpty
    }

    It 'starts nothing unless all resolve' {
        $failed = $null
        Get-ErrorId {
            Invoke-Shell "touch '$TestDrive/started'" @{ Environment = @{ A = 'passpack:///DB'; B = 'passpack:///none'; C = 'passpack:///DB/none' } }
        } | Should -BeIn 'ReferenceNotFound', 'FieldMissing'
        { Invoke-Shell "touch '$TestDrive/started'" @{ Environment = @{ A = 'passpack:///DB'; B = 'passpack:///none'; C = 'passpack:///DB/none' }; ErrorAction = 'SilentlyContinue'; ErrorVariable = 'failed' } } |
            Should -Throw
        "$TestDrive/started" | Should -Not -Exist
    }

    It 'names variables under -WhatIf, and resolves nothing' {
        $told = Invoke-Fresh "Import-Module `$ModulePath; Invoke-PasspackCommand sh -ArgumentList '-c', 'touch $TestDrive/started' -Environment @{ TOKEN = 'passpack:///none' } -WhatIf" | Out-String
        $told | Should -Match 'TOKEN'
        "$TestDrive/started" | Should -Not -Exist
    }

    It 'is refused: <Kind>' -ForEach @(
        @{ Kind = 'a reference in an argument'; Do = { Invoke-PasspackCommand echo -ArgumentList 'x=passpack:///DB' }; Id = 'InvalidArgument'; Says = '*-Environment*' }
        @{ Kind = 'a program that is not there'; Do = { Invoke-PasspackCommand no-such-program-4711 }; Id = 'PathNotFound'; Says = '*no-such-program-4711*' }
        @{ Kind = 'a zero character'; Do = { Invoke-PasspackCommand true -Environment @{ A = "hunter2`0" } }; Id = 'InvalidArgument'; Says = '*-SecretFile*' }
        @{ Kind = 'a name with a sign'; Do = { Invoke-PasspackCommand true -Environment @{ 'A=B' = 'hunter2' } }; Id = 'InvalidArgument'; Says = '*A=B*' }
        @{ Kind = 'a value of 128 KiB'; Do = { Invoke-PasspackCommand true -Environment @{ A = 'hunter2' * 20000 } }; Id = 'ValueTooLong'; Says = '*128 KiB*' }
        @{ Kind = 'another type'; Do = { Invoke-PasspackCommand true -Environment @{ A = @('hunter2') } }; Id = 'InvalidArgument'; Says = '*type*' }
        @{ Kind = 'a variable of two kinds'; Do = { Invoke-PasspackCommand true -Environment @{ A = 'x' } -SecretFile @{ A = 'y' } }; Id = 'InvalidArgument'; Says = '*both*' }
        @{ Kind = 'what is no program'; Do = { Set-Content "$TestDrive/none.bin" x; chmod +x "$TestDrive/none.bin"; Invoke-PasspackCommand "$TestDrive/none.bin" }; Id = 'ProgramNotStarted'; Says = '*none.bin*' }
        @{ Kind = '-NoMask with -OutFile'; Do = { Invoke-PasspackCommand true -NoMask -OutFile "$TestDrive/x" }; Id = 'InvalidArgument'; Says = '*terminal*' }
    ) {
        $said = { & $Do } | Should -Throw -ErrorId "$Id,*" -PassThru
        "$said" | Should -BeLike $Says
        "$said" | Should -Not -Match 'hunter2'
    }

    It 'warns of a secret that is too short to be masked' {
        Invoke-Shell 'true' @{ Environment = @{ A = 'passpack:///DB/short' } } 3>&1 | Should -Match 'four characters'
    }
}

Describe '-ScriptBlock' {
    It 'has the variables, and they are gone afterwards' {
        $env:KEPT_TEST = 'before'
        $seen = Invoke-PasspackCommand -Environment @{ NEW_TEST = 'passpack:///DB'; KEPT_TEST = 'passpack:///DB/pin' } -ScriptBlock {
            $env:NEW_TEST.Length
            "x $env:NEW_TEST"
            [pscustomobject]@{ Pin = $env:KEPT_TEST }
        }
        $seen[0] | Should -Be 12
        $seen[1] | Should -BeExactly 'x ***'
        $seen[2].Pin | Should -Be '0815-pin' -Because 'objects are not masked'
        $env:NEW_TEST | Should -BeNullOrEmpty
        $env:KEPT_TEST | Should -Be 'before'
        $env:KEPT_TEST = $null
    }

    It 'takes them away when it fails, and sees the variables around it' {
        $around = 'seen'
        Invoke-PasspackCommand -ScriptBlock { $around } | Should -Be 'seen'
        { Invoke-PasspackCommand -Environment @{ NEW_TEST = 'passpack:///DB' } -ScriptBlock { throw 'own' } } | Should -Throw '*own*'
        $env:NEW_TEST | Should -BeNullOrEmpty
        { Invoke-PasspackCommand -Environment @{ NEW_TEST = 'passpack:///DB'; B = 'passpack:///none' } -ScriptBlock { throw 'own' } } | Should -Throw '*none*'
        $env:NEW_TEST | Should -BeNullOrEmpty
        @(Invoke-PasspackCommand -Environment @{ NEW_TEST = 'passpack:///DB' } -ScriptBlock { 1..100 } | Select-Object -First 1) | Should -Be 1
        $env:NEW_TEST | Should -BeNullOrEmpty
        Invoke-PasspackCommand -ScriptBlock { 'again' } | Should -Be 'again'
    }

    It 'masks the lines of programs' -Skip:$IsWindows -Tag 'needs sh' {
        Invoke-PasspackCommand -Environment @{ NEW_TEST = 'passpack:///DB' } -ScriptBlock { sh -c 'echo $NEW_TEST' } | Should -Be '***'
    }

    It 'is refused while another one runs' {
        $said = { Invoke-PasspackCommand -ScriptBlock { Invoke-PasspackCommand -ScriptBlock { 1 } -ErrorAction Stop } } | Should -Throw -PassThru
        "$said" | Should -Match 'Another -ScriptBlock'
        $ids = 1..4 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:ModulePath
            try { Invoke-PasspackCommand -ScriptBlock { Start-Sleep -Seconds 2; 'ran' } } catch { ($_.FullyQualifiedErrorId -split ',')[0] }
        }
        $ids | Should -Contain 'ran'
        $ids | Should -Contain 'CommandInProgress'
        $ids | Should -BeIn 'ran', 'CommandInProgress'
    }
}

Describe 'By looking' -Skip:(-not $IsLinux) -Tag 'needs Linux' {
    It 'the child holds the secret in its environment alone; nothing else does' {
        $folder = $env:PASSPACK_HOME
        $before = $env:TMPDIR
        $env:TMPDIR = (New-Item -ItemType Directory "$TestDrive/tmp").FullName
        $shell = Start-Shell @"
Start-Transcript '$TestDrive/transcript.txt' | Out-Null
Invoke-PasspackCommand sh -ArgumentList '-c', 'echo `$`$ > $TestDrive/pid; echo "shown: `$DB"; echo "error: `$DB" >&2; while [ ! -e $TestDrive/go ]; do sleep 0.1; done; exit 7' -Environment @{ DB = 'passpack:///DB' } -Verbose
Stop-Transcript | Out-Null
Get-History | Format-List * | Out-File '$TestDrive/history.txt'
exit `$LASTEXITCODE
"@ looking
        $env:TMPDIR = $before
        Wait-Until { (Test-Path "$TestDrive/pid") -and (Get-Content "$TestDrive/pid") } 'the child has started'
        $child = Get-Content "$TestDrive/pid"
        $environ = [IO.File]::ReadAllText("/proc/$child/environ") -split "`0"
        $environ | Should -Contain 'DB=hunter2-4711'
        @($environ -match 'hunter2').Count | Should -Be 1
        $environ | Should -Not -Match '^PASSPACK_'
        [IO.File]::ReadAllText("/proc/$child/cmdline") | Should -Not -Match 'hunter2'
        [IO.File]::ReadAllText("/proc/$($shell.Id)/cmdline") | Should -Not -Match 'hunter2'
        [IO.File]::ReadAllText("/proc/$($shell.Id)/environ") | Should -Not -Match 'hunter2'
        # Standard streams, and nothing of the vault or the module.
        $open = Get-ChildItem "/proc/$child/fd" | ForEach-Object { $_.LinkTarget }
        $open | Should -Not -Match ([regex]::Escape($folder))
        $open | Where-Object { $_ -notmatch '^(pipe:|/dev/null|socket:)' } | Should -BeNullOrEmpty
        # Its temporary files, files in shared memory, and the data folder.
        # Of find, because a runtime keeps pipes there, too, and reading one would wait for ever.
        # A copy of these tests that another one made may lie in shared memory, too.
        find "$TestDrive/tmp" /dev/shm $folder -type f -not -path '*/tests/pester/*' -exec grep -l -a hunter2-4711 '{}' + | Should -BeNullOrEmpty
        $null = New-Item "$TestDrive/go"
        $shell.WaitForExit(60000) | Should -BeTrue
        $shell.ExitCode | Should -Be 7
        foreach ($file in 'transcript.txt', 'history.txt', 'looking.ps1.out', 'looking.ps1.err') { Get-Content "$TestDrive/$file" -Raw | Should -Not -Match 'hunter2' -Because $file }
        Get-Content "$TestDrive/transcript.txt" -Raw | Should -Match 'shown: \*\*\*'
        Get-Content "$TestDrive/looking.ps1.out" -Raw | Should -Match 'shown: \*\*\*'
        "$(Get-Content "$TestDrive/looking.ps1.err" -Raw)$(Get-Content "$TestDrive/looking.ps1.out" -Raw)" | Should -Match 'error: \*\*\*'
    }

    It '<Signal> reaches the child and what it started, and takes the files away' -ForEach @(
        @{ Signal = 'TERM'; Ends = 143 }
        @{ Signal = 'INT'; Ends = $null }
    ) {
        Remove-Item "$TestDrive/pid", "$TestDrive/inner", "$TestDrive/got" -ErrorAction Ignore
        # A trap runs when what the shell waits for has ended, which gets the signal, too.
        $shell = Start-Shell @"
Invoke-PasspackCommand sh -ArgumentList '-c', 'trap "echo got >> $TestDrive/got; exit 9" $Signal; echo "`$KUBECONFIG" > $TestDrive/path; echo `$`$ > $TestDrive/pid; sh -c "echo \`$\`$ > $TestDrive/inner; exec sleep 300"' -SecretFile @{ KUBECONFIG = 'passpack:///DB/kubeconfig.yml' }
"@ "signal-$Signal"
        Wait-Until { (Test-Path "$TestDrive/inner") -and (Get-Content "$TestDrive/inner") } 'the child has started'
        $child, $inner, $path = (Get-Content "$TestDrive/pid"), (Get-Content "$TestDrive/inner"), (Get-Content "$TestDrive/path")
        $path | Should -Exist
        kill "-$Signal" $shell.Id
        $shell.WaitForExit(60000) | Should -BeTrue
        Get-Content "$TestDrive/got" | Should -Be 'got'
        Test-Running $child | Should -BeFalse
        Test-Running $inner | Should -BeFalse
        Split-Path $path | Should -Not -Exist
        if ($Ends) { $shell.ExitCode | Should -Be $Ends }
    }

    It 'Stop() of a pipeline ends the child' {
        Remove-Item "$TestDrive/pid" -ErrorAction Ignore
        $powershell = [powershell]::Create().AddScript("Import-Module '$ModulePath'; Invoke-PasspackCommand sh -ArgumentList '-c', 'echo `$`$ > $TestDrive/pid; exec sleep 300'")
        $running = $powershell.BeginInvoke()
        Wait-Until { (Test-Path "$TestDrive/pid") -and (Get-Content "$TestDrive/pid") } 'the child has started'
        $child = Get-Content "$TestDrive/pid"
        $powershell.Stop()
        $running.IsCompleted | Should -BeTrue
        Test-Running $child | Should -BeFalse
        $powershell.Dispose()
    }

    It 'what a killed process leaves is swept at the next import, and no living one''s' {
        Remove-Item "$TestDrive/pid", "$TestDrive/path" -ErrorAction Ignore
        $shell = Start-Shell @"
Invoke-PasspackCommand sh -ArgumentList '-c', 'echo "`$KUBECONFIG" > $TestDrive/path; echo `$`$ > $TestDrive/pid; exec sleep 300' -SecretFile @{ KUBECONFIG = 'passpack:///DB/kubeconfig.yml' }
"@ killed
        Wait-Until { (Test-Path "$TestDrive/pid") -and (Get-Content "$TestDrive/pid") } 'the child has started'
        $child, $path = (Get-Content "$TestDrive/pid"), (Get-Content "$TestDrive/path")
        Invoke-Fresh 'Import-Module $ModulePath'
        $path | Should -Exist -Because 'its process lives'
        kill -KILL $shell.Id
        $shell.WaitForExit(60000) | Should -BeTrue
        $path | Should -Exist -Because 'nobody has looked yet'
        Invoke-Fresh 'Import-Module $ModulePath'
        Split-Path $path | Should -Not -Exist
        kill -KILL $child
    }
}
