# Sync-PasspackVault and -Online, between two machines and the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $credential = New-Credential sync@x
    # Not in TestDrive: after every Describe, Pester deletes there what appeared since, the journals of open vaults among it.
    $machines = Join-Path ([IO.Path]::GetTempPath()) "passpack-test-$(New-Guid)"
    $a = $env:PASSPACK_HOME = Join-Path $machines a
    $null = New-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
    $b = $env:PASSPACK_HOME = Join-Path $machines b
    $null = Connect-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey

    # On one of the two machines; both accounts stay unlocked.
    function On([string] $Machine, [scriptblock] $Script) {
        $env:PASSPACK_HOME = $Machine
        & $Script
    }

    function Sync-Both {
        foreach ($machine in $a, $b, $a) { On $machine { $null = Sync-PasspackVault } }
    }
}

AfterAll {
    Close-Test
    Remove-Item $machines -Recurse -Force
}

Describe 'Sync-PasspackVault' {
    It 'pushes new entries, without tags and favorite; another machine pulls them' {
        On $a {
            $null = New-PasspackEntry one -UserId u -Password p1 -Notes n -Tag t -Favorite
            $null = New-PasspackEntry two
            $result = Sync-PasspackVault
            $result.Account, $result.IsPlan, $result.Pushed | Should -Be 'sync@x', $false, 2
            $result.Changes.Name | Sort-Object | Should -Be 'one', 'two'
            $result.Changes[0].Action | Should -Be 'Pushed'
            $result.Requests | Should -BeGreaterThan 1
            $result.BytesSent | Should -BeGreaterThan 0
            $result.Duration | Should -BeGreaterThan ([timespan]::Zero)
            $result.Checkpoint | Should -Be (Get-PasspackLocalAccount).Checkpoint
            (Get-PasspackLocalAccount).PendingChanges | Should -Be 0
            (Get-PasspackLocalAccount).LastSync | Should -Not -BeNullOrEmpty
            (Get-PasspackEntry one).Tags | Should -Be 't'
        }
        On $b {
            (Sync-PasspackVault).Pulled | Should -Be 2
            $one = Get-PasspackEntry one
            $one.Tags | Should -HaveCount 0
            $one.Favorite | Should -BeFalse
            $one.GetPassword() | Show-Secret | Should -Be 'p1'
        }
    }

    It 'with nothing changed sends one request' {
        On $b {
            $result = Sync-PasspackVault
            $result.Requests | Should -Be 1
            $result.Changes | Should -HaveCount 0
        }
    }

    It 'with -WhatIf gives the plan, and writes nothing anywhere' {
        On $a { $null = Get-PasspackEntry two | Set-PasspackEntry -Url a -PassThru }
        On $a {
            $plan = Sync-PasspackVault -WhatIf
            $plan.IsPlan, $plan.Pushed | Should -Be $true, 1
            (Get-PasspackLocalAccount).PendingChanges | Should -Be 1
        }
        On $b { (Sync-PasspackVault).Changes | Should -HaveCount 0 }
        On $a { (Sync-PasspackVault).Pushed | Should -Be 1 }
        On $b { (Sync-PasspackVault -WhatIf).Pulled | Should -Be 1 }
        On $b { (Get-PasspackEntry two).Url | Should -Be '' }
        On $b { (Sync-PasspackVault).Pulled | Should -Be 1 }
        On $b { (Get-PasspackEntry two).Url | Should -Be 'a' }
    }

    It 'puts back what was deleted locally only' {
        On $b {
            Get-PasspackEntry two | Remove-PasspackEntry
            $result = Sync-PasspackVault
            $result.Restored | Should -Be 1
            $result.Changes[0].Reason | Should -Not -BeNullOrEmpty
            Get-PasspackEntry two | Should -HaveCount 1
        }
    }

    It 'lets the newest win a conflict, and says so' {
        On $a { Get-PasspackEntry two | Set-PasspackEntry -Url older; $null = Sync-PasspackVault }
        On $b {
            Get-PasspackEntry two | Set-PasspackEntry -Url newer
            (Sync-PasspackVault).Conflicts | Should -Be 1
            (Get-PasspackEntry two).Url | Should -Be 'newer'
        }
        On $a {
            $null = Sync-PasspackVault
            (Get-PasspackEntry two).Url | Should -Be 'newer'
        }
    }

    It 'takes its account from the pipeline, and goes on after one that fails' {
        On $a {
            $null = New-PasspackLocalAccount -UserId offline -PackingKey $PackingKey
            $results = Get-PasspackLocalAccount | Sync-PasspackVault -ErrorVariable failed -ErrorAction SilentlyContinue
            $results.Account | Should -Be 'sync@x'
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
            Remove-PasspackLocalAccount -Account offline -Confirm:$false
        }
    }

    It 'stops before a conflict, and settles it entry by entry, when that is asked for' {
        On $a { Get-PasspackEntry two | Set-PasspackEntry -Url a2; $null = Sync-PasspackVault }
        On $b {
            $two = Get-PasspackEntry two | Set-PasspackEntry -Url b2 -PassThru
            $failed = { Sync-PasspackVault -ConflictPolicy Stop } | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'SyncConflict,*'
            $failed.TargetObject | Should -BeOfType Passpack.PowerShell.SyncResult
            $failed.TargetObject.Conflicts | Should -Be 1
            (Get-PasspackLocalAccount).PendingChanges | Should -Be 1
            Get-ErrorId { Sync-PasspackVault -Resolve @{ nobody = 'Online' } } | Should -Be 'InvalidArgument'
            $planned = Sync-PasspackVault -Resolve @{ two = 'Online' } -WhatIf
            $planned.Changes.Where({ $_.Action -eq 'Conflict' }).Winner | Should -Be 'Online'
            $twin = New-PasspackEntry two
            $failed = { Sync-PasspackVault -Resolve @{ two = 'Online' } } | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
            $failed.Exception.Message | Should -Match "2 entries are named 'two'.*$($two.Id)"
            $twin | Remove-PasspackEntry
            $twin | Remove-PasspackEntry -Permanent -Confirm:$false
            Get-ErrorId { Sync-PasspackVault -Resolve @{ $two.Id = 'Newest' } } | Should -Be 'InvalidArgument'
            (Sync-PasspackVault -ConflictPolicy Stop -Resolve @{ "$($two.Id)" = 'online' }).Conflicts | Should -Be 1
            (Get-PasspackEntry two).Url | Should -Be 'a2'
        }
        Sync-Both
    }

    It 'warns of an id that there was nothing to settle for' {
        $nobody = [guid]::NewGuid()
        $null = Sync-PasspackVault -Resolve @{ $nobody = 'Local' } -WarningVariable told -WarningAction SilentlyContinue
        "$told" | Should -BeLike "*-Resolve*$nobody*"
    }

    It 'merges fields that do not touch each other' {
        On $a { Get-PasspackEntry two | Set-PasspackEntry -Url a3; $null = Sync-PasspackVault }
        On $b {
            Get-PasspackEntry two | Set-PasspackEntry -Email b3
            (Sync-PasspackVault).Merged | Should -Be 1
            $two = Get-PasspackEntry two
            $two.Url, $two.Email | Should -Be 'a3', 'b3'
        }
        Sync-Both
    }

    It 'refuses what makes no sense' {
        On $a {
            Get-ErrorId { Sync-PasspackVault -Checkpoint nonsense } | Should -Be 'InvalidArgument'
            Get-ErrorId { Sync-PasspackVault -TimeoutSec 0 } | Should -Be 'ParameterArgumentValidationError'
        }
    }

    It 'takes the longest of all timeouts' {
        On $a { (Sync-PasspackVault -TimeoutSec ([int]::MaxValue)).Account | Should -Be 'sync@x' }
    }

    It 'tells its story with -Verbose' {
        On $a {
            Get-PasspackEntry one | Set-PasspackEntry -Notes hidden-4711
            $told = Sync-PasspackVault -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | Out-String
            $told | Should -Match "Pushed: 'one'"
            $told | Should -Not -Match 'hidden'
        }
    }

    It 'shows a result within 80 columns, in words' {
        On $a {
            $result = Sync-PasspackVault
            ($result | Out-String -Width 80) -replace '\x1b\[[0-9;]*m' | Should -Match 'Account +When +Result[\s\S]+just now +nothing to do'
        }
    }
}

