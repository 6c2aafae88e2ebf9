# The accounts on this machine: made, shown, taken away.
BeforeAll {
    . $PSScriptRoot/Open.ps1
}

AfterAll {
    Close-Test
}

Describe 'New-PasspackLocalAccount' {
    BeforeAll {
        $made = New-TestAccount
    }

    It 'makes an offline account and leaves it unlocked' {
        $made.Account | Should -Be 'me@example.com'
        $made.Server | Should -BeNullOrEmpty
        $made.Unlocked | Should -BeTrue
        $made.Entries | Should -Be 0
        $made.PackVersion | Should -Be 7
        $made.Alignment | Should -Be 'Offline'
        $made.Path | Should -Exist
    }

    It 'refuses a User ID that is there, however it is spelled' {
        Get-ErrorId { New-PasspackLocalAccount -UserId ' ME@example.com' -PackingKey $PackingKey } | Should -Be 'AccountExists'
    }

    It 'refuses a key of 7 characters' {
        Get-ErrorId { New-PasspackLocalAccount -UserId other -PackingKey '1234567' } | Should -Be 'KeyTooWeak'
        Get-PasspackLocalAccount | Should -HaveCount 1
    }

    It 'refuses what cannot be a User ID' {
        Get-ErrorId { New-PasspackLocalAccount -UserId '  ' -PackingKey $PackingKey } | Should -Be 'InvalidArgument'
        Get-ErrorId { New-PasspackLocalAccount -UserId ('x' * 321) -PackingKey $PackingKey } | Should -Be 'InvalidArgument'
    }

    It 'with -WhatIf makes nothing, and knows what would fail' {
        New-PasspackLocalAccount -UserId other -PackingKey $PackingKey -WhatIf | Should -BeNullOrEmpty
        Get-ErrorId { New-PasspackLocalAccount -UserId other -PackingKey short -WhatIf } | Should -Be 'KeyTooWeak'
        Get-ErrorId { New-PasspackLocalAccount -UserId me@example.com -PackingKey $PackingKey -WhatIf } | Should -Be 'AccountExists'
        Get-PasspackLocalAccount | Should -HaveCount 1
    }

    It 'says that the data folder cannot be made, and not that a vault is missing' -Tag 'needs a path that macOS has not' -Skip:$IsMacOS {
        $before = $env:PASSPACK_HOME
        try {
            $env:PASSPACK_HOME = $IsLinux ? '/proc/nowhere' : "$([char[]] 'ZYXWVUTS' | Where-Object { -not (Test-Path "${_}:/") } | Select-Object -First 1):/nowhere"
            $failed = { New-PasspackLocalAccount -UserId other -PackingKey $PackingKey } | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'ReadOnly,*'
            $failed.Exception.Message | Should -BeLike '*nowhere*cannot be made*'
        } finally {
            $env:PASSPACK_HOME = $before
        }
    }

    It 'never asks for a key where nobody can answer' {
        Get-ErrorId { New-PasspackLocalAccount -UserId other } | Should -Be 'SecretRequired'
        Get-ErrorId { New-PasspackLocalAccount -UserId other -PackingKey $null } | Should -Be 'InvalidArgument'
    }

    It 'warns of a key with a rating under 80, and says the rating' {
        $null = Enter-NewMachine
        New-PasspackLocalAccount -UserId weak -PackingKey 'password' -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1
        $warnings[0].Message | Should -Match 'rating of \d\d? bits'
    }

    It 'gives every User ID a folder of its own' {
        $null = Enter-NewMachine
        $ids = '../up', '..\up', 'a:b', 'a?b', 'a', 'a.', 'a..', ('x' * 300), "`u{1F511}", 'CON'
        $ids | ForEach-Object { New-PasspackLocalAccount -UserId $_ -PackingKey $PackingKey } | ForEach-Object Path | Sort-Object -Unique |
            Should -HaveCount $ids.Count
        (Get-PasspackLocalAccount).Account | Sort-Object | Should -Be ($ids | Sort-Object)
        Get-ChildItem $env:PASSPACK_HOME -Recurse -File | ForEach-Object FullName | Should -BeLike "$env:PASSPACK_HOME*"
    }
}

