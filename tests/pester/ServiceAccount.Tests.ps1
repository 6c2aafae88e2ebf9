# Unattended as the account that runs it: a second real user of this machine, because root passes every permission check.
BeforeDiscovery {
    $CanBeNobody = $IsLinux -and (id -u) -eq '0' -and (Get-Command setpriv -ErrorAction Ignore)
    if (-not $CanBeNobody) { Write-Warning 'The tests of a service''s account do NOT run: they need Linux, root and setpriv (util-linux).' }
}

BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $there = Enter-NewMachine
    $null = New-PasspackAccount -Server $url -Credential (New-Credential service@x) -PackingKey $PackingKey -WarningAction Ignore
    $null = New-PasspackEntry mine -Password s3cret
    $null = Sync-PasspackVault

    # Runs a script as the user nobody, in one process. $module and $home are there.
    function Invoke-Nobody([string] $Script) {
        $file = Join-Path $TestDrive "$([guid]::NewGuid()).ps1"
        Set-Content $file ("`$ErrorActionPreference = 'Stop'`nImport-Module '$module/Passpack.psd1'`n$Script")
        chmod 644 $file
        $output = setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=$ofNobody PASSPACK_HOME=$ofNobody @shell -NoProfile -NonInteractive -File $file 2>&1
        if ($LASTEXITCODE) { throw ($output | Out-String) }
        $output
    }

    if ($IsLinux -and (id -u) -eq '0') {
        $module = Copy-ModuleForOthers
        $shell = Copy-ShellForOthers
        $ofNobody = (New-Item -ItemType Directory "$TestDrive/nobody").FullName
        chown 65534:65534 $ofNobody
        # Of root alone, on the way, too: the tests' own folder is in one that everybody can write to.
        $ofRoot = (New-Item -ItemType Directory "/run/passpack-test-$([guid]::NewGuid())").FullName
        $mounted = "/run/secrets/passpack-test-$([guid]::NewGuid())"
        $isSecretsOurs = -not (Test-Path /run/secrets)
    }
}

AfterAll {
    if ($ofRoot) { Remove-Item $ofRoot -Recurse -Force }
    if ($mounted -and (Test-Path $mounted)) { Remove-Item $mounted -Recurse -Force }
    if ($isSecretsOurs -and (Test-Path /run/secrets)) { Remove-Item /run/secrets -ErrorAction Ignore }
    Close-Test
}

Describe 'A service''s account' -Tag 'needs Linux, root and setpriv (util-linux), to be another user' -Skip:(-not $CanBeNobody) {
    It 'gets a key file of its own, sets itself up with it, and can make none for others' {
        $file = "$ofRoot/service.key"
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $file -Portable -RunAsUser nobody
        (stat -c '%u %a' $file) | Should -Be '65534 600'
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -RunAsUser nobody } | Should -Be 'InvalidArgument'
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile "$ofRoot/none" -RunAsUser 'no such user' } | Should -Be 'InvalidArgument'
        # Where that user, or anybody, could put a link in the way of root.
        foreach ($folder in $ofNobody, $TestDrive) {
            $failed = { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile "$folder/none" -RunAsUser nobody } | Should -Throw -ErrorId 'UnattendedRefused,*' -PassThru
            "$failed" | Should -Match 'install -d -m 755'
        }
        $said = Invoke-Nobody @"
