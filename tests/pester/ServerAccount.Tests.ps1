# What an administrator sees and does from PowerShell, and what those it is done to meet. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $server = Start-TestServer -Registration invitation
    $url = $server.Url
    $machine = Enter-NewMachine
    $first = (Get-Content "$($server.Data)/first-invitation.txt" -Raw).Trim()
    $null = New-PasspackAccount -Server $url -Credential (New-Credential admin@x) -PackingKey $PackingKey -Invitation $first

    # Does something on a machine of another account, and comes back to the administrator's.
    function On([string] $Home_, [scriptblock] $Script) {
        try {
            $env:PASSPACK_HOME = $Home_
            & $Script
        } finally {
            $env:PASSPACK_HOME = $machine
        }
    }

    function Register([string] $UserId) {
        $invitation = (New-PasspackServerInvitation -Account admin@x).Invitation
        try {
            $home_ = Enter-NewMachine
            $null = New-PasspackAccount -Server $url -Credential (New-Credential $UserId) -PackingKey $PackingKey -Invitation $invitation
            $null = New-PasspackEntry 'an entry' -UserId berta@x -Password 'a secret'
            $null = Sync-PasspackVault
        } finally {
            $env:PASSPACK_HOME = $machine
        }
        $home_
    }

    $annas = Register anna@x
    $bertas = Register berta@x
}

AfterAll {
    Close-Test
}

Describe 'Get-PasspackServerAccount' {
    It 'lists the accounts, in the order in which they registered, and nothing of what they hold' {
        $accounts = Get-PasspackServerAccount
        $accounts.UserId | Should -Be admin@x, anna@x, berta@x
        $accounts.State | Should -Be Active, Active, Active
        $accounts.Administrator | Should -Be $true, $false, $false
        $anna = $accounts[1]
        $anna.Devices, $anna.Vaults | Should -Be 1, 1
        $anna.Records | Should -BeGreaterThan 0
        $anna.Bytes | Should -BeGreaterThan 300
        $anna.LastSeen | Should -BeGreaterThan ([DateTimeOffset]::UtcNow.AddMinutes(-10))
        $anna.Account | Should -Be 'admin@x'
        $accounts | ConvertTo-Json | Should -Not -Match 'an entry|a secret|127\.0\.0\.1'
    }

    It 'takes User IDs, with wildcards or exact, and tells of one that is not there' {
        (Get-PasspackServerAccount -UserId *a@x, a*).UserId | Should -Be admin@x, anna@x, berta@x
        (Get-PasspackServerAccount -UserId ' ANNA@X ').UserId | Should -Be 'anna@x'
        (Get-PasspackServerAccount -UserId nobody@x, berta@x -ErrorVariable failed -ErrorAction SilentlyContinue).UserId | Should -Be 'berta@x'
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'ServerAccountNotFound,*'
        Get-PasspackServerAccount -UserId z* | Should -BeNullOrEmpty
        (Get-PasspackServerAccount | Select-Object -First 1).UserId | Should -Be 'admin@x'
    }

    It 'is for administrators, whose account is unlocked and connected' {
        On $annas { Get-ErrorId { Get-PasspackServerAccount } | Should -Be 'NotPermitted' }
        On $annas { Get-ErrorId { Get-PasspackServerAccount -UserId nobody@x -ErrorAction Stop } | Should -Be 'NotPermitted' }
        On $annas { Get-ErrorId { Get-PasspackServerState } | Should -Be 'NotPermitted' }
        On $annas { Get-ErrorId { Get-PasspackServerEvent } | Should -Be 'NotPermitted' }
        On $annas { Get-ErrorId { Get-PasspackServerInvitation } | Should -Be 'NotPermitted' }
        On $annas { Get-ErrorId { Disable-PasspackServerAccount -UserId berta@x -Confirm:$false } | Should -Be 'NotPermitted' }
        $offline = Enter-NewMachine
        On $offline { $null = New-PasspackLocalAccount -UserId offline@x -PackingKey $PackingKey; Get-ErrorId { Get-PasspackServerAccount } | Should -Be 'NotConnected' }
    }
}

Describe 'Get-PasspackServerState' {
    It 'tells how the server is' {
        $status = Get-PasspackServerState
        $status.Accounts, $status.Disabled, $status.Administrators | Should -Be 3, 0, 1
        $status.Registration | Should -Be 'invitation'
        $status.Version | Should -Match '^\d+\.\d+\.\d+'
        $status.Schema | Should -BeGreaterThan 5
        $status.Bytes | Should -BeGreaterThan ((Get-PasspackServerAccount).Bytes | Measure-Object -Sum).Sum
        $status.QuotaBytes | Should -Be 1GB
        $status.Uptime | Should -BeGreaterThan ([timespan]::Zero)
        $status | Format-List | Out-String | Should -Match 'Connections per address'
    }
}

