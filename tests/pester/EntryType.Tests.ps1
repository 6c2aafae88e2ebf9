# What an entry is, when it expires, and what else its summary tells; emptying fields.
BeforeAll {
    . $PSScriptRoot/Open.ps1
}

AfterAll {
    Close-Test
}

Describe 'New-PasspackEntry -Type -Expires' {
    BeforeAll {
        $null = New-TestAccount
    }

    It 'keeps both, and a list opens no secret for them' {
        $entry = New-PasspackEntry certificate -Type Server -Expires 2031-02-03
        $entry.Type | Should -BeExactly server
        $entry.Expires.LocalDateTime | Should -Be ([datetime]'2031-02-03T23:59:59.999')
        (Get-PasspackEntry certificate).Expires | Should -Be $entry.Expires
    }

    It 'takes <Kind>' -ForEach @(
        @{ Kind = 'an instant with its offset'; Value = '2031-02-03T04:05:06+02:00' }
        @{ Kind = 'an instant in UTC'; Value = '2031-02-03T02:05:06Z' }
        @{ Kind = 'a DateTime'; Value = [datetime]::new(2031, 2, 3, 2, 5, 6, [DateTimeKind]::Utc) }
        @{ Kind = 'a DateTimeOffset'; Value = [datetimeoffset]'2031-02-03T02:05:06Z' }
    ) {
        (New-PasspackEntry instant -Expires $Value).Expires | Should -Be ([datetimeoffset]'2031-02-03T02:05:06Z')
    }

    It 'refuses <_>, which could be two days, or is none' -ForEach '01.12.2026', '12/01/2026', '2026-13-01', 'tomorrow', '2031-02-03T04:05:06' {
        { New-PasspackEntry odd -Expires $_ -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*' -ExpectedMessage '-Expires takes a day as 2026-12-31*'
        Get-PasspackEntry odd -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'is a login when nothing is said, and by a blank cell' {
        (New-PasspackEntry plain).Type | Should -BeExactly login
        ([pscustomobject]@{ Name = 'blank'; Type = ''; Expires = '' } | New-PasspackEntry).Type | Should -BeExactly login
    }

    It 'takes both from a row' {
        $entry = [pscustomobject]@{ Name = 'row'; Type = 'card'; Expires = '2031-02-03' } | New-PasspackEntry
        $entry.Type, $entry.Expires.LocalDateTime.Day | Should -Be 'card', 3
    }

    It 'copies both with an entry' {
        $copy = New-PasspackEntry original -Type wifi -Expires 2031-02-03 | New-PasspackEntry -Name copy
        $copy.Type, $copy.Expires.LocalDateTime.Day | Should -Be 'wifi', 3
    }
}

Describe 'Get-PasspackEntry by type and expiry' {
    BeforeAll {
        $null = New-TestAccount
        $null = New-PasspackEntry gone-by -Expires (Get-Date).AddDays(-1)
        $null = New-PasspackEntry soon -Type licence -Expires (Get-Date).AddDays(20)
        $null = New-PasspackEntry later -Type licence -Expires (Get-Date).AddDays(200)
    }

    It 'finds what has expired, or does soon' {
        (Get-PasspackEntry -Expired).Name | Should -Be 'gone-by'
        (Get-PasspackEntry -ExpiresWithinDays 30).Name | Sort-Object | Should -Be 'gone-by', 'soon'
        (Get-PasspackEntry -ExpiresWithinDays 0).Name | Should -Be 'gone-by'
    }

    It 'finds types, with wildcards' {
        (Get-PasspackEntry -Type lic*).Name | Sort-Object | Should -Be 'later', 'soon'
        (Get-PasspackEntry later -Type card) | Should -BeNullOrEmpty
    }

    It 'marks both in lists' {
        $text = Get-PasspackEntry -ExpiresWithinDays 30 | Sort-Object Name | Format-Table | Out-String -Width 80
        $text | Should -Match '! expired gone-by'
        $text | Should -Match '! soon'
        Get-PasspackEntry later | Format-Table | Out-String | Should -Not -Match '!'
        Get-PasspackEntry gone-by | Format-List | Out-String | Should -Match 'Expires *: ! expired'
    }

    It 'finds a further address' {
        $null = New-PasspackEntry 'two addresses' -Url https://one.example
        $cell = '{"extraFields":["{\"name\":\"other\",\"type\":\"url\",\"data\":\"https://two.example/login\"}"]}'
        Get-PasspackEntry 'two addresses' | Set-PasspackEntry -ExtraField $cell
        (Get-PasspackEntry -Url *two.example*).Name | Should -Be 'two addresses'
        Get-PasspackEntry -Url *three.example* | Should -BeNullOrEmpty
    }

    It 'completes types with each word' {
        $line = 'Get-PasspackEntry -Type li'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'licence'
    }
}

Describe 'Set-PasspackEntry -Clear' {
    BeforeAll {
        $null = New-TestAccount
    }

    It 'empties <Field>' -ForEach @(
        @{ Field = 'UserId'; Read = { $_.UserId } }, @{ Field = 'Url'; Read = { $_.Url } }, @{ Field = 'Email'; Read = { $_.Email } }, @{ Field = 'Notes'; Read = { $_.GetNotes() } }
        @{ Field = 'SharedNotes'; Read = { $_.GetSharedNotes() } }, @{ Field = 'Password'; Read = { $_.GetPasswordText() } }, @{ Field = 'Expires'; Read = { "$($_.Expires)" } }
        @{ Field = 'Tag'; Read = { "$($_.Tags)" } }, @{ Field = 'ExtraField'; Read = { "$($_.GetExtraFields())" } }
    ) {
        $full = @{ UserId = 'u'; Url = 'https://x'; Email = 'e'; Notes = 'n'; SharedNotes = 's'; Password = 'p'; Expires = '2031-01-01'; Tag = 't'; ExtraField = @{ a = 'b' } }
        $entry = New-PasspackEntry full @full -Type card
        $entry | ForEach-Object $Read | Should -Not -BeExactly ''
        $entry | Set-PasspackEntry -Clear $Field -PassThru | ForEach-Object $Read | Should -BeExactly ''
        (Get-PasspackEntry -Id $entry.Id).Type | Should -Be card
    }

    It 'makes a login of any type' {
        (New-PasspackEntry typed -Type card | Set-PasspackEntry -Clear Type -PassThru).Type | Should -Be login
    }

    It 'and a value of the same field contradict each other' {
        $entry = New-PasspackEntry both -Url https://x
        { $entry | Set-PasspackEntry -Url https://y -Clear Url -ErrorAction Stop } | Should -Throw -ExpectedMessage '-Url gives a value and -Clear Url takes it away*'
        (Get-PasspackEntry -Id $entry.Id).Url | Should -Be https://x
    }

    It 'says what it would do' {
        $entry = New-PasspackEntry planned -Expires 2031-01-01
        $entry | Set-PasspackEntry -Clear Expires -WhatIf
        (Get-PasspackEntry -Id $entry.Id).Expires | Should -Not -BeNullOrEmpty
    }
}

Describe 'Type and expiry through every door' {
    BeforeAll {
        $null = New-TestAccount door
        $null = New-PasspackEntry full -Account door -Type card -Expires 2031-02-03T04:05:06Z -Tag t
    }

    It 'come back through JSON' {
        $path = Join-Path $TestDrive full.json
        $null = Export-PasspackEntry $path -Account door
        $null = New-PasspackLocalAccount -UserId other -PackingKey $PackingKey
        $null = Import-PasspackEntry $path -Account other
        $entry = Get-PasspackEntry full -Account other
        $entry.Type, $entry.Expires | Should -Be 'card', ([datetimeoffset]'2031-02-03T04:05:06Z')
        (Import-PasspackEntry $path -Account other).Action | Should -Be Unchanged
    }

    It 'come back from objects through Export-Csv' {
        $path = Join-Path $TestDrive objects.csv
        Export-PasspackEntry -Account door | Export-Csv $path
        $null = New-PasspackLocalAccount -UserId third -PackingKey $PackingKey
        $null = Import-PasspackEntry $path -Account third
        (Get-PasspackEntry full -Account third).Type | Should -Be card
    }

    It 'are told where the modern CSV has no place for them' {
        $null = Export-PasspackEntry (Join-Path $TestDrive full.csv) -Account door -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -Match 'no place for: Type \(1 entry\); Expires \(1 entry\)'
    }

    It 'are in the history, and come back from it' {
        $entry = Get-PasspackEntry full -Account door
        $entry | Set-PasspackEntry -Type note -Clear Expires
        $version = $entry | Get-PasspackEntryHistory | Select-Object -First 1
        $version.Fields | Should -Be 'Type', 'Expires'
        $null = $version | Restore-PasspackEntry -Confirm:$false
        (Get-PasspackEntry full -Account door).Type | Should -Be card
        (Get-PasspackEntry full -Account door).Expires | Should -Be ([datetimeoffset]'2031-02-03T04:05:06Z')
    }

    It 'come back from a backup' {
        $path = Join-Path $TestDrive full.pbk
        $null = Backup-PasspackVault $path -Account door
        $null = New-PasspackLocalAccount -UserId restored -PackingKey $PackingKey
        $null = Restore-PasspackVault $path -Account restored -PackingKey $PackingKey -Confirm:$false
        (Get-PasspackEntry full -Account restored).Type | Should -Be card
    }
}
