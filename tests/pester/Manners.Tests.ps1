# The manners that all cmdlets share: streaming, errors of single items, -WhatIf, -Verbose, progress, -PassThru, paths.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $header = '"Entry Name","URL","User ID","Password","Notes","Shared Notes","Tags","Extra Fields","Email"'

    function New-Csv([string] $Path, [string[]] $Names) {
        [IO.File]::WriteAllLines($Path, [string[]] (@($header) + $Names.ForEach({ "`"$_`",`"`",`"`",`"`",`"`",`"`",`"`",`"`",`"`"" })))
    }

    # Makes the entry that a listing comes to last one that does not open.
    function Set-LastDamaged {
        $id = (Get-PasspackEntry)[-1].Id
        $sqlite = [Runtime.Loader.AssemblyLoadContext]::GetLoadContext([Reflection.Assembly]::Load('Passpack.Core')).LoadFromAssemblyName('Microsoft.Data.Sqlite')
        $connection = $sqlite.GetType('Microsoft.Data.Sqlite.SqliteConnection')::new("Data Source=$((Get-PasspackLocalAccount).Path);Pooling=False")
        $connection.Open()
        try {
            $command = $connection.CreateCommand()
            $command.CommandText = 'UPDATE local_data SET head = zeroblob(length(head)), tail = zeroblob(length(tail)) WHERE lower(hex(id)) = $id'
            $null = $command.Parameters.AddWithValue('$id', "$id".Replace('-', ''))
            $command.ExecuteNonQuery() | Should -Be 1
        } finally {
            $connection.Dispose()
        }
    }

    # What a script shows of progress.
    function Get-Progress([string] $Script) {
        $powershell = [powershell]::Create()
        try {
            $null = $powershell.AddScript("`$ErrorActionPreference = 'Stop'; Import-Module '$ModulePath'; $Script").Invoke()
            $powershell.Streams.Progress.ReadAll()
        } finally {
            $powershell.Dispose()
        }
    }
}

AfterAll {
    Close-Test
}

Describe 'Streaming' {
    BeforeAll {
        $null = New-TestAccount
        $null = 1..300 | ForEach-Object { [pscustomobject]@{ Name = "n$_"; Tag = 't' } } | New-PasspackEntry
        Set-LastDamaged
    }

    It 'of <_>: what is found comes before the end is known' -ForEach 'Get-PasspackEntry', 'Export-PasspackEntry' {
        $all = @(& $_ -ErrorAction Continue 2>&1)
        $all | Should -HaveCount 300
        $all[-1] | Should -BeOfType ([Management.Automation.ErrorRecord])
        $all[-1].FullyQualifiedErrorId | Should -BeLike 'RecordDamaged,*'
        # Would it look further than asked, it would meet the damaged one.
        & $_ -ErrorVariable met -ErrorAction SilentlyContinue | Select-Object -First 1 | Should -HaveCount 1
        $met | Should -BeNullOrEmpty
    }

    It 'of Import-PasspackEntry: what was not asked for is not imported' {
        New-Csv "$TestDrive/many.csv" (1..5000).ForEach({ "imported $_" })
        Import-PasspackEntry "$TestDrive/many.csv" | Select-Object -First 1 | Should -HaveCount 1
        @(Get-PasspackEntry imported* -ErrorAction SilentlyContinue).Count | Should -BeLessThan 5000
    }
}

Describe 'Errors of single items' {
    BeforeAll {
        $null = New-TestAccount
        $one = New-PasspackEntry one
        $two = New-PasspackEntry two
        $none = [guid]::NewGuid()
    }

    It 'do not stop <Name>' -ForEach @(
        @{ Name = 'Get-PasspackEntry'; Do = { Get-PasspackEntry -LiteralName one, none, two @args }; Count = 2 }
        @{ Name = 'Get-PasspackEntry -Id'; Do = { Get-PasspackEntry -Id $one.Id, $none, $two.Id @args }; Count = 2 }
        @{ Name = 'Set-PasspackEntry'; Do = { [pscustomobject]@{ Id = $none; Url = 'x' }, [pscustomobject]@{ Id = $one.Id; Url = 'x' } | Set-PasspackEntry -PassThru @args }; Count = 1 }
        @{ Name = 'Restore-PasspackEntry'; Do = { Remove-PasspackEntry -Id $one.Id; [pscustomobject]@{ Id = $none }, [pscustomobject]@{ Id = $one.Id } | Restore-PasspackEntry @args }; Count = 1 }
        @{ Name = 'Get-PasspackTag'; Do = { Set-PasspackEntry -Id $two.Id -Tag t; Get-PasspackTag none, t @args }; Count = 1 }
    ) {
        $all = @(& $Do -ErrorAction Continue 2>&1)
        $failed = $all.Where({ $_ -is [Management.Automation.ErrorRecord] })
        $all.Count | Should -Be ($Count + 1)
        $failed.Count | Should -Be 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'EntryNotFound,*'
        "$($failed[0].TargetObject)" | Should -Not -BeNullOrEmpty
        Get-ErrorId { & $Do -ErrorAction Stop } | Should -Be 'EntryNotFound'
    }
}

