# Rotations: passwords changed here and where they are used. What is in force there is $service, a variable that the script blocks set.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer

    function Show([securestring] $Secret) { ConvertFrom-SecureString $Secret -AsPlainText }

    # What is at fault must not show a password in any form.
    function Get-Told([scriptblock] $Script) { & $Script *>&1 | Where-Object { $_ -isnot [Passpack.PowerShell.Rotation] } | Out-String -Width 1000 }

    $change = { param($Entry, $Old, $New) $script:service = Show $New; $script:ran += 'change' }
    $verify = { param($Entry, $Password) $script:ran += 'verify'; $script:service -ceq (Show $Password) }
    $undo = { param($Entry, $Old, $New) $script:ran += 'undo'; $script:service = Show $Old }
    $failing = { throw 'the service is down' }
}

AfterAll {
    Close-Test
}

Describe 'Rotations' {
    BeforeAll {
        $null = New-TestAccount
    }

    BeforeEach {
        $script:service = 'old password 1'
        $script:ran = @()
        $entry = New-PasspackEntry "service $((++$script:number))" -UserId svc -Password $script:service
        $name = $entry.Name
        $Error.Clear()
    }

    AfterEach {
        Get-PasspackRotation | Undo-PasspackRotation
    }

    Context 'Invoke-PasspackRotation' {
        It 'changes the password here and there, and keeps the old one' {
            $result = Invoke-PasspackRotation -Entry $entry -Change $change -Verify $verify
            $result.Name, "$($result.Step)", $result.EntryId, $result.Account, $result.UserId | Should -Be $name, 'Committed', $entry.Id, 'me@example.com', 'svc'
            $ran | Should -Be 'change', 'verify'
            Show $entry.GetPassword() | Should -BeExactly $service
            $service | Should -HaveCount 1
            $service.Length | Should -Be 20
            ($entry | Get-PasspackEntryHistory)[0].GetPasswordText() | Should -Be 'old password 1'
            Get-PasspackRotation | Should -BeNullOrEmpty
        }

        It 'gives the blocks the entry and SecureStrings, and they see what stands around them' {
            $around = 'seen'
            Invoke-PasspackRotation $name -Change {
                param($Entry, $Old, $New)
                $script:given = $Entry.GetType().Name, $Entry.Name, $Old.GetType().Name, $New.GetType().Name, $around, (Show $Old)
            } -NewPassword 'new password 2' | Out-Null
            $given | Should -Be 'Entry', $name, 'SecureString', 'SecureString', 'seen', 'old password 1'
            Show $entry.GetPassword() | Should -BeExactly 'new password 2'
        }

        It 'makes passwords like New-PasspackPassword: <Name>' -ForEach @(
            @{ Name = 'of length and sets'; With = @{ Length = 7; CharacterSet = 'Digit' }; Like = '^\d{7}$' }
            @{ Name = 'of words'; With = @{ Words = 4 }; Like = '^[a-z]+(-[a-z]+){3}$' }
        ) {
            $null = Invoke-PasspackRotation -Id $entry.Id -Change $change @With
            Show $entry.GetPassword() | Should -MatchExactly $Like
        }

        It 'takes entries by pipeline, and one that fails does not stop the others' {
            $others = 1..3 | ForEach-Object { New-PasspackEntry "piped $_ of $name" -Password "old password $_" }
            $done = $others | Invoke-PasspackRotation -Change { param($Entry) if ($Entry.Name -like 'piped 2*') { throw 'down' } } -ErrorVariable failed -ErrorAction SilentlyContinue
            $done.Name | Should -Be $others[0].Name, $others[2].Name
            $failed.FullyQualifiedErrorId | Should -Be 'RotationFailed,Passpack.PowerShell.Commands.InvokePasspackRotationCommand'
            (Get-PasspackRotation).Name | Should -Be $others[1].Name
            $done.Name.ForEach{ (Get-PasspackEntry $_).GetPasswordText() } | Sort-Object -Unique | Should -HaveCount 2
        }

        It 'does nothing with -WhatIf' {
            $before = Get-ContentState $env:PASSPACK_HOME
            Invoke-PasspackRotation $name -Change $change -Verify $verify -Undo $undo -Confirm:$false -WhatIf | Should -BeNullOrEmpty
            $ran | Should -BeNullOrEmpty
            Get-ContentState $env:PASSPACK_HOME | Should -Be $before
        }

        It 'is refused before anything starts: <Name>' -ForEach @(
            @{ Name = 'no such entry'; Do = { Invoke-PasspackRotation none -Change $change }; Id = 'EntryNotFound' }
            @{ Name = 'an entry in the trash'; Do = { $entry | Remove-PasspackEntry; Invoke-PasspackRotation -Entry $entry -Change $change }; Id = 'EntryNotFound' }
            @{ Name = 'the name of one in the trash'; Do = { $entry | Remove-PasspackEntry; Invoke-PasspackRotation $name -Change $change }; Id = 'EntryNotFound' }
            @{ Name = 'an unfinished rotation'; Do = { $null = Invoke-PasspackRotation $name -Change $failing -ErrorAction Ignore; Invoke-PasspackRotation $name -Change $change }; Id = 'RotationPending' }
            @{ Name = 'the same password'; Do = { Invoke-PasspackRotation $name -Change $change -NewPassword 'old password 1' }; Id = 'InvalidArgument' }
            @{ Name = 'two ways to a password'; Do = { Invoke-PasspackRotation $name -Change $change -NewPassword x -Length 9 }; Id = 'InvalidArgument' }
            @{ Name = 'words and characters'; Do = { Invoke-PasspackRotation $name -Change $change -Words 4 -Length 9 }; Id = 'InvalidArgument' }
            @{ Name = 'a block that takes text'; Do = { Invoke-PasspackRotation $name -Change { param($Entry, $Old, [string] $New) $script:ran += 'change' } }; Id = 'InvalidArgument' }
            @{ Name = 'nothing'; Do = { Invoke-PasspackRotation -Change $change }; Id = 'InvalidArgument' }
            @{ Name = 'a name and an id'; Do = { Invoke-PasspackRotation $name -Id $entry.Id -Change $change }; Id = 'InvalidArgument' }
        ) {
            Get-ErrorId $Do | Should -Be $Id
            $ran | Should -BeNullOrEmpty
        }
    }

    Context 'A block that fails' {
        It 'leaves both passwords: <Name>' -ForEach @(
            @{ Name = 'it throws'; Block = { throw 'down' }; Says = 'down' }
            @{ Name = 'a command fails in it'; Block = { Get-Item ./none; $script:ran += 'after' }; Says = 'none' }
            @{ Name = 'it writes an error'; Block = { Write-Error 'refused' -ErrorAction Continue }; Says = 'refused' }
            @{ Name = 'a program ends with 3'; Block = { & $ShellProgram @ShellStart -NoProfile -Command 'exit 3'; $script:ran += 'after' }; Says = 'non-zero exit code: 3' }
            @{ Name = 'it is left by break'; Block = { break }; Says = 'did not come to its end' }
        ) {
            $said = try { Invoke-PasspackRotation $name -Change $Block -Verify $verify } catch { "$_" }
            $said | Should -BeLike "*$Says*"
            $said | Should -BeLike '*Resume-PasspackRotation*'
            $ran | Should -BeNullOrEmpty
            $rotation = Get-PasspackRotation $name
            "$($rotation.Step)", $rotation.Next, $rotation.Machine | Should -Be 'Prepared', 'resume or undo', ([Environment]::MachineName)
            Show $rotation.GetOldPassword() | Should -Be 'old password 1'
            (Show $rotation.GetNewPassword()).Length | Should -Be 20
            Show $entry.GetPassword() | Should -Be 'old password 1'
        }

        It 'and -Undo puts the old one back' {
            $said = try { Invoke-PasspackRotation $name -Change $change -Verify { param($Entry, $Password) (& $verify $Entry $Password) -and (Show $Password) -eq 'old password 1' } -Undo $undo } catch { "$_" }
            $said | Should -BeLike '*-Undo put the old password back*'
            $service | Should -Be 'old password 1'
            Get-PasspackRotation $name | Should -BeNullOrEmpty
            (($entry | Get-PasspackEntryHistory).ForEach{ $_.GetPendingPassword() } | Where-Object { $_ }).Count | Should -BeGreaterThan 0
        }

        It '-Verify has to say $true or $false' {
            Get-ErrorId { Invoke-PasspackRotation $name -Change $change -Verify { 'logged in' } } | Should -Be 'RotationFailed'
            "$((Get-PasspackRotation $name).Step)" | Should -Be 'Changed'
        }
    }

    Context 'Resume- and Undo-PasspackRotation' {
        BeforeEach {
            $null = Invoke-PasspackRotation $name -Change $failing -NewPassword 'new password 2' -ErrorAction Ignore
        }

        It 'finishes what did not come to -Change' {
            $result = Get-PasspackRotation $name | Resume-PasspackRotation -Change $change -Verify $verify
            "$($result.Step)" | Should -Be 'Committed'
            $ran | Should -Be 'verify', 'verify', 'change', 'verify'
            $service, $entry.GetPasswordText() | Should -Be 'new password 2', 'new password 2'
        }

        It 'commits what is in force already, without -Change' {
            $script:service = 'new password 2'
            $null = Get-PasspackRotation -Id $entry.Id | Resume-PasspackRotation -Change $change -Verify $verify
            $ran | Should -Be 'verify'
            $entry.GetPasswordText() | Should -Be 'new password 2'
        }

        It 'runs nothing where neither password is in force' {
            $script:service = 'another'
            Get-ErrorId { $entry | Get-PasspackRotation | Resume-PasspackRotation -Change $change -Verify $verify } | Should -Be 'RotationFailed'
            $ran | Should -Be 'verify', 'verify'
            Get-PasspackRotation $name | Should -HaveCount 1
        }

        It 'takes it back with the block, and without' {
            $script:service = 'new password 2'
            $result = Get-PasspackRotation $name | Undo-PasspackRotation -Undo $undo -Verify $verify
            "$($result.Step)" | Should -Be 'Undone'
            $ran | Should -Be 'verify', 'undo', 'verify'
            $service, $entry.GetPasswordText() | Should -Be 'old password 1', 'old password 1'
            $null = Invoke-PasspackRotation $name -Change $failing -ErrorAction Ignore
            $null = Get-PasspackRotation $name | Undo-PasspackRotation
            Get-PasspackRotation $name | Should -BeNullOrEmpty
            ($entry | Get-PasspackEntryHistory)[0].GetPendingPassword() | Should -BeOfType securestring
        }

        It 'does nothing with -WhatIf' {
            $before = Get-ContentState $env:PASSPACK_HOME
            Get-PasspackRotation | Resume-PasspackRotation -Change $change -Verify $verify -WhatIf
            Get-PasspackRotation | Undo-PasspackRotation -Undo $undo -WhatIf
            $ran | Should -BeNullOrEmpty
            Get-ContentState $env:PASSPACK_HOME | Should -Be $before
        }

        It 'is a conflict where the rotation is over' {
            $rotation = Get-PasspackRotation $name
            $null = $rotation | Undo-PasspackRotation
            Get-ErrorId { $rotation | Resume-PasspackRotation -Change $change } | Should -Be 'RotationConflict'
            Get-ErrorId { $rotation | Undo-PasspackRotation } | Should -Be 'RotationConflict'
            Get-ErrorId { $null | Undo-PasspackRotation } | Should -Be 'InvalidArgument'
            { $rotation.GetNewPassword() } | Should -Throw
        }

        It 'are shown within 80 columns, and have no secret among the properties' {
            $null = Set-PasspackEntry -Id $entry.Id -NewName ($long = "$name $('x' * 99)")
            $lines = (Get-PasspackRotation "$name*" | Out-String -Width 80) -split '\r?\n' -replace '\x1b\[[0-9;]*m' | Where-Object { $_.Trim() }
            $lines | ForEach-Object { $_.TrimEnd().Length | Should -BeLessOrEqual 80 }
            $lines[2] | Should -Match 'Prepared\s+just now\s+\S+\s+resume or undo$'
            $rotation = Get-PasspackRotation "$name*"
            "$($rotation | Format-List * -Force | Out-String) $($rotation | ConvertTo-Json) $($rotation | Format-List | Out-String)" | Should -Not -Match 'password [12]'
            $rotation | Format-List | Out-String -Width 300 | Should -Match 'Advice\s+: Whether -Change ran is not known'
        }
    }

    Context 'What the blocks say' {
        It 'comes out masked, on every stream' {
            $DebugPreference = $VerbosePreference = 'Continue'
            $told = Get-Told {
                Invoke-PasspackRotation $name -NewPassword 'new password 2' -Verbose -Change {
                    param($Entry, $Old, $New)
                    $text = "$(Show $Old) and $(Show $New)"
                    Write-Output $text
                    Write-Verbose "verbose $text"
                    Write-Debug "debug $text"
                    Write-Warning "warning $text"
                    Write-Information "information $text" -InformationAction Continue
                    Write-Host "host $text"
                    & $ShellProgram @ShellStart -NoProfile -Command "[Console]::Error.WriteLine('program $text')"
                    try { throw "caught $text" } catch { }
                    Write-Error "silent $text" -ErrorAction SilentlyContinue
                }
            }
            $told | Should -Match 'warning \*\*\* and \*\*\*'
            foreach ($stream in 'information', 'host', 'program', 'verbose', 'debug') { $told | Should -Match "$stream \*\*\* and" }
            $told | Should -Not -Match '(old|new) password \d'
            $Error | Out-String | Should -Not -Match '(old|new) password \d|caught'
        }

        It 'masks errors, which keep nothing of the exception' {
            try {
                Invoke-PasspackRotation $name -NewPassword 'new password 2' -Change { param($Entry, $Old, $New) throw [InvalidOperationException]::new("cannot set $(Show $New), was $(Show $Old)") }
            } catch { $caught = $_ }
            "$caught" | Should -BeLike '*cannot set `*`*`*, was `*`*`* (InvalidOperationException)*'
            ($caught | Format-List * -Force | Out-String) + ($caught.Exception | Format-List * -Force | Out-String) + ($Error | Format-List * -Force | Out-String) |
                Should -Not -Match '(old|new) password \d'
            $caught.Exception.InnerException | Should -BeNullOrEmpty
        }

        It 'is not told at all where a password is too short to be masked' {
            $short = New-PasspackEntry "short $name" -Password abc
            $said = try { $short | Invoke-PasspackRotation -Change { param($Entry, $Old) throw "was $(Show $Old)" } } catch { "$_" }
            $said | Should -Not -Match 'abc|was'
            $said | Should -BeLike '*RuntimeException*'
        }

        It 'stands in no transcript' {
            $null = Start-Transcript "$TestDrive/transcript.txt"
            try {
                $null = Invoke-PasspackRotation $name -NewPassword 'new password 2' -Change { param($Entry, $Old, $New) Show $New; Write-Host "host $(Show $New)" } -Verify $verify -ErrorAction SilentlyContinue
                Get-PasspackRotation | Format-List * | Out-Host
            } finally { $null = Stop-Transcript }
            Get-Content "$TestDrive/transcript.txt" -Raw | Should -Not -Match 'new password 2'
            $Error.Clear()
        }
    }

    It 'lists rotations by name, id and entry, and says which entry is not there' {
        $null = Invoke-PasspackRotation $name -Change $failing -ErrorAction Ignore
        (Get-PasspackRotation $name, "$name*", none* -ErrorAction Stop).Name | Should -Be $name
        ($entry | Select-Object Id | Get-PasspackRotation).Name, ($entry | Get-PasspackRotation).Name | Should -Be $name, $name
        Get-PasspackRotation (New-PasspackEntry "none of $name").Name -ErrorAction Stop | Should -BeNullOrEmpty
        Get-ErrorId { Get-PasspackRotation none } | Should -Be 'EntryNotFound'
        Get-ErrorId { Get-PasspackRotation -Id ([guid]::NewGuid()) } | Should -Be 'EntryNotFound'
        $entry | Remove-PasspackEntry
        Get-PasspackRotation | Should -BeNullOrEmpty
        Get-ErrorId { $entry | Get-PasspackRotation } | Should -Be 'EntryNotFound'
        $null = $entry | Restore-PasspackEntry
    }

    It 'completes names and ids' {
        (TabExpansion2 "Invoke-PasspackRotation '$($name.Substring(0, 8))").CompletionMatches.CompletionText | Should -Contain "'$name'"
        (TabExpansion2 "Get-PasspackRotation '$name").CompletionMatches.CompletionText | Should -Contain "'$name'"
        (TabExpansion2 "Invoke-PasspackRotation -Id $($entry.Id.ToString().Substring(0, 30))").CompletionMatches.CompletionText | Should -Contain "$($entry.Id)"
    }
}