Describe 'Disable- and Enable-PasspackServerAccount' {
    It 'do nothing with -WhatIf, and say what is not there' {
        Disable-PasspackServerAccount -UserId anna@x -WhatIf
        (Get-PasspackServerAccount -UserId anna@x).State | Should -Be 'Active'
        Get-ErrorId { Disable-PasspackServerAccount -UserId nobody@x -WhatIf } | Should -Be 'ServerAccountNotFound'
        Get-ErrorId { Disable-PasspackServerAccount -Confirm:$false } | Should -Be 'InvalidArgument'
        Get-ErrorId { Disable-PasspackServerAccount -UserId admin@x -Confirm:$false } | Should -Be 'ServerRefused'
        (Get-Command Disable-PasspackServerAccount).ImplementingType.GetCustomAttributes([Management.Automation.CmdletAttribute], $false).ConfirmImpact | Should -Be 'High'
    }

    It 'refuse an entry, which has a User ID, too' {
        On $annas { Get-PasspackEntry | Disable-PasspackServerAccount -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue; $failed[0] | Should -BeLike '*is an entry*' }
    }

    It 'keep everybody out, and let everybody in again, with nothing lost' {
        $disabled = Get-PasspackServerAccount -UserId anna@x | Disable-PasspackServerAccount -Confirm:$false -PassThru
        $disabled.State | Should -Be 'Disabled'
        (Get-PasspackServerAccount -Disabled).UserId | Should -Be 'anna@x'
        On $annas {
            $null = New-PasspackEntry 'made meanwhile'
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'AccountDisabled'
            try { Sync-PasspackVault } catch { "$_" | Should -BeLike '*Ask who runs the server*' }
            Get-PasspackEntry | Should -HaveCount 2
        }
        $other = Enter-NewMachine
        On $other {
            Get-ErrorId { Connect-PasspackAccount -Server $url -Credential (New-Credential anna@x) -PackingKey $PackingKey } | Should -Be 'AccountDisabled'
            Get-ErrorId { Connect-PasspackAccount -Server $url -Credential (New-Credential anna@x wrong) -PackingKey $PackingKey } | Should -Be 'PasswordRejected'
        }
        Enable-PasspackServerAccount -UserId anna@x
        On $annas { (Sync-PasspackVault).Pushed | Should -Be 1 }
        On $annas { (Get-PasspackEvent -Type AccountDisabled, AccountEnabled).Actor | Should -Be Administrator, Administrator }
        On $annas { (Get-PasspackEvent -Type AccountDisabled).From | Should -BeNullOrEmpty }
    }

    It 'end an unattended sync with the code of a refusal' -Skip:$IsWindows {
        Disable-PasspackServerAccount -UserId berta@x -Confirm:$false
        try {
            On $bertas { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -WarningAction SilentlyContinue -Confirm:$false }
            $null = & $ShellProgram @ShellStart -NoProfile -NonInteractive -File (Join-Path $ModuleFolder Sync-PasspackTask.ps1) -Account berta@x -DataFolder $bertas 2>&1
            $LASTEXITCODE | Should -Be 4
            (Get-Content "$bertas/runs/sync.jsonl" | Select-Object -Last 1 | ConvertFrom-Json).errorId | Should -Be 'AccountDisabled'
        } finally {
            Enable-PasspackServerAccount -UserId berta@x
        }
    }
}

Describe 'Get-PasspackServerEvent' {
    It 'tells what administrators did, to whom and from where' {
        $number = (Get-PasspackServerAccount -UserId anna@x).Number
        $events = Get-PasspackServerEvent
        $events[0].Type | Should -Be 'ServerMigrated'
        $acts = $events | Where-Object AccountNumber -EQ $number
        $acts.Type | Should -Be AccountDisabled, AccountEnabled
        $acts.Actor | Should -Be Administrator, Administrator
        $acts.From | Should -Be 127.0.0.1, 127.0.0.1
        (Get-PasspackServerEvent -Type ServerStarted).Type | Should -Be 'ServerStarted'
        (Get-PasspackServerEvent -After 1 -First 1).Number | Should -Be 2
        (Get-PasspackServerEvent -First 2 | Out-String -Width 80) -replace '\x1b\[[0-9;]*m' | Should -Match 'Number\s+Time\s+Type\s+Actor\s+Account\s+From'
    }
}

