# What about_Passpack_Security says to do when keys are in the wrong hands, run as it is written, against a real server; and what a thief has of it.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    . $PSScriptRoot/Examples.ps1
    $newKey = 'seven lanterns on the quay, and no wind'
    $answer = $PackingKey

    # A person answers with the old Packing Key where it is asked for, and with the new one from then on.
    function Read-Host([string] $Prompt, [switch] $AsSecureString) {
        if ($Prompt -match 'new') { $script:answer = $newKey }
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
    $null = Sync-PasspackVault
    $thief = "$TestDrive/thief"
    Copy-Item $env:PASSPACK_HOME $thief -Recurse
    $machine = $env:PASSPACK_HOME

    # All but ids and times, which are the new account's own.
    function Get-AllContent { Export-PasspackEntry | Sort-Object 'Entry Name', 'User ID', Url | Select-Object * -ExcludeProperty Id, Created, Modified | ConvertTo-Json }
    $before = Get-AllContent
    $null = . ([scriptblock]::Create($here))
}

AfterAll {
    Exit-Session
}

Describe 'Keys in the wrong hands' {
    It 'keeps every entry on this machine, under the new keys' {
        Get-AllContent | Should -BeExactly $before
        Lock-PasspackVault
        { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Throw -ErrorId 'PackingKeyMismatch*'
        Unlock-PasspackVault -PackingKey $newKey
    }

    It 'keeps what was, encrypted' {
        Get-PasspackBackup | Where-Object Kind -EQ Quarantined | Should -Not -BeNullOrEmpty
        "$($script:Session.Folder)/work/before-new-keys.pkps" | Should -Exist
    }

    It 'gives another machine all of it, tags and favorites too' {
        try {
            $null = Enter-NewMachine
            Copy-Item $thief $env:PASSPACK_HOME -Recurse
            $script:answer = $newKey
            $null = . ([scriptblock]::Create($elsewhere.Replace($ServerAddress, $url)))
            Get-AllContent | Should -BeExactly $before
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
        }
    }

    It 'leaves a thief of the old keys with what he had' {
        Unlock-PasspackVault -PackingKey $newKey
        $null = New-PasspackEntry 'after the theft' -Password new
        $null = Sync-PasspackVault
        try {
            $env:PASSPACK_HOME = $thief
            Unlock-PasspackVault -PackingKey $PackingKey
            { Sync-PasspackVault } | Should -Throw -ErrorId 'DeviceRevoked*'
            Get-PasspackEntry 'after the theft' -ErrorAction Ignore | Should -BeNullOrEmpty
            $null = Enter-NewMachine
            { Connect-PasspackAccount -Server $url -Credential (Get-Credential anna@example.com) -PackingKey $PackingKey } | Should -Throw -ErrorId 'PackingKeyMismatch*'
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
        }
    }
}
