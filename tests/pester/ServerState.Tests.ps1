# A server that is asked about, moves, is restored from a backup of its own; entries deleted there; an account removed from a machine that is behind.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $folder = Join-Path ([IO.Path]::GetTempPath()) "passpack-test-$(New-Guid)"
    $null = New-Item -ItemType Directory $folder
    # In a table, so that a test can start another one for those after it.
    $running = @{ Server = Start-TestServer (Join-Path $folder data) }
    $credential = New-Credential state@x
    $a = $env:PASSPACK_HOME = Join-Path $folder a
    $null = New-PasspackAccount -Server $running.Server.Url -Credential $credential -PackingKey $PackingKey
    $b = $env:PASSPACK_HOME = Join-Path $folder b
    $null = Connect-PasspackAccount -Server $running.Server.Url -Credential $credential -PackingKey $PackingKey

    function On([string] $Machine, [scriptblock] $Script) {
        $env:PASSPACK_HOME = $Machine
        & $Script
    }
}

AfterAll {
    Lock-PasspackVault -All
    Stop-TestServer $running.Server
    Remove-Item $folder -Recurse -Force
}

Describe 'Get-PasspackLocalAccount -Online' {
    It 'asks the server; without the switch nobody is asked' {
        On $a {
            $account = Get-PasspackLocalAccount -Online
            $account.Reachable, $account.TokenAccepted, $account.Alignment | Should -Be $true, $true, 'Aligned'
            $account = Get-PasspackLocalAccount
            $account.Reachable, $account.TokenAccepted | Should -Be $null, $null
        }
    }

    It 'shows what the account keeps to' {
        On $a {
            $account = Get-PasspackLocalAccount
            $account.HistoryVersions, $account.HistoryDays, $account.LockAfterMinutes | Should -Be 20, 365, 15
            Set-PasspackLocalAccount -HistoryVersions 7 -HistoryDays 30
            $account = Get-PasspackLocalAccount
            $account.HistoryVersions, $account.HistoryDays | Should -Be 7, 30
        }
    }

    It 'of a locked account says whether the server answers' {
        On $b {
            Lock-PasspackVault
            $account = Get-PasspackLocalAccount -Online
            $account.Reachable, $account.TokenAccepted, $account.Alignment | Should -Be $true, $null, 'Unknown'
            Unlock-PasspackVault -PackingKey $PackingKey
        }
    }

    It 'emits an account whose server cannot be reached, with an error that ends nothing' {
        On $a {
            $null = New-PasspackLocalAccount -UserId offline -PackingKey $PackingKey
            Stop-TestServer $running.Server
            $accounts = Get-PasspackLocalAccount -Online -ErrorVariable failed -ErrorAction SilentlyContinue
            $accounts | Should -HaveCount 2
            $failed | Should -HaveCount 1
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'ServerUnreachable,*'
            ($accounts | Where-Object Account -EQ 'state@x').Reachable | Should -BeFalse
            ($accounts | Where-Object Account -EQ 'offline').Reachable | Should -BeNullOrEmpty
            Remove-PasspackLocalAccount -Account offline -Confirm:$false
        }
    }
}

