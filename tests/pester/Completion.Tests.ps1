# Tab completion from what is on this machine.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $null = New-PasspackLocalAccount -UserId "o'neil" -PackingKey $PackingKey
    Lock-PasspackVault -Account "o'neil"
    $null = New-PasspackEntry github -Tag Servers, 'Two Words' -ExtraField @{ pin = '1'; "the key" = '2' }
    $null = New-PasspackEntry 'git [old]' -Tag "[x]", "it's" -ExtraField @{ PIN = '3' }
    $null = New-PasspackEntry mail

    function Complete([string] $Line) {
        (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText
    }

    # In the order of the code points: that of Sort-Object is each machine's own.
    function Get-Ordinal([string[]] $Texts) {
        [Linq.Enumerable]::Order($Texts, [StringComparer]::Ordinal)
    }
}

AfterAll {
    Close-Test
}

Describe 'Completion' {
    It 'offers accounts, locked ones too, quoted where they need it' {
        Complete 'Unlock-PasspackVault -Account ' | Should -Be 'me@example.com', "'o''neil'"
        Complete 'Get-PasspackEntry -Account m' | Should -Be 'me@example.com'
    }

    It 'offers the formats that <Command> knows, with whose they are' -ForEach @(
        @{ Command = 'Import-PasspackEntry'; Knows = 'Csv', 'Json', 'ClassicTab', 'Chrome'; Not = 'Html' }
        @{ Command = 'Export-PasspackEntry'; Knows = 'Csv', 'Json', 'ClassicTab'; Not = 'Chrome' }
    ) {
        $line = "$Command file -Format "
        $offered = (TabExpansion2 $line $line.Length).CompletionMatches
        $Knows | Should -BeIn $offered.CompletionText
        $Not | Should -Not -BeIn $offered.CompletionText
        $offered.CompletionText | Should -BeIn ([enum]::GetNames([Passpack.PowerShell.EntryFormat]))
        { & $Command file -Format $Not -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*' -ExpectedMessage '-Format is one of Csv, Json, *'
        foreach ($format in $offered) { $format.ToolTip | Should -Match '^.+: .+' }
        (TabExpansion2 "$Command file -Format cl" "$Command file -Format cl".Length).CompletionMatches.CompletionText | Should -Be 'ClassicCsv', 'ClassicTab'
    }

    It 'offers entry names; with wildcards escaped where they would act' {
        Complete 'Get-PasspackEntry gi' | Should -Be "'git ``[old``]'", 'github'
        Complete "Get-PasspackEntry -LiteralName 'GIT" | Should -Be "'git [old]'", 'github'
        (Get-PasspackEntry 'git `[old`]').Name | Should -Be 'git [old]'
    }

    It 'offers the names in the trash where those are meant, and no others' {
        New-PasspackEntry gitgone | Remove-PasspackEntry
        Complete 'Restore-PasspackEntry gi' | Should -Be 'gitgone'
        Complete 'Passpack\Restore-PasspackEntry gi' | Should -Be 'gitgone'
        Complete 'Get-PasspackEntry -Deleted gi' | Should -Be 'gitgone'
        Complete 'Get-PasspackEntry -Deleted -LiteralName gi' | Should -Be 'gitgone'
        Complete 'Remove-PasspackEntry -Permanent gi' | Should -Be 'gitgone'
        Complete 'Remove-PasspackEntry gi' | Should -Be "'git ``[old``]'", 'github'
    }

    It 'offers ids with the names that they have, by the beginning of either; no files' {
        $id = (Get-PasspackEntry github).Id
        foreach ($command in 'Set-PasspackEntry', 'Get-PasspackEntry', 'Remove-PasspackEntry', 'Get-PasspackEntryHistory') {
            $line = "$command -Id "
            $offered = (TabExpansion2 $line $line.Length).CompletionMatches
            $offered.CompletionText | Should -HaveCount 3 -Because $command
            $offered.CompletionText | Should -Contain "$id"
            Complete "$command -Id gith" | Should -Be "$id"
            Complete "$command -Id $("$id".Substring(0, 13))" | Should -Be "$id"
        }
        $line = 'Set-PasspackEntry -Id gith'
        (TabExpansion2 $line $line.Length).CompletionMatches.ListItemText | Should -Be "$id github"
    }

    It 'offers tags' {
        Get-Ordinal (Complete 'Get-PasspackEntry -Tag ') | Should -Be "'Two Words'", "'``[x``]'", "'it''s'", 'Servers'
        Complete 'Set-PasspackEntry -AddTag s' | Should -Be 'Servers'
        Complete 'New-PasspackEntry x -Tag [' | Should -Be "'[x]'"
        Complete 'Import-PasspackEntry x -AddTag [' | Should -Be "'[x]'"
        Complete 'Get-PasspackTag T' | Should -Be "'Two Words'"
        Complete 'Export-PasspackEntry -Tag t' | Should -Be "'Two Words'"
    }

    It 'offers columns, kinds of characters and sizes' {
        Complete 'Export-PasspackEntry x -ColumnOrder Name, us' | Should -Be 'UserId'
        Complete 'New-PasspackPassword -CharacterSet d' | Should -Be 'Digit'
        Complete 'Unprotect-PasspackText x -KeySize ' | Should -Be '128', '192', '256'
    }

    It 'offers the names of extra fields, as a hashtable to fill in' {
        Get-Ordinal (Complete 'New-PasspackEntry x -ExtraField ') | Should -BeExactly '@{ ''the key'' = '''' }', '@{ PIN = '''' }', '@{ pin = '''' }'
        Complete 'Set-PasspackEntry -ExtraField the' | Should -Be '@{ ''the key'' = '''' }'
    }

    It 'offers policies' {
        Complete 'Register-PasspackSyncTask -Every ' | Should -Be '0:15', '0:30', '1:00', '6:00', '1.00:00:00'
        Complete 'Sync-PasspackVault -ConflictPolicy Prefer' | Should -Be 'PreferLocal', 'PreferOnline'
    }

    It 'offers the versions of an entry, and says what they are' {
        $id = (New-PasspackEntry changing -Url a).Id
        Set-PasspackEntry -Id $id -Url b
        Set-PasspackEntry -Id $id -Email e
        $line = "Get-PasspackEntryHistory -Id $id -Version "
        $offered = (TabExpansion2 $line $line.Length).CompletionMatches
        $offered.CompletionText | Should -Be ([string[]] (Get-PasspackEntryHistory -Id $id).Version)
        $offered[0].ListItemText | Should -Match 'just now, Edit: Email'
        (Get-PasspackEntryHistory -Id $id -Version $offered[1].CompletionText).Fields | Should -Be 'URL'
        Remove-PasspackEntry -Id $id
    }

    It 'knows at once what was added, renamed and removed, by this process and by others' {
        $new = New-PasspackEntry zebra -Tag Zoo
        Complete 'Get-PasspackEntry ze' | Should -Be 'zebra'
        Complete 'Get-PasspackTag Zo' | Should -Be 'Zoo'
        Set-PasspackEntry -Id $new.Id -NewName zero
        Complete 'Get-PasspackEntry ze' | Should -Be 'zero'
        $null = Invoke-Fresh "Import-Module `$ModulePath; Unlock-PasspackVault -Account me@example.com -PackingKey '$PackingKey'; New-PasspackEntry zenith"
        Complete 'Get-PasspackEntry ze' | Should -Be 'zenith', 'zero'
        Get-PasspackEntry ze* | Remove-PasspackEntry
        Complete 'Get-PasspackEntry ze' | Should -Not -Contain 'zero'
    }

    It 'offers the first 200, in order' {
        $null = 1..250 | ForEach-Object { [pscustomobject]@{ Name = 'many{0:d3}' -f $_ } } | New-PasspackEntry
        $offered = Complete 'Get-PasspackEntry many'
        $offered | Should -HaveCount 200
        $offered[0], $offered[-1] | Should -Be 'many001', 'many200'
        Complete 'Get-PasspackEntry many24' | Should -HaveCount 10
    }

    It 'serves several runspaces at once' {
        $answers = 1..8 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:ModulePath
            $line = 'Get-PasspackEntry many00'
            (TabExpansion2 $line $line.Length).CompletionMatches.Count
            if ($_ % 4 -eq 0) { $null = New-PasspackEntry "added $_" }
        }
        $answers | Sort-Object -Unique | Should -Be 9
    }

    It 'is silent when locked' {
        Lock-PasspackVault -All
        $before = $Error.Count
        (TabExpansion2 'Get-PasspackEntry gi' 20).CompletionMatches.CompletionText | Should -Not -Contain 'github'
        (TabExpansion2 'Set-PasspackEntry -AddTag ' 26).CompletionMatches.CompletionText | Should -Not -Contain 'Servers'
        Complete 'New-PasspackEntry x -ExtraField p' | Should -Not -Match 'pin'
        $Error.Count | Should -Be $before
    }
}

Describe 'Completion of devices' {
    BeforeAll {
        $server = Start-TestServer
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $server.Url -PackingKey $PackingKey `
            -Credential ([pscredential]::new('dev@example.com', (ConvertTo-SecureString 'Six lamps, 4 doors!' -AsPlainText)))
    }

    AfterAll {
        Lock-PasspackVault -All
        Stop-TestServer $server
    }

    It 'asks the online account once, then remembers; and is silent where it does not answer' {
        $name = (Get-PasspackDevice).Name
        Complete 'Remove-PasspackDevice ' | Should -Match ([regex]::Escape($name))
        Stop-TestServer $server
        Complete "Get-PasspackDevice $($name[0])" | Should -Match ([regex]::Escape($name))
        Lock-PasspackVault
        Unlock-PasspackVault -PackingKey $PackingKey
        $before = $Error.Count
        Complete "Get-PasspackDevice $($name[0])" | Should -Not -Match ([regex]::Escape($name))
        $Error.Count | Should -Be $before
    }
}
