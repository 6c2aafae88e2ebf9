# Files attached to entries: added, listed, saved, removed, on this machine and by way of the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $credential = New-Credential files@x

    # Two chunks and a part of a third, the same for a seed.
    function New-Content([int] $Bytes = 600000, [int] $Seed = 7) {
        $content = [byte[]]::new($Bytes)
        [Random]::new($Seed).NextBytes($content)
        , $content
    }

    function New-File([string] $Name, [byte[]] $Content = (New-Content)) {
        $path = Join-Path $TestDrive $Name
        [IO.File]::WriteAllBytes($path, $Content)
        Get-Item -LiteralPath $path
    }
}

AfterAll {
    Close-Test
}

Describe 'On this machine' {
    BeforeAll {
        $null = New-TestAccount
    }

    BeforeEach {
        $entry = New-PasspackEntry "e $([guid]::NewGuid())" -Password secret
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid()))
    }

    It 'attaches files of an entry, and emits what it attached' {
        $file = New-File config.txt
        $attachment = $entry | Add-PasspackAttachment -Path $file.FullName
        $attachment | Should -BeOfType ([Passpack.PowerShell.Attachment])
        $attachment.Name | Should -Be config.txt
        $attachment.Size | Should -Be $file.Length
        $attachment.Sha256 | Should -Be (Get-FileHash -LiteralPath $file.FullName).Hash
        $attachment.Entry | Should -Be $entry.Name
        $attachment.EntryId | Should -Be $entry.Id
        $attachment.Account | Should -Be me@example.com
        $attachment.Added | Should -BeGreaterThan ([DateTimeOffset]::Now.AddHours(-1))
        "$attachment" | Should -Be config.txt
    }

    It 'takes wildcards by -Path and none by -LiteralPath' {
        $null = New-File 'w1.key'; $null = New-File 'w2.key'; $null = New-File 'w[1].key'
        ($entry | Add-PasspackAttachment -Path "$TestDrive/w?.key").Name | Sort-Object | Should -Be w1.key, w2.key
        ($entry | Add-PasspackAttachment -LiteralPath "$TestDrive/w[1].key").Name | Should -Be 'w[1].key'
        Get-ErrorId { $entry | Add-PasspackAttachment -Path "$TestDrive/no*.key" -ErrorAction Stop } | Should -Be PathNotFound
    }

    It 'takes files by the pipeline, and content in memory' {
        $files = (New-File p1.bin), (New-File p2.bin)
        ($files | Add-PasspackAttachment -Id $entry.Id).Name | Should -Be p1.bin, p2.bin
        $content = New-Content 300000
        ($entry | Add-PasspackAttachment -Name memory.bin -Content $content).Size | Should -Be 300000
        (Add-PasspackAttachment -Id $entry.Id -Name empty -Content @()).Size | Should -Be 0
        $all = $entry | Get-PasspackAttachment
        $all.Name | Should -Be p1.bin, p2.bin, memory.bin, empty
        [Linq.Enumerable]::SequenceEqual($all[2].GetBytes(), $content) | Should -BeTrue
        $all[3].GetBytes() | Should -HaveCount 0
        (Get-PasspackAttachment -Id $entry.Id p*).Name | Should -Be p1.bin, p2.bin
    }

    It 'refuses a name that is there, and -Force replaces it and keeps the old one in the history' {
        $null = $entry | Add-PasspackAttachment -Name Key.pem -Content (New-Content 10)
        Get-ErrorId { $entry | Add-PasspackAttachment -Name key.PEM -Content (New-Content 20) -ErrorAction Stop } | Should -Be AttachmentExists
        ($entry | Add-PasspackAttachment -Name key.PEM -Content (New-Content 20) -Force).Size | Should -Be 20
        ($entry | Get-PasspackAttachment).Name | Should -Be key.PEM
        $versions = $entry | Get-PasspackEntryHistory
        $versions[0].Fields | Sort-Object | Should -Be 'Attachment Key.pem', 'Attachment key.PEM'
        $versions[0] | Restore-PasspackEntry
        ($entry | Get-PasspackAttachment).Size | Should -Be 10
        ($entry | Get-PasspackAttachment).GetBytes() | Should -HaveCount 10
    }

    It 'changes nothing if the same content is attached again' {
        $first = $entry | Add-PasspackAttachment -Name a -Content (New-Content 10)
        ($entry | Add-PasspackAttachment -Name a -Content (New-Content 10) -Force).Added | Should -Be $first.Added
        $entry | Get-PasspackEntryHistory | Should -HaveCount 1
    }

    It 'saves files, never over one without -Force, and emits them' {
        $content = New-Content
        $null = $entry | Add-PasspackAttachment -Name a.bin -Content $content
        $null = $entry | Add-PasspackAttachment -Name b.bin -Content (New-Content 5)
        $saved = $entry | Save-PasspackAttachment -DestinationPath $folder
        $saved | Should -BeOfType ([IO.FileInfo])
        $saved.Name | Should -Be a.bin, b.bin
        [Linq.Enumerable]::SequenceEqual([IO.File]::ReadAllBytes($saved[0].FullName), $content) | Should -BeTrue
        if (-not $IsWindows) { $saved[0].UnixFileMode | Should -Be 'UserWrite, UserRead' }
        Set-Content -LiteralPath "$folder/b.bin" mine
        $again = @($entry | Save-PasspackAttachment -DestinationPath $folder -ErrorAction Continue 2>&1)
        $again.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        Get-Content -LiteralPath "$folder/b.bin" | Should -Be mine
        ($entry | Get-PasspackAttachment b* | Save-PasspackAttachment -DestinationPath $folder -Force).Length | Should -Be 5
        Get-ChildItem -LiteralPath $folder -Force | Should -HaveCount 2
        Get-ErrorId { $entry | Save-PasspackAttachment -DestinationPath "$folder/none" -ErrorAction Stop } | Should -Be PathNotFound
    }

    It 'saves <Name> as <As>' -ForEach @(
        @{ Name = 'NUL'; As = '_NUL' }
        @{ Name = 'com1.txt'; As = '_com1.txt' }
        @{ Name = 'a:b'; As = 'a_b' }
        @{ Name = 'what?*<>|"'; As = 'what______' }
        @{ Name = 'dots...'; As = 'dots' }
        @{ Name = ' .. '; As = '_' }
        @{ Name = "turn$([char] 0x202E)txt.exe"; As = 'turn_txt.exe' }
    ) {
        $null = $entry | Add-PasspackAttachment -Name $Name -Content (1, 2)
        ($entry | Save-PasspackAttachment -DestinationPath $folder).Name | Should -BeExactly $As
    }

    It 'writes no attachment over another of the same call, -Force or not' {
        $null = $entry | Add-PasspackAttachment -Name 'a:b' -Content (1, 2)
        $null = $entry | Add-PasspackAttachment -Name 'a?b' -Content (3, 4, 5)
        $saved = @($entry | Get-PasspackAttachment | Save-PasspackAttachment -DestinationPath $folder -Force -ErrorVariable failed -ErrorAction SilentlyContinue)
        $failed.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        $saved | Should -HaveCount 1
        $saved[0].Length | Should -Be 2
        # The same attachment twice is the same file.
        $same = $entry | Get-PasspackAttachment 'a:b'
        $same, $same | Save-PasspackAttachment -DestinationPath $folder -Force | Should -HaveCount 2
    }

    It 'takes no path for a name' {
        foreach ($name in '../x', 'a/b', 'a\b', '..', '.') {
            Get-ErrorId { $entry | Add-PasspackAttachment -Name $name -Content (1, 2) -ErrorAction Stop } | Should -Be InvalidArgument
        }
        $entry | Get-PasspackAttachment | Should -BeNullOrEmpty
    }

    It 'does not write through a link' -Tag 'needs links that everybody may make, as Windows does not let' -Skip:$IsWindows {
        $null = $entry | Add-PasspackAttachment -Name link -Content (1, 2)
        $target = New-File "target $([guid]::NewGuid())" (3, 4, 5)
        $null = New-Item -ItemType SymbolicLink -Path "$folder/link" -Target $target.FullName
        Get-ErrorId { $entry | Save-PasspackAttachment -DestinationPath $folder -Force -ErrorAction Stop } | Should -Be FileExists
        [IO.File]::ReadAllBytes($target.FullName) | Should -HaveCount 3
    }

    It 'removes, and the history keeps what was removed' {
        $null = $entry | Add-PasspackAttachment -Name a -Content (1, 2)
        $null = $entry | Add-PasspackAttachment -Name b -Content (1, 2, 3)
        $entry | Get-PasspackAttachment a | Remove-PasspackAttachment -WhatIf
        $entry | Get-PasspackAttachment | Should -HaveCount 2
        $entry | Get-PasspackAttachment a | Remove-PasspackAttachment
        ($entry | Get-PasspackAttachment).Name | Should -Be b
        $entry | Remove-PasspackAttachment b
        $entry | Get-PasspackAttachment | Should -BeNullOrEmpty
        Get-ErrorId { $entry | Remove-PasspackAttachment b -ErrorAction Stop } | Should -Be AttachmentNotFound
        Get-ErrorId { $entry | Get-PasspackAttachment b -ErrorAction Stop } | Should -Be AttachmentNotFound
        ($entry | Get-PasspackEntryHistory)[0] | Restore-PasspackEntry
        ($entry | Get-PasspackAttachment b).GetBytes() | Should -Be 1, 2, 3
    }

    It 'refuses a file that is too large before it is read, a folder, and one that is not there' {
        $large = [IO.File]::Create("$TestDrive/large.bin")
        $large.SetLength(64MB + 1)
        $large.Dispose()
        Get-ErrorId { $entry | Add-PasspackAttachment -Path "$TestDrive/large.bin" -ErrorAction Stop } | Should -Be RecordTooLarge
        Get-ErrorId { $entry | Add-PasspackAttachment -Path $folder -ErrorAction Stop } | Should -Be PathNotAccessible
        Get-ErrorId { $entry | Add-PasspackAttachment -LiteralPath "$TestDrive/none" -ErrorAction Stop } | Should -Be PathNotFound
        Get-ErrorId { Add-PasspackAttachment -Id ([guid]::NewGuid()) -Name a -Content (1, 2) -ErrorAction Stop } | Should -Be EntryNotFound
    }

    It 'attaches no pipe' -Tag 'needs a FIFO' -Skip:(-not $IsLinux) {
        mkfifo "$folder/pipe"
        Get-ErrorId { $entry | Add-PasspackAttachment -Path "$folder/pipe" -ErrorAction Stop } | Should -Be PathNotAccessible
    }

    It 'leaves content on the disk only sealed, for the owner only' {
        $content = [Text.Encoding]::UTF8.GetBytes('PLAINTEXT-MARK' * 100)
        $null = $entry | Add-PasspackAttachment -Name a -Content $content
        $account = Split-Path (Split-Path (Get-PasspackLocalAccount).Path)
        foreach ($file in Get-ChildItem -LiteralPath $account -File -Recurse -Force) {
            $bytes = [IO.File]::Open($file.FullName, 'Open', 'Read', 'ReadWrite, Delete')
            try {
                $text = [IO.StreamReader]::new($bytes, [Text.Encoding]::Latin1).ReadToEnd()
            } finally {
                $bytes.Dispose()
            }
            $text | Should -Not -Match 'PLAINTEXT-MARK'
            if (-not $IsWindows) { "$($file.UnixFileMode)" | Should -Not -Match 'Group|Other' }
        }
    }

    It 'completes names' {
        $null = $entry | Add-PasspackAttachment -Name 'my config.txt' -Content (1, 2)
        $line = "Get-PasspackAttachment -Id $($entry.Id) my"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be "'my config.txt'"
    }

    It 'needs an unlocked account, also to read what was listed' {
        $attachment = $entry | Add-PasspackAttachment -Name a -Content (1, 2)
        Lock-PasspackVault
        { $attachment.GetBytes() } | Should -Throw '*locked*'
        Get-ErrorId { $attachment | Save-PasspackAttachment -DestinationPath $folder -ErrorAction Stop } | Should -Be VaultLocked
        Unlock-PasspackVault -PackingKey $PackingKey
        $attachment.GetBytes() | Should -Be 1, 2
    }
}

