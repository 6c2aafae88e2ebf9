# The Packing Key and the Password changed, and what other machines meet. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $NewKey = 'another sentence that wraps the Account Key, 4712'

    # Registers from one machine, with an entry, and connects another; returns their folders.
    function New-TwoMachines([string] $UserId) {
        Enter-NewMachine
        $null = New-PasspackAccount -Server $url -Credential (New-Credential $UserId) -PackingKey $PackingKey
        $null = New-PasspackEntry one -Password p
        $null = Sync-PasspackVault
        Enter-NewMachine
        $null = Connect-PasspackAccount -Server $url -Credential (New-Credential $UserId) -PackingKey $PackingKey
        $null = Sync-PasspackVault
    }
}

AfterAll {
    Close-Test
}

Describe 'Set-PasspackPackingKey of an online account' {
    BeforeAll {
        $first, $second = New-TwoMachines keys@x
        $me = New-Credential keys@x
    }

    It 'refuses <Kind>, also with -WhatIf where it can be known' -ForEach @(
        @{ Kind = 'a key of 7 characters'; Key = '1234567'; Id = 'KeyTooWeak'; Early = $true }
        @{ Kind = 'the Password'; Key = 'the password 4711'; Id = 'KeyTooWeak'; Early = $true }
        @{ Kind = 'the same key'; Key = 'correct horse battery staple, 4711 times'; Id = 'InvalidArgument'; Early = $false }
    ) {
        Get-ErrorId { Set-PasspackPackingKey -Credential $me -PackingKey $PackingKey -NewPackingKey $Key -WarningAction Ignore } | Should -Be $Id
        Get-ErrorId { Set-PasspackPackingKey -Credential $me -PackingKey $PackingKey -NewPackingKey $Key -WhatIf } | Should -Be ($Early ? $Id : 'no error')
    }

    It 'refuses a wrong Password or Packing Key, or an account that is not what was said' {
        Get-ErrorId { Set-PasspackPackingKey -Credential (New-Credential keys@x wrong) -PackingKey $PackingKey -NewPackingKey $NewKey } | Should -Be 'PasswordRejected'
        Get-ErrorId { Set-PasspackPackingKey -Credential $me -PackingKey 'the wrong Packing Key' -NewPackingKey $NewKey } | Should -Be 'PackingKeyMismatch'
        Get-ErrorId { Set-PasspackPackingKey -Credential (New-Credential nobody@x) -PackingKey $PackingKey -NewPackingKey $NewKey } | Should -Be 'AccountNotFound'
        Get-ErrorId { Set-PasspackPackingKey -Account keys@x -PackingKey $PackingKey -NewPackingKey $NewKey } | Should -Be 'InvalidArgument'
        Get-ErrorId { Set-PasspackPackingKey -NewPackingKey $NewKey } | Should -Be 'MissingMandatoryParameter'
        Set-PasspackPackingKey -Credential $me -PackingKey $PackingKey -NewPackingKey $NewKey -WhatIf
        Lock-PasspackVault
        Unlock-PasspackVault -PackingKey $PackingKey
    }

    It 'changes it here and online, of an unlocked account that stays so, and warns of a weak one' {
        Get-ErrorId { Set-PasspackPackingKey -Credential $me -PackingKey $PackingKey -NewPackingKey 'password' } | Should -Be 'KeyTooWeak'
        Set-PasspackPackingKey -Credential $me -PackingKey $PackingKey -NewPackingKey 'password' -AllowWeakKey -WarningVariable warned -WarningAction SilentlyContinue |
            Should -BeNullOrEmpty
        $warned[0].Message | Should -Match 'rating of \d\d? bits'
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'p'
        Lock-PasspackVault
        Set-PasspackPackingKey -Credential $me -PackingKey 'password' -NewPackingKey $NewKey -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount).Unlocked | Should -BeFalse
        Get-ErrorId { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Be 'PackingKeyMismatch'
        Unlock-PasspackVault -PackingKey $NewKey
        $null = New-PasspackEntry two
        (Sync-PasspackVault).Pushed | Should -Be 1
    }

    It 'is told to the other machine, which shows it while it is locked' {
        $env:PASSPACK_HOME = $first
        $failed = { Sync-PasspackVault } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'PackingKeyChangedOnline,*'
        $failed.CategoryInfo.Category | Should -Be 'AuthenticationError'
        $failed.Exception.Message | Should -BeLike '*Update-PasspackLocalAccount*'
        Lock-PasspackVault
        (Get-PasspackLocalAccount).Alignment | Should -Be 'PackingKeyChanged'
    }

    It 'is taken over by Update-PasspackLocalAccount, once the account is unlocked with the one before' {
        $failed = { Update-PasspackLocalAccount -PackingKey $NewKey } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'PackingKeyMismatch,*'
        $failed.Exception.Message | Should -BeLike '*Unlock-PasspackVault*'
        Get-ErrorId { Update-PasspackLocalAccount } | Should -Be 'VaultLocked'

        Unlock-PasspackVault -PackingKey $PackingKey -WarningVariable warned -WarningAction SilentlyContinue
        $warned.Message | Should -BeLike '*Packing Key of keys@x was another one online*Update-PasspackLocalAccount -Account keys@x -PackingKey*'
        Get-ErrorId { Update-PasspackLocalAccount -PackingKey 'not that one either' } | Should -Be 'PackingKeyMismatch'
        Update-PasspackLocalAccount -PackingKey $NewKey -WhatIf | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount).Alignment | Should -Be 'PackingKeyChanged'

        $updated = Update-PasspackLocalAccount -PackingKey $NewKey
        $updated.Account, $updated.Alignment | Should -Be 'keys@x', 'Aligned'
        Lock-PasspackVault
        Get-ErrorId { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Be 'PackingKeyMismatch'
        Unlock-PasspackVault -PackingKey $NewKey -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        $null = Sync-PasspackVault
        (Get-PasspackEntry).Name | Should -Be 'one', 'two'
        (Get-PasspackLocalAccount | Update-PasspackLocalAccount -PackingKey $NewKey).Alignment | Should -Be 'Aligned'
        Get-ErrorId { Get-PasspackEntry one | Update-PasspackLocalAccount } | Should -Be 'InvalidArgument'
    }

    It 'shows no secret in what it says' {
        $said = Set-PasspackPackingKey -Credential $me -PackingKey $NewKey -NewPackingKey $PackingKey -Verbose -Debug -Confirm:$false *>&1 | Out-String
        $said | Should -BeLike '*is changed*'
        foreach ($secret in $NewKey, $PackingKey, 'the password 4711') { $said | Should -Not -BeLike "*$secret*" }
    }
}