Describe 'Get- and Remove-PasspackServerInvitation' {
    It 'list what holds, without its text, and take it back' {
        $invitation = New-PasspackServerInvitation -QuotaBytes 1MB
        $found = Get-PasspackServerInvitation | Where-Object Id -EQ $invitation.Id
        $found.By, $found.QuotaBytes, $found.Used | Should -Be 'admin@x', 1MB, $null
        $found | ConvertTo-Json | Should -Not -BeLike "*$($invitation.Invitation)*"
        Remove-PasspackServerInvitation -Id $invitation.Id -WhatIf
        (Get-PasspackServerInvitation).Id | Should -Contain $invitation.Id
        $found | Remove-PasspackServerInvitation -Confirm:$false
        (Get-PasspackServerInvitation).Id | Should -Not -Contain $invitation.Id
        Get-ErrorId { Remove-PasspackServerInvitation -Id $invitation.Invitation -Confirm:$false } | Should -Be 'InvitationInvalid'
        Get-ErrorId { Remove-PasspackServerInvitation -Confirm:$false } | Should -Be 'InvalidArgument'
        $used = Get-PasspackServerInvitation | Where-Object Used | Select-Object -First 1
        Get-ErrorId { Remove-PasspackServerInvitation -Id $used.Id -Confirm:$false } | Should -Be 'InvitationInvalid'
        $null = Enter-NewMachine
        try { Get-ErrorId { New-PasspackAccount -Server $url -Credential (New-Credential late@x) -PackingKey $PackingKey -Invitation $invitation.Invitation } | Should -Be 'InvitationInvalid' } finally { $env:PASSPACK_HOME = $machine }
    }

    It 'bound who registers by its quota' {
        $invitation = New-PasspackServerInvitation -QuotaBytes 4KB
        $small = Enter-NewMachine
        On $small {
            $null = New-PasspackAccount -Server $url -Credential (New-Credential small@x) -PackingKey $PackingKey -Invitation $invitation.Invitation
            $null = New-PasspackEntry large -Notes ('x' * 8KB)
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'QuotaExceeded'
        }
        (Get-PasspackServerAccount -UserId small@x).QuotaBytes | Should -Be 4KB
    }
}

Describe 'Set-PasspackServerAccount' {
    It 'bounds one account, and takes that back' {
        (Set-PasspackServerAccount -UserId anna@x -QuotaBytes 1KB -PassThru).QuotaBytes | Should -Be 1KB
        On $annas { $null = New-PasspackEntry 'too much' -Notes ('x' * 2KB); Get-ErrorId { Sync-PasspackVault } | Should -Be 'QuotaExceeded' }
        (Get-PasspackServerAccount -UserId anna@x | Set-PasspackServerAccount -QuotaBytes 0 -PassThru).QuotaBytes | Should -BeNullOrEmpty
        On $annas { (Sync-PasspackVault).Pushed | Should -Be 1 }
        Set-PasspackServerAccount -UserId anna@x -QuotaBytes 1 -WhatIf
        (Get-PasspackServerAccount -UserId anna@x).QuotaBytes | Should -BeNullOrEmpty
        Get-ErrorId { Set-PasspackServerAccount -UserId anna@x } | Should -Be 'InvalidArgument'
    }

    It 'demands a second factor, without which nothing is synced' {
        Set-PasspackServerAccount -UserId berta@x -NeedsSecondFactor $true
        On $bertas {
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'SecondFactorRequired'
            try { Sync-PasspackVault } catch { "$_" | Should -BeLike '*Enable-PasspackSecondFactor*' }
            $setup = Enable-PasspackSecondFactor -Credential (New-Credential berta@x)
            Enable-PasspackSecondFactor -Code (Get-OneTimeCode $setup.GetUri())
            $null = Sync-PasspackVault
        }
        $berta = Get-PasspackServerAccount -UserId berta@x
        $berta.SecondFactor, $berta.NeedsSecondFactor | Should -Be $true, $true
    }
}

