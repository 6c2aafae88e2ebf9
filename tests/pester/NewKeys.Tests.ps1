# What about_Passpack_Security says to do when keys are in the wrong hands, run as it is written, against a real server; and what a thief has of it.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    . $PSScriptRoot/Examples.ps1
    $nextKey = 'seven lanterns on the quay, and no wind'
    $answer = $PackingKey

    # A person answers with the old Packing Key where it is asked for, and with the new one from then on.
    function Read-Host([string] $Prompt, [switch] $AsSecureString) {
        if ($Prompt -match 'new') { $script:answer = $nextKey }
        ConvertTo-SecureString $script:answer -AsPlainText
    }

    $page = Get-Content (Join-Path $root docs/en-US/about_Passpack_Security.md) -Raw
    $chapter = [regex]::Match($page, '(?ms)^## Keys in the wrong hands$(.*?)^## ').Groups[1].Value
    $here, $elsewhere = [regex]::Matches($chapter, '(?ms)^```powershell\n(.*?)^```$').ForEach({ $_.Groups[1].Value })

    Initialize-Session
    Enter-Session
    $url = $script:Session.Url
    $script:answer = $PackingKey
    Get-PasspackEntry | Select-Object -First 1 | ForEach-Object { $null = Set-PasspackEntry -Id $_.Id -Favorite -Online }
    Get-PasspackEntry VPN | Set-PasspackEntry -Password 'of before'
    $null = Sync-PasspackVault
    $thief = "$TestDrive/thief"
    Copy-Item $env:PASSPACK_HOME $thief -Recurse
    $machine = $env:PASSPACK_HOME
    # One that is the owner's, and learns of it later.
    $other = Enter-NewMachine
    $null = Connect-PasspackAccount -Server $url -Credential (Get-Credential anna@example.com) -PackingKey $PackingKey
    $null = Sync-PasspackVault
    Lock-PasspackVault
    $env:PASSPACK_HOME = $machine

    function Get-AllContent { Export-PasspackEntry | Sort-Object Id | Select-Object * | ConvertTo-Json }
    $before = Get-AllContent
    $history = @(Get-PasspackEntry VPN | Get-PasspackEntryHistory).Count
    $account = Get-PasspackLocalAccount
    Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
    $null = . ([scriptblock]::Create($here)) 3>&1 | Tee-Object -Variable said
}

AfterAll {
    Exit-Session
}

