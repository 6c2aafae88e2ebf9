# Exports of other programs: every sample that tests/Passpack.TransferSamples makes, imported in a real shell.
BeforeDiscovery {
    $expected = Get-ChildItem $PSScriptRoot/../Passpack.TransferSamples/Expected/*.json
    $samples = $expected.Name | ForEach-Object { $_ -replace '\.json$' }
}

BeforeAll {
    . $PSScriptRoot/Open.ps1
    $folder = Join-Path ([IO.Path]::GetTempPath()) "passpack-samples-$([guid]::NewGuid())" # Pester empties TestDrive after each Describe.
    $made = New-TransferSample $folder

    function Import-Sample([string] $Name, [switch] $WhatIf) {
        $sample = $made[$Name]
        $how = @{ LiteralPath = $sample.Path; ErrorAction = 'SilentlyContinue'; WarningAction = 'SilentlyContinue'; WhatIf = $WhatIf }
        if ($sample.Key) { # "=" and the key, which may be empty.
            $how.SourceKey = [securestring]::new()
            $sample.Key.Substring(1).ToCharArray() | ForEach-Object { $how.SourceKey.AppendChar($_) }
        }
        if ($sample.KeyFile) { $how.SourceKeyFile = $sample.KeyFile }
        try { Import-PasspackEntry @how }
        catch {
            if ($_.FullyQualifiedErrorId -notlike 'FormatAmbiguous,*') { throw }
            $_.Exception.Message | Should -BeLike "*$($sample.Format)*"
            Import-PasspackEntry @how -Format $sample.Format
        }
    }

    # Everything of the account as text, to see that nothing changes.
    function Get-Everything {
        (Export-PasspackEntry | Sort-Object Id | ConvertTo-Json -Depth 5) + (Get-PasspackEntry -Deleted | Sort-Object Id | ConvertTo-Json -Depth 5)
    }
}

AfterAll {
    Close-Test
    Remove-Item $folder -Recurse
}

Describe 'An export of another program' {
    It 'has expected rows for every sample that the tool makes' {
        $made.Keys | Sort-Object | Should -BeExactly ($expectedNames | Sort-Object)
    } -ForEach @(@{ expectedNames = $samples })

    It 'comes in with its names and passwords, and twice changes nothing: <_>' -ForEach $samples {
        $null = New-TestAccount "$([guid]::NewGuid())@example.com"
        $rows = @(Get-Content "$PSScriptRoot/../Passpack.TransferSamples/Expected/$_.json" -Raw | ConvertFrom-Json)
        $preview = @(Import-Sample $_ -WhatIf)
        $results = @(Import-Sample $_)
        $results | Should -HaveCount $rows.Count
        $preview.Action | Should -Be $results.Action
        $results.Format | Sort-Object -Unique | Should -Be $made[$_].Format
        $exported = @{}
        Export-PasspackEntry | ForEach-Object { $exported[$_.Id] = $_ }
        $deleted = @{}
        Get-PasspackEntry -Deleted | ForEach-Object { $deleted["$($_.Id)"] = $_ }
        for ($i = 0; $i -lt $rows.Count; $i++) {
            if ($rows[$i].error) {
                $results[$i].Action | Should -Be 'Failed'
                continue
            }
            $results[$i].Action | Should -Be 'Added'
            $entry = $exported["$($results[$i].Id)"]
            $name, $password = if ($rows[$i].state -eq 'Trashed') {
                $trashed = $deleted["$($results[$i].Id)"]
                $trashed.Name, $trashed.GetPasswordText()
            } else {
                $entry.'Entry Name', $entry.Password
            }
            $name | Should -BeExactly $rows[$i].name
            $password | Should -BeExactly "$($rows[$i].password)"
        }
        $before = Get-Everything
        @(Import-Sample $_).Action | Sort-Object -Unique | Should -BeIn 'Unchanged', 'Failed'
        Get-Everything | Should -BeExactly $before
    }
}
