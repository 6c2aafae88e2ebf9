# Entries: found, made, changed, thrown away and taken back. What comes through pipelines: EntryPipeline.Tests.ps1.
BeforeAll {
    . $PSScriptRoot/Open.ps1
}

AfterAll {
    Close-Test
}

Describe 'New-PasspackEntry' {
    BeforeAll {
        $null = New-TestAccount
    }

    It 'makes an entry of every field' {
        $made = New-PasspackEntry -Name 'full' -UserId u -Password 'p w' -Url https://x.example -Email e@x -Notes "n`nn" -SharedNotes sn `
            -ExtraField ([ordered]@{ pin = '0815'; puk = (ConvertTo-SecureString s3 -AsPlainText); empty = $null }) -Tag 'a', 'two words' -Favorite
        $made.Name, $made.UserId, $made.Url, $made.Email | Should -Be 'full', 'u', 'https://x.example', 'e@x'
        $made.Tags | Should -Be 'a', 'two words'
        $made.Favorite | Should -BeTrue
        $made.Account | Should -Be 'me@example.com'
        $made.Id | Should -BeOfType guid
        $made.Created | Should -BeGreaterThan ([DateTimeOffset]::Now.AddMinutes(-1))
        $found = Get-PasspackEntry -Id $made.Id
        $found.GetPassword() | Show-Secret | Should -Be 'p w'
        $found.GetNotes() | Should -Be "n`nn"
        $found.GetSharedNotes() | Should -Be 'sn'
        $found.GetExtraFields().Name | Should -Be 'pin', 'puk', 'empty'
        $found.GetExtraFields().Type | Should -Be 'text', 'text', 'text'
        $found.GetExtraFields().ForEach({ $_.GetData() | Show-Secret }) | Should -Be '0815', 's3', ''
        $found.GetCredential().UserName | Should -Be 'u'
        $found.GetCredential().GetNetworkCredential().Password | Should -Be 'p w'
    }

    It 'needs only a name' {
        $made = New-PasspackEntry bare
        $made.UserId, $made.Url, $made.Email | Should -Be '', '', ''
        $made.Tags | Should -HaveCount 0
        $made.Favorite | Should -BeFalse
        $made.GetPassword() | Show-Secret | Should -Be ''
        { $made.GetCredential() } | Should -Throw '*no User ID*'
    }

    It 'takes a credential for both parts, and not twice' {
        $credential = [pscredential]::new('someone', (ConvertTo-SecureString pw -AsPlainText))
        $made = New-PasspackEntry cred -Credential $credential
        $made.UserId | Should -Be 'someone'
        $made.GetPassword() | Show-Secret | Should -Be 'pw'
        Get-ErrorId { New-PasspackEntry cred2 -Credential $credential -Password x } | Should -Be 'InvalidArgument'
    }

    It 'keeps equal names apart' {
        $made = 1..2 | ForEach-Object { New-PasspackEntry twin }
        $made[0].Id | Should -Not -Be $made[1].Id
        Get-PasspackEntry twin | Should -HaveCount 2
    }

    It 'keeps names, tags and values of all scripts' {
        $name = "`u{1F511} `"quote`" 'single' [x] * 日本 e`u{301}"
        New-PasspackEntry $name -Tag '日本', '{x' -Password "`u{1F511}" | ForEach-Object { $_.GetPassword() | Show-Secret } | Should -Be "`u{1F511}"
        (Get-PasspackEntry -LiteralName $name).Tags | Should -Be '日本', '{x'
    }

    It 'refuses, and makes nothing: <Kind>' -ForEach @(
        @{ Kind = 'no name'; Script = { New-PasspackEntry '' }; Id = 'InvalidArgument' }
        @{ Kind = 'half a character'; Script = { New-PasspackEntry "bad$([char]0xD800)" }; Id = 'InvalidArgument' }
        @{ Kind = 'too much'; Script = { New-PasspackEntry bad -Notes ('x' * 2MB) }; Id = 'RecordTooLarge' }
        @{ Kind = 'a number as password'; Script = { New-PasspackEntry bad -Password 007 }; Id = 'InvalidArgument' }
        @{ Kind = 'a number as extra field'; Script = { New-PasspackEntry bad -ExtraField @{ pin = 0815 } }; Id = 'InvalidArgument' }
        @{ Kind = 'a text as extra field'; Script = { New-PasspackEntry bad -ExtraField pin }; Id = 'InvalidArgument' }
        @{ Kind = 'another account'; Script = { New-PasspackEntry bad -Account nobody }; Id = 'AccountNotFound' }
    ) {
        Get-ErrorId $Script | Should -Be $Id
        Get-PasspackEntry bad* | Should -BeNullOrEmpty
    }

    It 'with -WhatIf makes nothing' {
        New-PasspackEntry planned -WhatIf | Should -BeNullOrEmpty
        Get-PasspackEntry planned* | Should -BeNullOrEmpty
    }
}

