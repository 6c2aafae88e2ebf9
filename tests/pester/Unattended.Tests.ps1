# Unlocked without the Packing Key, by this user on this machine.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $null = New-PasspackEntry mine -Password s3cret
}

AfterAll {
    Close-Test
}

Describe 'A key file' {
    BeforeAll {
        $null = New-Item -ItemType Directory "$TestDrive/keys"
        $file = "$TestDrive/keys/passpack.key"
    }

    BeforeEach {
        Lock-PasspackVault -All
    }

    AfterAll {
        $env:PASSPACK_UNLOCK_FILE = $env:CREDENTIALS_DIRECTORY = $null
    }

    It 'unlocks by -KeyFile and by PASSPACK_UNLOCK_FILE, in a process of its own, and leaves nothing in the data folder' {
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $file -WhatIf
        $file | Should -Not -Exist
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $file
        (Get-PasspackLocalAccount).Unattended | Should -BeFalse
        Get-ErrorId { Unlock-PasspackVault -Unattended } | Should -Be 'UnattendedRefused'
        Invoke-Fresh "Import-Module `$ModulePath; Unlock-PasspackVault -Unattended -KeyFile '$file'; (Get-PasspackEntry mine).GetPasswordText()" | Should -Be 's3cret'
        $env:PASSPACK_UNLOCK_FILE = $file
        (Unlock-PasspackVault -Unattended -PassThru).Unlocked | Should -BeTrue
        $env:PASSPACK_UNLOCK_FILE = 'relative.key'
        Get-ErrorId { Unlock-PasspackVault -Unattended } | Should -Be 'InvalidArgument'
        $env:PASSPACK_UNLOCK_FILE = $null
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $file } | Should -Be 'FileExists'
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $file -Force
        Get-ErrorId { Unlock-PasspackVault -Unattended -KeyFile "$TestDrive/none" } | Should -Be 'UnattendedRefused'
        Set-Content "$TestDrive/keys/other.key" 'nothing of ours'
        if (-not $IsWindows) { chmod 600 "$TestDrive/keys/other.key" }
        Get-ErrorId { Unlock-PasspackVault -Unattended -KeyFile "$TestDrive/keys/other.key" } | Should -Be 'UnattendedRefused'
    }

    It 'is refused when others could get at it, but for where secrets are mounted' -Tag 'needs modes of files, which Windows has not' -Skip:$IsWindows {
        (Get-Item $file).UnixMode | Should -Be '-rw-------'
        chmod 444 $file
        $failed = { Unlock-PasspackVault -Unattended -KeyFile $file } | Should -Throw -ErrorId 'UnattendedRefused,*' -PassThru
        "$failed" | Should -Match "chmod 600 '$([regex]::Escape($file))'"
        $env:CREDENTIALS_DIRECTORY = "$TestDrive/keys"
        Unlock-PasspackVault -Unattended -KeyFile $file
        chmod 666 $file
        Get-ErrorId { Unlock-PasspackVault -Unattended -KeyFile $file } | Should -Be 'UnattendedRefused'
        chmod 600 $file
        chmod 777 "$TestDrive/keys"
        $failed = { Unlock-PasspackVault -Unattended -KeyFile $file } | Should -Throw -ErrorId 'UnattendedRefused,*' -PassThru
        "$failed" | Should -Match "chmod go-w '$([regex]::Escape("$TestDrive/keys"))'"
        chmod 755 "$TestDrive/keys"
    }
}

