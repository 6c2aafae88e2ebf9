# Import and export in the classic layouts.
BeforeAll {
    . $PSScriptRoot/Open.ps1

    function New-File([string] $Text) {
        $path = Join-Path $TestDrive (New-Guid)
        [IO.File]::WriteAllText($path, $Text)
        $path
    }
}

AfterAll {
    Close-Test
}

Describe 'Import-PasspackEntry of a classic export' {
    BeforeEach {
        $null = New-TestAccount
    }

    It 'recognizes it by its content: <Kind>' -ForEach @(
        @{ Kind = 'commas'; Text = "router,admin,""p,w"",https://r.example,Net rack-1,""a`nb"",me@x`nnote,,,,,text,`n" }
        @{ Kind = 'tabs'; Text = "router`tadmin`tp,w`thttps://r.example`tNet rack-1`t""a`nb""`tme@x`nnote`t`t`t`t`ttext`t`n" }
        @{ Kind = 'a header'; Text = "notes,name,userid,password,link,tags,email`n""a`nb"",router,admin,""p,w"",https://r.example,Net rack-1,me@x`ntext,note,,,,,`n" }
    ) {
        (Import-PasspackEntry (New-File $Text)).Action | Should -Be 'Added', 'Added'
        $entry = Get-PasspackEntry router
        $entry.UserId, $entry.Url, $entry.Email | Should -Be 'admin', 'https://r.example', 'me@x'
        $entry.Tags | Should -Be 'Net', 'rack-1'
        $entry.GetPassword() | Show-Secret | Should -Be 'p,w'
        $entry.GetNotes() | Should -Be "a`nb"
        (Get-PasspackEntry note).GetNotes() | Should -Be 'text'
        (Import-PasspackEntry (New-File $Text)).Action | Should -Be 'Unchanged', 'Unchanged'
    }

    It 'takes the columns as it is told' {
        $file = New-File "p,x,router`n"
        (Import-PasspackEntry $file -ColumnOrder Password, Skip, Name).Name | Should -Be 'router'
        (Get-PasspackEntry router).GetPassword() | Show-Secret | Should -Be 'p'
        (Import-PasspackEntry (New-File "name2,u,p`n") -Format ClassicCsv).Action | Should -Be 'Added'
        (Get-PasspackEntry name2).UserId | Should -Be 'u'
        Get-ErrorId { Import-PasspackEntry $file -ColumnOrder Password, Notes } | Should -Be 'InvalidArgument'
        Get-ErrorId { Import-PasspackEntry $file -ColumnOrder Name, Notes } | Should -Be 'FormatNotRecognized'
        Get-ErrorId { Import-PasspackEntry $file -Format Json -ColumnOrder Name } | Should -Be 'InvalidArgument'
    }

    It 'takes no other file for one' {
        foreach ($text in "router,admin,p`n", "name,url,username,password,remark`nn,https://x.example,u,p,`n", "2024-01-01,12,EUR,Shop,food,lunch,`n") {
            $file = New-File $text
            Get-ErrorId { Import-PasspackEntry $file } | Should -Be 'FormatNotRecognized'
        }
        Get-PasspackEntry | Should -BeNullOrEmpty
    }
}

Describe 'Export-PasspackEntry in a classic layout' {
    BeforeAll {
        $null = New-TestAccount
        $null = New-PasspackEntry one -UserId u -Password 'p,"w' -Url https://x.example -Email e@x -Notes "l1`nl2" -SharedNotes s -Tag a, 'b c'
        $null = New-PasspackEntry two -Tag a -ExtraField @{ pin = '0815' }
    }

    BeforeEach {
        $file = Join-Path $TestDrive "$(New-Guid).csv"
    }

    It 'warns once of what the layout cannot hold' {
        $null = Export-PasspackEntry $file -Format ClassicCsv -WarningVariable warned -WarningAction SilentlyContinue
        [IO.File]::ReadAllText($file) | Should -Be "one,u,""p,""""w"",https://x.example,a b-c,""l1`nl2"",e@x`ntwo,,,,a,,`n"
        $warned | Should -HaveCount 2
        "$($warned[0])" | Should -Match 'no place for: Shared Notes \(1 entry\); Extra Fields \(1 entry\)'
        "$($warned[1])" | Should -Match 'in another form: .*\(1 entry\)'
    }

    It 'writes tabs, a header, and the columns that are asked for' {
        $null = Export-PasspackEntry $file -Format ClassicTab -IncludeHeader -ColumnOrder UserId, Name -WarningAction SilentlyContinue
        [IO.File]::ReadAllText($file) | Should -Be "userid`tname`nu`tone`n`ttwo`n"
        $tabs = Export-PasspackEntry ([IO.Path]::ChangeExtension($file, 'tsv')) -WarningAction SilentlyContinue
        [IO.File]::ReadAllText($tabs.FullName) | Should -BeLike "one`tu`t*"
    }

    It 'refuses columns where the format has its own, and an order without a name' {
        Get-ErrorId { Export-PasspackEntry $file -IncludeHeader } | Should -Be 'InvalidArgument'
        Get-ErrorId { Export-PasspackEntry $file -Format Json -ColumnOrder Name } | Should -Be 'InvalidArgument'
        Get-ErrorId { Export-PasspackEntry $file -Format ClassicCsv -ColumnOrder Email } | Should -Be 'InvalidArgument'
        $file | Should -Not -Exist
    }

    It 'comes back as it went out' {
        $null = Export-PasspackEntry $file -Format ClassicCsv -WarningAction SilentlyContinue
        $null = New-TestAccount other@example.com
        (Import-PasspackEntry $file).Action | Should -Be 'Added', 'Added'
        (Get-PasspackEntry one).Tags | Should -Be 'a', 'b-c'
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'p,"w'
    }
}