Describe '-WhatIf' {
    BeforeAll {
        $null = New-TestAccount
        $entry = New-PasspackEntry one -Url a
        Set-PasspackEntry -Id $entry.Id -Url b
        $trashed = New-PasspackEntry gone
        $trashed | Remove-PasspackEntry
        New-Csv "$TestDrive/in.csv" imported
        $version = $entry | Get-PasspackEntryHistory
    }

    It 'wins over -Confirm:$false and -Force, and changes nothing: <_>' -ForEach @(
        { New-PasspackEntry new -Confirm:$false -WhatIf }
        { Get-PasspackEntry | Set-PasspackEntry -AddTag x -Confirm:$false -WhatIf }
        { Get-PasspackEntry | Remove-PasspackEntry -Confirm:$false -WhatIf }
        { $trashed | Remove-PasspackEntry -Permanent -Confirm:$false -WhatIf }
        { $trashed | Restore-PasspackEntry -Confirm:$false -WhatIf }
        { $version | Restore-PasspackEntry -Confirm:$false -WhatIf }
        { Import-PasspackEntry "$TestDrive/in.csv" -Confirm:$false -WhatIf }
        { Export-PasspackEntry "$TestDrive/out.csv" -Force -Confirm:$false -WhatIf }
        { Set-PasspackLocalAccount -LockAfterMinutes 1 -Confirm:$false -WhatIf }
        { Remove-PasspackLocalAccount -Force -Confirm:$false -WhatIf }
        { Reset-PasspackLocalAccount -Emergency -Confirm:$false -WhatIf }
        { New-PasspackLocalAccount -UserId another -PackingKey $PackingKey -Confirm:$false -WhatIf }
    ) {
        $before = Get-ContentState $env:PASSPACK_HOME
        $null = & $_
        Get-ContentState $env:PASSPACK_HOME | Should -Be $before
        "$TestDrive/out.csv" | Should -Not -Exist
    }

    It 'is asked of whoever is to confirm: without anybody there, nothing happens' {
        $before = Get-ContentState $env:PASSPACK_HOME
        { New-PasspackEntry new -Confirm } | Should -Throw
        { Remove-PasspackLocalAccount -Force } | Should -Throw
        Get-ContentState $env:PASSPACK_HOME | Should -Be $before
    }
}