Describe 'On a connected account' {
    BeforeAll {
        $there = Enter-NewMachine
        $here = Enter-NewMachine
        $null = New-PasspackAccount -Server $url -Credential (New-Credential rotation@x) -PackingKey $PackingKey
        $id = (New-PasspackEntry service -UserId svc -Password 'old password 1').Id
        $null = Sync-PasspackVault
        $env:PASSPACK_HOME = $there
        $null = Connect-PasspackAccount -Server $url -Credential (New-Credential rotation@x) -PackingKey $PackingKey
        $null = Sync-PasspackVault
    }

    BeforeEach {
        $env:PASSPACK_HOME = $here
        $script:ran = @()
    }

    It 'the other machine knows of it before -Change runs, and ends it after this one was killed' {
        # The shell itself: its process is killed in the middle of -Change, once where the password is set, and once before.
        foreach ($isSet in $false, $true) {
            Set-Content "$TestDrive/rotate.ps1" @"
                Import-Module '$ModulePath'
                `$env:PASSPACK_HOME = '$here'
                Unlock-PasspackVault -PackingKey '$PackingKey'
                Invoke-PasspackRotation service -Change {
                    param(`$Entry, `$Old, `$New)
                    if (`$$isSet) { Set-Content '$TestDrive/service' (ConvertFrom-SecureString `$New -AsPlainText) }
                    [Diagnostics.Process]::GetCurrentProcess().Kill()
                }
