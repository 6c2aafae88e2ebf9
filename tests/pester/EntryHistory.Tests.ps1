# What entries were before, here and online, and how they become it again. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $credential = New-Credential history@x
}

AfterAll {
    Close-Test
}

Describe 'The history on this machine' {
    BeforeAll {
        $null = New-TestAccount
    }

    BeforeEach {
        $entry = New-PasspackEntry "e $([guid]::NewGuid())" -Password first -Notes old -ExtraField @{ pin = '0815' }
        $entry | Set-PasspackEntry -Password second
        $entry | Set-PasspackEntry -NewName renamed -Notes new
    }

    It 'lists versions, newest first, with what was replaced, when and why' {
        $versions = $entry | Get-PasspackEntryHistory
        $versions | Should -HaveCount 2
        $versions[0].Fields | Sort-Object | Should -Be 'Entry Name', 'Notes'
        $versions[1].Fields | Should -Be 'User ID/Password'
        $versions.Reason | Should -Be 'Edit', 'Edit'
        $versions.Name | Should -Be $entry.Name, $entry.Name
        $versions.EntryId | Should -Be $entry.Id, $entry.Id
        $versions.Account | Should -Be 'me@example.com', 'me@example.com'
        $versions[0].Version | Should -BeGreaterThan $versions[1].Version
        $versions[0].When | Should -BeGreaterOrEqual $versions[1].When
        (Get-PasspackEntryHistory -Id $entry.Id).Version | Should -Be $versions.Version
    }

    It 'takes the exact name of one entry, here or in the trash' {
        $named = New-PasspackEntry 'by name' -Url a
        $named | Set-PasspackEntry -Url b
        (Get-PasspackEntryHistory 'by name').EntryId | Should -Be $named.Id
        $named | Remove-PasspackEntry
        (Get-PasspackEntryHistory 'by name').EntryId | Should -Be $named.Id
        Get-ErrorId { Get-PasspackEntryHistory nothing } | Should -Be 'EntryNotFound'
        Get-ErrorId { Get-PasspackEntryHistory by* } | Should -Be 'InvalidArgument'
    }

    It 'opens secrets by methods only, and only while the account is unlocked' {
        $version = ($entry | Get-PasspackEntryHistory)[1]
        $version.GetPassword() | Show-Secret | Should -Be 'first'
        $version.GetNotes() | Should -Be 'old'
        $version.GetExtraFields().Name | Should -Be 'pin'
        $shown = ($version | ConvertTo-Json), ($version | Format-List * -Force | Out-String), [Management.Automation.PSSerializer]::Serialize($version)
        $shown | Should -Not -Match 'first|\bold\b|0815'
        Lock-PasspackVault
        { $version.GetPassword() } | Should -Throw '*locked*'
        Unlock-PasspackVault -PackingKey $PackingKey
        $version.GetPassword() | Show-Secret | Should -Be 'first'
    }

    It 'has versions of tags, which have no password' {
        $entry | Set-PasspackEntry -AddTag t
        $entry | Set-PasspackEntry -AddTag u
        $version = ($entry | Get-PasspackEntryHistory)[0]
        $version.Fields | Should -Be 'Tags'
        $version.Name | Should -Be 'renamed'
        $version.GetPassword() | Should -BeNullOrEmpty
        $version.GetExtraFields() | Should -BeNullOrEmpty
        ($version | Restore-PasspackEntry).Tags | Should -Be 't'
    }

    It 'says of an id that is not there, and goes on' {
        $found = Get-PasspackEntryHistory -Id ([guid]::NewGuid()), $entry.Id -ErrorVariable failed -ErrorAction SilentlyContinue
        $found | Should -HaveCount 2
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'EntryNotFound,*'
    }

    It 'says of a version that is not there, and goes on' {
        $there = ($entry | Get-PasspackEntryHistory)[0].Version
        $found = $entry | Get-PasspackEntryHistory -Version $there, 4711 -ErrorVariable failed -ErrorAction SilentlyContinue
        $found.Version | Should -Be $there
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'EntryNotFound,*'
        "$failed" | Should -BeLike '*4711*on this machine*Get-PasspackEntryHistory without -Version*'
    }

    It 'puts a version in force, which is an edit that the history takes in' {
        $back = ($entry | Get-PasspackEntryHistory)[1] | Restore-PasspackEntry
        $back.Name | Should -Be $entry.Name
        $back.GetPassword() | Show-Secret | Should -Be 'first'
        $entry | Get-PasspackEntryHistory | Should -HaveCount 3
        (Restore-PasspackEntry -Version ($entry | Get-PasspackEntryHistory)[0]).Name | Should -Be 'renamed'
    }

    It 'takes an entry out of the trash with it' {
        $version = ($entry | Get-PasspackEntryHistory)[1]
        $entry | Remove-PasspackEntry
        ($version | Restore-PasspackEntry).Name | Should -Be $entry.Name
        (Get-PasspackEntry -Id $entry.Id).GetPassword() | Show-Secret | Should -Be 'first'
    }

    It 'goes with an entry that is emptied from the trash: neither it nor the entry can be restored' {
        $versions = @($entry | Get-PasspackEntryHistory)
        $entry | Remove-PasspackEntry
        Remove-PasspackEntry -Id $entry.Id -Permanent -Confirm:$false
        Get-ErrorId { Get-PasspackEntryHistory -Id $entry.Id } | Should -Be 'EntryNotFound'
        Get-ErrorId { Restore-PasspackEntry -Id $entry.Id } | Should -Be 'EntryNotFound'
        Get-ErrorId { $versions[0] | Restore-PasspackEntry } | Should -Be 'EntryNotFound'
    }

    It 'restores only what is a version, and where it is one' {
        $version = ($entry | Get-PasspackEntryHistory)[1]
        Get-ErrorId { [pscustomobject]@{ Version = $version.Version; EntryId = $entry.Id } | Restore-PasspackEntry } | Should -Not -Be 'no error'
        Get-ErrorId { Restore-PasspackEntry -Version 1 } | Should -BeLike 'CannotConvertArgument*'
        Get-ErrorId { $version | Restore-PasspackEntry -Online } | Should -Be 'InvalidArgument'
        Get-ErrorId { $version | Restore-PasspackEntry -Account nobody } | Should -Be 'AccountNotFound'
        $entry | Remove-PasspackEntry
        Get-PasspackEntry -Id $entry.Id -Deleted | Remove-PasspackEntry -Permanent -Confirm:$false
        Get-ErrorId { $version | Restore-PasspackEntry } | Should -Be 'EntryNotFound'
    }

    It 'with -WhatIf restores nothing' {
        ($entry | Get-PasspackEntryHistory)[1] | Restore-PasspackEntry -WhatIf | Should -BeNullOrEmpty
        (Get-PasspackEntry -Id $entry.Id).Name | Should -Be 'renamed'
    }

    It 'is as long as Set-PasspackLocalAccount says' {
        Set-PasspackLocalAccount -HistoryVersions 1 -HistoryDays 30 -WhatIf
        $entry | Set-PasspackEntry -Password third
        $entry | Get-PasspackEntryHistory | Should -HaveCount 3
        Set-PasspackLocalAccount -HistoryVersions 1 -HistoryDays 30 | Should -BeNullOrEmpty
        $entry | Set-PasspackEntry -Password fourth
        $entry | Get-PasspackEntryHistory | Should -HaveCount 1
    }
}

