# The devices of an online account, and the ways out of it. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer

    # Registers from one machine, with an entry, and connects another; returns their folders.
    function New-TwoMachines([string] $UserId) {
        Enter-NewMachine
        $null = New-PasspackAccount -Server $url -Credential (New-Credential $UserId) -PackingKey $PackingKey
        $null = New-PasspackEntry one -Password p
        $null = Sync-PasspackVault
        Enter-NewMachine
        $null = Connect-PasspackAccount -Server $url -Credential (New-Credential $UserId) -PackingKey $PackingKey
    }
}

AfterAll {
    Close-Test
}

Describe 'Get-PasspackDevice and Remove-PasspackDevice' {
    BeforeAll {
        $first, $second = New-TwoMachines devices@x
    }

    It 'lists the devices, and which is this machine' {
        $devices = Get-PasspackDevice
        $devices | Should -HaveCount 2
        $devices.Current | Should -Be $false, $true
        $devices.Account | Should -Be 'devices@x', 'devices@x'
        $devices[0].Created | Should -BeLessOrEqual $devices[1].Created
        Get-PasspackDevice -Name "$($devices[0].Name.Substring(0, 2))*" | Should -HaveCount 2
        Get-PasspackDevice -Name 'no such*' | Should -BeNullOrEmpty
        $lines = ($devices | Out-String -Width 100) -replace '\x1b\[[0-9;]*m' -split '\r?\n' | Where-Object { $_.Trim() }
        $lines[1] | Should -Match '^[- ]+$'
    }

    It 'says of a name that is not there' {
        foreach ($command in 'Get-PasspackDevice', 'Remove-PasspackDevice') {
            $failed = { & $command nobody } | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'DeviceNotFound,*'
            $failed.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        }
    }

    It 'with -WhatIf revokes nothing' {
        Get-PasspackDevice | Where-Object -Not Current | Remove-PasspackDevice -WhatIf
        Get-PasspackDevice | Should -HaveCount 2
    }

    It 'revokes all but this machine, which is told so' {
        $other = Get-PasspackDevice | Where-Object -Not Current
        Remove-PasspackDevice * -Confirm:$false -PassThru -ErrorVariable failed -ErrorAction SilentlyContinue | ForEach-Object Id | Should -Be $other.Id
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        (Get-PasspackDevice).Current | Should -Be $true
        Get-ErrorId { $other | Remove-PasspackDevice -Confirm:$false } | Should -Be 'DeviceNotFound'
        $env:PASSPACK_HOME = $first
        Get-ErrorId { Sync-PasspackVault } | Should -Be 'DeviceRevoked'
        (Get-PasspackSyncHistory -Last 1).Account | Should -Be 'devices@x'
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'p'
    }

    It 'asks before it revokes' {
        # Nobody can be asked here, which PowerShell says before anything is done.
        $null = New-TwoMachines asked@x
        Get-ErrorId { Get-PasspackDevice | Where-Object -Not Current | Remove-PasspackDevice } | Should -Not -Be 'no error'
        Get-PasspackDevice | Should -HaveCount 2
    }

    It 'are told apart by name, in two data folders of one machine' {
        $null = New-TwoMachines names@x
        $names = (Get-PasspackDevice).Name
        $names[0] | Should -Not -Be $names[1]
        $names | Should -BeLike "$([Environment]::MachineName) ($([Environment]::UserName)) ????"
    }

    It 'of one name are not taken for one another' {
        $here = New-Credential twins@x
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $url -Credential $here -PackingKey $PackingKey -DeviceName first
        foreach ($n in 1, 2) {
            $null = Enter-NewMachine
            $null = Connect-PasspackAccount -Server $url -Credential $here -PackingKey $PackingKey -DeviceName Twin
        }
        $twins = Get-PasspackDevice twin
        $twins | Should -HaveCount 2
        $failed = { Remove-PasspackDevice TWIN -Confirm:$false } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'NameAmbiguous,*'
        foreach ($twin in $twins) { $failed.Exception.Message | Should -BeLike "*$($twin.Id)*" }
        Get-PasspackDevice | Should -HaveCount 3
        # A pattern means all of them, and this machine is never meant.
        Remove-PasspackDevice twi* -Confirm:$false -PassThru -ErrorAction SilentlyContinue | ForEach-Object Id | Should -Be ($twins | Where-Object -Not Current).Id
        (Remove-PasspackDevice first -Confirm:$false -PassThru).Name | Should -Be 'first'
        Get-PasspackDevice | Should -HaveCount 1
    }

    It 'needs an online account' {
        $null = New-TestAccount
        Get-ErrorId { Get-PasspackDevice } | Should -Be 'NotConnected'
        Get-ErrorId { Remove-PasspackDevice * -Confirm:$false } | Should -Be 'NotConnected'
        Get-ErrorId { New-PasspackEntry mine | Get-PasspackDevice } | Should -Be 'InvalidArgument'
    }
}

