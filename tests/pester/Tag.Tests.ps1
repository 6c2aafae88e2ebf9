# Tags, counted.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $null = New-PasspackEntry one -Tag Servers, 'Two Words'
    $null = New-PasspackEntry two -Tag servers, '[x]'
    New-PasspackEntry gone -Tag Servers, lost | Remove-PasspackEntry
}

AfterAll {
    Close-Test
}

Describe 'Get-PasspackTag' {
    It 'counts entries outside of the trash, case-insensitively' {
        $tags = Get-PasspackTag
        $tags.Name | Sort-Object | Should -Be '[x]', 'Servers', 'Two Words'
        ($tags | Where-Object Name -EQ Servers).Count | Should -Be 2
        $tags[0].Account | Should -Be 'me@example.com'
    }

    It 'takes names with wildcards' {
        (Get-PasspackTag s*).Count | Should -Be 2
        (Get-PasspackTag '`[x`]').Name | Should -Be '[x]'
        Get-PasspackTag z* | Should -BeNullOrEmpty
        Get-ErrorId { Get-PasspackTag lost } | Should -Be 'EntryNotFound'
    }
}