Describe 'Get-PasspackLocalAccount' {
    BeforeAll {
        $null = New-TestAccount
        $null = New-PasspackLocalAccount -UserId you@example.com -PackingKey $PackingKey
        Lock-PasspackVault -Account you@example.com
    }

    It 'shows locked accounts too' {
        $accounts = Get-PasspackLocalAccount
        $accounts.Account | Should -Be 'me@example.com', 'you@example.com'
        $accounts.Unlocked | Should -Be $true, $false
        $accounts.State | Should -Be 'Unlocked', 'Locked'
    }

    It 'takes a User ID however it is spelled, wildcards, and the pipeline' {
        (Get-PasspackLocalAccount -Account ' YOU@example.com').Account | Should -Be 'you@example.com'
        (Get-PasspackLocalAccount -Account y*).Account | Should -Be 'you@example.com'
        (Get-PasspackLocalAccount | Get-PasspackLocalAccount).Account | Should -Be 'me@example.com', 'you@example.com'
    }

    It 'takes User IDs without -Account, too' {
        (Get-PasspackLocalAccount you@example.com).Account | Should -Be 'you@example.com'
        (Get-PasspackLocalAccount y*, me@example.com).Account | Should -Be 'you@example.com', 'me@example.com'
        Get-ErrorId { Get-PasspackLocalAccount bob } | Should -Be 'AccountNotFound'
    }

    It 'says of an account that is not there' {
        $found = Get-PasspackLocalAccount -Account nobody, me@example.com -ErrorVariable failed -ErrorAction SilentlyContinue
        $found.Account | Should -Be 'me@example.com'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'AccountNotFound,*'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'is silent on a machine without accounts' {
        $before = $env:PASSPACK_HOME
        $null = Enter-NewMachine
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
        $env:PASSPACK_HOME = $before
    }

    It 'shows an account whose vault is damaged, and says so' {
        $path = (Get-PasspackLocalAccount -Account you@example.com).Path
        [IO.File]::WriteAllText($path, 'this is no vault ' * 1000)
        $found = Get-PasspackLocalAccount -ErrorVariable failed -ErrorAction SilentlyContinue
        $found.Account | Should -Be 'me@example.com', 'you@example.com'
        $found[1].Problem | Should -Match 'is damaged'
        $found[1].State | Should -Be 'Damaged'
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'VaultDamaged,*'
        Get-ErrorId { Unlock-PasspackVault -Account you@example.com -PackingKey $PackingKey } | Should -Be 'VaultDamaged'
    }
}

Describe 'Which account' {
    BeforeAll {
        $null = New-TestAccount
    }

    It 'is the only one' {
        Lock-PasspackVault
        Get-ErrorId { Get-PasspackEntry } | Should -Be 'VaultLocked'
        Unlock-PasspackVault -PackingKey $PackingKey
        (New-PasspackEntry mine).Account | Should -Be 'me@example.com'
    }

    It 'is the only unlocked one of several' {
        $null = New-PasspackLocalAccount -UserId second -PackingKey $PackingKey
        Get-ErrorId { Get-PasspackEntry } | Should -Be 'AccountAmbiguous'
        Lock-PasspackVault -Account second
        (Get-PasspackEntry).Name | Should -Be 'mine'
        Lock-PasspackVault
        $failed = { Get-PasspackEntry } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'AccountAmbiguous,*'
        $failed.Exception.Message | Should -Match 'me@example.com, second'
    }

    It 'has to be named where one is taken away' {
        Unlock-PasspackVault -Account second -PackingKey $PackingKey
        Get-ErrorId { Remove-PasspackLocalAccount -Confirm:$false } | Should -Be 'AccountAmbiguous'
        Get-ErrorId { Reset-PasspackLocalAccount -Emergency -Confirm:$false } | Should -Be 'AccountAmbiguous'
        Get-PasspackLocalAccount | Should -HaveCount 2
    }

    It 'is none where there is none, or another is meant' {
        Get-ErrorId { Get-PasspackEntry -Account third } | Should -Be 'AccountNotFound'
        Get-ErrorId { Get-PasspackEntry -Account ('x' * 400) } | Should -Be 'AccountNotFound'
        $null = Enter-NewMachine
        Get-ErrorId { Get-PasspackEntry } | Should -Be 'AccountNotFound'
    }

    It 'comes from what Get-PasspackLocalAccount gives, never from an entry' {
        $null = New-TestAccount
        $entry = New-PasspackEntry mine -UserId second
        (Get-PasspackLocalAccount | Get-PasspackEntry).Name | Should -Be 'mine'
        foreach ($command in 'Remove-PasspackLocalAccount', 'Reset-PasspackLocalAccount', 'Lock-PasspackVault', 'Sync-PasspackVault', 'Disconnect-PasspackAccount') {
            $switch = $command -eq 'Reset-PasspackLocalAccount' ? @{ Emergency = $true } : @{}
            Get-ErrorId { $entry | & $command @switch } | Should -Be 'InvalidArgument'
        }
        (Get-PasspackLocalAccount).Unlocked | Should -BeTrue
    }
}

Describe 'Set-PasspackLocalAccount' {
    BeforeAll {
        $null = New-TestAccount
    }

    It 'sets what it is told, and leaves the rest' {
        (Set-PasspackLocalAccount -LockAfterMinutes 7 -PassThru).LockAfterMinutes | Should -Be 7
        Set-PasspackLocalAccount -HistoryDays 10 | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount | Set-PasspackLocalAccount -HistoryVersions 3 -PassThru).LockAfterMinutes | Should -Be 7
        (Set-PasspackLocalAccount -LockAfterMinutes 0 -PassThru).LockAfterMinutes | Should -Be 0
    }

    It 'with -WhatIf sets nothing' {
        Set-PasspackLocalAccount -LockAfterMinutes 9 -PassThru -WhatIf | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount).LockAfterMinutes | Should -Be 0
    }

    It 'refuses what makes no sense' {
        Get-ErrorId { Set-PasspackLocalAccount } | Should -Be 'InvalidArgument'
        Get-ErrorId { Set-PasspackLocalAccount -LockAfterMinutes -1 } | Should -Be 'ParameterArgumentValidationError'
        Get-ErrorId { Set-PasspackLocalAccount -HistoryVersions 0 } | Should -Be 'ParameterArgumentValidationError'
        Get-ErrorId { New-PasspackEntry mine | Set-PasspackLocalAccount -HistoryDays 1 } | Should -Be 'InvalidArgument'
        Lock-PasspackVault
        Get-ErrorId { Set-PasspackLocalAccount -HistoryDays 1 } | Should -Be 'VaultLocked'
    }
}

