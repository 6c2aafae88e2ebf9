# Portable key files: an empty machine set up without a question. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $first = Enter-NewMachine
    $null = New-PasspackAccount -Server $url -Credential (New-Credential files@x) -PackingKey $PackingKey -WarningAction Ignore
    $null = New-PasspackEntry mine -Password s3cret -Tag prod
    $null = Sync-PasspackVault
    $null = New-Item -ItemType Directory "$TestDrive/keys"
    $file = "$TestDrive/keys/portable.key"
    Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $file -Portable -DeviceName 'nightly job'

    function Use-Machine([string] $Folder) {
        Lock-PasspackVault -All
        $env:PASSPACK_HOME = $Folder
        if ($Folder -eq $first) { Unlock-PasspackVault -PackingKey $PackingKey }
    }
}

AfterAll {
    Close-Test
}

Describe 'A portable key file' {
    It 'is made with -KeyFile only, for a connected account, and -WhatIf makes none' {
        Use-Machine $first
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile "$TestDrive/keys/none" -Portable -WhatIf
        "$TestDrive/keys/none" | Should -Not -Exist
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -Portable } | Should -Be 'InvalidArgument'
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile "$TestDrive/keys/none" -DeviceName x } | Should -Be 'InvalidArgument'
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $file -Portable } | Should -Be 'FileExists'
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey 'some other key that is wrong' -KeyFile "$TestDrive/keys/none" -Portable } |
            Should -Be 'PackingKeyMismatch'
        $null = New-TestAccount
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile "$TestDrive/keys/none" -Portable } | Should -Be 'NotConnected'
        Use-Machine $first
        # Of all that, one key file.
        Get-PasspackDevice | Where-Object KeyFile | Should -HaveCount 1
        if (-not $IsWindows) { (Get-Item $file).UnixMode | Should -Be '-rw-------' }
        Get-Content $file -Raw | Should -Not -Match 'files@x|127\.0\.0\.1'
    }

    It 'sets up an empty machine in a process of its own, which syncs and pushes, and unlocks it from then on' {
        $there = Enter-NewMachine
        $script = @"
Import-Module `$ModulePath
Connect-PasspackAccount -KeyFile '$file' -WarningAction Ignore | ForEach-Object { "`$(`$_.Account) `$(`$_.Unlocked)" }
(Get-PasspackEntry mine).GetPasswordText()
`$null = New-PasspackEntry theirs -Password other
`$null = Sync-PasspackVault
"@
        Invoke-Fresh $script | Should -Be 'files@x True', 's3cret'
        Invoke-Fresh "Import-Module `$ModulePath; Unlock-PasspackVault -Unattended -KeyFile '$file'; (Get-PasspackEntry theirs).GetPasswordText()" |
            Should -Be 'other'
        # Again, as an entry point of a container with a volume does: the machine's own token does.
        Connect-PasspackAccount -KeyFile $file -WarningAction Ignore | ForEach-Object Account | Should -Be 'files@x'
        Get-PasspackDevice | Where-Object Current | ForEach-Object Name | Should -Be 'nightly job'
        Use-Machine $first
        (Sync-PasspackVault).Pulled | Should -Be 1
        $device = Get-PasspackDevice 'nightly job'
        $device.KeyFile, $device.Machines | Should -Be $true, 1
        $used = Get-PasspackEvent | Where-Object Type -EQ KeyFileUsed
        $used | Should -HaveCount 1
        $used.Device | Should -Be 'nightly job'
        Get-PasspackEvent | Where-Object Type -EQ KeyFileAdded | Should -HaveCount 1
        ($device | Out-String -Width 80) -split '\r?\n' | ForEach-Object Length | Measure-Object -Maximum | ForEach-Object Maximum | Should -BeLessOrEqual 100
        $there | Should -Exist
    }

    It 'lets its machines do nothing but sync' {
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -KeyFile $file -WarningAction Ignore
        Get-ErrorId { Get-PasspackDevice vm*, *"$([Environment]::MachineName)*" | Where-Object { -not $_.KeyFile } | Remove-PasspackDevice -Confirm:$false -ErrorAction Stop } |
            Should -Be 'NotForKeyFile'
        Get-ErrorId { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile "$TestDrive/keys/other.key" -Portable } | Should -Be 'NotForKeyFile'
        "$TestDrive/keys/other.key" | Should -Not -Exist
        Disconnect-PasspackAccount -Confirm:$false
        (Get-PasspackLocalAccount).Server | Should -BeNullOrEmpty
        # Connected again, by the same file.
        (Connect-PasspackAccount -KeyFile $file -WarningAction Ignore).Server | Should -Not -BeNullOrEmpty
    }

    It 'is refused with an error of its own: <Name>' -ForEach @(
        @{ Name = 'altered'; Change = { param($text) $text -replace '(?<=portable#).', '!' }; Id = 'KeyFileDamaged'; Says = 'altered' }
        @{ Name = 'cut short'; Change = { param($text) $text.Substring(0, 200) }; Id = 'KeyFileDamaged'; Says = 'cut short' }
        @{ Name = 'of a later version'; Change = { param($text) $text -replace '#1#', '#2#' }; Id = 'KeyFileTooNew'; Says = 'version 2' }
        @{ Name = 'no key file'; Change = { 'nothing of ours' }; Id = 'KeyFileDamaged'; Says = 'none of this module' }
    ) {
        $machine = Enter-NewMachine
        $changed = "$TestDrive/keys/changed.key"
        Set-Content $changed (& $Change (Get-Content $file -Raw))
        if (-not $IsWindows) { chmod 600 $changed }
        $failed = { Connect-PasspackAccount -KeyFile $changed } | Should -Throw -ErrorId "$Id,*" -PassThru
        "$failed" | Should -Match $Says
        Join-Path $machine accounts | Should -Not -Exist
        Use-Machine $first
        Lock-PasspackVault -All
        Get-ErrorId { Unlock-PasspackVault -Unattended -KeyFile $changed } | Should -BeIn $Id, 'UnattendedRefused'
    }

    It 'is refused where others could have read it, and where there is none' {
        $null = Enter-NewMachine
        Get-ErrorId { Connect-PasspackAccount -KeyFile "$TestDrive/keys/missing" } | Should -Be 'KeyFileDamaged'
        Connect-PasspackAccount -KeyFile $file -WhatIf
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
        if ($IsWindows) { return }
        chmod 640 $file
        $failed = { Connect-PasspackAccount -KeyFile $file } | Should -Throw -ErrorId 'UnattendedRefused,*' -PassThru
        "$failed" | Should -Match "chmod 600 '$([regex]::Escape($file))'"
        chmod 600 $file
    }

    It 'does not take another account of the User ID for its own' {
        $null = New-TestAccount files@x
        Lock-PasspackVault -All
        Get-ErrorId { Connect-PasspackAccount -KeyFile $file } | Should -Be 'AccountExists'
    }

    It 'ends with Remove-PasspackDevice: neither Connect nor a sync of its machines works, and the message says why' {
        $machine = Enter-NewMachine
        $null = Connect-PasspackAccount -KeyFile $file -WarningAction Ignore
        Use-Machine $first
        Get-PasspackDevice 'nightly job' | Remove-PasspackDevice -Confirm:$false
        Get-PasspackDevice | Where-Object KeyFile | Should -BeNullOrEmpty
        Lock-PasspackVault -All
        $env:PASSPACK_HOME = $machine
        Unlock-PasspackVault -Unattended -KeyFile $file
        $failed = { Sync-PasspackVault } | Should -Throw -ErrorId 'DeviceRevoked,*' -PassThru
        "$failed" | Should -Match 'key file'
        $null = Enter-NewMachine
        $failed = { Connect-PasspackAccount -KeyFile $file } | Should -Throw -ErrorId 'DeviceRevoked,*' -PassThru
        "$failed" | Should -Match 'Remove-PasspackDevice'
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }

    It 'is of no use after the Packing Key was changed' {
        Use-Machine $first
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -KeyFile $file -Portable -Force
        $next = 'correct horse battery staple, 4712 times'
        Set-PasspackPackingKey -Credential (New-Credential files@x) -PackingKey $PackingKey -NewPackingKey $next -WarningAction Ignore
        $null = Enter-NewMachine
        $failed = { Connect-PasspackAccount -KeyFile $file } | Should -Throw -ErrorId 'UnattendedRefused,*' -PassThru
        "$failed" | Should -Match 'Packing Key was changed'
    }
}
