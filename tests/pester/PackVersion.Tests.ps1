# Local accounts of earlier pack versions. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer

    # An online account with an entry, on a machine of its own, whose vault is of an earlier pack version then, and locked.
    function New-AgedAccount([string] $UserId, [int] $PackVersion) {
        $null = Enter-NewMachine
        $credential = [pscredential]::new($UserId, (ConvertTo-SecureString 'the password 4711' -AsPlainText))
        $null = New-PasspackAccount -Server $url -Credential $credential -PackingKey $PackingKey
        $null = New-PasspackEntry one -Password p -Notes 'some notes' -Tag work
        $null = Sync-PasspackVault
        Set-PackVersion $UserId $PackVersion
        $credential
    }
}

AfterAll {
    Close-Test
}

Describe 'A local account of pack version <_>' -ForEach 5, 6 {
    BeforeAll {
        $packVersion = $_
        $null = New-AgedAccount "aged-$_@x" $_
    }

    It 'shows what it needs while it is locked, and unlocks' {
        $account = Get-PasspackLocalAccount
        $account.PackVersion, $account.Alignment | Should -Be $packVersion, 'ConversionNeeded'
        Get-ErrorId { Unlock-PasspackVault -PackingKey 'the wrong Packing Key' } | Should -Be 'PackingKeyMismatch'
        Unlock-PasspackVault -PackingKey $PackingKey -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'p'
    }

    It 'with -WhatIf is shown what would change, and is not converted' {
        $plan = Sync-PasspackVault -WhatIf -WarningVariable warned -WarningAction SilentlyContinue
        $plan.Notices | Should -BeLike "*from pack version $packVersion to 7*"
        $warned.Message | Should -BeLike '*Convert the keys*'
        Update-PasspackLocalAccount -WhatIf | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount).PackVersion | Should -Be $packVersion
        (Get-PasspackLocalAccount).Backups -notlike '*-daily.db' | Should -BeNullOrEmpty
    }

    It 'is converted in place after a copy: by Update-PasspackLocalAccount, or by the next sync, which says so' {
        if ($packVersion -eq 5) {
            $said = Update-PasspackLocalAccount -Verbose 4>&1
            $said[-2].Message | Should -BeLike '*were converted from pack version 5 to 7*'
            $said[-1].PackVersion | Should -Be 7
        } else {
            $result = Sync-PasspackVault -WarningVariable warned -WarningAction SilentlyContinue
            $result.Notices | Should -BeLike '*were converted from pack version 6 to 7*'
            $warned.Message | Should -Be $result.Notices
            (Get-PasspackSyncHistory -Last 1).Notices | Should -Be $result.Notices
            ($result | Format-List | Out-String) | Should -BeLike '*Notices*'
        }
        $account = Get-PasspackLocalAccount
        $account.PackVersion, $account.Alignment | Should -Be 7, 'Aligned'
        $copies = @($account.Backups -notlike '*-daily.db')
        $copies | Should -HaveCount 1
        $copies | Should -BeLike '*before-conversion*'
        Lock-PasspackVault
        Unlock-PasspackVault -PackingKey $PackingKey
        (Sync-PasspackVault).Notices | Should -BeNullOrEmpty
        (Get-PasspackEntry one).GetNotes() | Should -Be 'some notes'
        (Update-PasspackLocalAccount).Alignment | Should -Be 'Aligned'
    }
}

Describe 'A local account of pack version 5 that is locked' {
    It 'is converted with its Packing Key, and stays locked' {
        $null = New-AgedAccount locked@x 5
        Get-ErrorId { Update-PasspackLocalAccount } | Should -Be 'VaultLocked'
        (Update-PasspackLocalAccount -PackingKey $PackingKey).PackVersion | Should -Be 7
        (Get-PasspackLocalAccount).Unlocked | Should -BeFalse
        Unlock-PasspackVault -PackingKey $PackingKey
    }

    It 'has to be named where there are others' {
        $null = New-PasspackLocalAccount -UserId other -PackingKey $PackingKey
        Get-ErrorId { Update-PasspackLocalAccount } | Should -Be 'AccountAmbiguous'
        (Update-PasspackLocalAccount -Account other).Alignment | Should -Be 'Offline'
    }
}

Describe 'A local account of pack version <_>' -ForEach 1, 2, 3 {
    BeforeAll {
        $packVersion = $_
        $credential = New-AgedAccount "old-$_@x" $_
    }

    It 'is misaligned: it unlocks with a warning that gives the way out, lists and exports' {
        $account = Get-PasspackLocalAccount
        $account.PackVersion, $account.Alignment | Should -Be $packVersion, 'Misaligned'
        Get-ErrorId { Unlock-PasspackVault -PackingKey 'the wrong Packing Key' } | Should -Be 'PackingKeyMismatch'
        Unlock-PasspackVault -PackingKey $PackingKey -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -HaveCount 1
        $warned[0].Message | Should -BeLike "*pack version $packVersion*Reset-PasspackLocalAccount*docs/recovery.md*"
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'p'
        (Get-PasspackTag).Name | Should -Be 'work'
        (Export-PasspackEntry).Notes | Should -Be 'some notes'
        $null = New-PasspackEntry 'made while misaligned'
    }

    It 'is neither synced nor converted, and the error gives the way out' {
        foreach ($command in { Sync-PasspackVault }, { Sync-PasspackVault -WhatIf }, { Get-PasspackEntry -Online }, { Update-PasspackLocalAccount },
            { Connect-PasspackAccount -Server $url -Credential $credential -PackingKey $PackingKey },
            { Set-PasspackPackingKey -Credential $credential -PackingKey $PackingKey -NewPackingKey 'another sentence, 4712 times at least' }) {
            $failed = $command | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'PackMisaligned,*'
            $failed.CategoryInfo.Category | Should -Be 'InvalidData'
            $failed.Exception.Message | Should -BeLike '*Reset-PasspackLocalAccount*docs/recovery.md*'
        }
        $account = Get-PasspackLocalAccount
        $account.PackVersion, $account.PendingChanges, $account.Unlocked | Should -Be $packVersion, 1, $true
        $account.Backups -notlike '*-daily.db' | Should -BeNullOrEmpty
    }
}
