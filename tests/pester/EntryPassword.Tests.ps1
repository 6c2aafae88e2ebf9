# How a Password is shown: of every entry, whether it has one or not.
BeforeAll {
    . $PSScriptRoot/Open.ps1
}

AfterAll {
    Close-Test
}

Describe 'The Password of an entry' {
    BeforeAll {
        $null = New-TestAccount
    }

    It 'is shown by one method, whether there is one or not: "<_>"' -ForEach 'one', '' {
        $entry = New-PasspackEntry 'shown' -Password $_
        $entry.GetPasswordText() | Should -BeExactly $_
        $entry.GetPassword() | Should -BeOfType securestring
        $entry.GetPassword().Length | Should -Be $_.Length
        $entry | Set-PasspackEntry -Password another
        ($entry | Get-PasspackEntryHistory).GetPasswordText() | Should -BeExactly $_
        # Nothing that lists properties shows it.
        ($entry | Get-Member -MemberType Properties).Name -like '*Password*' | Should -BeNullOrEmpty
    }

    It 'is that of the documented examples, of an entry without one too' {
        $null = New-PasspackEntry VPN
        $examples = foreach ($page in 'Get-PasspackEntry', 'Get-PasspackEntryHistory', 'about_Passpack') {
            Select-String -Path "$root/docs/en-US/$page.md" -Pattern '^.*\.GetPassword(Text)?\(\).*$' | Where-Object Line -Match '^[($]'
        }
        $examples | Should -HaveCount 3
        $entry = Get-PasspackEntry VPN
        $entry | Set-PasspackEntry -UserId changed
        $version = $entry | Get-PasspackEntryHistory
        foreach ($example in $examples) { . ([scriptblock]::Create($example.Line)) | Should -BeExactly '' -Because $example.Line }
    }
}
