# The second factor of logins, as a user meets it. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $machine = Enter-NewMachine
    $me = New-Credential factor@x
    $null = New-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey

    # A recovery code a call, because a code of an app is taken once in 30 seconds.
    function Get-Code { $script:recovery[$script:used++] }

    function Use-NewMachine([scriptblock] $Script) {
        try {
            $null = Enter-NewMachine
            & $Script
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
            Unlock-PasspackVault -PackingKey $PackingKey
        }
    }
}

AfterAll {
    Close-Test
}

Describe 'Enable-PasspackSecondFactor' {
    It 'sets nothing up with -WhatIf, with a wrong Password, or on a locked account' {
        Enable-PasspackSecondFactor -Credential $me -WhatIf | Should -BeNullOrEmpty
        Get-ErrorId { Enable-PasspackSecondFactor -Credential (New-Credential factor@x wrong) } | Should -Be 'PasswordRejected'
        Get-ErrorId { Enable-PasspackSecondFactor -Code 123456 } | Should -Be 'SecondFactorRejected'
        Get-ErrorId { Enable-PasspackSecondFactor -Code 12345x } | Should -Be 'InvalidArgument'
        Lock-PasspackVault
        try { Get-ErrorId { Enable-PasspackSecondFactor -Credential $me } | Should -Be 'VaultLocked' } finally { Unlock-PasspackVault -PackingKey $PackingKey }
    }

    It 'emits a set-up whose seed no enumeration of properties shows, and which is not in force' {
        $setup = Enable-PasspackSecondFactor -Credential $me
        $setup.Account | Should -Be 'factor@x'
        $setup.RecoveryCodes | Should -HaveCount 10
        $setup.RecoveryCodes | Sort-Object -Unique | Should -HaveCount 10
        $setup.RecoveryCodes | Should -Match '^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$'
        $setup.GetUri() | Should -Match '^otpauth://totp/Passpack:factor%40x\?secret=[A-Z2-7]{32}&issuer=Passpack$'
        $seed = [regex]::Match($setup.GetUri(), 'secret=(\w+)').Groups[1].Value
        "$setup", ($setup | Format-List * -Force | Out-String), ($setup | ConvertTo-Json), ($setup | Out-String) | Should -Not -BeLike "*$seed*"
        # What the camera sees, and what is to be written down.
        $shown = $setup | Out-String -Width 200
        $shown | Should -BeLike '*█*'
        $shown | Should -BeLike "*$($setup.RecoveryCodes[9])*"
        Use-NewMachine { (Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey).Account } | Should -Be 'factor@x'
    }

    It 'puts it in force with a code, in another process' {
        $setup = Enable-PasspackSecondFactor -Credential $me
        $script:recovery, $script:used = $setup.RecoveryCodes, 0
        Enable-PasspackSecondFactor -Code (Get-OneTimeCode $setup.GetUri()) -WhatIf | Should -BeNullOrEmpty
        Use-NewMachine { (Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey).Account } | Should -Be 'factor@x'
        $code = Get-OneTimeCode $setup.GetUri()
        Invoke-Fresh "Import-Module `$ModulePath; `$env:PASSPACK_HOME = '$machine'; Unlock-PasspackVault -PackingKey '$PackingKey'; Enable-PasspackSecondFactor -Code $code" |
            Should -BeNullOrEmpty
        Get-ErrorId { Use-NewMachine { Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey } } | Should -Be 'SecondFactorRequired'
        Get-ErrorId { Use-NewMachine { Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey -SecondFactor $code } } | Should -Be 'SecondFactorRejected'
        # The next one, as a number: its zeros count.
        $next = Get-OneTimeCode $setup.GetUri() -Later 1
        Use-NewMachine { (Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey -SecondFactor ([int] $next)).Account } | Should -Be 'factor@x'
        (Sync-PasspackVault).Pulled | Should -Be 0
    }
}