Describe 'By way of the online account' {
    BeforeAll {
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $url -Credential $credential -PackingKey $PackingKey
        $entry = New-PasspackEntry router
        $content = New-Content
        $null = $entry | Add-PasspackAttachment -Name config.bin -Content $content
        $null = Sync-PasspackVault
        $first = $env:PASSPACK_HOME
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $url -Credential $credential -PackingKey $PackingKey
        $null = Sync-PasspackVault
    }

    It 'another machine lists it without its content, and fetches that when it is asked for' {
        (Get-PasspackLocalAccount).Attachments | Should -Be OnDemand
        $attachment = Get-PasspackEntry router | Get-PasspackAttachment
        $attachment.Size | Should -Be 600000
        $saved = $attachment | Save-PasspackAttachment -DestinationPath $TestDrive -Force
        [Linq.Enumerable]::SequenceEqual([IO.File]::ReadAllBytes($saved.FullName), $content) | Should -BeTrue
        [Linq.Enumerable]::SequenceEqual($attachment.GetBytes(), $content) | Should -BeTrue
    }

    It 'Always brings what is attached with each sync' {
        (Set-PasspackLocalAccount -Attachments Always -PassThru).Attachments | Should -Be Always
        Get-PasspackEntry router | Add-PasspackAttachment -Name second -Content (New-Content 1000) | Should -Not -BeNullOrEmpty
        (Sync-PasspackVault).Pushed | Should -Be 1
        (Set-PasspackLocalAccount -Attachments OnDemand -PassThru).Attachments | Should -Be OnDemand
    }

    It 'removing it is an edit that syncs' {
        Get-PasspackEntry router | Remove-PasspackAttachment config.bin
        (Sync-PasspackVault).Changes.Fields | Should -Contain 'Attachment config.bin'
    }

    It 'a backup fetches what is only online, and offline says how many are missing' {
        $null = Get-PasspackEntry router | Add-PasspackAttachment -Name third -Content (New-Content 1000)
        $null = Sync-PasspackVault
        $second = $env:PASSPACK_HOME
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $url -Credential $credential -PackingKey $PackingKey
        $null = Sync-PasspackVault
        $backup = Backup-PasspackVault "$TestDrive/fetched.pkps"
        $backup.ExcludesAttachments | Should -BeFalse
        (Get-PasspackEntry router | Get-PasspackAttachment).Name | Should -Contain third

        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $url -Credential $credential -PackingKey $PackingKey
        $null = Sync-PasspackVault
        Disconnect-PasspackAccount -Confirm:$false
        Get-ErrorId { Backup-PasspackVault "$TestDrive/offline.pkps" -ErrorAction Stop } | Should -Be AttachmentMissing
        "$TestDrive/offline.pkps" | Should -Not -Exist
        (Backup-PasspackVault "$TestDrive/offline.pkps" -ExcludeAttachments).ExcludesAttachments | Should -BeTrue
        Get-ErrorId { Get-PasspackEntry router | Save-PasspackAttachment -DestinationPath $TestDrive -Force -ErrorAction Stop } | Should -Be AttachmentMissing

        # What the backup has comes back without any server.
        $null = Restore-PasspackVault "$TestDrive/fetched.pkps" -Confirm:$false
        (Get-PasspackEntry router | Get-PasspackAttachment third).GetBytes() | Should -HaveCount 1000
        $env:PASSPACK_HOME = $second
        Unlock-PasspackVault -PackingKey $PackingKey
    }

    It 'Get-PasspackEntry -HasAttachment finds entries by their summary' {
        $null = New-PasspackEntry plain
        (Get-PasspackEntry -HasAttachment).Name | Should -Be router
        (Get-PasspackEntry -HasAttachment:$false).Name | Should -Contain plain
        (Get-PasspackEntry router).Attachments | Should -BeGreaterThan 0
    }
}
