# The ways that need no Password, and no keys: a removal that takes effect later, its cancelling, a new Password by signature. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $null = Enter-NewMachine
    $machine = $env:PASSPACK_HOME
    $me = New-Credential removal@x
    $null = New-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey
    $null = New-PasspackEntry one -Password p
    $null = Sync-PasspackVault
}

AfterAll {
    Close-Test
}

Describe 'Remove-PasspackAccount -WithoutKeys' {
    It 'asks first, needs the right Password, and does nothing with -WhatIf' {
        Remove-PasspackAccount -WithoutKeys -Credential $me -WhatIf | Should -BeNullOrEmpty
        Get-ErrorId { Remove-PasspackAccount -WithoutKeys -Credential (New-Credential removal@x wrong) -Confirm:$false } | Should -Be 'PasswordRejected'
        Get-ErrorId { Remove-PasspackAccount -WithoutKeys -Credential (New-Credential nobody@x) -Confirm:$false } | Should -Be 'AccountNotFound'
        Get-ErrorId { Remove-PasspackAccount -WithoutKeys -Credential $me -PackingKey $PackingKey -Confirm:$false } | Should -Be 'AmbiguousParameterSet'
        $null = Sync-PasspackVault -WarningVariable warned
        $warned | Should -BeNullOrEmpty
    }

    It 'says when it takes effect, from a machine that has no account, and does not move that date' {
        try {
            $null = Enter-NewMachine
            $asked = Remove-PasspackAccount -WithoutKeys -Server $url -Credential $me -Confirm:$false
            $again = Remove-PasspackAccount -WithoutKeys -Server $url -Credential $me -Confirm:$false
            Get-PasspackLocalAccount | Should -BeNullOrEmpty
        } finally {
            $env:PASSPACK_HOME = $machine
        }
        $asked.Account | Should -Be 'removal@x'
        $asked.Due | Should -BeGreaterThan ([DateTimeOffset]::UtcNow.AddDays(6))
        $again.Due | Should -Be $asked.Due
        "$asked" | Should -BeLike 'The online account removal@x at * is removed on *'
    }

    It 'has every sync warn with the date, and the look at the server too' {
        $result = Sync-PasspackVault -WarningVariable warned -WarningAction SilentlyContinue
        $result.RemovalDue | Should -BeGreaterThan ([DateTimeOffset]::UtcNow.AddDays(6))
        $warned.Message | Should -BeLike "AccountRemovalPending: *$($result.RemovalDue.ToLocalTime().ToString('yyyy-MM-dd'))*Restore-PasspackAccount -Account removal@x*"
        $account = Get-PasspackLocalAccount -Online -WarningVariable warned -WarningAction SilentlyContinue
        $account.RemovalDue | Should -Be $result.RemovalDue
        $warned.Message | Should -BeLike 'AccountRemovalPending: *'
        (Get-PasspackLocalAccount).RemovalDue | Should -BeNullOrEmpty
    }
}

Describe 'Restore-PasspackAccount' {
    It 'cancels it, from an unlocked machine' {
        Restore-PasspackAccount -WhatIf
        (Sync-PasspackVault -WarningAction SilentlyContinue).RemovalDue | Should -Not -BeNullOrEmpty
        Lock-PasspackVault
        Get-ErrorId { Restore-PasspackAccount } | Should -Be 'VaultLocked'
        Unlock-PasspackVault -PackingKey $PackingKey
        Restore-PasspackAccount | Should -BeNullOrEmpty
        (Sync-PasspackVault -WarningVariable warned).RemovalDue | Should -BeNullOrEmpty
        $warned | Should -BeNullOrEmpty
        Restore-PasspackAccount -Verbose 4>&1 | Out-String | Should -BeLike '*No removal*was pending*'
    }

    It 'is for accounts that are online' {
        try {
            $null = New-TestAccount
            Get-ErrorId { Restore-PasspackAccount } | Should -Be 'NotConnected'
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
            Unlock-PasspackVault -PackingKey $PackingKey
        }
    }
}

Describe 'Set-PasspackPassword -WithoutPassword' {
    It 'sets a new one from an unlocked machine, and nothing with -WhatIf' {
        Get-ErrorId { Set-PasspackPassword -WithoutPassword -Credential $me -NewPassword 'the next password' } | Should -Be 'AmbiguousParameterSet'
        Get-ErrorId { Set-PasspackPassword -WithoutPassword -NewPassword $PackingKey } | Should -Be 'KeyTooWeak'
        Set-PasspackPassword -WithoutPassword -NewPassword 'the next password' -WhatIf
        Set-PasspackPassword -WithoutPassword -NewPassword 'the next password' -WarningAction Ignore | Should -BeNullOrEmpty
        $null = Sync-PasspackVault
        try {
            $null = Enter-NewMachine
            Get-ErrorId { Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey } | Should -Be 'PasswordRejected'
            (Connect-PasspackAccount -Server $url -Credential (New-Credential removal@x 'the next password') -PackingKey $PackingKey).Alignment | Should -Be 'Aligned'
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
        }
    }
}
