# The health of entries: what is found and emitted, breach lists, -FailOn, and that no secret is told.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $strong = 'kX9#vLq2!mZ7@pRt4&'
    $null = New-PasspackEntry weak -UserId a -Password hunter2 -Url http://example.com
    $null = New-PasspackEntry twin -UserId b -Password "Reused-$strong" -Url https://www.github.com/login
    $null = New-PasspackEntry TWIN2 -UserId c -Password "Reused-$strong" -Expires ([DateTimeOffset]::Now.AddDays(-2))
    $null = New-PasspackEntry near -UserId d -Password "reused-${strong}77!"
    $null = New-PasspackEntry fine -UserId e -Password "fine $strong"
    Set-Content "$TestDrive/list.txt" "AAAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1`nF3BBBD66A63D4BF1747940578EC3D0103530E21D:17000`nFFFFFFFFC9B93F3F0682250B6CF8331B7EE68FD8:1"
    Set-Content "$TestDrive/unordered.txt" "FFFFFFFFC9B93F3F0682250B6CF8331B7EE68FD8:1`nAAAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1"

    function Get-Told { $input | ForEach-Object { "$($_.Kind) $($_.Entry)" } | Sort-Object }
}

AfterAll {
    Close-Test
}

Describe 'Get-PasspackHealth' {
    It 'tells each entry and reason' {
        Get-PasspackHealth -BreachList "$TestDrive/list.txt" -TotpHost github.com | Get-Told | Should -Be @(
            'Breached weak', 'Expired TWIN2', 'NoTotp twin', 'PlainHttp weak', 'Reused twin', 'Reused TWIN2', 'Similar near', 'Similar twin', 'Similar TWIN2', 'Weak weak')
        $reused = Get-PasspackHealth -Kind Reused | Where-Object Entry -EQ twin
        $reused.Group | Should -Be 'twin', 'TWIN2'
        $reused.GroupId | Should -Be (Get-PasspackEntry twin, TWIN2).Id
        $reused.Description | Should -BeExactly "The same password as 'TWIN2'."
        (Get-PasspackHealth -BreachList "$TestDrive/list.txt" -Kind Breached).Breaches | Should -Be 17000
        (Get-PasspackHealth -Kind Weak).Rating | Should -Be (Measure-PasspackKey hunter2).Rating
    }

    It 'tells no secret, in no stream and no view' {
        $all = Get-PasspackHealth -BreachList "$TestDrive/list.txt" -MinimumRating 500 -Verbose -Debug *>&1
        $told = "$($all | Out-String) $($all | Format-List * | Out-String) $($all | Where-Object { $_ -is [Passpack.PowerShell.HealthFinding] } | ConvertTo-Json -Depth 5)"
        $told | Should -Match 'Looked at 5 entries of me@example.com, 5 of them with a password'
        $told | Should -Not -Match 'hunter2|vLq2|F3BBB'
    }

    It 'is a pipeline away from the entries' {
        (Get-PasspackHealth -Kind Weak | Get-PasspackEntry).UserId | Should -Be a
        Get-PasspackHealth -Kind Expired | Set-PasspackEntry -Expires ([DateTimeOffset]::Now.AddDays(90))
        Get-PasspackHealth -Kind Expired | Should -BeNullOrEmpty
        Get-PasspackLocalAccount | Get-PasspackHealth -Kind Weak | Should -Not -BeNullOrEmpty
    }

    It 'fails on what -FailOn names, after all findings' {
        $found = [Collections.Generic.List[object]]::new()
        $said = { Get-PasspackHealth -FailOn Weak, Expired | ForEach-Object { $found.Add($_) } } | Should -Throw -ErrorId 'HealthFindings,*' -PassThru
        "$said" | Should -BeLike '*Weak (1).*'
        $found.Kind | Should -Contain 'Similar'
        Get-PasspackHealth -FailOn RotationUnfinished | Should -Not -BeNullOrEmpty
    }

    It 'refuses to look for what it could never find: <Name>' -ForEach @(
        @{ Name = 'Breached without a list'; Given = @{ FailOn = 'Breached' } }, @{ Name = 'NoTotp without hosts'; Given = @{ Kind = 'NoTotp' } }
        @{ Name = 'a kind left out'; Given = @{ Kind = 'Weak'; FailOn = 'Old' } }, @{ Name = 'two sources'; Given = @{ BreachList = 'x'; BreachUri = 'https://x/' } }
        @{ Name = 'no host'; Given = @{ TotpHost = 'not a host' } }
    ) {
        Get-ErrorId { Get-PasspackHealth @Given } | Should -Be InvalidArgument
    }

    It 'refuses a list that is none, or not there' {
        Get-ErrorId { Get-PasspackHealth -BreachList "$TestDrive/unordered.txt" } | Should -Be BreachListDamaged
        Get-ErrorId { Get-PasspackHealth -BreachList "$TestDrive/none.txt" } | Should -Be PathNotFound
        Get-ErrorId { Get-PasspackHealth -BreachUri http://example.com/range/ } | Should -Be InsecureTransport
        Get-ErrorId { Get-PasspackHealth -BreachUri http://127.0.0.1:1/range/ } | Should -Be ServerUnreachable
    }

    It 'asks no service unless it is told to' {
        # With a proxy that nobody listens at, any request would fail.
        $env:https_proxy = $env:http_proxy = 'http://127.0.0.1:1'
        try { Get-PasspackHealth -Kind Weak | Should -Not -BeNullOrEmpty } finally { $env:https_proxy = $env:http_proxy = $null }
    }

    It 'completes kinds' {
        (TabExpansion2 'Get-PasspackHealth -FailOn Pl' 28).CompletionMatches.CompletionText | Should -Be PlainHttp
    }
}

Describe 'Export-PasspackHealthReport' {
    It 'writes a page for its owner, without a secret' {
        $file = Export-PasspackHealthReport "$TestDrive/report.html" -BreachList "$TestDrive/list.txt"
        $file | Should -BeOfType IO.FileInfo
        $page = Get-Content $file -Raw
        $page | Should -Match '>weak<'
        $page | Should -Match 'Breached passwords were looked for in list.txt'
        $page | Should -Not -Match 'hunter2|vLq2'
        if (-not $IsWindows) { [string] $file.UnixFileMode | Should -Be 'UserWrite, UserRead' }
        Get-ErrorId { Export-PasspackHealthReport "$TestDrive/report.html" } | Should -Be FileExists
        Export-PasspackHealthReport "$TestDrive/report.html" -Force | Should -Not -BeNullOrEmpty
    }

    It 'writes nothing with -WhatIf' {
        Export-PasspackHealthReport "$TestDrive/none.html" -WhatIf
        "$TestDrive/none.html" | Should -Not -Exist
    }

    It 'fails on what -FailOn names, after it was written' {
        Get-ErrorId { Export-PasspackHealthReport "$TestDrive/failed.html" -FailOn Weak } | Should -Be HealthFindings
        "$TestDrive/failed.html" | Should -Exist
    }

    It 'is light and dark in a real browser' -Tag 'needs chromium' -Skip:(-not (Get-Command chromium -CommandType Application -ErrorAction Ignore)) {
        Export-PasspackHealthReport "$TestDrive/seen.html" -Force
        $common = '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', "--user-data-dir=$TestDrive/browser", '--window-size=900,1400'
        $null = chromium @common "--screenshot=$TestDrive/light.png" "file://$TestDrive/seen.html" 2>&1
        $null = chromium @common '--blink-settings=preferredColorScheme=0' "--screenshot=$TestDrive/dark.png" "file://$TestDrive/seen.html" 2>&1
        (Get-Item "$TestDrive/light.png").Length | Should -BeGreaterThan 20000
        (Get-FileHash "$TestDrive/dark.png").Hash | Should -Not -Be (Get-FileHash "$TestDrive/light.png").Hash
    }

    It 'has nothing that axe-core finds, at three widths, in light and dark' -Tag 'needs node, chromium, and PASSPACK_TEST_AXE: a folder with playwright-core and axe-core' -Skip:(-not $env:PASSPACK_TEST_AXE) {
        Export-PasspackHealthReport "$TestDrive/axe.html" -Force
        $told = node "$PSScriptRoot/../browser/axe.mjs" $env:PASSPACK_TEST_AXE "$TestDrive/axe.html" $TestDrive 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "$told"
        @($told -match ': fine$').Count | Should -Be 6
    }
}

Describe 'Find-PasspackDuplicate and Merge-PasspackEntry' {
    BeforeAll {
        $script:server = Start-TestServer
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $server.Url -Credential (New-Credential dup@example.com) -PackingKey $PackingKey
        $stays = New-PasspackEntry bank -UserId anna -Password 'one of the two' -Url https://bank.example.com
        $goes = New-PasspackEntry 'bank (2)' -UserId ANNA -Password 'one of the two' -Url https://bank.example.com/ -Notes 'of the other'
        $null = New-PasspackEntry other -UserId anna -Password 'a third one' -Url https://other.example.com
        $null = Sync-PasspackVault
    }

    It 'finds groups of entries' {
        $group = Find-PasspackDuplicate
        $group.Count | Should -Be 2
        $group.SamePassword | Should -BeTrue
        $group.Entries.Id | Sort-Object | Should -Be ($stays.Id, $goes.Id | Sort-Object)
        $group | Out-String | Should -Match 'bank, bank|bank \(2\), bank|bank, bank \(2\)'
    }

    It 'refuses to merge without -Online, and says why' {
        $said = { $goes | Merge-PasspackEntry -Into $stays.Id -Confirm:$false } | Should -Throw -ErrorId 'InvalidArgument,*' -PassThru
        "$said" | Should -BeLike '*comes back at the next sync*-Online*'
        Get-ErrorId { $goes | Merge-PasspackEntry -Into $goes.Id -Online -Confirm:$false -ErrorAction Stop } | Should -Be InvalidArgument
        Get-ErrorId { $goes | Merge-PasspackEntry -Into ([guid]::NewGuid()) -Online -Confirm:$false -ErrorAction Stop } | Should -Be EntryNotFound
    }

    It 'merges nothing with -WhatIf, and asks by default' {
        $goes | Merge-PasspackEntry -Into $stays.Id -Online -WhatIf
        (Get-PasspackEntry).Count | Should -Be 3
        (Get-Command Merge-PasspackEntry).ImplementingType.GetCustomAttributes($true).ConfirmImpact | Should -Be High
    }

    It 'merges for good' {
        $merged = $goes | Merge-PasspackEntry -Into $stays.Id -Online -Confirm:$false
        $merged.Id | Should -Be $stays.Id
        $merged.GetNotes() | Should -Be 'of the other'
        $null = Sync-PasspackVault
        (Get-PasspackEntry).Name | Sort-Object | Should -Be bank, other
        Find-PasspackDuplicate | Should -BeNullOrEmpty
        Get-PasspackEntry bank | Get-PasspackEntryHistory | Should -Not -BeNullOrEmpty
    }
}