Describe 'Remove-PasspackLocalAccount' {
    BeforeEach {
        $account = New-TestAccount
    }

    It 'copies the vault, and sets it aside' {
        Remove-PasspackLocalAccount -Confirm:$false | Should -BeNullOrEmpty
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
        (Get-PasspackBackup).Kind | Should -Contain 'Quarantined'
        Get-ErrorId { Get-PasspackEntry } | Should -Be 'AccountNotFound'
        $account.Path | Should -Not -Exist
        $folder = Split-Path (Split-Path $account.Path)
        Get-ChildItem "$folder/backups" -Filter *-remove.db | Should -HaveCount 1
        Get-ChildItem "$folder/quarantined" -Recurse -Filter vault.db | Should -HaveCount 1
        (New-PasspackLocalAccount -UserId me@example.com -PackingKey $PackingKey).Quarantined | Should -HaveCount 1
    }

    It 'refuses while changes are unsynced, but for -Force' {
        $null = New-PasspackEntry mine
        Get-ErrorId { Remove-PasspackLocalAccount -Confirm:$false } | Should -Be 'ChangesNotSynced'
        Get-ErrorId { Remove-PasspackLocalAccount -WhatIf } | Should -Be 'ChangesNotSynced'
        (Get-PasspackEntry).Name | Should -Be 'mine'
        Remove-PasspackLocalAccount -Force -Confirm:$false
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }

    It 'needs the unlocked vault, and somebody who says yes' {
        Get-ErrorId { Remove-PasspackLocalAccount } | Should -Be 'InvalidOperation'
        Lock-PasspackVault
        Get-ErrorId { Remove-PasspackLocalAccount -Force -Confirm:$false } | Should -Be 'VaultLocked'
        Get-PasspackLocalAccount | Should -HaveCount 1
    }

    It 'with -WhatIf does nothing, whatever -Confirm and -Force say' {
        Remove-PasspackLocalAccount -WhatIf -Force -Confirm:$false
        (Get-PasspackLocalAccount).Unlocked | Should -BeTrue
        (Get-PasspackLocalAccount).Backups | Should -BeNullOrEmpty
    }
}

