# Import and export.
BeforeAll {
    . $PSScriptRoot/Open.ps1

    $header = '"Entry Name","URL","User ID","Password","Notes","Shared Notes","Tags","Extra Fields","Email"'

    function New-Csv([string[]] $Rows) {
        $path = Join-Path $TestDrive "$(New-Guid).csv"
        [IO.File]::WriteAllText($path, ((@($header) + $Rows) -join "`r`n"))
        $path
    }

    function Add-Samples {
        $null = New-PasspackEntry one -UserId u -Password 'p,"w' -Url https://x -Email e@x -Notes "l1`nl2" -SharedNotes s -Tag a, 'b c' -ExtraField @{ pin = '0815' } -Favorite
        $null = New-PasspackEntry two -Tag a
    }
}

AfterAll {
    Close-Test
}

Describe 'Export-PasspackEntry without -Path' {
    BeforeAll {
        $null = New-TestAccount
        Add-Samples
        New-PasspackEntry gone | Remove-PasspackEntry
    }

    It 'gives flat objects with the columns of a modern export' {
        $exported = Export-PasspackEntry | Where-Object 'Entry Name' -EQ one
        $exported.PSObject.Properties.Name[0..8] | Should -Be 'Entry Name', 'URL', 'User ID', 'Password', 'Notes', 'Shared Notes', 'Tags', 'Extra Fields', 'Email'
        $exported.Password | Should -Be 'p,"w'
        $exported.Tags | Should -Be '{"tags":["{\"tag\":\"a\"}","{\"tag\":\"b c\"}"]}'
        $exported.'Extra Fields' | Should -Be '{"extraFields":["{\"name\":\"pin\",\"type\":\"text\",\"data\":\"0815\"}"]}'
        $exported.PSObject.Properties | ForEach-Object { $_.Value -is [string] -or $_.Value -is [bool] } | Should -Not -Contain $false
    }

    It 'gives all, or what is piped in, or what has a tag' {
        (Export-PasspackEntry).'Entry Name' | Sort-Object | Should -Be 'one', 'two'
        (Get-PasspackEntry two | Export-PasspackEntry).'Entry Name' | Should -Be 'two'
        (Export-PasspackEntry -Tag 'b*').'Entry Name' | Should -Be 'one'
        (Get-PasspackEntry | Export-PasspackEntry -Tag 'b c').'Entry Name' | Should -Be 'one'
        (Get-PasspackEntry gone -Deleted | Export-PasspackEntry).'Entry Name' | Should -Be 'gone'
        Get-PasspackEntry nothing* | Export-PasspackEntry | Should -BeNullOrEmpty
    }

    It 'with -Plain gives an array of tags and an object of Extra Fields, which come back through JSON and the pipeline' {
        function Remove-Plain {
            Get-PasspackEntry 'plain *' | Remove-PasspackEntry
            Get-PasspackEntry 'plain *' -Deleted | Remove-PasspackEntry -Permanent -Confirm:$false
        }
        $null = New-PasspackEntry 'plain one' -Password p -Tag 'x, y', z -ExtraField @{ pin = '0815'; 'a b' = '' }
        $null = New-PasspackEntry 'plain none'
        $null = New-PasspackEntry 'plain twice' -ExtraField '{"extraFields":["{\"name\":\"pin\",\"data\":\"1\"}","{\"name\":\"PIN\",\"data\":\"2\"}"]}'
        $exported = Get-PasspackEntry 'plain *' | Export-PasspackEntry -Plain -ErrorVariable refused -ErrorAction SilentlyContinue | Sort-Object 'Entry Name' -Descending
        $refused.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        "$refused" | Should -BeLike '*plain twice*'
        $exported.'Entry Name' | Should -Be 'plain one', 'plain none'
        $exported[0].Tags | Should -Be 'x, y', 'z'
        $exported[0].'Extra Fields'.pin | Should -BeExactly '0815'
        , $exported[1].Tags | Should -BeOfType string[]

        $json = "$TestDrive/plain.json"
        $exported | ConvertTo-Json | Set-Content $json
        Remove-Plain
        (Import-PasspackEntry $json).Action | Should -Be 'Added', 'Added'
        $back = Get-PasspackEntry 'plain *' | Export-PasspackEntry -Plain | Sort-Object 'Entry Name' -Descending
        foreach ($name in 'Entry Name', 'Password', 'Tags') { $back.$name | Should -Be $exported.$name }
        ($back[0].'Extra Fields' | ConvertTo-Json) | Should -BeExactly ($exported[0].'Extra Fields' | ConvertTo-Json)

        Remove-Plain
        $null = $exported | Select-Object * -ExcludeProperty Id | New-PasspackEntry
        $back = Get-PasspackEntry 'plain *' | Export-PasspackEntry -Plain | Sort-Object 'Entry Name' -Descending
        $back[0].Tags | Should -Be 'x, y', 'z'
        $back[0].'Extra Fields'.'pin' | Should -BeExactly '0815'
        Remove-Plain
    }

    It 'never takes nothing for everything' {
        foreach ($script in { $null | Export-PasspackEntry }, { Export-PasspackEntry -InputObject $null }) { Get-ErrorId $script | Should -Be 'InvalidArgument' }
        foreach ($script in { Export-PasspackEntry -Tag $null }, { Export-PasspackEntry -Tag @() }) { Get-ErrorId $script | Should -Be 'ParameterArgumentValidationError' }
        $null | Export-PasspackEntry -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'loses nothing through ConvertTo-Json and Export-Csv, back by Import-PasspackEntry' {
        $json = Join-Path $TestDrive out.json
        $csv = Join-Path $TestDrive out.csv
        Export-PasspackEntry | ConvertTo-Json | Set-Content $json
        Export-PasspackEntry | Export-Csv $csv
        foreach ($file in $json, $csv) {
            (Import-PasspackEntry $file).Action | Should -Be 'Unchanged', 'Unchanged'
        }
        $null = New-TestAccount
        (Import-PasspackEntry $csv).Action | Should -Be 'Added', 'Added'
        (Import-PasspackEntry $json).Action | Should -Be 'Unchanged', 'Unchanged'
        (Get-PasspackEntry one).Favorite | Should -BeTrue
        (Get-PasspackEntry one).GetExtraFields().Name | Should -Be 'pin'
    }
}

Describe 'What an import tells' {
    BeforeAll { $null = New-TestAccount }

    It 'warns of a file with a header and no rows' {
        Set-Content "$TestDrive/header.csv" 'Entry Name,Password'
        Import-PasspackEntry "$TestDrive/header.csv" -WarningVariable warned -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$warned" | Should -Match 'holds no rows'
    }

    It 'says of an added row that one like it is in the trash' {
        Set-Content "$TestDrive/again.csv" 'Entry Name,User ID', 'again,u'
        (Import-PasspackEntry "$TestDrive/again.csv").Reason | Should -BeNullOrEmpty
        Remove-PasspackEntry again
        $added = Import-PasspackEntry "$TestDrive/again.csv"
        "$($added.Action)" | Should -Be 'Added'
        $added.Reason | Should -Match 'one like it is in the trash'
        (Import-PasspackEntry "$TestDrive/again.csv").Action | Should -Be 'Unchanged'
    }
}

Describe 'Export-PasspackEntry -Path' {
    BeforeAll {
        $null = New-TestAccount
        Add-Samples
    }

    BeforeEach {
        $file = Join-Path $TestDrive "$(New-Guid).csv"
    }

    It 'writes a modern CSV, gives the file, and needs no more than its name' {
        $written = Export-PasspackEntry $file
        $written | Should -BeOfType IO.FileInfo
        $written.FullName | Should -Be $file
        [IO.File]::ReadAllText($file) | Should -BeLike "$header`r`n*"
        (Import-Csv $file | Where-Object 'Entry Name' -EQ one).Notes | Should -Be "l1`nl2"
        if (-not $IsWindows) { (Get-Item $file).UnixMode | Should -Be '-rw-------' }
    }

    It 'refuses a name whose ending says no format, as of an entry, and writes nothing; not under -WhatIf either' {
        Push-Location $TestDrive
        try {
            foreach ($name in 'Semi one', 'one', 'out.xlsx', 'v1.2') {
                foreach ($script in { Export-PasspackEntry $name }, { Get-PasspackEntry one | Export-PasspackEntry -Path $name }, { Export-PasspackEntry $name -WhatIf }) {
                    $told = { & $script } | Should -Throw -PassThru
                    $told.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
                    "$told" | Should -BeLike "*'$name'*Get-PasspackEntry VPN | Export-PasspackEntry -Path vpn.csv*"
                }
                Test-Path $name | Should -BeFalse
            }
            (Export-PasspackEntry out.xlsx -Format Csv).Name | Should -Be 'out.xlsx'
            (Export-PasspackEntry out.TXT).Name | Should -Be 'out.TXT'
        }
        finally { Pop-Location }
    }

    It 'writes JSON by name or by -Format' {
        $json = Export-PasspackEntry ([IO.Path]::ChangeExtension($file, 'JSON'))
        (Get-Content $json -Raw | ConvertFrom-Json).'Entry Name' | Sort-Object | Should -Be 'one', 'two'
        (Get-Content (Export-PasspackEntry $file -Format Json) -Raw | ConvertFrom-Json).'Entry Name' | Should -HaveCount 2
    }

    It 'writes what is piped in, and says what is gone' {
        $entries = Get-PasspackEntry
        $null = $entries | Where-Object Name -EQ one | Export-PasspackEntry $file
        (Import-Csv $file).'Entry Name' | Should -Be 'one'
        $lost = New-PasspackEntry lost
        $lost | Remove-PasspackEntry
        Get-PasspackEntry lost -Deleted | Remove-PasspackEntry -Permanent -Confirm:$false
        $null = @($entries) + $lost | Export-PasspackEntry $file -Force -ErrorVariable failed -ErrorAction SilentlyContinue
        Import-Csv $file | Should -HaveCount 2
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'EntryNotFound,*'
        $null = Get-PasspackEntry nothing* | Export-PasspackEntry $file -Force
        [IO.File]::ReadAllText($file) | Should -Be "$header`r`n"
    }

    It 'writes what -InputObject names, and nothing else' {
        $null = Export-PasspackEntry $file -InputObject (Get-PasspackEntry two)
        (Import-Csv $file).'Entry Name' | Should -Be 'two'
    }

    It 'overwrites only with -Force' {
        Set-Content $file 'mine'
        Get-ErrorId { Export-PasspackEntry $file } | Should -Be 'FileExists'
        Get-ErrorId { Export-PasspackEntry $file -WhatIf } | Should -Be 'FileExists'
        Get-Content $file | Should -Be 'mine'
        Export-PasspackEntry $file -Force | Should -HaveCount 1
        Import-Csv $file | Should -HaveCount 2
    }

    It 'never overwrites a FIFO or a device' -Tag 'needs a FIFO, which Windows has not' -Skip:$IsWindows {
        mkfifo "$TestDrive/fifo"
        foreach ($path in "$TestDrive/fifo", '/dev/null') {
            Get-ErrorId { Export-PasspackEntry $path -Force } | Should -Be 'FileExists'
            Get-ErrorId { Backup-PasspackVault $path -Force } | Should -Be 'FileExists'
        }
        test -p "$TestDrive/fifo"
        $LASTEXITCODE | Should -Be 0
    }

    It 'says of a tag that is not there, and writes no file' {
        Set-Content $file 'mine'
        Get-ErrorId { Export-PasspackEntry $file -Tag none -Force } | Should -Be 'EntryNotFound'
        Get-Content $file | Should -Be 'mine'
        Get-ErrorId { Export-PasspackEntry -Tag none -ErrorAction Stop } | Should -Be 'EntryNotFound'
        Export-PasspackEntry -Tag none* -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'with -WhatIf writes nothing' {
        Export-PasspackEntry $file -WhatIf | Should -BeNullOrEmpty
        $file | Should -Not -Exist
    }

    It 'takes relative paths and drives, and refuses what is no file' {
        Push-Location $TestDrive
        $null = Export-PasspackEntry ./relative.csv
        Pop-Location
        Join-Path $TestDrive relative.csv | Should -Exist
        $null = New-PSDrive Exported FileSystem $TestDrive
        $null = Export-PasspackEntry Exported:/drive.csv
        (Import-PasspackEntry Exported:/drive.csv).Action | Should -Be 'Unchanged', 'Unchanged'
        Remove-PSDrive Exported
        Get-ErrorId { Export-PasspackEntry Env:/x } | Should -Be 'InvalidArgument'
        Get-ErrorId { Export-PasspackEntry "$TestDrive/no/such/folder.csv" } | Should -Be 'PathNotFound'
        Get-ErrorId { Export-PasspackEntry $TestDrive -Force } | Should -Be 'FileExists'
    }
}

Describe 'PASSPACK_HOME' {
    BeforeAll {
        $machine = $env:PASSPACK_HOME
    }

    AfterEach {
        $env:PASSPACK_HOME = $machine
    }

    It 'is refused where it is no full path of a folder: <_>' -ForEach 'rel/v', 'VV:\v', '"/tmp/v"', '{file}' {
        $path = "$TestDrive/{file}"
        Set-Content -LiteralPath $path x
        $env:PASSPACK_HOME = $_ -eq '{file}' ? $path : $_
        Get-ErrorId { Get-PasspackLocalAccount } | Should -Be 'InvalidArgument'
        Get-ErrorId { New-PasspackLocalAccount -UserId me@example.com -PackingKey $PackingKey } | Should -Be 'InvalidArgument'
        (TabExpansion2 'Get-PasspackLocalAccount -Account ').CompletionMatches.CompletionText | Should -Not -Contain 'me@example.com'
    }
}

Describe 'Import-PasspackEntry' {
    BeforeEach {
        $null = New-TestAccount
    }

    It 'says of each row what it did; once more changes nothing' {
        $file = New-Csv '"one","u","me","p","n","s","{""tags"":[""{\""tag\"":\""a\""}""]}","{""extraFields"":[]}","e"', '"two","","","","","","{""tags"":[]}","{""extraFields"":[]}",""'
        $first = Import-PasspackEntry $file -AddTag imported
        $first.Action | Should -Be 'Added', 'Added'
        $first.Name | Should -Be 'one', 'two'
        $first.Row | Should -Be 1, 2
        $first[0].Id | Should -Be (Get-PasspackEntry one).Id
        (Get-PasspackEntry one).Tags | Should -Be 'a', 'imported'
        (Import-PasspackEntry $file -AddTag imported).Action | Should -Be 'Unchanged', 'Unchanged'
        Get-PasspackEntry two | Set-PasspackEntry -Notes changed
        (Import-PasspackEntry $file -AddTag imported).Action | Should -Be 'Unchanged', 'Updated'
    }

    It 'fails bad rows one by one, and imports the others' {
        $file = New-Csv '"one","","","","","","","",""', '"","","","","","","","",""', '"bad","","","","","","","{""extraFields"":[""x""]}",""', '"last","","","","","","","",""'
        $results = Import-PasspackEntry $file -ErrorVariable failed -ErrorAction SilentlyContinue
        $results.Action | Should -Be 'Added', 'Failed', 'Failed', 'Added'
        $results[1].Reason | Should -Match 'Row 2'
        $failed | Should -HaveCount 2
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'ImportRowInvalid,*'
        $failed[0].CategoryInfo.Category | Should -Be 'InvalidData'
        $failed[0].TargetObject.Row | Should -Be 2
        (Get-PasspackEntry).Name | Sort-Object | Should -Be 'last', 'one'
    }

    It 'reads a FIFO whole, and says which format it took' -Tag 'needs a FIFO, which Windows has not' -Skip:$IsWindows {
        $fifo = "$TestDrive/fifo-in"
        mkfifo $fifo
        $job = Start-ThreadJob { [IO.File]::WriteAllText($using:fifo, "Entry Name;Tags`n" + -join (1..3000 | ForEach-Object { "n$_;`"x, y`"`n" })) }
        $results = Import-PasspackEntry $fifo -Verbose 4>&1 -OutVariable all | Where-Object { $_ -isnot [Management.Automation.VerboseRecord] }
        $job | Receive-Job -Wait -AutoRemoveJob
        $results | Should -HaveCount 3000
        $results[0].Format | Should -Be 'Csv'
        "$all" | Should -BeLike "*is read as Csv, separated by ';'*"
        (Get-PasspackEntry n1).Tags | Should -Be 'x', 'y'
    }

    It 'names the program of a foreign header, whatever the columns are said to be' {
        Set-Content "$TestDrive/keepass.csv" '"Account","Login Name","Password","Web Site","Comments"', '"a","u","p","https://x.example","c"'
        Get-ErrorId { Import-PasspackEntry "$TestDrive/keepass.csv" -ColumnOrder Name, UserId, Password, Link, Notes } | Should -Be 'FormatNotRecognized'
        "$($Error[0])" | Should -BeLike '*KeePass*'
        Get-PasspackEntry | Should -BeNullOrEmpty
    }

    It 'with -WhatIf tells what it would do, and writes nothing' {
        $null = New-PasspackEntry one
        $file = New-Csv '"one","","","","changed","","","",""', '"two","","","","","","","",""', '"","","","","","","","",""'
        $plan = Import-PasspackEntry $file -WhatIf -ErrorAction SilentlyContinue
        $plan.Action | Should -Be 'Updated', 'Added', 'Failed'
        $plan.IsPlan | Should -Be $true, $true, $true
        (Get-PasspackEntry).Name | Should -Be 'one'
        (Get-PasspackEntry one).GetNotes() | Should -Be ''
    }

    It 'with -WhatIf tells what no vault takes, as the import does' {
        $null = New-PasspackEntry one
        $large = 'x' * 1100000
        $half = '"{""tags"":[""{\""tag\"":\""\\ud800\""}""]}"'
        $file = New-Csv "`"one`",`"`",`"`",`"`",`"$large`",`"`",`"`",`"`",`"`"", "`"two`",`"`",`"`",`"`",`"$large`",`"`",`"`",`"`",`"`"",
            "`"three`",`"`",`"`",`"`",`"`",`"`",$half,`"`",`"`"", '"four","","","","","","","",""'
        $plan = Import-PasspackEntry $file -AddTag t -WhatIf -ErrorAction SilentlyContinue
        $results = Import-PasspackEntry $file -AddTag t -ErrorAction SilentlyContinue
        $results.Action | Should -Be 'Failed', 'Failed', 'Failed', 'Added'
        $plan.Action | Should -Be $results.Action
        $plan.Reason | Should -Be $results.Reason
    }

    It 'answers a file that is none with one error: <Kind>' -ForEach @(
        @{ Kind = 'not there'; Make = { "$TestDrive/none.csv" }; Id = 'PathNotFound' }
        @{ Kind = 'binary'; Make = { $path = "$TestDrive/binary"; [IO.File]::WriteAllBytes($path, (0..255)); $path }; Id = 'FormatNotRecognized' }
        @{ Kind = 'empty'; Make = { $path = "$TestDrive/empty"; [IO.File]::WriteAllText($path, ''); $path }; Id = 'FormatNotRecognized' }
        @{ Kind = 'another CSV'; Make = { $path = "$TestDrive/other.csv"; [IO.File]::WriteAllText($path, "a,b`n1,2"); $path }; Id = 'FormatNotRecognized' }
        @{ Kind = 'a folder'; Make = { "$TestDrive" }; Id = 'FormatNotRecognized' }
    ) {
        Get-ErrorId { Import-PasspackEntry (& $Make) } | Should -Be $Id
        Get-PasspackEntry | Should -BeNullOrEmpty
    }

    It 'takes files from the pipeline, and goes on after a bad one' {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))
        [IO.File]::WriteAllText("$folder/[1].csv", "$header`r`n`"one`",`"`",`"`",`"`",`"`",`"`",`"`",`"`",`"`"")
        [IO.File]::WriteAllText("$folder/2.csv", 'no csv')
        [IO.File]::WriteAllText("$folder/3.csv", "$header`r`n`"three`",`"`",`"`",`"`",`"`",`"`",`"`",`"`",`"`"")
        $results = Get-ChildItem $folder | Import-PasspackEntry -ErrorVariable failed -ErrorAction SilentlyContinue
        $results.Name | Sort-Object | Should -Be 'one', 'three'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'FormatNotRecognized,*'
    }

    It 'has saved the rows that it reports, when the rest is not wanted' {
        $file = New-Csv (1..3000 | ForEach-Object { "`"n$_`",`"`",`"`",`"`",`"`",`"`",`"`",`"`",`"`"" })
        Import-PasspackEntry $file | Select-Object -First 1 | ForEach-Object Action | Should -Be 'Added'
        $saved = (Get-PasspackEntry).Count
        $saved | Should -BeGreaterThan 0
        $saved | Should -BeLessThan 3000
        @(Import-PasspackEntry $file | Where-Object Action -EQ Unchanged) | Should -HaveCount $saved
    }
}