Describe '-Verbose' {
    BeforeAll {
        $server = Start-TestServer
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $server.Url -PackingKey $PackingKey `
            -Credential ([pscredential]::new('me@example.com', (ConvertTo-SecureString 'Six lamps, 4 doors!' -AsPlainText)))
    }

    AfterAll {
        Lock-PasspackVault -All
        Stop-TestServer $server
    }

    It 'tells the story' {
        New-Csv "$TestDrive/in.csv" a, b
        $told = & {
            Import-PasspackEntry "$TestDrive/in.csv" -Verbose
            Get-PasspackEntry a | Set-PasspackEntry -AddTag x -Verbose
            Export-PasspackEntry "$TestDrive/told.csv" -Verbose
            Sync-PasspackVault -WhatIf -Verbose
            Sync-PasspackVault -Verbose
            Sync-PasspackVault -Verbose
            Get-PasspackEntry -Online -Verbose
            Get-PasspackDevice -Verbose
            Lock-PasspackVault -Verbose
        } 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | Out-String -Width 500
        foreach ($part in 'Using the account me@example\.com', 'in\.csv: 2 Added', 'Committed 1 of 1', 'Wrote 2 entries in the clear', 'Planning the sync',
            'A sync would do: 2 Pushed', 'Sending changes', "Pushed: 'a'", 'Done: 2 Pushed\. \d+ request', 'nothing to do\. 1 request', 'is locked') {
            $told | Should -Match $part
        }
    }
}

Describe 'Progress' {
    BeforeAll {
        $server = Start-TestServer
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $server.Url -PackingKey $PackingKey `
            -Credential ([pscredential]::new('me@example.com', (ConvertTo-SecureString 'Six lamps, 4 doors!' -AsPlainText)))
        New-Csv "$TestDrive/in.csv" (1..40).ForEach({ "n$_" })
    }

    AfterAll {
        Lock-PasspackVault -All
        Stop-TestServer $server
    }

    It 'of an import shows how many, how much of the file, and the time left; and goes away' {
        $bars = Get-Progress "Import-PasspackEntry '$TestDrive/in.csv' | ForEach-Object { Start-Sleep -Milliseconds 20 }"
        $bars.Activity | Select-Object -Unique | Should -Match 'Importing .*in\.csv'
        $bars[0].StatusDescription | Should -Match '^\d+$'
        $bars[0].PercentComplete | Should -BeGreaterThan 0
        $bars[0].SecondsRemaining | Should -BeGreaterOrEqual 0
        $bars[-1].RecordType | Should -Be 'Completed'
    }

    It 'of a sync shows what it does, and how many of how many' {
        $bars = Get-Progress 'Sync-PasspackVault'
        $bars.StatusDescription | Should -Contain '40 of 40'
        $bars.Activity | Should -Contain 'Synchronizing: Sending changes'
        $bars[-1].RecordType | Should -Be 'Completed'
    }

    It 'of an export, and of the online account' {
        $bars = Get-Progress "Get-PasspackEntry | ForEach-Object { Start-Sleep -Milliseconds 1; `$_ } | Set-PasspackEntry -AddTag x -Online; Export-PasspackEntry '$TestDrive/out.csv'"
        $bars.Activity | Should -Contain 'Changing the online account: Sending changes'
        $bars.Where({ $_.RecordType -eq 'Completed' }) | Should -Not -BeNullOrEmpty
    }
}

Describe '-PassThru' {
    It 'emits what is silent without it' {
        $null = New-TestAccount
        $id = (New-PasspackEntry one).Id
        Set-PasspackEntry -Id $id -Url x | Should -BeNullOrEmpty
        (Set-PasspackEntry -Id $id -Url y -PassThru).Url | Should -Be 'y'
        Set-PasspackLocalAccount -LockAfterMinutes 9 | Should -BeNullOrEmpty
        (Set-PasspackLocalAccount -LockAfterMinutes 8 -PassThru).LockAfterMinutes | Should -Be 8
        Unlock-PasspackVault -PackingKey $PackingKey | Should -BeNullOrEmpty
        (Unlock-PasspackVault -PackingKey $PackingKey -PassThru).Account | Should -Be 'me@example.com'
    }
}

Describe 'Paths' {
    BeforeAll {
        $null = New-TestAccount
        $folder = (New-Item -ItemType Directory "$TestDrive/files").FullName
        $null = New-PSDrive Files FileSystem $folder
        Push-Location $folder
    }

    AfterAll {
        Pop-Location
        Remove-PSDrive Files
    }

    It 'are relative to PowerShell''s location' {
        New-Csv "$folder/a.csv" a
        (Import-PasspackEntry a.csv).Name | Should -Be 'a'
        (Export-PasspackEntry ./out.json).FullName | Should -Be (Join-Path $folder out.json)
    }

    It 'may lie on a drive of PowerShell''s own' {
        New-Csv "$folder/b.csv" b
        (Import-PasspackEntry Files:/b.csv).Name | Should -Be 'b'
        (Export-PasspackEntry Files:/drive.csv).FullName | Should -Be (Join-Path $folder drive.csv)
        Get-ErrorId { Export-PasspackEntry Env:/x } | Should -Be 'InvalidArgument'
        Get-ErrorId { Import-PasspackEntry Env:/PATH } | Should -Be 'InvalidArgument'
    }

    It 'take wildcards in -Path, and none in -LiteralPath' {
        New-Csv "$folder/w1.csv" w1
        New-Csv "$folder/w2.csv" w2
        New-Csv "$folder/[w].csv" brackets
        (Import-PasspackEntry w?.csv).Name | Should -Be 'w1', 'w2'
        (Import-PasspackEntry -LiteralPath '[w].csv').Name | Should -Be 'brackets'
        (Get-ChildItem $folder -Filter *w*.csv | Import-PasspackEntry).Action | Should -Be 'Unchanged', 'Unchanged', 'Unchanged'
        Get-ErrorId { Import-PasspackEntry none*.csv } | Should -Be 'PathNotFound'
        Get-ErrorId { Import-PasspackEntry -LiteralPath 'w?.csv' } | Should -Be 'PathNotFound'
    }
}