Connect-PasspackAccount -KeyFile '$file' -WarningAction Ignore | ForEach-Object Account
(Get-PasspackEntry mine).GetPasswordText()
try { Enable-PasspackUnattendedUnlock -PackingKey '$PackingKey' -KeyFile '$ofNobody/none' -RunAsUser root } catch { "`$_" }
try { Register-PasspackSyncTask -RunAsUser root -Scheduler Cron } catch { "`$_" }
Enable-PasspackUnattendedUnlock -PackingKey '$PackingKey' -KeyFile '$ofNobody/own.key' -RunAsUser nobody
"@
        $said[0, 1] | Should -Be 'service@x', 's3cret'
        $said[2] | Should -Match "Only root makes.*sudo chown 'root': '$([regex]::Escape($ofNobody))/none'"
        $said[3] | Should -Match "Only root registers.*sudo env PASSPACK_HOME='$([regex]::Escape($ofNobody))' pwsh"
    }

    It 'has its schedule run as itself' {
        $env:PASSPACK_HOME = $ofNobody
        $file = "$ofRoot/service.key"
        $task = Register-PasspackSyncTask -At 03:30 -RunAsUser nobody -KeyFile $file -Scheduler Systemd -WhatIf
        $task.RunAsUser, $task.KeyFile | Should -Be 'nobody', $file
        $task.Content | Should -Match '(?m)^User=nobody$'
        $task.Path | Should -Be "/etc/systemd/system/$($task.Name).service", "/etc/systemd/system/$($task.Name).timer"
        # crontab(1), stood in for: who may ask for another's is root.
        New-Crontab
        Set-Content "$TestDrive/bin/crontab" "#!/bin/sh`n[ `"`$1 `$2`" = '-u nobody' ] || exit 9`nshift 2`n$((Get-Content "$TestDrive/bin/crontab" -Raw) -replace '^#!/bin/sh\n')"
        $path = $env:PATH
        $env:PATH = "$TestDrive/bin:$path"
        try {
            $null = Register-PasspackSyncTask -Every 1:00 -RunAsUser nobody -KeyFile $file -Scheduler Cron -WarningVariable warned -WarningAction SilentlyContinue
            $warned | Should -BeNullOrEmpty
            $found = Get-PasspackSyncTask -RunAsUser nobody
            $found.RunAsUser, $found.KeyFile, $found.Account | Should -Be 'nobody', $file, 'service@x'
            # The line itself, as cron runs it.
            $command = (Get-Content "$TestDrive/table" | Where-Object { $_ -match '^\d' }) -replace '^(\S+ ){5}'
            $command = $command -replace [regex]::Escape($ModuleFolder.TrimEnd('/')), $module -replace "^('[^']*')( '[^']*pwsh\.dll')?", (($shell | ForEach-Object { "'$_'" }) -join ' ')
            setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=$ofNobody sh -c $command 2>&1 | Should -BeNullOrEmpty
            (Get-Content "$ofNobody/runs/sync.jsonl" | Select-Object -Last 1 | ConvertFrom-Json).result | Should -BeIn 'Synced', 'NothingToDo'
            Unregister-PasspackSyncTask -RunAsUser nobody
            Get-PasspackSyncTask -RunAsUser nobody | Should -BeNullOrEmpty
            # Another's data folder, or key file.
            $failed = { Register-PasspackSyncTask -RunAsUser daemon -KeyFile $file -Scheduler Cron } | Should -Throw -ErrorId 'UnattendedRefused,*' -PassThru
            "$failed" | Should -Match "chown -R 'daemon': '$([regex]::Escape($ofNobody))'"
            $null = Register-PasspackSyncTask -RunAsUser daemon -KeyFile $file -Scheduler Cron -WhatIf -WarningVariable warned -WarningAction SilentlyContinue
            "$warned" | Should -Match 'Without -WhatIf this is refused'
            $failed = { Register-PasspackSyncTask -RunAsUser nobody -KeyFile "$ofRoot/missing" -Scheduler Cron } | Should -Throw -ErrorId 'UnattendedRefused,*' -PassThru
            "$failed" | Should -Match "chown 'nobody':"
        } finally {
            $env:PATH = $path
            $env:PASSPACK_HOME = $there
        }
    }

    It 'takes its key as a credential of systemd, as about_Passpack_Automation has it' -Tag 'needs systemd-analyze' -Skip:(-not (Get-Command systemd-analyze -ErrorAction Ignore)) {
        $unit = [regex]::Match((Get-Content (Join-Path $root docs/en-US/about_Passpack_Automation.md) -Raw), '(?ms)^```ini\n(.*?)^```$').Groups[1].Value
        Set-Content "$ofRoot/backup.service" ($unit -replace '/usr/bin/pwsh', '/bin/true')
        $said = systemd-analyze verify --man=no "$ofRoot/backup.service" 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "$said"
        # As systemd puts it there: root's folder, and in it a file that the service's account can read, others not.
        $credentials = New-Item -ItemType Directory "$ofRoot/credentials"
        Copy-Item "$ofRoot/service.key" "$credentials/passpack"
        chown 0:65534 $credentials "$credentials/passpack"
        chmod 550 $credentials
        chmod 440 "$credentials/passpack"
        $used = "`$env:CREDENTIALS_DIRECTORY = '$credentials'; `$env:PASSPACK_UNLOCK_FILE = '$credentials/passpack'"
        Invoke-Nobody "$used; Unlock-PasspackVault -Unattended; (Get-PasspackEntry mine).GetPasswordText()" | Should -Be 's3cret'
    }

    It 'has units that systemd takes' -Tag 'needs systemd-analyze' -Skip:(-not (Get-Command systemd-analyze -ErrorAction Ignore)) {
        $env:PASSPACK_HOME = $ofNobody
        try {
            $task = Register-PasspackSyncTask -At 03:30 -RunAsUser nobody -KeyFile "$ofRoot/service.key" -Scheduler Systemd -WhatIf
        } finally {
            $env:PASSPACK_HOME = $there
        }
        $service, $timer = $task.Content -split '(?m)^(?=# By Register-PasspackSyncTask)' | Where-Object { $_ }
        $units = New-Item -ItemType Directory "$TestDrive/units"
        Set-Content "$units/$($task.Name).service" $service
        Set-Content "$units/$($task.Name).timer" $timer
        $said = systemd-analyze verify --man=no "$units/$($task.Name).service" "$units/$($task.Name).timer" 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "$said"
        # Any other account is one of a service.
        $said | Where-Object { "$_" -match 'passpack-sync' -and "$_" -notmatch 'Special user nobody' } | Should -BeNullOrEmpty
    }
}

# Owner self or root; writable by others never, folders and targets of links included; readable by others only where secrets are mounted.
Describe 'A key file''s permissions' -Tag 'needs Linux, root and setpriv (util-linux), to be another user' -Skip:(-not $CanBeNobody) {
    BeforeAll {
        Lock-PasspackVault -All
        $source = "$ofRoot/local.key"
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $source
        # The vault is nobody's, so that only the file decides.
        $data = "$TestDrive/data"
        Copy-Item $there $data -Recurse
        chown -R 65534:65534 $data

        # A folder of root's, and in it the file with this owner and mode.
        function New-KeyFile([string] $Owner, [string] $Mode, [string] $Folder = "$ofRoot/$([guid]::NewGuid())") {
            $null = New-Item -ItemType Directory $Folder -Force
            chmod 755 $Folder
            Copy-Item $source "$Folder/key"
            chown $Owner "$Folder/key"
            chmod $Mode "$Folder/key"
            "$Folder/key"
        }

        $cases = [ordered]@{}
        function Add-Case([string] $Name, [string] $Path, [string] $Credentials) { $cases[$Name] = [pscustomobject]@{ Path = $Path; Credentials = $Credentials } }
        $self, $root, $other = '65534:65534', '0:0', '1:1'
        Add-Case 'own, 600' (New-KeyFile $self 600)
        $kubernetes = New-KeyFile $root 444 "$mounted/..2026"
        $null = New-Item -ItemType SymbolicLink "$mounted/..data" -Target '..2026'
        $null = New-Item -ItemType SymbolicLink "$mounted/key" -Target '..data/key'
        Add-Case 'root''s, 444, behind links below /run/secrets' "$mounted/key"
        Add-Case 'root''s, 444, below /run/secrets' (New-KeyFile $root 444 "$mounted/docker")
        $credential = New-KeyFile $root 440
        chown 0:65534 $credential
        Add-Case 'root''s, 440, in $CREDENTIALS_DIRECTORY' $credential (Split-Path $credential)
        Add-Case 'own, 640' (New-KeyFile $self 640)
        Add-Case 'root''s, 444' (New-KeyFile $root 444)
        Add-Case 'own, 620' (New-KeyFile $self 620)
        Add-Case 'own, 666, below /run/secrets' (New-KeyFile $self 666 "$mounted/open")
        $foreign = New-KeyFile $other 444
        Add-Case 'another user''s, 444, in $CREDENTIALS_DIRECTORY' $foreign (Split-Path $foreign)
        $open = New-KeyFile $self 600
        chmod 777 (Split-Path $open)
        Add-Case 'own, 600, in a folder that others can write to' $open
        $good = New-KeyFile $self 600
        $null = New-Item -ItemType SymbolicLink "$ofRoot/link" -Target $good
        chown -h 1:1 "$ofRoot/link"
        Add-Case 'own, 600, behind another user''s link' "$ofRoot/link"
        $theirs = New-KeyFile $self 600
        chown 1:1 (Split-Path $theirs)
        Add-Case 'own, 600, in another user''s folder' $theirs

        $tries = $cases.Values | ForEach-Object {
            "`$env:CREDENTIALS_DIRECTORY = '$($_.Credentials)'; try { Unlock-PasspackVault -Unattended -KeyFile '$($_.Path)'; 'unlocked'; Lock-PasspackVault } " +
                "catch { (`$_.FullyQualifiedErrorId -split ',')[0] + ': ' + `$_ }"
        }
        $answers = @(Invoke-Nobody ("`$env:PASSPACK_HOME = '$data'`n" + ($tries -join "`n")))
    }

    It '<Name>: <Expected>' -ForEach @(
        @{ Name = 'own, 600'; Expected = 'taken' }
        @{ Name = 'root''s, 444, behind links below /run/secrets'; Expected = 'taken' }
        @{ Name = 'root''s, 444, below /run/secrets'; Expected = 'taken' }
        @{ Name = 'root''s, 440, in $CREDENTIALS_DIRECTORY'; Expected = 'taken' }
        @{ Name = 'own, 640'; Expected = "chmod 600 '{0}'" }
        @{ Name = 'root''s, 444'; Expected = "chown 65534 '{0}' && chmod 600 '{0}'" }
        @{ Name = 'own, 620'; Expected = "chmod go-w '{0}'" }
        @{ Name = 'own, 666, below /run/secrets'; Expected = "chmod go-w '{0}'" }
        @{ Name = 'another user''s, 444, in $CREDENTIALS_DIRECTORY'; Expected = "chown 65534 '{0}'" }
        @{ Name = 'own, 600, in a folder that others can write to'; Expected = "chmod go-w '{1}'" }
        @{ Name = 'own, 600, behind another user''s link'; Expected = "chown 65534 '{0}'" }
        @{ Name = 'own, 600, in another user''s folder'; Expected = "chown 65534 '{1}'" }
    ) {
        $answers | Should -HaveCount 12
        $answer = "$($answers[@($cases.Keys).IndexOf($Name)])"
        if ($Expected -eq 'taken') {
            $answer | Should -Be 'unlocked'
        } else {
            $answer | Should -BeLike 'UnattendedRefused: *'
            $answer | Should -Match ([regex]::Escape(($Expected -f $cases[$Name].Path, (Split-Path $cases[$Name].Path))))
        }
    }
}