Describe 'A code of the second factor' {
    It 'is asked for only after the Password' {
        Get-ErrorId { Use-NewMachine { Connect-PasspackAccount -Server $url -Credential (New-Credential factor@x wrong) -PackingKey $PackingKey } } | Should -Be 'PasswordRejected'
        Get-ErrorId { Use-NewMachine { Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey -SecondFactor '12' } } | Should -Be 'InvalidArgument'
    }

    It 'is needed by <Name>' -ForEach @(
        @{ Name = 'Set-PasspackPassword'; Call = { Set-PasspackPassword -Credential $me -NewPassword 'another password 4711' @args } }
        @{ Name = 'Set-PasspackPackingKey'; Call = { Set-PasspackPackingKey -Credential $me -PackingKey $PackingKey -NewPackingKey 'one more battery staple, 4712 times' @args } }
        @{ Name = 'Update-PasspackLocalAccount -NewKeys'; Call = { Update-PasspackLocalAccount -NewKeys -Credential $me -PackingKey $PackingKey -KeepPackingKey -Confirm:$false @args } }
        @{ Name = 'Enable-PasspackSecondFactor'; Call = { Enable-PasspackSecondFactor -Credential $me @args } }
        @{ Name = 'Disable-PasspackSecondFactor'; Call = { Disable-PasspackSecondFactor -Credential $me -Confirm:$false @args } }
        @{ Name = 'Remove-PasspackAccount'; Call = { Remove-PasspackAccount -Credential $me -PackingKey $PackingKey -Confirm:$false @args } }
        @{ Name = 'Remove-PasspackAccount -WithoutKeys'; Call = { Remove-PasspackAccount -WithoutKeys -Credential $me -Confirm:$false @args } }
        @{ Name = 'Reset-PasspackLocalAccount'; Call = { Reset-PasspackLocalAccount -Credential $me -PackingKey $PackingKey -Confirm:$false @args } }
    ) {
        # The code of another account, or a typing error.
        $wrong = 'AAAA-BBBB-CCCC-DDDD'
        Get-ErrorId { & $Call } | Should -Be 'SecondFactorRequired'
        Get-ErrorId { & $Call -SecondFactor $wrong } | Should -Be 'SecondFactorRejected'
        # A reset locks the account before it asks.
        Unlock-PasspackVault -PackingKey $PackingKey
        # A success takes the failures back that these were with this device's token.
        $null = Enable-PasspackSecondFactor -Credential $me -SecondFactor (Get-Code)
    }
}

Describe 'With a recovery code' {
    It 'a Password is changed, and back' {
        $setup = Enable-PasspackSecondFactor -Credential $me -SecondFactor (Get-Code)
        $uri = $setup.GetUri()
        Enable-PasspackSecondFactor -Code (Get-OneTimeCode $uri -Later -1)
        $script:recovery, $script:used = $setup.RecoveryCodes, 0
        Set-PasspackPassword -Credential $me -NewPassword 'another password 4711' -SecondFactor (Get-Code) -WarningAction Ignore
        Set-PasspackPassword -Credential (New-Credential factor@x 'another password 4711') -NewPassword 'the password 4711' -SecondFactor (Get-Code) -WarningAction Ignore
    }

    It 'the keys are replaced' {
        (Update-PasspackLocalAccount -NewKeys -Credential $me -PackingKey $PackingKey -KeepPackingKey -SecondFactor (Get-Code) -Confirm:$false).Account | Should -Be 'factor@x'
    }

    It 'a local account starts again' {
        (Reset-PasspackLocalAccount -Credential $me -PackingKey $PackingKey -SecondFactor (Get-Code) -Confirm:$false).Step | Should -Contain 'Completed'
    }

    It 'the removal without keys is asked for, by the one code of the login' {
        $code = Get-Code
        (Remove-PasspackAccount -WithoutKeys -Credential $me -SecondFactor $code -Confirm:$false).Account | Should -Be 'factor@x'
        Get-ErrorId { Remove-PasspackAccount -WithoutKeys -Credential $me -SecondFactor $code -Confirm:$false } | Should -Be 'SecondFactorRejected'
        Restore-PasspackAccount
    }

    It 'the second factor is removed' {
        Disable-PasspackSecondFactor -Credential $me -SecondFactor (Get-Code) -Confirm:$false | Should -BeNullOrEmpty
        Use-NewMachine { (Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey).Account } | Should -Be 'factor@x'
    }
}