Describe 'The history online' {
    BeforeAll {
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
        $entry = New-PasspackEntry one -Password first -Notes old
        $null = Sync-PasspackVault
        $entry | Set-PasspackEntry -Password second
        $null = Sync-PasspackVault
    }

    It 'lists what the online account keeps' {
        $version = @($entry | Get-PasspackEntryHistory -Online)
        $version | Should -HaveCount 1
        $version[0].Reason | Should -Be 'Online'
        $version[0].Verified | Should -BeTrue
        $version[0].Fields | Should -Be 'User ID/Password'
        $version[0].Name | Should -Be 'one'
        $version[0].GetPassword() | Show-Secret | Should -Be 'first'
        $version[0].GetNotes() | Should -Be 'old'
        $version | ConvertTo-Json | Should -Not -Match 'first|\bold\b|0815'
        Get-ErrorId { Get-PasspackEntryHistory -Id ([guid]::NewGuid()) -Online } | Should -Be 'EntryNotFound'
        Get-ErrorId { $entry | Get-PasspackEntryHistory -Online -Version 4711 } | Should -Be 'EntryNotFound'
    }

    It 'with -WhatIf restores nothing' {
        $entry | Get-PasspackEntryHistory -Online | Restore-PasspackEntry -WhatIf | Should -BeNullOrEmpty
        @($entry | Get-PasspackEntryHistory -Online) | Should -HaveCount 1
    }

    It 'puts a version in force, online and here' {
        $back = $entry | Get-PasspackEntryHistory -Online | Restore-PasspackEntry
        $back.GetPassword() | Show-Secret | Should -Be 'first'
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'first'
        (Sync-PasspackVault).Changes | Should -BeNullOrEmpty
    }

    It 'brings an entry back that was deleted online' {
        Get-ErrorId { $entry | Restore-PasspackEntry -Online } | Should -Be 'EntryNotFound'
        $entry | Remove-PasspackEntry -Online -Confirm:$false
        Get-PasspackEntry -Online | Should -BeNullOrEmpty
        Restore-PasspackEntry -Id $entry.Id -Online -WhatIf | Should -BeNullOrEmpty
        Get-PasspackEntry -Online | Should -BeNullOrEmpty
        (Restore-PasspackEntry -Id $entry.Id -Online).Name | Should -Be 'one'
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'first'
        (Get-PasspackEntryHistory -Id $entry.Id -Online)[0].GetPassword() | Should -BeNullOrEmpty
    }

    It 'shows what this machine never had as unverified, and restores it only once that is confirmed' {
        $here = $env:PASSPACK_HOME
        try {
            $null = Enter-NewMachine
            $null = Connect-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
            $null = Sync-PasspackVault
            $earlier = Get-PasspackEntry one | Get-PasspackEntryHistory -Online | Where-Object { ($_.GetPassword() | Show-Secret) -eq 'second' }
            $earlier.Verified | Should -BeFalse
            ($earlier | Out-String) -replace '\x1b\[[0-9;]*m' | Should -Match '! no'
            $before = (Get-PasspackEntry one).Modified
            $earlier | Restore-PasspackEntry -WhatIf | Should -BeNullOrEmpty
            # In a process where nobody can be asked.
            $asked = Invoke-Fresh @"
Import-Module '$ModulePath'
Unlock-PasspackVault -PackingKey '$PackingKey'
try { Get-PasspackEntry one | Get-PasspackEntryHistory -Online -Version $($earlier.Version) | Restore-PasspackEntry } catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }
"@
            "$asked" | Should -BeLike 'InvalidOperation,*cannot verify*-Confirm:$false*'
            $null = Sync-PasspackVault
            (Get-PasspackEntry one).Modified | Should -Be $before
            ($earlier | Restore-PasspackEntry -Confirm:$false).GetPassword() | Show-Secret | Should -Be 'second'
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $here
            Unlock-PasspackVault -PackingKey $PackingKey
        }
    }

    It 'is shown as a table of at most 80 columns' {
        $lines = ($entry | Get-PasspackEntryHistory -Online | Out-String -Width 80) -replace '\x1b\[[0-9;]*m' -split '\r?\n' | Where-Object { $_.Trim() }
        $lines[1] | Should -Match '^[- ]+$'
    }
}

