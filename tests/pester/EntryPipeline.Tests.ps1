# What binds from the pipeline, when it is committed, and what is left when the pipeline ends early.
BeforeAll {
    . $PSScriptRoot/Open.ps1

    # As many objects as asked for, each noted when it is made.
    function Get-Source([int] $Count) {
        foreach ($i in 1..$Count) {
            $log.Add("in $i")
            [pscustomobject]@{ Name = "n$i"; Url = "u$i" }
        }
    }
}

AfterAll {
    Close-Test
}

Describe 'New-PasspackEntry' {
    BeforeEach {
        $null = New-TestAccount
        $log = [Collections.Generic.List[string]]::new()
    }

    It 'takes a modern export from Import-Csv, cells and all' {
        $csv = Join-Path $TestDrive modern.csv
        [IO.File]::WriteAllText($csv, (@(
            '"Entry Name","URL","User ID","Password","Notes","Shared Notes","Tags","Extra Fields","Email"'
            '"bank","https://bank.example","me","007","line 1' + "`n" + 'line 2","shared","{""tags"":[""{\""tag\"":\""Two Words\""}"",""{\""tag\"":\""b\""}""]}","{""extraFields"":[""{\""name\"":\""pin\"",\""type\"":\""text\"",\""data\"":\""0815\""}""]}","e@x"'
            '"empty","","","","","","{""tags"":[]}","{""extraFields"":[]}",""'
            '"blank","","","","","","","",""'
        ) -join "`r`n"))
        $made = Import-Csv $csv | New-PasspackEntry
        $made.Name | Should -Be 'bank', 'empty', 'blank'
        $bank = $made[0]
        $bank.Url, $bank.UserId, $bank.Email | Should -Be 'https://bank.example', 'me', 'e@x'
        $bank.Tags | Should -Be 'Two Words', 'b'
        $bank.GetPassword() | Show-Secret | Should -Be '007'
        $bank.GetNotes() | Should -Be "line 1`nline 2"
        $bank.GetSharedNotes() | Should -Be 'shared'
        $bank.GetExtraFields()[0].GetData() | Show-Secret | Should -Be '0815'
        $made[1].Tags + $made[2].Tags | Should -HaveCount 0
    }

    It 'takes what Export-PasspackEntry gave, also by way of CSV and JSON' {
        $null = New-PasspackEntry one -UserId u -Password p -Tag a -ExtraField @{ x = 'y' } -Favorite -Notes n
        $null = New-PasspackEntry two
        foreach ($copies in (Export-PasspackEntry | New-PasspackEntry),
            (Export-PasspackEntry | Select-Object -First 2 | ConvertTo-Csv | ConvertFrom-Csv | New-PasspackEntry),
            (Export-PasspackEntry | Select-Object -First 2 | ConvertTo-Json | ConvertFrom-Json | New-PasspackEntry)) {
            $copy = $copies | Where-Object Name -EQ one
            $copy.UserId, $copy.Favorite | Should -Be 'u', $true
            $copy.Tags | Should -Be 'a'
            $copy.GetPassword() | Show-Secret | Should -Be 'p'
            $copy.GetExtraFields()[0].GetData() | Show-Secret | Should -Be 'y'
            ($copies | Where-Object Name -EQ two).Favorite | Should -BeFalse
        }
    }

    It 'takes rows and entries in one pipeline, each for what it is' {
        $entry = New-PasspackEntry one -UserId u -Password p -Url old
        $made = $entry, [pscustomobject]@{ Name = 'two'; Url = 'row' }, $entry | New-PasspackEntry -Email e
        $made.Name | Should -Be 'one', 'two', 'one'
        $made.Url | Should -Be 'old', 'row', 'old'
        $made.Email | Should -Be 'e', 'e', 'e'
        $made.ForEach({ $_.GetPassword() | Show-Secret }) | Should -Be 'p', '', 'p'
    }

    It 'says what is missing when nothing is given' {
        { New-PasspackEntry -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'of a row without a name, shows its columns where one is known; names the delimiter that is in the only one' {
        { 'login_username,Password', 'u,p' | ConvertFrom-Csv | New-PasspackEntry -ErrorAction Stop } | Should -Throw "*columns 'login_username', 'Password'*"
        { 'Name;Password', 'n;hidden4711' | ConvertFrom-Csv | New-PasspackEntry -ErrorAction Stop } | Should -Throw "*Import-Csv -Delimiter ';'*"
        $told = { 'hidden4711,hidden4712', 'a,b' | ConvertFrom-Csv | New-PasspackEntry -WarningAction SilentlyContinue -ErrorAction Stop } | Should -Throw -PassThru
        "$told" | Should -Not -Match 'hidden'
    }

    It 'takes the columns of Bitwarden, 1Password and KeePass that mean one field' {
        $made = 'name,login_uri,login_username,login_password', 'b,https://b.example,bu,bp' | ConvertFrom-Csv | New-PasspackEntry
        $made.Url, $made.UserId | Should -Be 'https://b.example', 'bu'
        $made.GetPassword() | Show-Secret | Should -Be 'bp'
        ('Title,Url,Username,Password', 'o,https://o.example,ou,op' | ConvertFrom-Csv | New-PasspackEntry).Name | Should -Be 'o'
        ('Title,Login Name,Web Site', 'k,ku,https://k.example' | ConvertFrom-Csv | New-PasspackEntry).UserId | Should -Be 'ku'
    }

    It 'copies an entry with everything that is in it, into another account too' {
        $source = New-PasspackEntry one -UserId u -Password p -Tag a -ExtraField @{ x = 'y' } -Favorite -Notes n -SharedNotes s
        $null = New-PasspackLocalAccount -UserId other -PackingKey $PackingKey
        $copy = $source | New-PasspackEntry -Account other -Name copy
        $copy.Account, $copy.Name, $copy.UserId, $copy.Favorite | Should -Be 'other', 'copy', 'u', $true
        $copy.Id | Should -Not -Be $source.Id
        $copy.GetNotes(), $copy.GetSharedNotes() | Should -Be 'n', 's'
        $copy.GetPassword() | Show-Secret | Should -Be 'p'
        $copy.GetExtraFields().Name | Should -Be 'x'
    }

    It 'says of each row what is wrong with it, and takes the others: <Kind>' -ForEach @(
        @{ Kind = 'no name'; Row = @{ Url = 'x' }; Id = 'InvalidArgument' }
        @{ Kind = 'an empty name'; Row = @{ Name = '' }; Id = 'InvalidArgument' }
        @{ Kind = 'a broken cell of tags'; Row = @{ Name = 'bad'; Tags = '{"tags":["x"' }; Id = 'InvalidArgument' }
        @{ Kind = 'a broken cell of extra fields'; Row = @{ Name = 'bad'; 'Extra Fields' = '{"extraFields":["x"]}' }; Id = 'InvalidArgument' }
        @{ Kind = 'a favorite that is neither'; Row = @{ Name = 'bad'; Favorite = 'maybe' }; Id = 'InvalidArgument' }
        @{ Kind = 'a password that is a number'; Row = @{ Name = 'bad'; Password = 7 }; Id = 'InvalidArgument' }
        @{ Kind = 'half a character'; Row = @{ Name = "bad$([char]0xD800)" }; Id = 'InvalidArgument' }
        @{ Kind = 'too large'; Row = @{ Name = 'bad'; Notes = 'x' * 2MB }; Id = 'RecordTooLarge' }
    ) {
        $made = @{ Name = 'before' }, $Row, @{ Name = 'after' } | ForEach-Object { [pscustomobject] $_ } |
            New-PasspackEntry -ErrorVariable failed -ErrorAction SilentlyContinue
        $made.Name | Should -Be 'before', 'after'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        (Get-PasspackEntry).Count | Should -Be 2
    }

    It 'takes all rows of a JSON in which a tag is null' {
        $made = '[{"Name":"a"},{"Name":"b"},{"Name":"c","Tags":["x",null]},{"Name":"d"}]' | ConvertFrom-Json | New-PasspackEntry
        $made.Name | Should -Be 'a', 'b', 'c', 'd'
        $made[2].Tags | Should -Be 'x'
    }

    It 'says what to do about a password that Import-Csv left out' {
        { 'Name,Password', 'bad,' | ConvertFrom-Csv | New-PasspackEntry -ErrorAction Stop } | Should -Throw '*Import-Csv gives none for an empty last cell without quotes*'
    }

    It 'commits the first at once, and the next ones together' {
        Get-Source 5 | New-PasspackEntry | ForEach-Object { $log.Add("out $($_.Name)") }
        $log | Should -Be 'in 1', 'out n1', 'in 2', 'in 3', 'in 4', 'in 5', 'out n2', 'out n3', 'out n4', 'out n5'
    }

    It 'has committed what it emits' {
        Get-Source 1250 | New-PasspackEntry | ForEach-Object {
            if (-not (Get-PasspackEntry -Id $_.Id)) { throw 'emitted too early' }
        }
        Get-PasspackEntry | Should -HaveCount 1250
    }

    It 'holds no lock between records' {
        Get-Source 3 | ForEach-Object { $null = New-PasspackEntry "other $($_.Name)"; $_ } | New-PasspackEntry | Should -HaveCount 3
        Get-PasspackEntry | Should -HaveCount 6
    }

    It 'makes no more than Select-Object -First asks for' {
        (Get-Source 300 | New-PasspackEntry | Select-Object -First 1).Name | Should -Be 'n1'
        (Get-PasspackEntry).Name | Should -Be 'n1'
    }

    It 'loses nothing that it took in when another cmdlet fails' {
        { Get-Source 100 | ForEach-Object { if ($_.Name -eq 'n50') { throw 'upstream' }; $_ } | New-PasspackEntry } | Should -Throw upstream
        Get-PasspackEntry | Should -HaveCount 49
        { Get-Source 100 | New-PasspackEntry | ForEach-Object { throw 'downstream' } } | Should -Throw downstream
        Get-PasspackEntry | Should -HaveCount 50
    }
}

Describe 'Set-PasspackEntry' {
    BeforeAll {
        $null = New-TestAccount
    }

    BeforeEach {
        Get-PasspackEntry | Remove-PasspackEntry
        $one = New-PasspackEntry one -UserId u1 -Url url1 -Password p1 -Tag x -Favorite
        $two = New-PasspackEntry two -UserId u2 -Url url2 -Password p2 -Tag x
    }

    It 'does what it says to entries by value, and nothing else' {
        Get-PasspackEntry -Tag x | Set-PasspackEntry -AddTag y -Email same
        $null = New-PasspackEntry three
        # Had a field bound from the stale object, this would undo the change.
        $one, $two | Set-PasspackEntry -Url new
        $now = Get-PasspackEntry one, two
        $now.Url | Should -Be 'new', 'new'
        $now.Email | Should -Be 'same', 'same'
        $now.UserId | Should -Be 'u1', 'u2'
        $now.Favorite | Should -Be $true, $false
        $now.ForEach({ $_.Tags -join ' ' }) | Should -Be 'x y', 'x y'
        $now[0].GetPassword() | Show-Secret | Should -Be 'p1'
    }

    It 'takes ids and fields by property name, as CSV has them' {
        "Id,User ID,Password,Favorite,Tags`n$($one.Id),new,007,false,`n$($two.Id),,,True,`"{`"`"tags`"`":[]}`"" | ConvertFrom-Csv |
            Set-PasspackEntry -Email e -PassThru | ForEach-Object UserId | Should -Be 'new', ''
        $now = Get-PasspackEntry one, two
        $now.Email | Should -Be 'e', 'e'
        $now.Url | Should -Be 'url1', 'url2'
        $now.Favorite | Should -Be $false, $true
        $now[0].GetPassword() | Show-Secret | Should -Be '007'
        $now[1].GetPassword() | Show-Secret | Should -Be ''
    }

    It 'changes nothing for a cell that is not there' {
        $one | Set-PasspackEntry -ExtraField @{ pin = '0815' } -Notes n
        # Import-Csv gives null for the cells that a row is short of.
        "Id,Url,Notes,Tags,Extra Fields`n$($one.Id),new" | ConvertFrom-Csv | Set-PasspackEntry
        $now = Get-PasspackEntry one
        $now.Url, $now.GetNotes(), $now.Tags, $now.GetExtraFields().Name | Should -Be 'new', 'n', 'x', 'pin'
        $one | Set-PasspackEntry -ExtraField @{}
        $now.GetExtraFields() | Should -HaveCount 0
    }

    It 'leaves out tags that are null' {
        (Set-PasspackEntry -Id $one.Id -AddTag y, $null -RemoveTag $null -PassThru).Tags | Should -Be 'x', 'y'
        ($one | Set-PasspackEntry -Tag $null, z -PassThru).Tags | Should -Be 'z'
    }

    It 'takes both kinds mixed' {
        $one, [pscustomobject]@{ Id = "$($two.Id)"; Url = 'by property' }, $two | Set-PasspackEntry -NewName same
        (Get-PasspackEntry same).Url | Sort-Object | Should -Be 'by property', 'url1'
    }

    It 'goes on when one is not there' {
        Remove-PasspackEntry -Id $one.Id
        $changed = $one, $two | Set-PasspackEntry -Url y -PassThru -ErrorVariable failed -ErrorAction SilentlyContinue
        $changed.Name | Should -Be 'two'
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'EntryNotFound,*'
        $failed[0].TargetObject.Name | Should -Be 'one'
    }

    It 'changes entries of several accounts' {
        $null = New-PasspackLocalAccount -UserId other -PackingKey $PackingKey
        $theirs = New-PasspackEntry theirs -Account other
        $one, $theirs, $two | Set-PasspackEntry -Url z -PassThru | ForEach-Object Account | Should -Be 'me@example.com', 'other', 'me@example.com'
        Reset-PasspackLocalAccount -Account other -Emergency -Confirm:$false
    }
}

Describe 'Remove-PasspackEntry and Restore-PasspackEntry' {
    BeforeAll {
        $null = New-TestAccount
    }

    It 'take many' {
        $null = 1..450 | ForEach-Object { [pscustomobject]@{ Name = "m$_" } } | New-PasspackEntry
        Get-PasspackEntry m* | Remove-PasspackEntry
        Get-PasspackEntry | Should -BeNullOrEmpty
        Get-PasspackEntry -Deleted | Restore-PasspackEntry | Should -HaveCount 450
        Get-PasspackEntry m1, m2 | Select-Object Id | Remove-PasspackEntry
        (Get-PasspackEntry -Deleted).Name | Sort-Object | Should -Be 'm1', 'm2'
    }

    It 'refuse a name beside what is piped in, and touch neither' {
        $null = New-PasspackEntry named
        $piped = New-PasspackEntry piped
        foreach ($row in $piped, [pscustomobject]@{ Id = $piped.Id }) {
            $row | Remove-PasspackEntry named -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
            "$failed" | Should -Match '-Name and -Id'
        }
        (Get-PasspackEntry named, piped).Name | Should -Be 'named', 'piped'
        Get-ErrorId { Remove-PasspackEntry -ErrorAction Stop } | Should -Be 'InvalidArgument'
    }
}

Describe 'Get-PasspackEntry' {
    It 'stops the work with Select-Object -First' {
        $null = New-TestAccount
        $null = 1..300 | ForEach-Object { [pscustomobject]@{ Name = "m$_" } } | New-PasspackEntry
        Get-PasspackEntry | Select-Object -First 1 | Should -HaveCount 1
        # Whatever the listing held is given back.
        Get-PasspackEntry | Select-Object -First 1 | Set-PasspackEntry -Url x -PassThru | Should -HaveCount 1
        Reset-PasspackLocalAccount -Emergency -Confirm:$false | Should -HaveCount 2
    }
}