Describe 'Get-PasspackEntry' {
    BeforeAll {
        $null = New-TestAccount
        $null = New-PasspackEntry github -UserId octo -Url https://github.com/login -Tag work, code -Favorite
        $null = New-PasspackEntry gitlab -Url https://gitlab.com -Tag code
        $null = New-PasspackEntry 'mail [old]' -Tag 'Two Words', '[x]'
        $gone = New-PasspackEntry gone
        $gone | Remove-PasspackEntry
    }

    It 'gives all that are not in the trash' {
        (Get-PasspackEntry).Name | Sort-Object | Should -Be 'github', 'gitlab', 'mail [old]'
    }

    It 'by wildcard, positional, case-insensitive, each once' {
        (Get-PasspackEntry GIT*).Name | Sort-Object | Should -Be 'github', 'gitlab'
        (Get-PasspackEntry git*, *hub, github).Name | Sort-Object | Should -Be 'github', 'gitlab'
        (Get-PasspackEntry 'mail `[old`]').Name | Should -Be 'mail [old]'
        Get-PasspackEntry nothing* | Should -BeNullOrEmpty
    }

    It 'literally' {
        (Get-PasspackEntry -LiteralName 'mail [old]', GitHub).Name | Should -Be 'mail [old]', 'github'
        Get-ErrorId { Get-PasspackEntry -LiteralName 'git*' } | Should -Be 'EntryNotFound'
    }

    It 'by id' {
        $id = (Get-PasspackEntry github).Id
        (Get-PasspackEntry -Id $id).Name | Should -Be 'github'
        Get-ErrorId { Get-PasspackEntry -Id (New-Guid) } | Should -Be 'EntryNotFound'
    }

    It 'says of each exact name that is not there, and goes on' {
        $found = Get-PasspackEntry nope, github, gone -ErrorVariable failed -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'github'
        $failed.TargetObject | Should -Be 'nope', 'gone'
        $failed[0].FullyQualifiedErrorId | Should -Be 'EntryNotFound,Passpack.PowerShell.Commands.GetPasspackEntryCommand'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'by tag, address and favorite, together with names' {
        (Get-PasspackEntry -Tag CODE).Name | Sort-Object | Should -Be 'github', 'gitlab'
        (Get-PasspackEntry -Tag 'two*', work).Name | Sort-Object | Should -Be 'github', 'mail [old]'
        (Get-PasspackEntry -Tag '`[x`]').Name | Should -Be 'mail [old]'
        (Get-PasspackEntry -Url *github*).Name | Should -Be 'github'
        (Get-PasspackEntry -Favorite).Name | Should -Be 'github'
        (Get-PasspackEntry -Favorite:$false).Name | Sort-Object | Should -Be 'gitlab', 'mail [old]'
        Get-PasspackEntry gitlab -Favorite | Should -BeNullOrEmpty
    }

    It 'refuses a condition that is none: all would fit it' {
        Get-ErrorId { Get-PasspackEntry -Tag $null } | Should -BeLike 'ParameterArgumentValidationError*'
        Get-ErrorId { Get-PasspackEntry -Tag @() } | Should -BeLike 'ParameterArgumentValidationError*'
    }

    It 'says what to do about a pattern that is none: <_>' -ForEach { Get-PasspackEntry 'mail [old' }, { Get-PasspackEntry -Tag '[x' }, { Get-PasspackEntry -Url 'x[' },
        { Get-PasspackTag '[x' } {
        Get-ErrorId $_ | Should -Be 'InvalidArgument'
        { & $_ } | Should -Throw '*backtick*'
    }

    It '-Deleted shows the trash alone' {
        $trashed = Get-PasspackEntry -Deleted
        $trashed.Name | Should -Be 'gone'
        $trashed.Trashed | Should -Not -BeNullOrEmpty
        (Get-PasspackEntry -Id $gone.Id -Deleted).Name | Should -Be 'gone'
        Get-ErrorId { Get-PasspackEntry github -Deleted } | Should -Be 'EntryNotFound'
        Get-ErrorId { Get-PasspackEntry -Deleted -Online } | Should -Be 'NotConnected'
    }

    It 'gives what is piped in anew' {
        $entry = Get-PasspackEntry gitlab
        $null = $entry | Set-PasspackEntry -Email new@x
        ($entry | Get-PasspackEntry).Email | Should -Be 'new@x'
    }

    It 'of several names given to Remove- and Restore-PasspackEntry, each is taken, and one that is not there stops none' {
        $null = 'name one', 'name two', 'name three' | ForEach-Object { New-PasspackEntry $_ }
        Remove-PasspackEntry 'name one', nothing, 'name two' -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Should -BeLike 'EntryNotFound,*'
        (Get-PasspackEntry 'name *').Name | Should -Be 'name three'
        (Restore-PasspackEntry 'name one', 'name two').Name | Should -Be 'name one', 'name two'
        Get-ErrorId { Remove-PasspackEntry 'name one', 'na*' } | Should -Be 'InvalidArgument'
        Get-PasspackEntry 'name *' | Should -HaveCount 3
    }

    It 'gives a deleted one''s secrets, too' {
        $made = New-PasspackEntry secret -Password pw
        $made | Remove-PasspackEntry
        (Get-PasspackEntry secret -Deleted).GetPassword() | Show-Secret | Should -Be 'pw'
    }
}

Describe 'Set-PasspackEntry' {
    BeforeAll {
        $null = New-TestAccount
    }

    BeforeEach {
        $entry = New-PasspackEntry "s$(New-Guid)" -UserId u -Password p -Url url -Notes n -Tag a, b -ExtraField @{ pin = '1' }
    }

    It 'changes what is given, and leaves the rest' {
        $entry | Set-PasspackEntry -NewName renamed -Password p2 | Should -BeNullOrEmpty
        $now = Get-PasspackEntry -Id $entry.Id
        $now.Name, $now.UserId, $now.Url | Should -Be 'renamed', 'u', 'url'
        $now.GetPassword() | Show-Secret | Should -Be 'p2'
        $now.GetNotes() | Should -Be 'n'
        $now.GetExtraFields().Name | Should -Be 'pin'
        $now.Tags | Should -Be 'a', 'b'
    }

    It 'takes the exact name of one entry; one that several have, or none, is told' {
        Set-PasspackEntry $entry.Name -Email byname@x
        (Get-PasspackEntry -Id $entry.Id).Email | Should -Be 'byname@x'
        Set-PasspackEntry -Name $entry.Name -NewName "renamed $($entry.Name)"
        (Get-PasspackEntry -Id $entry.Id).Name | Should -Be "renamed $($entry.Name)"
        $null = 1..2 | ForEach-Object { New-PasspackEntry twin -Url before }
        Get-ErrorId { Set-PasspackEntry twin -Url x } | Should -Be 'NameAmbiguous'
        (Get-PasspackEntry twin).Url | Should -Be 'before', 'before'
        Get-ErrorId { Set-PasspackEntry nothing -Url x } | Should -Be 'EntryNotFound'
        Get-ErrorId { Set-PasspackEntry tw* -Url x } | Should -Be 'InvalidArgument'
        Get-ErrorId { Set-PasspackEntry twin -Id $entry.Id -Url x } | Should -Be 'InvalidArgument'
        Get-PasspackEntry twin | Remove-PasspackEntry
    }

    It 'warns once where no field is named, and says which entry is missing' {
        $entry, (New-PasspackEntry other4) | Set-PasspackEntry -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -HaveCount 1
        "$warned" | Should -BeLike '*No field was named*-Email x*'
        foreach ($command in 'Set-PasspackEntry', 'Get-PasspackEntryHistory') {
            $told = { & $command } | Should -Throw -PassThru
            "$told" | Should -BeLike "*$command VPN*Get-PasspackEntry VPN | $command*"
        }
        "$({ Restore-PasspackEntry -Id '' } | Should -Throw -PassThru)" | Should -BeLike '*Get-PasspackEntry -Deleted lists the trash*'
    }

    It 'empties a field with an empty value' {
        $entry | Set-PasspackEntry -Url '' -Notes '' -Password '' -Email $null -Tag @() -ExtraField @{}
        $now = Get-PasspackEntry -Id $entry.Id
        $now.Url | Should -Be ''
        $now.GetNotes() | Should -Be ''
        $now.Tags | Should -HaveCount 0
        $now.GetExtraFields() | Should -HaveCount 0
    }

    It 'adds and removes tags, and sets them' {
        (Set-PasspackEntry -Id $entry.Id -AddTag c, A -RemoveTag B -PassThru).Tags | Should -Be 'a', 'c'
        (Set-PasspackEntry -Id $entry.Id -Tag x -AddTag y -PassThru).Tags | Should -Be 'x', 'y'
    }

    It 'sets and clears the favorite flag' {
        ($entry | Set-PasspackEntry -Favorite -PassThru).Favorite | Should -BeTrue
        ($entry | Set-PasspackEntry -Url x -PassThru).Favorite | Should -BeTrue
        ($entry | Set-PasspackEntry -Favorite:$false -PassThru).Favorite | Should -BeFalse
    }

    It 'takes Extra Fields as GetExtraFields() gives them' {
        $other = New-PasspackEntry other
        $other | Set-PasspackEntry -ExtraField $entry.GetExtraFields()
        (Get-PasspackEntry -Id $other.Id).GetExtraFields()[0].GetData() | Show-Secret | Should -Be '1'
    }

    It 'says which entry is not there, or in the trash, and goes on' {
        $entry | Remove-PasspackEntry
        $other = New-PasspackEntry other2
        $changed = $entry, $other | Set-PasspackEntry -Url new -PassThru -ErrorVariable failed -ErrorAction SilentlyContinue
        $changed.Name | Should -Be 'other2'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'EntryNotFound,*'
        $failed[0].Exception.Message | Should -Match 'in the trash'
        Get-ErrorId { Set-PasspackEntry -Id (New-Guid) -Url x } | Should -Be 'EntryNotFound'
    }

    It 'with -WhatIf changes nothing, names fields and no values, and knows what is not there' {
        $entry | Set-PasspackEntry -Password hidden4711 -AddTag z -WhatIf
        (Get-PasspackEntry -Id $entry.Id).GetPassword() | Show-Secret | Should -Be 'p'
        Get-ErrorId { Set-PasspackEntry -Id (New-Guid) -Url x -WhatIf } | Should -Be 'EntryNotFound'
        $said = & $ShellProgram @ShellStart -NoProfile -NonInteractive -Command @"
            Import-Module '$ModulePath'
            Unlock-PasspackVault -PackingKey '$PackingKey'
            Set-PasspackEntry -Id $($entry.Id) -Password hidden4711 -AddTag z -WhatIf
"@ | Out-String
        $said | Should -Match 'What if: Performing the operation "Set Password; Add tag z"'
        $said | Should -Not -Match 'hidden4711'
    }

    It 'refuses another account than the entry''s' {
        $null = New-PasspackLocalAccount -UserId elsewhere -PackingKey $PackingKey
        Get-ErrorId { $entry | Set-PasspackEntry -Url x -Account elsewhere } | Should -Be 'InvalidArgument'
        ($entry | Set-PasspackEntry -Url x -PassThru).Account | Should -Be 'me@example.com'
        Reset-PasspackLocalAccount -Account elsewhere -Emergency -Confirm:$false
    }
}

Describe 'Remove-PasspackEntry and Restore-PasspackEntry' {
    BeforeAll {
        $null = New-TestAccount
    }

    BeforeEach {
        $entry = New-PasspackEntry "r$(New-Guid)" -Password p -Tag a -Favorite
    }

    It 'throw into the trash, and take back with everything' {
        $entry | Remove-PasspackEntry | Should -BeNullOrEmpty
        Get-ErrorId { Get-PasspackEntry -Id $entry.Id } | Should -Be 'EntryNotFound'
        $back = Get-PasspackEntry -Id $entry.Id -Deleted | Restore-PasspackEntry
        $back.Id | Should -Be $entry.Id
        $back.Trashed | Should -BeNullOrEmpty
        $back.Tags | Should -Be 'a'
        $back.Favorite | Should -BeTrue
        $back.GetPassword() | Show-Secret | Should -Be 'p'
    }

    It 'take an id' {
        Remove-PasspackEntry -Id $entry.Id
        (Restore-PasspackEntry -Id $entry.Id).Name | Should -Be $entry.Name
    }

    It '-Permanent empties from the trash, and only from there' {
        Get-ErrorId { $entry | Remove-PasspackEntry -Permanent -Confirm:$false } | Should -Be 'EntryNotFound'
        Get-PasspackEntry -Id $entry.Id | Should -HaveCount 1
        $entry | Remove-PasspackEntry
        Get-PasspackEntry -Id $entry.Id -Deleted | Remove-PasspackEntry -Permanent -Confirm:$false
        Get-ErrorId { Restore-PasspackEntry -Id $entry.Id } | Should -Be 'EntryNotFound'
        Get-ErrorId { $entry | Remove-PasspackEntry -Permanent -Online } | Should -Be 'InvalidArgument'
    }

    It '-Permanent asks a person' {
        $entry | Remove-PasspackEntry
        # Nobody can be asked here, which PowerShell says before anything is done.
        Get-ErrorId { Get-PasspackEntry -Id $entry.Id -Deleted | Remove-PasspackEntry -Permanent } | Should -Not -Be 'no error'
        Get-PasspackEntry -Id $entry.Id -Deleted | Should -HaveCount 1
    }

    It '-Permanent leaves a copy of today that still holds the entry, and one is enough' {
        $home1 = $env:PASSPACK_HOME
        try {
            $account = New-TestAccount purging@example.com
            $first, $second = 'first', 'second' | ForEach-Object { New-PasspackEntry $_ -Password "of $_" }
            $account.Backups | Should -BeNullOrEmpty
            $first | Remove-PasspackEntry
            Get-PasspackEntry -Deleted | Remove-PasspackEntry -Permanent -WhatIf
            Get-PasspackBackup | Should -BeNullOrEmpty
            Get-PasspackEntry -Deleted | Remove-PasspackEntry -Permanent -Confirm:$false
            $second | Remove-PasspackEntry
            Remove-PasspackEntry second -Permanent -Confirm:$false
            Get-PasspackEntry -Deleted | Should -BeNullOrEmpty
            $copy = Get-PasspackBackup
            $copy.Kind, $copy.Reason, $copy.Trashed | Should -Be 'Copy', 'daily', 1
            Restore-PasspackVault -Path $copy.Path -PackingKey $PackingKey | Where-Object Name -EQ first | Should -Not -BeNullOrEmpty
        } finally {
            Lock-PasspackVault
            $env:PASSPACK_HOME = $home1
        }
    }

    It '-Permanent removes nothing where the copy cannot be made' -Tag 'needs modes of folders, which Windows has not' -Skip:$IsWindows {
        $home1 = $env:PASSPACK_HOME
        try {
            $account = New-TestAccount unsaved@example.com
            New-PasspackEntry only | Remove-PasspackEntry
            # A file where the folder of the copies has to be.
            Set-Content (Join-Path (Split-Path (Split-Path $account.Path)) backups) ''
            Get-ErrorId { Get-PasspackEntry -Deleted | Remove-PasspackEntry -Permanent -Confirm:$false } | Should -Not -Be 'no error'
            Get-PasspackEntry -Deleted | Should -HaveCount 1
        } finally {
            Lock-PasspackVault
            $env:PASSPACK_HOME = $home1
        }
    }

    It 'take the exact name of one entry' {
        $one = New-PasspackEntry 'Door [1]'
        $null = New-PasspackEntry twice -UserId a
        $null = New-PasspackEntry twice -UserId b
        Remove-PasspackEntry 'door `[1`]'
        Get-PasspackEntry -Id $one.Id -Deleted | Should -HaveCount 1
        Get-ErrorId { Remove-PasspackEntry 'door `[1`]' } | Should -Be 'EntryNotFound'
        (Restore-PasspackEntry 'Door `[1`]').Id | Should -Be $one.Id
        Get-ErrorId { Restore-PasspackEntry 'Door `[1`]' } | Should -Be 'EntryNotFound'
        Get-ErrorId { Remove-PasspackEntry 'no such entry' } | Should -Be 'EntryNotFound'
        Get-ErrorId { Remove-PasspackEntry 'Door*' } | Should -Be 'InvalidArgument'
        $failed = { Remove-PasspackEntry twice } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'NameAmbiguous,*'
        foreach ($twin in Get-PasspackEntry twice) { $failed.Exception.Message | Should -BeLike "*$($twin.Id)*" }
        Get-PasspackEntry twice | Should -HaveCount 2
    }

    It 'say what is not where it should be' {
        Get-ErrorId { $entry | Restore-PasspackEntry } | Should -Be 'EntryNotFound'
        $entry | Remove-PasspackEntry
        Get-ErrorId { $entry | Remove-PasspackEntry } | Should -Be 'EntryNotFound'
        Get-ErrorId { Remove-PasspackEntry -Id (New-Guid) } | Should -Be 'EntryNotFound'
    }

    It 'with -WhatIf do nothing' {
        $entry | Remove-PasspackEntry -WhatIf
        Get-PasspackEntry -Id $entry.Id | Should -HaveCount 1
        $entry | Remove-PasspackEntry
        $entry | Remove-PasspackEntry -Permanent -WhatIf
        $entry | Restore-PasspackEntry -WhatIf | Should -BeNullOrEmpty
        Get-PasspackEntry -Id $entry.Id -Deleted | Should -HaveCount 1
    }
}