Describe 'Unattended unlock' {
    BeforeEach {
        Lock-PasspackVault -All
    }

    It 'is refused until it is enabled, with the command that enables it' {
        (Get-PasspackLocalAccount).Unattended | Should -BeFalse
        $failed = { Unlock-PasspackVault -Unattended } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'UnattendedRefused,*'
        $failed.CategoryInfo.Category | Should -Be 'PermissionDenied'
        $failed.Exception.Message | Should -Match "Enable-PasspackUnattendedUnlock -Account 'me@example.com'"
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -WhatIf
        Get-ErrorId { Unlock-PasspackVault -Unattended } | Should -Be 'UnattendedRefused'
    }

    It 'wants the right Packing Key, and never asks for it' {
        Get-ErrorId { Enable-PasspackUnattendedUnlock } | Should -Be 'MissingMandatoryParameter'
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey 'some other key that is wrong' } | Should -Be 'PackingKeyMismatch'
        (Get-PasspackLocalAccount).Unattended | Should -BeFalse
    }

    It 'works in a process of its own once it is enabled, with a locked or an unlocked account' {
        Enable-PasspackUnattendedUnlock -PackingKey (ConvertTo-SecureString $PackingKey -AsPlainText) | Should -BeNullOrEmpty
        (Get-PasspackLocalAccount).Unattended | Should -BeTrue
        (Get-PasspackLocalAccount).Unlocked | Should -BeFalse
        Invoke-Fresh 'Import-Module $ModulePath; Unlock-PasspackVault -Unattended; (Get-PasspackEntry mine).GetPassword() | ConvertFrom-SecureString -AsPlainText' |
            Should -Be 's3cret'
        Unlock-PasspackVault -Unattended -PassThru | ForEach-Object Unlocked | Should -BeTrue
        Unlock-PasspackVault -Unattended | Should -BeNullOrEmpty
    }

    It 'takes one of the two: <_>' -ForEach '-Unattended -PackingKey x', '-Unattended:$false' {
        Get-ErrorId ([scriptblock]::Create("Unlock-PasspackVault $_")) | Should -BeIn 'AmbiguousParameterSet', 'InvalidArgument'
    }

    It 'is refused when others could read the key, and says what mends it' -Tag 'needs modes of files, which Windows has not' -Skip:$IsWindows {
        $key = Join-Path (Split-Path (Split-Path (Get-PasspackLocalAccount).Path)) unattended key
        (Get-Item $key).UnixMode | Should -Be '-rw-------'
        (Get-Item (Split-Path $key)).UnixMode | Should -Be 'drwx------'
        chmod 640 $key
        $failed = { Unlock-PasspackVault -Unattended } | Should -Throw -PassThru
        $failed.Exception.Message | Should -Match "chmod 600 '$([regex]::Escape($key))'"
        chmod 600 $key
        Unlock-PasspackVault -Unattended
    }

    It 'is over when it is disabled' {
        Disable-PasspackUnattendedUnlock -WhatIf
        (Get-PasspackLocalAccount).Unattended | Should -BeTrue
        Get-PasspackLocalAccount | Disable-PasspackUnattendedUnlock | Should -BeNullOrEmpty
        Disable-PasspackUnattendedUnlock
        (Get-PasspackLocalAccount).Unattended | Should -BeFalse
        Get-ErrorId { Unlock-PasspackVault -Unattended } | Should -Be 'UnattendedRefused'
        Unlock-PasspackVault -PackingKey $PackingKey
    }

    It 'names no entry as an account' {
        Unlock-PasspackVault -PackingKey $PackingKey
        Get-ErrorId { Get-PasspackEntry mine | Disable-PasspackUnattendedUnlock } | Should -Be 'InvalidArgument'
        Get-ErrorId { Get-PasspackEntry mine | Enable-PasspackUnattendedUnlock -PackingKey $PackingKey } | Should -Be 'InvalidArgument'
    }

    It 'goes with the account: <Name>' -ForEach @(
        @{ Name = 'removed'; Take = { Unlock-PasspackVault -Unattended; Remove-PasspackLocalAccount -Force -Confirm:$false } }
        @{ Name = 'reset'; Take = { Reset-PasspackLocalAccount -Emergency -Confirm:$false } }
    ) {
        $null = New-TestAccount
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
        Lock-PasspackVault -All
        $folder = Split-Path (Split-Path (Get-PasspackLocalAccount).Path)
        $null = & $Take
        Join-Path $folder unattended | Should -Not -Exist
        Get-ChildItem $folder -Recurse -File | Where-Object Name -EQ key | Should -BeNullOrEmpty
    }
}