Describe 'Set-PasspackPackingKey of an offline account' {
    It 'needs no -Credential' {
        $null = New-TestAccount
        $null = New-PasspackEntry mine -Password p
        Get-ErrorId { Set-PasspackPackingKey -Credential (New-Credential me@example.com) -PackingKey $PackingKey -NewPackingKey $NewKey } | Should -Be 'InvalidArgument'
        Get-ErrorId { Set-PasspackPackingKey -PackingKey wrong -NewPackingKey $NewKey } | Should -Be 'PackingKeyMismatch'
        Set-PasspackPackingKey -PackingKey $PackingKey -NewPackingKey $NewKey -WhatIf
        Set-PasspackPackingKey -PackingKey $PackingKey -NewPackingKey $NewKey
        Lock-PasspackVault
        Get-ErrorId { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Be 'PackingKeyMismatch'
        Unlock-PasspackVault -PackingKey $NewKey
        (Get-PasspackEntry mine).GetPassword() | Show-Secret | Should -Be 'p'
        # And with the new one it goes online.
        (New-PasspackAccount -Server $url -Credential (New-Credential me@example.com) -PackingKey $NewKey).Alignment | Should -Be 'Aligned'
        (Sync-PasspackVault).Pushed | Should -Be 1
    }
}

Describe 'Set-PasspackPassword' {
    BeforeAll {
        $first, $second = New-TwoMachines password@x
        $me = New-Credential password@x
        $changed = New-Credential password@x 'the next password'
    }

    It 'refuses <Kind>' -ForEach @(
        @{ Kind = 'a wrong Password'; Old = 'wrong'; New = 'the next password'; Id = 'PasswordRejected' }
        @{ Kind = 'the same one'; Old = 'the password 4711'; New = 'the password 4711'; Id = 'InvalidArgument' }
        @{ Kind = 'the Packing Key'; Old = 'the password 4711'; New = 'correct horse battery staple, 4711 times'; Id = 'KeyTooWeak' }
    ) {
        Get-ErrorId { Set-PasspackPassword -Credential (New-Credential password@x $Old) -NewPassword $New } | Should -Be $Id
    }

    It 'needs an unlocked account that is online' {
        Lock-PasspackVault
        Get-ErrorId { Set-PasspackPassword -Credential $me -NewPassword x } | Should -Be 'VaultLocked'
        Unlock-PasspackVault -PackingKey $PackingKey
        $null = New-TestAccount
        Get-ErrorId { Set-PasspackPassword -Credential (New-Credential me@example.com) -NewPassword x } | Should -Be 'NotConnected'
    }

    It 'with -WhatIf changes nothing' {
        $env:PASSPACK_HOME = $second
        Set-PasspackPassword -Credential $me -NewPassword 'the next password' -WhatIf
        Get-PasspackDevice | Should -HaveCount 2
    }

    It 'keeps this machine, and revokes the others' {
        Set-PasspackPassword -Credential $me -NewPassword 'the next password' | Should -BeNullOrEmpty
        (Get-PasspackDevice).Current | Should -Be $true
        $null = Sync-PasspackVault
        (Get-PasspackLocalAccount).Alignment | Should -Be 'Aligned'
    }

    It 'lets the others connect again, with the new one' {
        $env:PASSPACK_HOME = $first
        $failed = { Sync-PasspackVault } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'DeviceRevoked,*'
        $failed.Exception.Message | Should -BeLike '*Connect-PasspackAccount*'
        (Get-PasspackLocalAccount).Alignment | Should -Be 'DeviceRevoked'
        Get-ErrorId { Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey } | Should -Be 'PasswordRejected'
        (Connect-PasspackAccount -Server $url -Credential $changed -PackingKey $PackingKey).Alignment | Should -Be 'Aligned'
        (Sync-PasspackVault).Conflicts | Should -Be 0
        Get-PasspackDevice | Should -HaveCount 2
    }
}