Describe 'Get-PasspackSyncHistory' {
    BeforeAll {
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $server.Url -PackingKey $PackingKey -Credential (
            [pscredential]::new('runs@x', (ConvertTo-SecureString 'the password 4711' -AsPlainText)))
        $null = New-PasspackEntry one
        $first = Sync-PasspackVault
        $null = Sync-PasspackVault -WhatIf
        $second = Sync-PasspackVault
    }

    It 'shows the runs, newest first' {
        $runs = @(Get-PasspackSyncHistory)
        $runs | Should -HaveCount 2
        $runs[0].Pushed, $runs[1].Pushed | Should -Be 0, 1
        $runs[1].Changes.Name | Should -Be 'one'
        $runs.Checkpoint | Should -Be $second.Checkpoint, $first.Checkpoint
        $runs.ErrorId | Should -Be $null, $null
        (Get-PasspackLocalAccount | Get-PasspackSyncHistory -Last 1).Started | Should -Be $runs[0].Started
    }

    It 'refuses what makes no sense' {
        Get-ErrorId { Get-PasspackSyncHistory -Last 0 } | Should -Be 'ParameterArgumentValidationError'
        Get-ErrorId { Get-PasspackEntry | Get-PasspackSyncHistory } | Should -Be 'InvalidArgument'
        Lock-PasspackVault
        Get-ErrorId { Get-PasspackSyncHistory } | Should -Be 'VaultLocked'
    }
}