Describe 'Reset-PasspackServerAccount' {
    It 'resets nothing with -WhatIf, or without a word of what' {
        Reset-PasspackServerAccount -UserId berta@x -Device -SecondFactor -Password -Lockout -WhatIf | Should -BeNullOrEmpty
        (Get-PasspackServerAccount -UserId berta@x).SecondFactor | Should -BeTrue
        Get-ErrorId { Reset-PasspackServerAccount -UserId berta@x -Confirm:$false } | Should -Be 'InvalidArgument'
        On $annas { Get-ErrorId { Reset-PasspackServerAccount -UserId berta@x -Password -Confirm:$false } | Should -Be 'NotPermitted' }
    }

    It 'removes a second factor and revokes devices' {
        Reset-PasspackServerAccount -UserId berta@x -Device -SecondFactor -Lockout -Confirm:$false | Should -BeNullOrEmpty
        Set-PasspackServerAccount -UserId berta@x -NeedsSecondFactor $false
        On $bertas {
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'DeviceRevoked'
            $null = Connect-PasspackAccount -Server $url -Credential (New-Credential berta@x) -PackingKey $PackingKey
            $null = Sync-PasspackVault
            (Get-PasspackEvent -Type LockoutReset, DevicesReset, SecondFactorReset).Type | Should -Be LockoutReset, DevicesReset, SecondFactorReset
        }
    }

    It 'gives a code by which the owner sets another Password, with the Packing Key alone' {
        $reset = Reset-PasspackServerAccount -UserId anna@x -Password -Confirm:$false
        $reset.Expires | Should -BeGreaterThan ([DateTimeOffset]::UtcNow.AddMinutes(50))
        "$reset" | Should -Not -BeLike "*$($reset.Code)*"
        (Get-PasspackServerAccount -UserId anna@x).ResetUntil | Should -Not -BeNullOrEmpty
        $new = @{ Server = $url; UserId = 'anna@x'; ResetCode = $reset.Code; NewPassword = 'another password 4711' }
        $elsewhere = Enter-NewMachine
        On $elsewhere {
            Set-PasspackPassword @new -PackingKey $PackingKey -WhatIf
            Get-ErrorId { Set-PasspackPassword @new -PackingKey 'not the packing key, at all 4711' } | Should -Be 'PackingKeyMismatch'
            Get-ErrorId { Set-PasspackPassword -Server $url -UserId anna@x -ResetCode nonsense -PackingKey $PackingKey -NewPassword x } | Should -Be 'ResetCodeInvalid'
            Get-ErrorId { Set-PasspackPassword -Server $url -UserId anna@x -ResetCode $reset.Code -PackingKey $PackingKey -NewPassword $PackingKey } | Should -Be 'KeyTooWeak'
            Set-PasspackPassword @new -PackingKey $PackingKey
            Get-ErrorId { Set-PasspackPassword @new -PackingKey $PackingKey } | Should -Be 'ResetCodeInvalid'
            Get-ErrorId { Connect-PasspackAccount -Server $url -Credential (New-Credential anna@x) -PackingKey $PackingKey } | Should -Be 'PasswordRejected'
        }
        On $annas {
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'DeviceRevoked'
            $null = Connect-PasspackAccount -Server $url -Credential (New-Credential anna@x 'another password 4711') -PackingKey $PackingKey
            $null = Sync-PasspackVault
            (Get-PasspackEvent -Type PasswordResetGiven, PasswordReset).Actor | Should -Be Administrator, Owner
        }
    }

    It 'gives a code that a login with the right Password voids' {
        $reset = Reset-PasspackServerAccount -UserId anna@x -Password -Confirm:$false
        $elsewhere = Enter-NewMachine
        On $elsewhere {
            $null = Connect-PasspackAccount -Server $url -Credential (New-Credential anna@x 'another password 4711') -PackingKey $PackingKey
            Get-ErrorId { Set-PasspackPassword -Server $url -UserId anna@x -ResetCode $reset.Code -PackingKey $PackingKey -NewPassword 'a third password 4711' } | Should -Be 'ResetCodeInvalid'
        }
    }
}

Describe 'passpack-server admin' {
    It 'makes an administrator of an account beside the running server' {
        dotnet $ServerPath admin grant anna@x --data $server.Data | Should -Be 'anna@x is an administrator.'
        On $annas { Get-PasspackServerAccount -UserId anna@x | ForEach-Object Administrator | Should -BeTrue }
        $null = dotnet $ServerPath admin revoke anna@x --data $server.Data
        On $annas { Get-ErrorId { Get-PasspackServerState } | Should -Be 'NotPermitted' }
    }
}

Describe 'Remove-PasspackServerAccount' {
    It 'removes nothing with -WhatIf, and then everything' {
        Remove-PasspackServerAccount -UserId berta@x -WhatIf
        (Get-PasspackServerAccount -UserId berta@x).UserId | Should -Be 'berta@x'
        Get-PasspackServerAccount -UserId berta@x | Remove-PasspackServerAccount -Confirm:$false
        Get-ErrorId { Get-PasspackServerAccount -UserId berta@x -ErrorAction Stop } | Should -Be 'ServerAccountNotFound'
        On $bertas {
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'DeviceRevoked'
            (Get-PasspackEntry).Name | Should -Contain 'an entry'
        }
        Get-ErrorId { Remove-PasspackServerAccount -UserId admin@x -Confirm:$false } | Should -Be 'ServerRefused'
        (Get-PasspackServerEvent -Type AccountRemoved).Actor | Should -Be 'Administrator'
    }
}