Describe 'Set-PasspackLocalAccount -Server' {
    It 'takes the same account at another address, and nothing else' {
        $old = $running.Server.Url
        $running.Server = Start-TestServer $running.Server.Data
        On $a {
            Get-ErrorId { Set-PasspackLocalAccount -Server http://passpack.example.com } | Should -Be 'InsecureTransport'
            Get-ErrorId { Set-PasspackLocalAccount -Server http://127.0.0.1:9 } | Should -Be 'ServerUnreachable'
            Get-ErrorId { Set-PasspackLocalAccount -Server passpack } | Should -Be 'InvalidArgument'
            Set-PasspackLocalAccount -Server $running.Server.Url -WhatIf
            (Get-PasspackLocalAccount).Server | Should -Be ([uri] $old)
            (Set-PasspackLocalAccount -Server $running.Server.Url -PassThru).Server | Should -Be ([uri] $running.Server.Url)
            (Sync-PasspackVault).Requests | Should -BeGreaterThan 0
        }
        On $b { Set-PasspackLocalAccount -Server $running.Server.Url }
        $strange = Start-TestServer
        try { On $a { Get-ErrorId { Set-PasspackLocalAccount -Server $strange.Url } | Should -Be 'DeviceRevoked' } }
        finally { Stop-TestServer $strange }
        On $a { (Get-PasspackLocalAccount).Server | Should -Be ([uri] $running.Server.Url) }
    }
}

Describe 'Sync-PasspackVault -AcceptRollback' {
    BeforeAll {
        On $a { $null = New-PasspackEntry kept -Notes old; $null = Sync-PasspackVault }
        Stop-TestServer $running.Server
        Copy-Item $running.Server.Data (Join-Path $folder copy) -Recurse
        $running.Server = Start-TestServer $running.Server.Data
        On $a {
            Set-PasspackLocalAccount -Server $running.Server.Url
            Get-PasspackEntry kept | Set-PasspackEntry -Notes new
            $null = New-PasspackEntry lost
            $null = Sync-PasspackVault
        }
        Stop-TestServer $running.Server
        $running.Server = Start-TestServer (Join-Path $folder copy)
        foreach ($machine in $a, $b) { On $machine { Set-PasspackLocalAccount -Server $running.Server.Url } }
    }

    It 'without the switch is refused, and the error names the way on' {
        On $a {
            $failed = { Sync-PasspackVault } | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'ServerRolledBack,*'
            $failed.Exception.Message | Should -Match '-AcceptRollback'
        }
    }

    It 'with -WhatIf shows the plan, and writes nothing' {
        On $a {
            $plan = Sync-PasspackVault -AcceptRollback -WhatIf
            $plan.IsPlan, $plan.Pushed | Should -Be $true, 2
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'ServerRolledBack'
            (Get-PasspackLocalAccount).Backups -notlike '*-daily.db' | Should -BeNullOrEmpty
        }
    }

    It 'needs somebody who says yes' {
        On $a {
            Get-ErrorId { Sync-PasspackVault -AcceptRollback } | Should -Not -Be 'no error'
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'ServerRolledBack'
        }
    }

    It 'sends up again what was lost, after a backup; a machine that was not ahead syncs on' {
        On $a {
            $result = Sync-PasspackVault -AcceptRollback -Confirm:$false
            $result.Pushed, $result.Conflicts | Should -Be 2, 0
            @((Get-PasspackLocalAccount).Backups -notlike '*-daily.db') | Should -HaveCount 1
            (Sync-PasspackVault).Changes | Should -HaveCount 0
        }
        On $b {
            $null = Sync-PasspackVault
            (Get-PasspackEntry).Name | Sort-Object | Should -Be 'kept', 'lost'
            (Get-PasspackEntry kept).GetNotes() | Should -Be 'new'
        }
    }

    It 'tells of a conflict who won, and where the loser is' {
        On $a { Get-PasspackEntry kept | Set-PasspackEntry -Notes a; $null = Sync-PasspackVault }
        On $b {
            Get-PasspackEntry kept | Set-PasspackEntry -Notes b
            $conflict = (Sync-PasspackVault -ConflictPolicy KeepBoth).Changes | Where-Object Action -EQ Conflict
            $conflict.Winner, $conflict.Loser | Should -Be 'Local', 'Entry'
            (Get-PasspackEntry -Id $conflict.CopyId).GetNotes() | Should -Be 'a'
        }
        On $a { $null = Sync-PasspackVault }
    }
}

Describe 'Connect-PasspackAccount -AcceptRollback' {
    BeforeAll {
        $newKey = ConvertTo-SecureString 'the Packing Key after the backup of the server' -AsPlainText
        Stop-TestServer $running.Server
        Copy-Item $running.Server.Data (Join-Path $folder copy2) -Recurse
        $running.Server = Start-TestServer $running.Server.Data
        On $a {
            Set-PasspackLocalAccount -Server $running.Server.Url
            Set-PasspackPackingKey -Credential $credential -PackingKey $PackingKey -NewPackingKey $newKey -WarningAction Ignore
            $null = New-PasspackEntry 'lost with the key'
            $null = Sync-PasspackVault
        }
        Stop-TestServer $running.Server
        $running.Server = Start-TestServer (Join-Path $folder copy2)
        foreach ($machine in $a, $b) { On $machine { Set-PasspackLocalAccount -Server $running.Server.Url } }
        $connect = @{ Server = $running.Server.Url; Credential = $credential }
    }

    AfterAll {
        # The tests after this one know the first.
        On $a { Set-PasspackPackingKey -Credential $credential -PackingKey $newKey -NewPackingKey $PackingKey -WarningAction Ignore }
        On $b { $null = Connect-PasspackAccount @connect -PackingKey $PackingKey }
    }

    It 'is what a sync names, with the switch or without' {
        On $a {
            foreach ($accept in $false, $true) {
                $failed = { Sync-PasspackVault -AcceptRollback:$accept -Confirm:$false } | Should -Throw -PassThru
                $failed.FullyQualifiedErrorId | Should -BeLike 'ServerRolledBack,*'
                $failed.Exception.Message | Should -Match "'Connect-PasspackAccount .* -AcceptRollback'"
            }
            Get-ErrorId { Connect-PasspackAccount @connect -PackingKey $newKey } | Should -Be 'ServerRolledBack'
            Get-ErrorId { Connect-PasspackAccount @connect -PackingKey $PackingKey -AcceptRollback } | Should -Be 'PackingKeyMismatch'
        }
    }

    It 'puts the keys of this machine back, and a sync goes on' {
        On $a {
            $null = Connect-PasspackAccount @connect -PackingKey $newKey -AcceptRollback -WhatIf
            Get-ErrorId { Connect-PasspackAccount @connect -PackingKey $newKey } | Should -Be 'ServerRolledBack'
            $null = Connect-PasspackAccount @connect -PackingKey $newKey -AcceptRollback
            (Sync-PasspackVault -AcceptRollback -Confirm:$false).Changes.Name | Should -Be 'lost with the key'
            (Sync-PasspackVault).Changes | Should -HaveCount 0
        }
        On $b { Get-ErrorId { Sync-PasspackVault } | Should -Be 'PackingKeyChangedOnline' }
    }
}

Describe 'Get-PasspackEntry -Deleted -Online' {
    It 'finds what was deleted online, and it can be restored from there' {
        On $a {
            $null = New-PasspackEntry gone -Password p -Online
            $null = New-PasspackEntry 'gone too' -Online
            Get-PasspackEntry gone* | Remove-PasspackEntry -Online -Confirm:$false
        }
        On $b {
            (Get-PasspackEntry -Deleted -Online).Name | Sort-Object | Should -Be 'gone', 'gone too'
            (Get-PasspackEntry *too -Deleted -Online).Name | Should -Be 'gone too'
            $gone = Get-PasspackEntry gone -Deleted -Online
            $gone.GetPassword() | Show-Secret | Should -Be 'p'
            $gone.Trashed | Should -Not -BeNullOrEmpty
            (Get-PasspackEntry -Id $gone.Id -Deleted -Online).Name | Should -Be 'gone'
            Get-ErrorId { Get-PasspackEntry kept -Deleted -Online } | Should -Be 'EntryNotFound'
            $null = $gone | Restore-PasspackEntry -Online -Confirm:$false
            (Get-PasspackEntry -Online).Name | Should -Contain 'gone'
        }
    }
}

Describe 'Remove-PasspackAccount -Server' {
    It 'takes in what is missing here, wherever the server is now' {
        On $b { $null = New-PasspackEntry 'only online by now'; $null = Sync-PasspackVault }
        Stop-TestServer $running.Server
        $running.Server = Start-TestServer $running.Server.Data
        On $a {
            Get-ErrorId { Remove-PasspackAccount -Credential $credential -PackingKey $PackingKey -Confirm:$false } | Should -Be 'ServerUnreachable'
            Lock-PasspackVault
            Remove-PasspackAccount -Server $running.Server.Url -Credential $credential -PackingKey $PackingKey -Confirm:$false
            Unlock-PasspackVault -PackingKey $PackingKey
            (Get-PasspackEntry).Name | Should -Contain 'only online by now'
            (Get-PasspackLocalAccount).Server | Should -BeNullOrEmpty
        }
    }
}