Describe 'Reset-PasspackLocalAccount -Emergency' {
    It 'leaves behind what every other cmdlet says: one was set aside, and the way on' {
        $null = New-TestAccount
        $null = Reset-PasspackLocalAccount -Emergency -Confirm:$false
        foreach ($script in { Get-PasspackEntry }, { Get-PasspackEntry -Account me@example.com }, { Sync-PasspackVault }, { Unlock-PasspackVault -PackingKey $PackingKey }) {
            $told = { & $script } | Should -Throw -PassThru
            $told.FullyQualifiedErrorId | Should -BeLike 'AccountNotFound,*'
            "$told" | Should -BeLike '*me@example.com was set aside*Connect-PasspackAccount*'
        }
    }

    It 'says how to confirm where nobody can be asked, under the id that PowerShell gives' {
        $said = Invoke-Fresh @"
            Import-Module '$ModulePath'
            `$env:PASSPACK_HOME = '$(Join-Path $TestDrive 'asked')'
            `$null = New-PasspackLocalAccount -UserId a@b -PackingKey '$PackingKey'
            try { Reset-PasspackLocalAccount -Emergency } catch { `$_.FullyQualifiedErrorId; "`$_" }
            "`$(@(Get-PasspackLocalAccount).State)"
"@
        $said[0] | Should -BeLike 'InvalidOperation,*'
        $said[1] | Should -BeLike '*"a@b"*-Confirm:$false confirms it.'
        $said[2] | Should -Be 'Unlocked'
    }

    It 'needs no key, and says where the vault is now' {
        $account = New-TestAccount
        $null = New-PasspackEntry mine
        Lock-PasspackVault
        $steps = Reset-PasspackLocalAccount -Emergency -Confirm:$false
        $steps.Step | Should -Be 'Quarantined'
        $steps.Account | Should -Be 'me@example.com'
        $steps.Path | Should -Exist
        $steps.Description | Should -Match 'Connect-PasspackAccount'
        $account.Path | Should -Not -Exist
    }

    It 'leaves an account that is listed with its place and the way back, which works' {
        $null = New-TestAccount
        $null = New-PasspackEntry mine
        $steps = Reset-PasspackLocalAccount -Emergency -Confirm:$false
        foreach ($aside in (Get-PasspackLocalAccount), (Get-PasspackLocalAccount -Account ME@example.com), (Get-PasspackLocalAccount -Online)) {
            $aside.Account, $aside.State, $aside.Unlocked, $aside.Entries | Should -Be 'me@example.com', 'Quarantined', $false, 1
            $aside.Path | Should -Be $steps[-1].Path
            $aside.Problem | Should -BeLike "*$($aside.Path)*Restore-PasspackVault -Account me@example.com -Path*Connect-PasspackAccount*"
        }
        $aside | Out-String -Width 120 | Should -Match 'me@example.com +aside '
        Get-ErrorId { $aside | Unlock-PasspackVault -PackingKey $PackingKey } | Should -Be 'AccountNotFound'
        Get-ErrorId { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Be 'AccountNotFound'
        (Restore-PasspackVault -Account $aside.Account -Path $aside.Path -PackingKey $PackingKey).Name | Should -Be 'mine'
        (Get-PasspackLocalAccount).State | Should -Be 'Unlocked'
        (Get-PasspackEntry).Name | Should -Be 'mine'
    }

    It 'locks an unlocked account first' {
        $null = New-TestAccount
        (Reset-PasspackLocalAccount -Emergency -Confirm:$false).Step | Should -Be 'Locked', 'Quarantined'
        Get-ErrorId { Get-PasspackEntry } | Should -Be 'AccountNotFound'
    }

    It 'takes a damaged vault' {
        $account = New-TestAccount
        Lock-PasspackVault
        [IO.File]::WriteAllText($account.Path, 'no vault')
        $steps = Reset-PasspackLocalAccount -Account me@example.com -Emergency -Confirm:$false
        Get-Content $steps.Path | Should -Be 'no vault'
    }

    It 'is never meant by itself, and is asked for' {
        $null = New-TestAccount
        Get-ErrorId { Reset-PasspackLocalAccount -Confirm:$false } | Should -Be 'MissingMandatoryParameter'
        Get-ErrorId { Reset-PasspackLocalAccount -Emergency } | Should -Be 'InvalidOperation'
        Reset-PasspackLocalAccount -Emergency -WhatIf -Confirm:$false | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount).Unlocked | Should -BeTrue
    }
}
