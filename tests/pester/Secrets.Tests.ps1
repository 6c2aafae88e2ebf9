# Nothing that enumerates properties, and nothing that is told along the way, shows a secret.
BeforeAll {
    . $PSScriptRoot/Common.ps1
    Import-Module $ModulePath
    $null = New-TestAccount
    $secrets = 'hidden-password-4711', 'hidden-notes-4711', 'hidden-shared-4711', 'hidden-field-4711'
    $null = New-PasspackEntry one -UserId u -Password hidden-password-4711 -Notes hidden-notes-4711 -SharedNotes hidden-shared-4711 `
        -ExtraField @{ pin = 'hidden-field-4711' } -Tag t -Favorite
    $entry = Get-PasspackEntry one

    function Should-ShowNoSecret {
        param([Parameter(ValueFromPipeline)] [string] $Text)
        begin { $all = '' }
        process { $all += $Text }
        end {
            $all | Should -Match 'one' -Because 'otherwise the test would see nothing'
            $all | Should -Not -Match 'hidden-'
            $all | Should -Not -Match ([regex]::Escape($PackingKey))
        }
    }
}

AfterAll {
    Lock-PasspackVault -All
}

Describe 'An Entry' {
    It 'shows no secret to <_>' -ForEach 'Format-Table', 'Format-List', 'Format-List *', 'Format-Wide', 'Format-Custom', 'ConvertTo-Json', 'ConvertTo-Csv',
        'ConvertTo-Xml', 'Select-Object *', 'Export-Clixml', 'Out-String', 'a job' {
        $text = switch ($_) {
            'Format-Table' { $entry | Format-Table -Property * | Out-String -Width 4096 }
            'Format-List' { $entry | Format-List | Out-String -Width 4096 }
            'Format-List *' { $entry | Format-List * -Force | Out-String -Width 4096 }
            'Format-Wide' { $entry | Format-Wide | Out-String }
            'Format-Custom' { $entry | Format-Custom -Depth 9 | Out-String -Width 4096 }
            'ConvertTo-Json' { $entry | ConvertTo-Json -Depth 9 }
            'ConvertTo-Csv' { $entry | ConvertTo-Csv | Out-String }
            'ConvertTo-Xml' { ($entry | ConvertTo-Xml -Depth 9).OuterXml }
            'Select-Object *' { $entry | Select-Object * | ConvertTo-Json }
            'Export-Clixml' { $entry | Export-Clixml "$TestDrive/entry.xml" -Depth 9; Get-Content "$TestDrive/entry.xml" -Raw }
            'Out-String' { "$entry" + ($entry | Out-String) }
            'a job' { Start-Job { $using:entry } | Receive-Job -Wait -AutoRemoveJob | ForEach-Object { [Management.Automation.PSSerializer]::Serialize($_, 9) } }
        }
        $text | Should-ShowNoSecret
    }

    It 'has no property or field, public or not, that holds one' {
        $flags = [Reflection.BindingFlags] 'Instance, Public, NonPublic'
        $entry.GetType().GetFields($flags).ForEach({ "$($_.GetValue($entry))" }) + 'one' -join "`n" | Should-ShowNoSecret
    }

    It 'gives its Extra Fields by name; their data is no property either' {
        $fields = $entry.GetExtraFields()
        ($fields | ConvertTo-Json -Depth 9), ($fields | Format-List * -Force | Out-String), ($fields | Out-String), 'one' | Should-ShowNoSecret
        [Management.Automation.PSSerializer]::Serialize($fields, 9) + 'one' | Should-ShowNoSecret
        $fields[0].Name | Should -Be 'pin'
    }
}

Describe 'An exported entry' {
    It 'hides secrets in every view that nobody asked to show all' {
        $exported = Export-PasspackEntry
        ($exported | Out-String), ($exported | Format-Table | Out-String -Width 4096), ($exported | Format-List | Out-String -Width 4096) | Should-ShowNoSecret
        # After something of another type, PowerShell lists what it has no view of in that place.
        (Get-PasspackTag), $exported | ForEach-Object { $_ } | Out-String -Width 4096 | Should-ShowNoSecret
        $exported.Password | Should -Be 'hidden-password-4711'
    }
}

Describe 'What cmdlets tell' {
    It 'holds no secret: verbose, debug, warnings, errors, -WhatIf' {
        # In variables, because PowerShell quotes the command itself below an error.
        $password, $notes, $field = 'hidden-password-4711', 'hidden-notes-4711', @{ pin = 'hidden-field-4711' }
        $wrong = 'hidden-key-4711-and-wrong'
        $credential = [pscredential]::new('u', (ConvertTo-SecureString $password -AsPlainText))
        $told = & {
            New-PasspackEntry 'one more' -Password $password -Notes $notes -ExtraField $field -Verbose -Debug
            $entry | Set-PasspackEntry -Password "$password x" -Notes $notes -Verbose -Debug -PassThru
            $entry | Set-PasspackEntry -Password $password -WhatIf
            New-PasspackEntry bad -Password $password -Credential $credential -ErrorAction Continue
            try { New-PasspackEntry bad -ExtraField $password } catch { $_ | Format-List * -Force }
            try { New-PasspackEntry bad -Password $field } catch { $_ | Format-List * -Force }
            Import-PasspackEntry (Export-PasspackEntry "$TestDrive/$(New-Guid).csv" -Verbose) -Verbose
            Lock-PasspackVault -Verbose
            try { Unlock-PasspackVault -PackingKey $wrong -Verbose } catch { $_ | Format-List * -Force }
            Unlock-PasspackVault -PackingKey $PackingKey -Verbose -Debug
        } *>&1
        $told | Out-String -Width 4096 | Should-ShowNoSecret
    }

    It 'leaves none in a transcript' {
        $transcript = "$TestDrive/transcript.txt"
        $env:PASSPACK_TEST_KEY = $PackingKey
        Invoke-Fresh @"
            Import-Module `$ModulePath
            `$key = ConvertTo-SecureString `$env:PASSPACK_TEST_KEY -AsPlainText
            Start-Transcript '$transcript'
            Unlock-PasspackVault -PackingKey `$key -Verbose
            Get-PasspackEntry one | Format-List *
            `$password = (Get-PasspackEntry one).GetPassword()
            `$password
            Get-PasspackEntry one | Set-PasspackEntry -Password `$password -Verbose -PassThru
            Export-PasspackEntry
            Stop-Transcript
"@
        $env:PASSPACK_TEST_KEY = $null
        Get-Content $transcript -Raw | Should-ShowNoSecret
    }
}
