# Backups: files, copies, vaults that were set aside; and what is taken out of them.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $backupKey = 'a sentence of its own, for this backup alone'
}

AfterAll {
    Close-Test
}

Describe 'Backup-PasspackVault and Restore-PasspackVault' {
    BeforeAll {
        $null = New-TestAccount
        $null = New-PasspackEntry first -UserId u -Password p1 -Notes n -Tag one, two -Favorite
        Get-PasspackEntry first | Set-PasspackEntry -Password p2
        $null = New-PasspackEntry second
        $null = New-PasspackEntry trashed
        Get-PasspackEntry trashed | Remove-PasspackEntry
        $file = Join-Path $TestDrive 'mine.pkps'
        $made = Backup-PasspackVault $file
    }

    It 'writes one file that says what it is, and whose, without its key' {
        $made.Account, $made.Kind, $made.Entries, $made.Trashed, $made.Versions, $made.OpensWith | Should -Be 'me@example.com', 'File', 2, 1, 1, 'PackingKey'
        [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file)) | Should -Not -Match 'first|second|trashed'
        Lock-PasspackVault
        (Get-PasspackBackup -Path $file).Entries | Should -Be 2
        Unlock-PasspackVault -PackingKey $PackingKey
        Get-ErrorId { Get-PasspackBackup -Path (Join-Path $TestDrive 'none') -ErrorAction Stop } | Should -Be 'PathNotFound'
    }

    It 'leaves a file that is in the way, but for -Force, and writes nothing with -WhatIf' {
        Get-ErrorId { Backup-PasspackVault $file } | Should -Be 'FileExists'
        (Backup-PasspackVault $file -Force).Entries | Should -Be 2
        Backup-PasspackVault (Join-Path $TestDrive 'never') -WhatIf
        Join-Path $TestDrive 'never' | Should -Not -Exist
    }

    It 'does not write one account over the other' {
        $null = New-PasspackLocalAccount -UserId other@example.com -PackingKey $PackingKey
        $shared = Join-Path $TestDrive 'shared.pkps'
        Get-ErrorId { Get-PasspackLocalAccount | Backup-PasspackVault $shared -Force } | Should -Be 'InvalidArgument'
        (Get-PasspackBackup -Path $shared).Account | Should -Be (Get-PasspackLocalAccount)[0].Account
        Reset-PasspackLocalAccount -Account other@example.com -Emergency -Confirm:$false
    }

    It 'shows with -WhatIf what it then does' {
        $null = Get-PasspackEntry first | Set-PasspackEntry -Password p3
        $null = New-PasspackEntry later
        $plan = Restore-PasspackVault $file -WhatIf
        $plan.IsPlan | Should -Be $true, $true, $true
        Get-PasspackEntry first | ForEach-Object { $_.GetPassword() | Show-Secret } | Should -Be 'p3'
        $done = Restore-PasspackVault $file
        $done.ForEach({ "$($_.Name) $($_.Action)" }) | Should -Be $plan.ForEach({ "$($_.Name) $($_.Action)" })
        ($done | Where-Object Name -EQ first).Action | Should -Be 'Updated'
        Get-PasspackEntry first | ForEach-Object { $_.GetPassword() | Show-Secret } | Should -Be 'p2'
        (Get-PasspackEntry).Name | Should -Contain 'later'
        (Get-PasspackEntryHistory -Id (Get-PasspackEntry first).Id)[0].Reason | Should -Be 'Import'
    }

    It 'replaces only when asked, and then trashes what the backup does not have' {
        Get-ErrorId { Restore-PasspackVault $file -Mode Replace } | Should -Be 'InvalidOperation'
        (Restore-PasspackVault $file -Mode Replace -Confirm:$false | Where-Object Action -EQ Trashed).Name | Should -Be 'later'
        (Get-PasspackEntry).Name | Sort-Object | Should -Be 'first', 'second'
        (Get-PasspackBackup).Reason | Should -Contain 'before-restore'
    }

    It 'moves between accounts with a Backup Key' {
        $other = Join-Path $TestDrive 'other.pkps'
        Get-ErrorId { Backup-PasspackVault $other -BackupKey weak } | Should -Be 'KeyTooWeak'
        (Backup-PasspackVault $other -BackupKey $backupKey).OpensWith | Should -Be 'BackupKey'
        $null = New-TestAccount you@example.com
        Get-ErrorId { Restore-PasspackVault $other } | Should -Be 'PackingKeyMismatch'
        { Restore-PasspackVault $other } | Should -Throw '*needs its Backup Key: give it with -BackupKey*'
        $told = { Restore-PasspackVault $other -BackupKey "$backupKey, but another" } | Should -Throw -PassThru
        $told.FullyQualifiedErrorId | Should -BeLike 'PackingKeyMismatch,*'
        "$told" | Should -BeLike 'The Backup Key is not the one that the backup*'
        Get-ErrorId { Restore-PasspackVault $other -BackupKey $backupKey -PackingKey $PackingKey } | Should -Be 'InvalidArgument'
        (Restore-PasspackVault $other -BackupKey $backupKey).Action | Should -Be 'Added', 'Added', 'Trashed', 'Trashed'
        $entry = Get-PasspackEntry first
        ($entry.Tags -join ','), $entry.Favorite, $entry.GetNotes() | Should -Be 'one,two', $true, 'n'
    }

    It 'tells of each file of a pipeline that is wrong, and takes the others' {
        $null = New-TestAccount many@example.com
        $null = New-PasspackEntry mine
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive many)
        $good = foreach ($i in 1..2) { (Backup-PasspackVault "$folder/good$i.pkps").Path }
        $null = Backup-PasspackVault "$folder/other.pkps" -BackupKey $backupKey
        $bytes = [IO.File]::ReadAllBytes($good[0])
        [IO.File]::WriteAllBytes("$folder/short.pkps", $bytes[0..20])
        $bytes[8]++ # Its format.
        [IO.File]::WriteAllBytes("$folder/later.pkps", $bytes)
        [IO.File]::WriteAllBytes("$folder/vault.db", [Text.Encoding]::ASCII.GetBytes("SQLite format 3`0" + 'x' * 4096))
        Set-Content "$folder/text.txt" 'no backup'
        $names = 'good1.pkps', 'short.pkps', 'later.pkps', 'vault.db', 'text.txt', 'other.pkps', 'none.pkps', 'good2.pkps'
        $done = @($names | ForEach-Object { [pscustomobject]@{ Path = "$folder/$_" } } | Restore-PasspackVault -ErrorVariable failed -ErrorAction SilentlyContinue)
        $done.Action | Should -Be 'Unchanged', 'Unchanged'
        $ids = $failed | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object { ($_.FullyQualifiedErrorId -split ',')[0] }
        $ids | Should -Be 'BackupDamaged', 'PackTooNew', 'BackupDamaged', 'InvalidArgument', 'PackingKeyMismatch', 'PathNotFound'
        # What is wrong with one file alone, or with the account, ends the command.
        Get-ErrorId { Restore-PasspackVault "$folder/short.pkps" } | Should -Be 'BackupDamaged'
        Lock-PasspackVault
        Get-ErrorId { $good | Get-Item | Restore-PasspackVault -ErrorAction SilentlyContinue } | Should -Be 'VaultLocked'
    }

    It 'takes the sound copies where one of them is damaged' {
        $null = New-TestAccount copies@example.com
        $null = New-PasspackEntry mine
        foreach ($i in 1..2) { $null = Restore-PasspackVault (Backup-PasspackVault "$TestDrive/of$i.pkps").Path }
        $copies = @(Get-PasspackBackup)
        [IO.File]::WriteAllBytes($copies[0].Path, [byte[]]::new(8192))
        $done = @($copies | Restore-PasspackVault -ErrorVariable failed -ErrorAction SilentlyContinue)
        $done.Count | Should -BeGreaterOrEqual ($copies.Count - 1)
        @($failed.FullyQualifiedErrorId -like 'BackupDamaged,*') | Should -HaveCount 1
    }

    It 'refuses a device, a pipe or a socket at once: <_>' -Tag 'needs a file system with pipes and devices, which Windows has not' -Skip:$IsWindows -ForEach 'fifo', 'link', '/dev/null' {
        $null = New-TestAccount special@example.com
        $path = $_ -eq '/dev/null' ? $_ : (Join-Path $TestDrive "$([guid]::NewGuid())")
        if ($_ -ne '/dev/null') { mkfifo $path }
        if ($_ -eq 'link') { $path = (New-Item -ItemType SymbolicLink "$path.link" -Target $path).FullName }
        Get-ErrorId { Restore-PasspackVault $path } | Should -Be 'FormatNotRecognized'
        Get-ErrorId { Restore-PasspackVault $path -PackingKey $PackingKey -Mode Replace -Confirm:$false } | Should -Be 'FormatNotRecognized'
        Get-ErrorId { Get-PasspackBackup -Path $path -ErrorAction Stop } | Should -Be 'FormatNotRecognized'
        # Where there is no vault, a copy would take its place, or be looked into to learn whose it is.
        $null = Reset-PasspackLocalAccount -Emergency -Confirm:$false
        Get-ErrorId { Restore-PasspackVault $path -PackingKey $PackingKey -Account special@example.com } | Should -Be 'FormatNotRecognized'
        $null = Enter-NewMachine
        Get-ErrorId { Restore-PasspackVault $path -PackingKey $PackingKey } | Should -Be 'AccountNotFound'
    }

    It 'takes a packed text of an old format' {
        $null = New-TestAccount old@example.com
        $text = Join-Path $TestDrive 'old.txt'
        $csv = "`"Entry Name`",`"URL`",`"User ID`",`"Password`",`"Notes`",`"Shared Notes`",`"Tags`",`"Extra Fields`",`"Email`"`r`n" +
            "`"packed`",`"`",`"u`",`"p`",`"`",`"`",`"{`"`"tags`"`":[]}`",`"{`"`"extraFields`"`":[]}`",`"`"`r`n"
        # Pack version 6, as docs/pack-format.md has it: PBKDF2, AES-256-GCM; with a 12-byte IV, which is as good.
        $iv = [byte[]] (1..12); $salt = [byte[]] (1..32)
        $key = [Security.Cryptography.Rfc2898DeriveBytes]::Pbkdf2('old key', $salt, 101003, 'SHA256', 32)
        $plain = [Text.Encoding]::UTF8.GetBytes($csv); $cipher = [byte[]]::new($plain.Length); $tag = [byte[]]::new(16)
        [Security.Cryptography.AesGcm]::new($key, 16).Encrypt($iv, $plain, $cipher, $tag)
        Set-Content $text (@('6', '101003') + ($iv, $salt, ($cipher + $tag)).ForEach({ [Convert]::ToBase64String($_) }) -join '#')
        Get-ErrorId { Restore-PasspackVault $text } | Should -Be 'InvalidArgument'
        Get-ErrorId { Restore-PasspackVault $text -PackingKey 'not that key' } | Should -Be 'PackingKeyMismatch'
        (Restore-PasspackVault $text -PackingKey 'old key').Action | Should -Be 'Added'
        (Get-PasspackEntry packed).UserId | Should -Be 'u'
    }
}

Describe 'Get-PasspackBackup' {
    It 'lists copies and vaults that were set aside, of accounts that are gone too' {
        $null = New-TestAccount listed@example.com
        $null = New-PasspackEntry mine
        Lock-PasspackVault
        Unlock-PasspackVault -PackingKey $PackingKey
        $copy = Get-PasspackBackup
        $copy.Kind, $copy.Reason, $copy.Account, $copy.Entries | Should -Be 'Copy', 'daily', 'listed@example.com', 1
        $null = Reset-PasspackLocalAccount -Emergency -Confirm:$false
        (Get-PasspackBackup -Account listed*).Kind | Sort-Object | Should -Be 'Copy', 'Quarantined' # Within one second.
        Get-ErrorId { Get-PasspackBackup -Account nobody@x -ErrorAction Stop } | Should -Be 'AccountNotFound'
        (TabExpansion2 'Get-PasspackBackup -Account li').CompletionMatches.CompletionText | Should -Be 'listed@example.com'
        (TabExpansion2 'Restore-PasspackVault -Path ').CompletionMatches | Should -HaveCount 2
    }
}

Describe 'What is no backup' {
    It 'is said to be none' {
        $null = New-TestAccount
        Set-Content "$TestDrive/README.md" ('text ' * 2000)
        $told = { Get-PasspackBackup -Path "$TestDrive/README.md" -ErrorAction Stop } | Should -Throw -PassThru
        $told.FullyQualifiedErrorId | Should -BeLike 'BackupDamaged,*'
        "$told" | Should -Match 'is no backup of Passpack'
    }

    It 'and a table of backups shows the names of the files, whole, in 80 columns' {
        $null = New-TestAccount
        $null = New-PasspackEntry mine
        $backup = Backup-PasspackVault "$TestDrive/saved.pkps"
        $shown = $backup | Format-Table | Out-String -Width 80
        $shown | Should -Match '\bsaved\.pkps'
        $shown | Should -Not -Match ([regex]::Escape((Split-Path $backup.Path)))
        $backup | Format-List | Out-String -Width 300 | Should -Match ([regex]::Escape($backup.Path))
    }
}

Describe 'Test-PasspackVault' {
    It 'is true of a sound vault' {
        $null = New-TestAccount tested@example.com
        $null = New-PasspackEntry mine -Tag t
        Test-PasspackVault | Should -BeTrue
        Test-PasspackVault -Detailed | Should -BeNullOrEmpty
    }
}

# One use of sudo is enough to leave such a folder. Root may read everything, so the account is given to a user who is not root.
Describe 'Backups of another user' -Tag 'needs root, to be another user too' -Skip:($IsWindows -or (id -u) -ne 0) {
    It 'warns that there is no copy of today, and goes on' {
        $null = New-TestAccount
        $null = New-PasspackEntry one
        Lock-PasspackVault
        chown -R 65534:65534 $env:PASSPACK_HOME
        $folder = New-Item -ItemType Directory (Join-Path (Split-Path (Split-Path (Get-PasspackLocalAccount).Path)) backups) -Force
        chown root $folder
        chmod 700 $folder
        $script = "Import-Module '$(Copy-ModuleForOthers)/Passpack.psd1'; Unlock-PasspackVault -PackingKey '$PackingKey' -WarningVariable w -WarningAction SilentlyContinue;" +
            'Get-PasspackBackup -ErrorVariable e -ErrorAction SilentlyContinue; (Get-PasspackEntry).Name; "$w"; ($e.FullyQualifiedErrorId -split ",")[0]'
        $shell = Copy-ShellForOthers
        $shown = setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=$TestDrive @shell -NoProfile -NonInteractive -Command $script
        $shown[0] | Should -Be 'one'
        $shown[1] | Should -BeLike "Today's copy of the vault could not be made. $folder *"
        $shown[2] | Should -Be 'ReadOnly'
    }
}
