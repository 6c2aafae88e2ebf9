# Unlocked and locked.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $null = New-PasspackEntry mine -Password s3cret
}

AfterAll {
    Close-Test
}

Describe 'Unlock-PasspackVault' {
    BeforeEach {
        Lock-PasspackVault
    }

    It 'unlocks, and says nothing' {
        Unlock-PasspackVault -PackingKey $PackingKey | Should -BeNullOrEmpty
        (Get-PasspackEntry).Name | Should -Be 'mine'
    }

    It 'takes a SecureString, and with -PassThru shows the account' {
        (Unlock-PasspackVault -PackingKey (ConvertTo-SecureString $PackingKey -AsPlainText) -PassThru).Unlocked | Should -BeTrue
    }

    It 'answers a wrong key with the way out' {
        $failed = { Unlock-PasspackVault -PackingKey 'Correct horse battery staple, 4711 times' } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'PackingKeyMismatch,*'
        $failed.CategoryInfo.Category | Should -Be 'AuthenticationError'
        $failed.Exception.Message | Should -Match 'Reset-PasspackLocalAccount -Account me@example.com -Emergency'
        Get-ErrorId { Get-PasspackEntry } | Should -Be 'VaultLocked'
    }

    It 'never asks where nobody can answer' {
        Get-ErrorId { Unlock-PasspackVault } | Should -Be 'MissingMandatoryParameter'
    }

    It 'checks the key of an unlocked account too, and leaves that unlocked' {
        Unlock-PasspackVault -PackingKey $PackingKey
        Get-ErrorId { Unlock-PasspackVault -PackingKey 'some other key that is wrong' } | Should -Be 'PackingKeyMismatch'
        (Get-PasspackEntry).Name | Should -Be 'mine'
    }

    It 'goes on with the next of several accounts' {
        $null = New-PasspackLocalAccount -UserId another -PackingKey 'quite another key, also long enough'
        Lock-PasspackVault -Account another
        $unlocked = Get-PasspackLocalAccount | Unlock-PasspackVault -PackingKey $PackingKey -PassThru -ErrorVariable failed -ErrorAction SilentlyContinue
        $unlocked.Account | Should -Be 'me@example.com'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'PackingKeyMismatch,*'
        $failed[0].TargetObject | Should -Be 'another'
        Unlock-PasspackVault -Account another -PackingKey 'quite another key, also long enough'
        Remove-PasspackLocalAccount -Account another -Confirm:$false
    }

    It 'unlocks for every runspace of the process' {
        Unlock-PasspackVault -PackingKey $PackingKey
        1..8 | ForEach-Object -Parallel {
            Import-Module $using:ModulePath
            (Get-PasspackEntry mine).GetPassword() | ConvertFrom-SecureString -AsPlainText
        } -ThrottleLimit 4 | Should -Be (@('s3cret') * 8)
    }

    It 'unlocks for this process alone' {
        Unlock-PasspackVault -PackingKey $PackingKey
        Start-Job { Import-Module $using:ModulePath; try { Get-PasspackEntry } catch { $_.FullyQualifiedErrorId } } |
            Receive-Job -Wait -AutoRemoveJob | Should -BeLike 'VaultLocked,*'
    }
}

Describe 'Lock-PasspackVault' {
    BeforeEach {
        Unlock-PasspackVault -PackingKey $PackingKey
        $entry = Get-PasspackEntry mine
    }

    It 'locks; once more does no harm' {
        Lock-PasspackVault | Should -BeNullOrEmpty
        Lock-PasspackVault
        (Get-PasspackLocalAccount).Unlocked | Should -BeFalse
        Get-ErrorId { New-PasspackEntry x } | Should -Be 'VaultLocked'
        Get-ErrorId { $entry | Set-PasspackEntry -Url x } | Should -Be 'VaultLocked'
        Get-ErrorId { Get-PasspackTag } | Should -Be 'VaultLocked'
    }

    It 'closes what was listed before, until the account is unlocked again' {
        Lock-PasspackVault
        $failed = { $entry.GetPassword() } | Should -Throw -PassThru
        $failed.Exception.InnerException.ErrorId | Should -Be 'VaultLocked'
        Unlock-PasspackVault -PackingKey $PackingKey
        $entry.GetPassword() | Show-Secret | Should -Be 's3cret'
    }

    It 'locks in the middle of a listing, which ends well' {
        $null = 1..20 | ForEach-Object { [pscustomobject]@{ Name = "n$_" } } | New-PasspackEntry
        Get-PasspackEntry | ForEach-Object { Lock-PasspackVault; $_ } | Should -HaveCount 21
        (Get-PasspackLocalAccount).Unlocked | Should -BeFalse
    }

    It '-All locks every account, of other data folders too' {
        $first = $env:PASSPACK_HOME
        $null = New-TestAccount
        Lock-PasspackVault -All
        (Get-PasspackLocalAccount).Unlocked | Should -BeFalse
        $env:PASSPACK_HOME = $first
        (Get-PasspackLocalAccount).Unlocked | Should -BeFalse
    }
}

Describe 'PASSPACK_HOME' {
    It 'is read at every call' {
        Unlock-PasspackVault -PackingKey $PackingKey
        $first = $env:PASSPACK_HOME
        $null = Enter-NewMachine
        Get-ErrorId { Get-PasspackEntry } | Should -Be 'AccountNotFound'
        $env:PASSPACK_HOME = $first
        Get-PasspackEntry mine | Should -HaveCount 1
    }
}
