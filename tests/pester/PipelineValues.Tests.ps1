# Values that reach an entry's fields from the pipeline: kept as they are, or an error for that row that holds no secret.
BeforeAll {
    . $PSScriptRoot/Open.ps1
}

AfterAll {
    Close-Test
}

Describe 'Values from the pipeline' {
    BeforeEach {
        $null = New-TestAccount
        $entry = New-PasspackEntry one -UserId u -Url https://one.example -Password p -Notes n
    }

    It 'keeps a text of <_> as it is' -ForEach 'UserId', 'Url', 'Email', 'Notes', 'SharedNotes' {
        foreach ($text in "a`r`nb`0c", "line`nline", [char]::ConvertFromUtf32(0x1F511), '2024-01-02T03:04:05Z', '007', ' x ') {
            $made = [pscustomobject]@{ Name = 'x'; $_ = $text } | New-PasspackEntry
            ($_ -like '*Notes' ? $made."Get$_"() : $made.$_) | Should -BeExactly $text
        }
    }

    It 'refuses for its row alone what is no text in <_>, and the error holds nothing of the row' -ForEach 'UserId', 'Url', 'Email', 'Notes', 'SharedNotes' {
        foreach ($value in [datetime]'2024-01-02', [DateTimeOffset]::UnixEpoch, 1.5, @{ a = 'hunter6' }, [pscustomobject]@{ a = 'hunter6' }, $true,
            (ConvertTo-SecureString hunter6 -AsPlainText), [pscredential]::Empty, @(1, 2), @()) {
            $rows = @([pscustomobject]@{ Name = 'bad'; Password = 'hunter6'; $_ = $value }, [pscustomobject]@{ Name = 'good' })
            $made = $rows | New-PasspackEntry -ErrorVariable failed -ErrorAction SilentlyContinue
            $made.Name | Should -Be 'good'
            $failed | Should -HaveCount 1
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument*'
            "$($failed[0])" | Should -BeLike "*-$_ takes a text*"
            "$($failed[0].TargetObject) $($failed[0].CategoryInfo) $($failed[0])" | Should -Not -Match hunter6
            $beside = $_ -eq 'Email' ? 'Url' : 'Email'
            ([pscustomobject]@{ Id = $entry.Id; $beside = 'e'; $_ = $value } | Set-PasspackEntry -ErrorAction SilentlyContinue)
            (Get-PasspackEntry one).Modified | Should -Be $entry.Modified
        }
    }

    It 'joins the lines of <_>' -ForEach 'Notes', 'SharedNotes' {
        $file = Join-Path $TestDrive lines.txt
        Set-Content $file a, b
        $made = [pscustomobject]@{ Name = 'x'; $_ = Get-Content $file } | New-PasspackEntry
        $made."Get$_"() | Should -BeExactly ('a', 'b' -join [Environment]::NewLine)
    }

    It 'changes no favorite where null or nothing is said' {
        "Id,Url,Favorite", "$($entry.Id),http://n" | ConvertFrom-Csv | Set-PasspackEntry
        $now = Get-PasspackEntry one
        $now.Url, $now.Favorite | Should -Be 'http://n', $false
        Set-PasspackEntry -Id $entry.Id -Favorite
        "Id,Url,Favorite", "$($entry.Id),http://m," | ConvertFrom-Csv | Set-PasspackEntry
        $now = Get-PasspackEntry one
        $now.Url, $now.Favorite | Should -Be 'http://m', $true
        ('[{"Entry Name":"B","Favorite":null}]' | ConvertFrom-Json | New-PasspackEntry).Favorite | Should -BeFalse
    }

    It 'reads no favorite of the row before' {
        $two = New-PasspackEntry two -Favorite
        $three = New-PasspackEntry three -Favorite
        [pscustomobject]@{ Id = $two.Id; Favorite = $false }, [pscustomobject]@{ Id = $three.Id; Url = 'x' } | Set-PasspackEntry
        (Get-PasspackEntry two).Favorite, (Get-PasspackEntry three).Favorite | Should -Be $false, $true
        [pscustomobject]@{ Name = 'four'; Favorite = $true }, [pscustomobject]@{ Name = 'five' } | New-PasspackEntry | ForEach-Object Favorite |
            Should -Be $true, $false
    }

    It 'changes by some properties of an entry only what was typed, and else refuses them' {
        $part = $entry | Select-Object Id, Url
        Set-PasspackEntry -Id $entry.Id -Url https://new.example
        $part | Set-PasspackEntry -Email e
        (Get-PasspackEntry one).Url, (Get-PasspackEntry one).Email | Should -Be 'https://new.example', 'e'
        foreach ($copy in $part, (Start-Job { $using:entry } | Receive-Job -Wait -AutoRemoveJob)) {
            $copy | Set-PasspackEntry -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
            (Get-PasspackEntry one).Url | Should -Be 'https://new.example'
        }
        $entry | Select-Object Name, Url | New-PasspackEntry -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
    }

    It 'takes rows of ids and tags, as the recipe to publish tags makes them' {
        [pscustomobject]@{ Id = $entry.Id; Tags = @('a', 'x, y') } | Set-PasspackEntry
        (Get-PasspackEntry one).Tags | Should -Be 'a', 'x, y'
        "Id,Tags", "$($entry.Id),`"b, c`"" | ConvertFrom-Csv | Set-PasspackEntry
        (Get-PasspackEntry one).Tags | Should -Be 'b', 'c'
    }

    It 'tells once of a column that nobody took, and knows common names' {
        $rows = 'name,username,uri,folder,empty', 'a,u1,http://a,f1,', 'b,u2,http://b,f2,' | ConvertFrom-Csv
        $made = $rows | New-PasspackEntry -WarningVariable warned -WarningAction SilentlyContinue
        @($made.UserId) + @($made.Url) | Should -Be 'u1', 'u2', 'http://a', 'http://b'
        $warned | Should -HaveCount 1
        "$warned" | Should -BeLike "*'folder'*New-PasspackEntry*"
        # The name of a parameter that takes nothing of a row is no better.
        $null = [pscustomobject]@{ Name = 'c'; Account = 'mine'; Debug = 'on' } | New-PasspackEntry -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike "*'Account'*'Debug'*"
        $entry | Set-PasspackEntry -Email x -WarningVariable warned
        Export-PasspackEntry -InputObject $entry | ConvertTo-Csv | ConvertFrom-Csv | New-PasspackEntry -WarningVariable +warned | Out-Null
        $warned | Should -HaveCount 0
    }

    It 'says of a Password that no SecureString holds what gives it' {
        $path = Join-Path $TestDrive long.json
        ConvertTo-Json @(@{ 'Entry Name' = 'long'; Password = 'x' * 65537 }) | Set-Content $path
        $null = Import-PasspackEntry $path
        $long = Get-PasspackEntry long
        try { $long.GetPassword(); $id = 'none' } catch { $id = $_.Exception.InnerException.ErrorId }
        $id | Should -Be 'SecretTooLong'
        (Export-PasspackEntry -InputObject $long).Password | Should -HaveCount 1
        (Export-PasspackEntry -InputObject $long).Password.Length | Should -Be 65537
        $long.GetPasswordText().Length | Should -Be 65537
    }

    It 'reads a cell of tags as a file''s is read' {
        $csv = Join-Path $TestDrive tags.csv
        Set-Content $csv 'Entry Name,Tags', 'piped,"x, y"'
        (Import-Csv $csv | New-PasspackEntry).Tags | Should -Be 'x', 'y'
        $null = Import-PasspackEntry $csv
        (Get-PasspackEntry piped).Tags | Should -Be 'x', 'y'
        [pscustomobject]@{ Name = 'bad'; Tags = '{"tags":["x"' } | New-PasspackEntry -ErrorVariable failed -ErrorAction SilentlyContinue
        "$failed" | Should -BeLike '*-Tag cannot be read*write a plain list (Servers, Network)*'
    }

    It 'changes by a copy of an entry only what was typed, and makes no entry of one' {
        $path = Join-Path $TestDrive entry.xml
        $entry | Export-Clixml $path
        $copies = @((Import-Clixml $path), ($entry | Select-Object *), ($entry | ConvertTo-Json | ConvertFrom-Json))
        Set-PasspackEntry -Id $entry.Id -Url https://new.example -UserId new -AddTag a -Favorite
        foreach ($copy in $copies) {
            $copy | Set-PasspackEntry -AddTag t -Email e
            $now = Get-PasspackEntry one
            $now.Url, $now.UserId, $now.Email, $now.Favorite | Should -Be 'https://new.example', 'new', 'e', $true
            $now.Tags | Should -Be 'a', 't'
            $copy | New-PasspackEntry -Name copy -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument*'
        }
    }

    It 'tells an invalid id to <_> without the row' -ForEach 'Set-PasspackEntry', 'Remove-PasspackEntry', 'Restore-PasspackEntry' {
        foreach ($id in 'x', '', $null, 5) {
            [pscustomobject]@{ Id = $id; Password = 'hunter6' } | & $_ -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed | Should -HaveCount 1
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument*'
            "$($failed[0].TargetObject) $($failed[0].CategoryInfo) $($failed[0])" | Should -Not -Match hunter6
        }
    }
}