Describe '-Online' {
    BeforeAll {
        Sync-Both
    }

    It 'makes an entry online, tags and all; this machine has it at once' {
        On $a {
            $made = New-PasspackEntry online -Password p -Tag o, 'p q' -Favorite -Online
            $made.Tags | Should -Be 'o', 'p q'
            (Get-PasspackEntry online -Online).Favorite | Should -BeTrue
            (Get-PasspackEntry -Id $made.Id).GetPassword() | Show-Secret | Should -Be 'p'
        }
        On $b {
            $null = Sync-PasspackVault
            $entry = Get-PasspackEntry online
            $entry.Tags | Should -Be 'o', 'p q'
            $entry.Favorite | Should -BeTrue
        }
    }

    It 'gets tags and favorites there, and from there everywhere, unless they are excluded' {
        On $a { (Get-PasspackEntry two | Set-PasspackEntry -AddTag online -Favorite -Online -PassThru).Tags | Should -Be 'online' }
        On $b {
            Get-PasspackEntry two | Set-PasspackEntry -Tag own
            (Sync-PasspackVault -ExcludeTags -ExcludeFavorites).TagsPulled | Should -Be 0
            (Get-PasspackEntry two).Tags | Should -Be 'own'
            (Get-PasspackEntry two).Favorite | Should -BeFalse
            (Get-PasspackEntry two -Online).Tags | Should -Be 'online'
            (Get-PasspackTag -Online).Name | Should -Contain 'online'
            $result = Sync-PasspackVault
            $result.TagsPulled, $result.FavoritesPulled | Should -Be 1, 1
            (Get-PasspackEntry two).Tags | Should -Be 'online'
        }
    }

    It 'adds tags to those that this machine shows, and takes them away, where online has none' {
        On $a {
            $null = 'n1', 'n2' | ForEach-Object { New-PasspackEntry $_ -Tag a, b }
            $null = Sync-PasspackVault
            (Get-PasspackEntry n1 | Set-PasspackEntry -AddTag c -Online -PassThru).Tags | Should -Be 'a', 'b', 'c'
            (Get-PasspackEntry n2 | Set-PasspackEntry -RemoveTag b -Online -PassThru).Tags | Should -Be 'a'
        }
        On $b {
            $null = Sync-PasspackVault
            (Get-PasspackEntry n1).Tags | Should -Be 'a', 'b', 'c'
            (Get-PasspackEntry n2).Tags | Should -Be 'a'
            Get-PasspackEntry n1, n2 | Remove-PasspackEntry -Online -Confirm:$false
        }
    }

    It 'publishes this machine''s tags as its help says, many entries in one push' {
        On $a {
            $null = 1..30 | ForEach-Object { New-PasspackEntry "published $_" -Tag 'mine', "no $_" }
            $null = Sync-PasspackVault
            $example = ((Get-Help Set-PasspackEntry).examples.example | Where-Object { $_.title -match 'Publish' }).code
            $example | Should -Match '^Get-PasspackEntry \| .*Set-PasspackEntry -Online$'
            $said = & ([scriptblock]::Create("$example -Verbose")) 4>&1
            # The first goes alone, so that whoever waits sees something; all the others are one push.
            @($said -match 'Committed').Count | Should -BeLessOrEqual 3
        }
        On $b {
            $null = Sync-PasspackVault
            $tags = Get-PasspackEntry 'published *'
            $tags | Should -HaveCount 30
            $tags | ForEach-Object { $_.Tags | Should -Be 'mine', ($_.Name -replace 'published', 'no') }
            $tags | Remove-PasspackEntry -Online -Confirm:$false
        }
    }

    It 'shows the online account as it is, whatever this machine has' {
        On $a {
            $null = New-PasspackEntry 'only here'
            (Get-PasspackEntry -Online).Name | Should -Not -Contain 'only here'
            Get-ErrorId { Get-PasspackEntry 'only here' -Online } | Should -Be 'EntryNotFound'
            (Get-PasspackEntry o* -Online).Name | Sort-Object | Should -Be 'one', 'online'
            $entry = Get-PasspackEntry online -Online
            $entry.GetPassword() | Show-Secret | Should -Be 'p'
            (Get-PasspackEntry -Id $entry.Id -Online).Name | Should -Be 'online'
            (Get-PasspackEntry -Online -Tag o).Name | Should -Be 'online'
            Get-PasspackEntry 'only here' | Remove-PasspackEntry
        }
    }

    It 'refuses an entry with unpushed changes, and takes the others' {
        On $a {
            Get-PasspackEntry two | Set-PasspackEntry -Url unpushed
            $changed = Get-PasspackEntry one, two, online | Set-PasspackEntry -Email e -Online -PassThru -ErrorVariable failed -ErrorAction SilentlyContinue
            $changed.Name | Sort-Object | Should -Be 'one', 'online'
            $failed | Should -HaveCount 1
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'SyncConflict,*'
            $null = Sync-PasspackVault
        }
    }

    It 'deletes online, and so on the other machine' {
        On $a {
            Get-ErrorId { Get-PasspackEntry online | Remove-PasspackEntry -Online } | Should -Be 'InvalidOperation'
            Get-PasspackEntry online | Remove-PasspackEntry -Online -WhatIf
            (Get-PasspackEntry -Online).Name | Should -Contain 'online'
            $ConfirmPreference = 'None' # As good as -Confirm:$false.
            Get-PasspackEntry online | Remove-PasspackEntry -Online | Should -BeNullOrEmpty
            (Get-PasspackEntry -Online).Name | Should -Not -Contain 'online'
        }
        On $b {
            (Sync-PasspackVault).Deleted | Should -Be 1
            (Get-PasspackEntry -Deleted).Name | Should -Contain 'online'
        }
    }

    It 'takes many through the pipeline' {
        On $a {
            1..30 | ForEach-Object { [pscustomobject]@{ Name = "bulk$_"; Tags = "{`"tags`":[`"{\`"tag\`":\`"b$_\`"}`"]}" } } | New-PasspackEntry -Online | Should -HaveCount 30
            (Get-PasspackEntry bulk7 -Online).Tags | Should -Be 'b7'
            Get-PasspackEntry bulk* | Remove-PasspackEntry -Online -Confirm:$false
            Get-PasspackEntry bulk* -Online | Should -BeNullOrEmpty
        }
    }

    It 'needs an online account' {
        $null = New-TestAccount offline
        Get-ErrorId { Get-PasspackEntry -Online } | Should -Be 'NotConnected'
        Get-ErrorId { New-PasspackEntry x -Online } | Should -Be 'NotConnected'
        Get-PasspackEntry | Should -BeNullOrEmpty
    }
}

