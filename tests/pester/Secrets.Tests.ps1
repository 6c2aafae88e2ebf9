# Nothing that enumerates properties, and nothing that is told along the way, shows a secret.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $secrets = 'hidden-password-4711', 'hidden-notes-4711', 'hidden-shared-4711', 'hidden-field-4711'
    $null = New-PasspackEntry one -UserId u -Password hidden-password-4711 -Notes hidden-notes-4711 -SharedNotes hidden-shared-4711 `
        -ExtraField @{ pin = 'hidden-field-4711' } -Tag t -Favorite
    $entry = Get-PasspackEntry one
    Set-PasspackEntry -Id $entry.Id -Notes 'hidden-notes-4711 edited' -Url 'https://two'
    $null = Invoke-PasspackRotation -Entry $entry -Change { throw 'it fails' } -NewPassword (ConvertTo-SecureString hidden-new-4711 -AsPlainText) -ErrorAction SilentlyContinue
    $rotation = Get-PasspackRotation one
    $null = $rotation | Undo-PasspackRotation
    $imported = Import-PasspackEntry (Export-PasspackEntry "$TestDrive/for-import.csv")

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
    Close-Test
}

Describe '<Type>' -ForEach @(
    @{ Type = 'Entry'; Get = { $entry } }
    @{ Type = 'EntryVersion'; Get = { $entry | Get-PasspackEntryHistory } }
    @{ Type = 'ExtraField'; Get = { $entry.GetExtraFields() } }
    @{ Type = 'ImportResult'; Get = { $imported } }
    @{ Type = 'Rotation'; Get = { $rotation } }
    @{ Type = 'LocalAccount'; Get = { Get-PasspackLocalAccount } }
) {
    BeforeAll {
        $object = & $Get
        $object | Should -Not -BeNullOrEmpty
    }

    It 'shows no secret to <_>' -ForEach 'Format-Table', 'Format-List', 'Format-List *', 'Format-Wide', 'Format-Custom', 'ConvertTo-Json', 'ConvertTo-Csv',
        'ConvertTo-Xml', 'Select-Object *', 'Export-Clixml', 'Out-String', 'Compare-Object', 'Get-Member', 'a job' {
        $text = switch ($_) {
            'Format-Table' { $object | Format-Table -Property * | Out-String -Width 4096 }
            'Format-List' { $object | Format-List | Out-String -Width 4096 }
            'Format-List *' { $object | Format-List * -Force | Out-String -Width 4096 }
            'Format-Wide' { $object | Format-Wide | Out-String }
            'Format-Custom' { $object | Format-Custom -Depth 9 | Out-String -Width 4096 }
            'ConvertTo-Json' { $object | ConvertTo-Json -Depth 9 }
            'ConvertTo-Csv' { $object | ConvertTo-Csv | Out-String }
            'ConvertTo-Xml' { ($object | ConvertTo-Xml -Depth 9).OuterXml }
            'Select-Object *' { $object | Select-Object * | ConvertTo-Json }
            'Export-Clixml' { $object | Export-Clixml "$TestDrive/object.xml" -Depth 9; Get-Content "$TestDrive/object.xml" -Raw }
            'Out-String' { "$object" + ($object | Out-String) }
            'Compare-Object' { Compare-Object @($object) @($object) -IncludeEqual | Format-List * | Out-String -Width 4096 }
            'Get-Member' { $object | Get-Member -MemberType Properties | Out-String -Width 4096 }
            # As the object leaves the job, and as it comes back.
            'a job' { Start-Job { $using:object } | Receive-Job -Wait -AutoRemoveJob | Format-List * -Force | Out-String -Width 4096 }
        }
        $text + ' one' | Should-ShowNoSecret
    }

    It 'has no property or field, public or not, that holds one' {
        $flags = [Reflection.BindingFlags] 'Instance, Public, NonPublic'
        # An extra field has to keep its data somewhere; it is private, and nothing above finds it.
        $fields = @($object)[0].GetType().GetFields($flags) | Where-Object { "$Type.$($_.Name)" -ne 'ExtraField._data' }
        @($fields.ForEach({ "$($_.GetValue(@($object)[0]))" })) + 'one' -join "`n" | Should-ShowNoSecret
    }
}

Describe 'The types that are tried here' {
    It 'are all that give secrets' {
        $assembly = [Passpack.PowerShell.Entry].Assembly
        $giving = $assembly.GetExportedTypes() | Where-Object {
            $_.Namespace -eq 'Passpack.PowerShell' -and $_.GetMethods().Where({ $_.ReturnType -in [securestring], [pscredential] -or $_.Name -in 'GetNotes', 'GetSharedNotes' })
        }
        $giving.Name | Sort-Object | Should -Be 'Entry', 'EntryVersion', 'ExtraField', 'Rotation'
    }

    It 'give extra fields by name' {
        $entry.GetExtraFields()[0].Name | Should -Be 'pin'
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
            # Before 7.6, -Debug has PowerShell ask for confirmation of everything.
            New-PasspackEntry 'one more' -Password $password -Notes $notes -ExtraField $field -Verbose -Debug -Confirm:$false
            $entry | Set-PasspackEntry -Password "$password x" -Notes $notes -Verbose -Debug -Confirm:$false -PassThru
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