Describe 'Keys in the wrong hands' {
    It 'keeps every entry, its history too, on this machine, unlocked under the new keys' {
        (Get-PasspackLocalAccount).Unlocked | Should -BeTrue
        Get-AllContent | Should -BeExactly $before
        Get-PasspackEntry VPN | Get-PasspackEntryHistory | Should -HaveCount $history
        Lock-PasspackVault
        { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Throw -ErrorId 'PackingKeyMismatch*'
        Unlock-PasspackVault -PackingKey $nextKey
        Test-PasspackVault | Should -BeTrue
    }

    It 'counts the keys, and shows another fingerprint' {
        $now = Get-PasspackLocalAccount
        $account.KeyEpoch, $now.KeyEpoch | Should -Be 1, 2
        $account.Fingerprint | Should -Match '^([0-9A-F]{4} ?)+$'
        $now.Fingerprint | Should -Match '^([0-9A-F]{4} ?)+$'
        $now.Fingerprint | Should -Not -Be $account.Fingerprint
    }

    It 'warns that unattended unlock has to be enabled again' {
        "$said" | Should -BeLike '*Unattended unlock of anna@example.com*Enable-PasspackUnattendedUnlock*'
        (Get-PasspackLocalAccount).Unattended | Should -BeFalse
        Lock-PasspackVault
        { Unlock-PasspackVault -Unattended -Account anna@example.com } | Should -Throw -ErrorId 'UnattendedRefused*'
        Unlock-PasspackVault -PackingKey $nextKey
    }

    It 'keeps a sealed copy of before' {
        (Get-PasspackLocalAccount).Backups | Where-Object { $_ -like '*before-new-keys*' } | Should -Not -BeNullOrEmpty
    }

    It 'lets the other devices sleep' {
        $devices = Get-PasspackDevice
        ($devices | Where-Object Current).Asleep | Should -BeFalse
        ($devices | Where-Object -Not Current).Asleep | Should -Be @($true)
    }

    It 'gives another machine all of it, tags and favorites too, and tells it before' {
        try {
            $env:PASSPACK_HOME = $other
            Unlock-PasspackVault -PackingKey $PackingKey
            { Sync-PasspackVault } | Should -Throw -ErrorId 'KeysReplacedOnline*'
            "$((Get-PasspackLocalAccount).Alignment)" | Should -Be 'KeysReplaced'
            $script:answer = $nextKey
            { Update-PasspackLocalAccount -PackingKey 'not that one either' } | Should -Throw -ErrorId 'PackingKeyMismatch*'
            Update-PasspackLocalAccount -PackingKey $nextKey -WhatIf | Should -BeNullOrEmpty
            "$((Get-PasspackLocalAccount).Alignment)" | Should -Be 'KeysReplaced'
            $null = . ([scriptblock]::Create($elsewhere))
            Get-AllContent | Should -BeExactly $before
            "$((Get-PasspackLocalAccount).Alignment)" | Should -Be 'Aligned'
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
            Unlock-PasspackVault -PackingKey $nextKey
        }
        (Get-PasspackDevice).Asleep | Should -Be $false, $false
    }

    It 'leaves a thief of the old keys with what he had' {
        $null = New-PasspackEntry 'after the theft' -Password new
        $null = Sync-PasspackVault
        try {
            $env:PASSPACK_HOME = $thief
            Unlock-PasspackVault -PackingKey $PackingKey
            Get-ErrorId { Sync-PasspackVault } | Should -BeIn 'DeviceRevoked', 'KeysReplacedOnline'
            Get-PasspackEntry 'after the theft' -ErrorAction Ignore | Should -BeNullOrEmpty
            Get-ErrorId { Update-PasspackLocalAccount -PackingKey $PackingKey } | Should -Not -Be 'no error'
            $null = Enter-NewMachine
            { Connect-PasspackAccount -Server $url -Credential (Get-Credential anna@example.com) -PackingKey $PackingKey } | Should -Throw -ErrorId 'PackingKeyMismatch*'
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
        }
    }
}

Describe 'Update-PasspackLocalAccount -NewKeys' {
    BeforeAll {
        Enter-Session
        $me = Get-Credential anna@example.com
    }

    It 'refuses <Kind>, also with -WhatIf' -ForEach @(
        @{ Kind = 'a key of 7 characters'; With = @{ NewPackingKey = '1234567' }; Id = 'KeyTooWeak' }
        @{ Kind = 'a weak key'; With = @{ NewPackingKey = 'password' }; Id = 'KeyTooWeak' }
        @{ Kind = 'the Password'; With = @{ NewPackingKey = 'Six lamps, 4 doors!' }; Id = 'KeyTooWeak' }
        @{ Kind = 'the present key, without being told so'; With = @{ NewPackingKey = 'correct horse battery staple, 4711 times' }; Id = 'InvalidArgument' }
        @{ Kind = 'a new key that is to be kept'; With = @{ NewPackingKey = 'another sentence of many words, 4712'; KeepPackingKey = $true }; Id = 'AmbiguousParameterSet' }
        @{ Kind = 'a checkpoint'; With = @{ NewPackingKey = 'another sentence of many words, 4712'; Checkpoint = '1:00' }; Id = 'AmbiguousParameterSet' }
    ) {
        Get-ErrorId { Update-PasspackLocalAccount -NewKeys -Credential $me -PackingKey $PackingKey @With -Confirm:$false } | Should -Be $Id
        Get-ErrorId { Update-PasspackLocalAccount -NewKeys -Credential $me -PackingKey $PackingKey @With -WhatIf } | Should -Be $Id
    }

    It 'refuses a wrong Packing Key or Password, a credential that is not there, and nobody to ask' {
        $with = @{ NewKeys = $true; NewPackingKey = 'another sentence of many words, 4712'; Confirm = $false }
        Get-ErrorId { Update-PasspackLocalAccount @with -Credential $me -PackingKey wrong } | Should -Be 'PackingKeyMismatch'
        Get-ErrorId { Update-PasspackLocalAccount @with -Credential $me -PackingKey wrong -WhatIf } | Should -Be 'PackingKeyMismatch'
        Get-ErrorId { Update-PasspackLocalAccount @with -PackingKey $PackingKey } | Should -Be 'InvalidArgument'
        Get-ErrorId { Update-PasspackLocalAccount @with -PackingKey $PackingKey -Credential (New-Credential anna@example.com wrong) } | Should -Be 'PasswordRejected'
        Get-ErrorId { Update-PasspackLocalAccount -Checkpoint '1:00' } | Should -Be 'InvalidArgument'
        (Get-PasspackLocalAccount).KeyEpoch | Should -Be 1
        (Get-PasspackDevice).Asleep | Should -BeFalse
    }

    It 'says what it would do, and does nothing, with -WhatIf' {
        Update-PasspackLocalAccount -NewKeys -Credential $me -PackingKey $PackingKey -NewPackingKey 'another sentence of many words, 4712' -WhatIf | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount).KeyEpoch | Should -Be 1
        $null = Sync-PasspackVault
    }

    It 'keeps a locked account locked, and its Packing Key if it is told so' {
        Lock-PasspackVault
        $updated = Update-PasspackLocalAccount -NewKeys -KeepPackingKey -Credential $me -PackingKey $PackingKey -Confirm:$false
        $updated.KeyEpoch, $updated.Unlocked | Should -Be 2, $false
        $updated.Checkpoint | Should -Not -BeNullOrEmpty
        Unlock-PasspackVault -PackingKey $PackingKey
        (Sync-PasspackVault).Damaged | Should -Be 0
        Test-PasspackVault | Should -BeTrue
    }

    It 'has a machine with the same Packing Key demand the checkpoint' {
        $here = $env:PASSPACK_HOME
        try {
            $there = Enter-NewMachine
            $null = Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey
            $null = Sync-PasspackVault
            $env:PASSPACK_HOME = $here
            $checkpoint = (Update-PasspackLocalAccount -NewKeys -KeepPackingKey -Credential $me -PackingKey $PackingKey -Confirm:$false).Checkpoint
            $env:PASSPACK_HOME = $there
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'KeysReplacedOnline'
            $failed = { Update-PasspackLocalAccount -PackingKey $PackingKey } | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'KeysReplacedOnline,*'
            $failed.Exception.Message | Should -BeLike '*-Checkpoint*'
            Lock-PasspackVault
            (Update-PasspackLocalAccount -PackingKey $PackingKey -Checkpoint $checkpoint).KeyEpoch | Should -Be 3
            Unlock-PasspackVault -PackingKey $PackingKey
            $null = Sync-PasspackVault
            Get-PasspackEntry VPN | Should -Not -BeNullOrEmpty
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $here
            Unlock-PasspackVault -PackingKey $PackingKey
        }
    }

    It 'replaces those of an offline account without a credential, and shows no secret' {
        $null = New-TestAccount offline@x
        $null = New-PasspackEntry mine -Password p
        Get-ErrorId { Update-PasspackLocalAccount -NewKeys -Account offline@x -PackingKey $PackingKey -NewPackingKey $nextKey -PurgeHistory -Confirm:$false } | Should -Be 'InvalidArgument'
        $said = Update-PasspackLocalAccount -NewKeys -Account offline@x -PackingKey $PackingKey -NewPackingKey $nextKey -Confirm:$false -Verbose -Debug *>&1 | Out-String
        foreach ($secret in $nextKey, $PackingKey) { $said | Should -Not -BeLike "*$secret*" }
        $said | Should -BeLike '*epoch 2*'
        (Get-PasspackEntry mine).GetPassword() | Show-Secret | Should -Be 'p'
        (Get-PasspackLocalAccount).Fingerprint | Should -BeNullOrEmpty
        Lock-PasspackVault
        Get-ErrorId { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Be 'PackingKeyMismatch'
        Unlock-PasspackVault -PackingKey $nextKey
        Lock-PasspackVault -All
    }
}