Describe 'Import-PasspackEntry -Online' {
    BeforeAll {
        $file = Join-Path $machines chrome.csv
        Set-Content $file 'name,url,username,password,note', 'first,https://1.example,u,p1,', 'second,https://2.example,u,p2,'
    }

    It 'says what no sync takes up, and takes it up' {
        On $a {
            $null = Import-PasspackEntry $file -AddTag imported -WarningVariable warned -WarningAction SilentlyContinue
            "$warned" | Should -Match '^2 of the imported entries have tags or are favorites\. .* the same import with -Online does\.$'
            $null = Sync-PasspackVault
            (Get-PasspackEntry first -Online).Tags | Should -BeNullOrEmpty
            $rows = Import-PasspackEntry $file -AddTag imported -Online -WarningVariable warned
            $rows.Action | Should -Be 'Unchanged', 'Unchanged'
            $warned | Should -BeNullOrEmpty
            (Get-PasspackEntry first -Online).Tags | Should -Be imported
        }
        On $b {
            $null = Sync-PasspackVault
            (Get-PasspackEntry -Tag imported).Name | Sort-Object | Should -Be 'first', 'second'
        }
    }

    It 'plans without sending anything' {
        On $a {
            $plan = Import-PasspackEntry $file -AddTag planned -Online -WhatIf
            $plan.Action | Should -Be 'Updated', 'Updated'
            (Get-PasspackEntry first -Online).Tags | Should -Be imported
        }
    }
}

Describe 'A server that is gone' {
    It 'leaves the local account as it was' {
        On $a {
            Stop-TestServer $server
            $null = New-PasspackEntry later
            Get-ErrorId { Sync-PasspackVault } | Should -Be 'ServerUnreachable'
            Get-ErrorId { Get-PasspackEntry -Online } | Should -Be 'ServerUnreachable'
            (Get-PasspackEntry later).Name | Should -Be 'later'
            (Get-PasspackLocalAccount).PendingChanges | Should -Be 1
            Get-ErrorId { Remove-PasspackLocalAccount -Confirm:$false } | Should -Be 'ChangesNotSynced'
        }
    }
}