"@
            $env:PASSPACK_HOME = $there
            $null = Sync-PasspackVault
            $script:service = (Get-PasspackEntry service).GetPasswordText()
            Set-Content "$TestDrive/service" $service
            $null = & $ShellProgram @ShellStart -NoProfile -NonInteractive -File "$TestDrive/rotate.ps1" 2>&1
            $LASTEXITCODE | Should -Not -Be 0
            $script:service = Get-Content "$TestDrive/service"

            $null = Sync-PasspackVault
            $rotation = Get-PasspackRotation
            $rotation.EntryId, "$($rotation.Step)" | Should -Be $id, 'Prepared'
            (Show $rotation.GetOldPassword()), (Show $rotation.GetNewPassword()) | Should -Contain $service
            $script:ran = @()
            $null = $rotation | Resume-PasspackRotation -Change $change -Verify $verify
            $ran.Count | Should -Be ($isSet ? 1 : 4)
            (Get-PasspackEntry service).GetPasswordText() | Should -Be $service
            $env:PASSPACK_HOME = $here
            $null = Sync-PasspackVault
            Get-PasspackRotation | Should -BeNullOrEmpty
            (Get-PasspackEntry service).GetPasswordText() | Should -Be $service
        }
    }

    It 'nothing starts where the server cannot be reached, unless -AllowOffline lets it' {
        Stop-TestServer $server
        $before = (Get-PasspackEntry service).GetPasswordText()
        Get-ErrorId { Invoke-PasspackRotation service -Change $change } | Should -Be 'ServerUnreachable'
        $ran | Should -BeNullOrEmpty
        Get-PasspackRotation | Should -BeNullOrEmpty
        $result = Invoke-PasspackRotation service -Change $change -AllowOffline -WarningVariable warned -WarningAction SilentlyContinue
        "$($result.Step)" | Should -Be 'Committed'
        $warned[0] | Should -BeLike '*Sync-PasspackVault tells it*'
        (Get-PasspackEntry service).GetPasswordText() | Should -Be $service
        $service | Should -Not -Be $before
    }
}

