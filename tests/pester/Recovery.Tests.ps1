# docs/recovery.md, walked through as a person does: its code blocks are what runs here.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $testServer = Start-TestServer
    $guide = Get-Content (Join-Path $root 'docs/recovery.md') -Raw
    $legacyVaults = $LegacyVaultsPath

    # The blocks of a section, in their order.
    function Get-Block([string] $Section) {
        $text = [regex]::Match($guide, "(?ms)^## $([regex]::Escape($Section))\r?\n(.*?)(?=^## |\z)").Groups[1].Value
        $blocks = [regex]::Matches($text, '(?ms)^```powershell\r?\n(.*?)^```').ForEach({ $_.Groups[1].Value })
        if (-not $blocks) { throw "No code in '$Section'." }
        $blocks
    }

    # A person at the keyboard.
    function Read-Host { $typed }

    function New-OnlineAccount([string] $UserId) {
        $null = Enter-NewMachine
        $credential = [pscredential]::new($UserId, (ConvertTo-SecureString 'the Password' -AsPlainText))
        $null = New-PasspackAccount -Server $testServer.Url -Credential $credential -PackingKey $PackingKey
        $credential
    }
}

AfterAll {
    Lock-PasspackVault -All
    Stop-TestServer $testServer
}

Describe 'The way back' {
    BeforeEach {
        Push-Location $TestDrive
    }

    AfterEach {
        Pop-Location
    }

    It 'shows where one is' {
        $null = New-TestAccount where@x
        $shown = Get-Block 'Where am I' | ForEach-Object { & ([scriptblock]::Create($_)) } | Out-String
        $shown | Should -Match 'where@x'
    }

    It 'leads from a misaligned version 3 account to a synced one of version 7, with every entry, tag and note' {
        $credential = New-OnlineAccount misaligned@x
        $null = New-PasspackEntry synced -UserId u -Password p1 -Notes "a note`nof two lines" -Tag one, two
        $null = Sync-PasspackVault
        $null = Get-PasspackEntry synced | Set-PasspackEntry -AddTag 'of this machine'
        $null = New-PasspackEntry 'never synced' -Password p2 -Notes 'another note' -Tag three -Favorite
        Lock-PasspackVault
        $PackingKey | dotnet $legacyVaults $env:PASSPACK_HOME misaligned@x 3
        $LASTEXITCODE | Should -Be 0
        (Get-PasspackLocalAccount).PackVersion | Should -Be 3

        $first, $second = Get-Block 'My account is misaligned'
        $steps = & ([scriptblock]::Create($first))
        $steps.Step | Where-Object { $_ } | Should -Be 'BackedUp', 'Quarantined', 'Connected', 'Synced', 'Imported', 'Pushed', 'Completed'
        $null = & ([scriptblock]::Create($second))
        $account = Get-PasspackLocalAccount
        $account.PackVersion, "$($account.Alignment)", $account.PendingChanges, $account.Reset | Should -Be 7, 'Aligned', 0, $null
        $entries = Get-PasspackEntry | Sort-Object Name
        $entries.Name | Should -Be 'never synced', 'synced'
        $entries[0].Tags, $entries[0].Favorite, ($entries[0].GetNotes()), ($entries[0].GetPassword() | Show-Secret) |
            Should -Be 'three', $true, 'another note', 'p2'
        $entries[1].Tags | Should -Be 'one', 'two', 'of this machine'
        $entries[1].GetNotes() | Should -Be "a note`nof two lines"
        # Online has them too.
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $testServer.Url -Credential $credential -PackingKey $PackingKey
        $null = Sync-PasspackVault
        (Get-PasspackEntry | Sort-Object Name).Name | Should -Be 'never synced', 'synced'
    }

    It 'leads out of a forgotten Packing Key, and gets the entries when it is found again' {
        $credential = New-OnlineAccount forgotten@x
        $null = New-PasspackEntry online
        $null = Sync-PasspackVault
        $elsewhere = $env:PASSPACK_HOME
        $here = Enter-NewMachine
        $typed, $changed = $PackingKey, 'the new key of 7 words in all'
        $null = Connect-PasspackAccount -Server $testServer.Url -Credential $credential -PackingKey $typed
        $null = New-PasspackEntry 'only in the old vault' -Password p -Notes n -Tag t
        Lock-PasspackVault
        $env:PASSPACK_HOME = $elsewhere
        Set-PasspackPackingKey -Credential $credential -PackingKey $typed -NewPackingKey $changed
        $env:PASSPACK_HOME = $here
        $PackingKey = $changed
        # The gentle ways come before the emergency, and each command is whole.
        $failed = { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'PackingKeyMismatch,*'
        $whole = "Connect-PasspackAccount -Server $($testServer.Url)/ -Credential forgotten@x"
        $failed.Exception.Message | Should -BeLike "*changed on another machine*Update-PasspackLocalAccount*$whole*Reset-PasspackLocalAccount*"

        $reset, $connect, $found = Get-Block 'I have forgotten the Packing Key'
        $steps = & ([scriptblock]::Create($reset))
        $steps[0].Step | Should -Be 'Quarantined'
        $steps[0].Description | Should -BeLike "*'$whole'*"
        $account = Get-PasspackLocalAccount -Account forgotten@x
        "$($account.State)", $account.Server | Should -Be 'Quarantined', ([uri] $testServer.Url)
        $account.Problem | Should -BeLike "*'$whole'*"
        $null = & ([scriptblock]::Create($connect))
        (Get-PasspackEntry).Name | Should -Be 'online'
        $results = & ([scriptblock]::Create($found))
        ($results | Where-Object IsPlan).Name | Should -Be 'only in the old vault'
        ($results | Where-Object { $_.Action -eq 'Added' -and -not $_.IsPlan }).Name | Should -Be 'only in the old vault'
        $entry = Get-PasspackEntry 'only in*'
        $entry.Tags, ($entry.GetPassword() | Show-Secret), $entry.GetNotes() | Should -Be 't', 'p', 'n'
    }

    It 'puts the newest sound copy in the place of a damaged vault' {
        $account = New-TestAccount damaged@x
        $null = New-PasspackEntry mine -Password p
        Lock-PasspackVault
        Unlock-PasspackVault -PackingKey $PackingKey # Today's copy.
        Lock-PasspackVault
        [IO.File]::WriteAllText($account.Path, 'no vault any more')
        Remove-Item "$($account.Path)-wal" -ErrorAction Ignore
        $failed = { Unlock-PasspackVault -PackingKey $PackingKey } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'VaultDamaged,*'
        $failed.Exception.Message | Should -Match ([regex]::Escape((Get-PasspackBackup | Where-Object Kind -EQ Copy)[0].Path))
        (Get-Block 'The vault is damaged' | ForEach-Object { & ([scriptblock]::Create($_)) })[-1] | Should -BeTrue
        (Get-PasspackEntry).Name | Should -Be 'mine'
        (Get-PasspackBackup | Where-Object Kind -EQ Quarantined).Problem | Should -Not -BeNullOrEmpty
    }

    It 'repairs nothing where nothing is wrong' {
        $null = New-TestAccount sound@x
        $null = New-PasspackEntry mine
        Get-Block 'An entry is damaged' | ForEach-Object { & ([scriptblock]::Create($_)) } | Should -BeNullOrEmpty
    }

    It 'replaces the keys that somebody may have, and lets another machine take the new ones over' {
        $credential = New-OnlineAccount keys@x
        $null = New-PasspackEntry mine -Password p
        $null = Sync-PasspackVault
        $there = $env:PASSPACK_HOME
        Lock-PasspackVault
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $testServer.Url -Credential $credential -PackingKey $PackingKey
        $null = Sync-PasspackVault
        $typed = 'seven lanterns on the quay, and no wind'
        $replaced = Get-Block 'Somebody may have the keys' | ForEach-Object { & ([scriptblock]::Create($_)) }
        $replaced.KeyEpoch | Should -Be 2
        # Once more, they say that it is done.
        Get-ErrorId { Get-Block 'Somebody may have the keys' | ForEach-Object { & ([scriptblock]::Create($_)) } } | Should -Be 'PackingKeyMismatch'
        Lock-PasspackVault
        $env:PASSPACK_HOME = $there
        Unlock-PasspackVault -PackingKey $PackingKey
        Get-ErrorId { Sync-PasspackVault } | Should -Be 'KeysReplacedOnline'
        $null = Get-Block 'The keys were replaced' | ForEach-Object { & ([scriptblock]::Create($_)) }
        (Get-PasspackLocalAccount).KeyEpoch | Should -Be 2
        (Get-PasspackEntry mine).GetPassword() | Show-Secret | Should -Be 'p'
    }

    It 'keeps an account whose removal somebody asked for' {
        $credential = New-OnlineAccount asked@x
        $null = Remove-PasspackAccount -WithoutKeys -Server $testServer.Url -Credential $credential -Confirm:$false
        (Sync-PasspackVault -WarningAction Ignore).RemovalDue | Should -Not -BeNullOrEmpty
        Get-Block 'Somebody asked for the removal' | ForEach-Object { & ([scriptblock]::Create($_)) }
        (Sync-PasspackVault).RemovalDue | Should -BeNullOrEmpty
    }

    It 'sets a new machine up from a backup' {
        $credential = New-OnlineAccount new@x
        $null = New-PasspackEntry 'only in the backup' -Tag t
        $null = Backup-PasspackVault ./before-reset.pkps -Force
        $null = Enter-NewMachine
        $typed = $testServer.Url
        $null = Get-Block 'This machine is new' | ForEach-Object { & ([scriptblock]::Create($_)) }
        (Get-PasspackEntry).Name, (Get-PasspackEntry).Tags | Should -Be 'only in the backup', 't'
    }

    It 'goes on with a reset that was interrupted' {
        $credential = New-OnlineAccount interrupted@x
        $null = New-PasspackEntry mine
        $aside = Join-Path (Split-Path (Split-Path (Get-PasspackLocalAccount).Path)) 'reset.json'
        # The server goes away between the check of the keys and the connection: as it comes, a pipeline that stops does the same.
        $first = Reset-PasspackLocalAccount -Credential $credential -PackingKey $PackingKey -Confirm:$false | Select-Object -First 2
        $first.Step | Should -Be 'BackedUp', 'Quarantined'
        $aside | Should -Exist
        $account = Get-PasspackLocalAccount -WarningAction SilentlyContinue
        $account.Reset | Should -Match ([regex]::Escape($first[0].Path))
        $account.State, $account.Path | Should -Be 'Quarantined', $first[1].Path
        $steps = Get-Block 'A reset was interrupted' | ForEach-Object { & ([scriptblock]::Create($_)) }
        $steps.Step | Should -Be 'Connected', 'Synced', 'Imported', 'Pushed', 'Completed'
        (Get-PasspackEntry).Name | Should -Be 'mine'
    }
}