Describe 'Disconnect-PasspackAccount' {
    BeforeAll {
        $first, $second = New-TwoMachines leaving@x
    }

    It 'with -WhatIf changes nothing' {
        Disconnect-PasspackAccount -WhatIf
        (Get-PasspackLocalAccount).Server | Should -Be ([uri] $url)
        Get-PasspackDevice | Should -HaveCount 2
    }

    It 'revokes the token, and leaves an offline account with what it holds' {
        $null = Sync-PasspackVault
        Disconnect-PasspackAccount | Should -BeNullOrEmpty
        $account = Get-PasspackLocalAccount
        $account.Server, $account.Unlocked, $account.Entries | Should -Be $null, $true, 1
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'p'
        foreach ($command in { Sync-PasspackVault }, { Disconnect-PasspackAccount }, { Disconnect-PasspackAccount -WhatIf }) {
            Get-ErrorId $command | Should -Be 'NotConnected'
        }
        $env:PASSPACK_HOME = $first
        Get-PasspackDevice | Should -HaveCount 1
    }

    It 'connects again' {
        $env:PASSPACK_HOME = $second
        $null = Connect-PasspackAccount -Server $url -Credential (New-Credential leaving@x) -PackingKey $PackingKey
        (Sync-PasspackVault).Conflicts | Should -Be 0
        (Get-PasspackEntry).Name | Should -Be 'one'
    }

    It 'without the server does nothing, but for -Force' {
        $gone = Start-TestServer
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $gone.Url -Credential (New-Credential gone@x) -PackingKey $PackingKey
        Stop-TestServer $gone
        Get-ErrorId { Disconnect-PasspackAccount } | Should -Be 'ServerUnreachable'
        (Get-PasspackLocalAccount).Server | Should -Not -BeNullOrEmpty
        Disconnect-PasspackAccount -Force
        (Get-PasspackLocalAccount).Server | Should -BeNullOrEmpty
    }
}

Describe 'Remove-PasspackAccount' {
    BeforeAll {
        $first, $second = New-TwoMachines removed@x
    }

    It 'with -WhatIf, or with nobody who says yes, removes nothing' {
        Remove-PasspackAccount -Credential (New-Credential removed@x) -PackingKey $PackingKey -WhatIf -Confirm:$false
        Get-ErrorId { Remove-PasspackAccount -Credential (New-Credential removed@x) -PackingKey $PackingKey } | Should -Be 'InvalidOperation'
        Get-PasspackDevice | Should -HaveCount 2
    }

    It 'refuses <Kind>' -ForEach @(
        @{ Kind = 'a wrong password'; User = 'removed@x'; Password = 'wrong'; Key = 'correct horse battery staple, 4711 times'; Id = 'PasswordRejected' }
        @{ Kind = 'another Packing Key'; User = 'removed@x'; Password = 'the password 4711'; Key = 'another key than that one'; Id = 'PackingKeyMismatch' }
        @{ Kind = 'an account that is not here'; User = 'nobody@x'; Password = 'p'; Key = 'another key than that one'; Id = 'AccountNotFound' }
    ) {
        Get-ErrorId { Remove-PasspackAccount -Credential (New-Credential $User $Password) -PackingKey $Key -Confirm:$false } | Should -Be $Id
        Get-PasspackDevice | Should -HaveCount 2
    }

    It 'deletes it, and leaves an offline account with what was online' {
        Remove-PasspackAccount -Credential (New-Credential removed@x) -PackingKey $PackingKey -Confirm:$false | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount).Server | Should -BeNullOrEmpty
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'p'
        Get-ErrorId { Remove-PasspackAccount -Credential (New-Credential removed@x) -PackingKey $PackingKey -Confirm:$false } | Should -Be 'NotConnected'
        $env:PASSPACK_HOME = $first
        Get-ErrorId { Sync-PasspackVault } | Should -Be 'DeviceRevoked'
        (Get-PasspackEntry).Name | Should -Be 'one'
    }
}