Describe 'The samples' {
    BeforeDiscovery {
        $isRoot = -not $IsWindows -and (id -u) -eq 0
        $noUsers = -not $IsLinux -or -not $isRoot -or @(Get-Command useradd, userdel, chpasswd, su, runuser -CommandType Application -ErrorAction Ignore).Count -lt 5
        $initdb = @((Get-Item /usr/lib/postgresql/*/bin/initdb -ErrorAction Ignore).FullName; (Get-Command initdb -CommandType Application -ErrorAction Ignore).Source) | Where-Object { $_ } | Select-Object -First 1
        $noPostgres = $IsWindows -or -not $initdb -or -not (Get-Command psql -ErrorAction Ignore) -or ($isRoot -and -not (getent passwd postgres))
        $noSshd = -not (Test-Path /usr/sbin/sshd) -or -not (getent passwd sshd) -or -not (Get-Command ssh-agent -CommandType Application -ErrorAction Ignore)
    }

    BeforeAll {
        $null = New-TestAccount
        $samples = Join-Path $root samples/rotation
        function Protect([string] $Text) { ConvertTo-SecureString $Text -AsPlainText }

        # Rotated, then changed in vain and put back, then unfinished and resumed: where it is used, and here.
        function Test-Sample($Entry, $Blocks, $First, $NewPassword = @{}) {
            & $Blocks.Verify $Entry $First | Should -BeTrue
            "$((Invoke-PasspackRotation -Entry $Entry @Blocks @NewPassword).Step)" | Should -Be 'Committed'
            & $Blocks.Verify $Entry $Entry.GetPassword() | Should -BeTrue
            $second = $Entry.GetPasswordText()

            $works = $Blocks.Change
            $failing = @{ Change = { & $works @args; throw 'lost' }; Verify = $Blocks.Verify }
            Get-ErrorId { Invoke-PasspackRotation -Entry $Entry @failing -Undo $Blocks.Undo } | Should -Be 'RotationFailed'
            Get-PasspackRotation | Should -BeNullOrEmpty
            $Entry.GetPasswordText() | Should -BeExactly $second
            & $Blocks.Verify $Entry $Entry.GetPassword() | Should -BeTrue

            Get-ErrorId { Invoke-PasspackRotation -Entry $Entry @failing } | Should -Be 'RotationFailed'
            "$((Get-PasspackRotation | Resume-PasspackRotation -Change $failing.Change -Verify $failing.Verify).Step)" | Should -Be 'Committed'
            $Entry.GetPasswordText() | Should -Not -Be $second
            & $Blocks.Verify $Entry $Entry.GetPassword() | Should -BeTrue
        }
    }

    It 'rotates the password of a user of Linux' -Tag 'needs Linux and root, to make a user' -Skip:$noUsers {
        $user = "passpack$([guid]::NewGuid().ToString('N').Substring(0, 12))"
        useradd $user
        try {
            "${user}:old password 1" | chpasswd
            $entry = New-PasspackEntry "user $user" -UserId $user -Password 'old password 1'
            $blocks = & "$samples/LinuxUser.ps1"
            Test-Sample $entry $blocks (Protect 'old password 1')
            & $blocks.Verify $entry (Protect 'old password 1') | Should -BeFalse
        } finally { userdel $user }
    }

    It 'rotates the password of a role of PostgreSQL' -Tag 'needs PostgreSQL: no initdb on PATH or in /usr/lib/postgresql, or root and no user postgres' -Skip:$noPostgres {
        $bin = @((Get-Item /usr/lib/postgresql/*/bin/initdb -ErrorAction Ignore).FullName; (Get-Command initdb -CommandType Application -ErrorAction Ignore).Source) | Where-Object { $_ } | Select-Object -First 1 | Split-Path
        $folder = Join-Path ([IO.Path]::GetTempPath()) "pprole-$([guid]::NewGuid().ToString('N'))"
        $null = New-Item -ItemType Directory $folder
        $as = @(if ((id -u) -eq 0) { chown postgres $folder; 'runuser', '-u', 'postgres', '--' })
        $before = $env:PGHOST, $env:PGUSER, $env:PGDATABASE
        try {
            $null = /usr/bin/env @as "$bin/initdb" -D "$folder/data" -U postgres --auth=trust --no-sync
            Set-Content "$folder/data/pg_hba.conf" "local all postgres trust`nlocal all all scram-sha-256"
            $null = /usr/bin/env @as "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" -o "-c listen_addresses='' -c unix_socket_directories='$folder' -c fsync=off" start
            $env:PGHOST, $env:PGUSER, $env:PGDATABASE = $folder, 'postgres', 'postgres'
            'CREATE ROLE "sh""op" LOGIN PASSWORD ''old''''password 1'';' | psql -q -w -v ON_ERROR_STOP=1
            $entry = New-PasspackEntry shop -UserId 'sh"op' -Password "old'password 1"
            $blocks = & "$samples/PostgresRole.ps1"
            Test-Sample $entry $blocks (Protect "old'password 1") @{ NewPassword = "new'pass\word 2" }
            & $blocks.Verify $entry (Protect "old'password 1") | Should -BeFalse
        } finally {
            $null = /usr/bin/env @as "$bin/pg_ctl" -D "$folder/data" -m immediate stop 2>&1
            $env:PGHOST, $env:PGUSER, $env:PGDATABASE = $before
            Remove-Item -LiteralPath $folder -Recurse -Force
        }
    }

    It 'rotates a key that SSH lets in' -Tag 'needs sshd in /usr/sbin, its user, and ssh-agent' -Skip:$noSshd {
        . "$samples/SshKey.ps1"
        $blocks = Get-SshKeyBlock
        $user = (id -un)
        $folder = New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "ppsshd-$([guid]::NewGuid().ToString('N'))")
        chmod 700 $folder
        ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
        $port = 20000..29999 | Get-Random
        # The commands of the sample work on .ssh/authorized_keys where a login begins: here a folder of the test's own.
        Set-Content "$folder/config" "Port $port`nListenAddress 127.0.0.1`nHostKey $folder/host`nPidFile $folder/pid`nAuthorizedKeysFile $folder/.ssh/authorized_keys`nStrictModes no`nUsePAM no`nSetEnv HOME=$folder`nForceCommand cd $folder; eval `"`$SSH_ORIGINAL_COMMAND`""
        $null = New-Item -ItemType Directory "$folder/.ssh"
        $null = New-Item -ItemType Directory /run/sshd -Force -ErrorAction Ignore
        $first = Protect (Get-FreshSshKey)
        Set-Content "$folder/.ssh/authorized_keys" (Get-SshPublicKey $first)
        $sshOption = 'StrictHostKeyChecking=no', "UserKnownHostsFile=$folder/known", 'LogLevel=ERROR'
        $sshd = Start-Process /usr/sbin/sshd -ArgumentList '-D', '-f', "$folder/config", '-E', "$folder/log" -PassThru
        try {
            $entry = New-PasspackEntry 'deploy key' -UserId $user -Url "ssh://127.0.0.1:$port" -Password $first
            $deadline = [Diagnostics.Stopwatch]::StartNew()
            while (-not (& $blocks.Verify $entry $first) -and $deadline.Elapsed.TotalSeconds -lt 20) { Start-Sleep -Milliseconds 100 }
            $second = Protect (Get-FreshSshKey)
            $null = Invoke-PasspackRotation -Entry $entry @blocks -NewPassword $second
            & $blocks.Verify $entry $second | Should -BeTrue
            Revoke-OldSshKey $entry
            & $blocks.Verify $entry $first | Should -BeFalse
            & $blocks.Verify $entry $second | Should -BeTrue
        } finally {
            $sshd.Kill($true)
            Remove-Item -LiteralPath $folder -Recurse -Force
        }
    }
}
