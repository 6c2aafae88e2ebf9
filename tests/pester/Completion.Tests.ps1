# Tab completion from what is on this machine.
BeforeAll {
    . $PSScriptRoot/Common.ps1
    Import-Module $ModulePath
    $null = New-TestAccount
    $null = New-PasspackLocalAccount -UserId "o'neil" -PackingKey $PackingKey
    Lock-PasspackVault -Account "o'neil"
    $null = New-PasspackEntry github -Tag Servers, 'Two Words'
    $null = New-PasspackEntry 'git [old]' -Tag "[x]", "it's"
    $null = New-PasspackEntry mail

    function Complete([string] $Line) {
        (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText
    }
}

AfterAll {
    Lock-PasspackVault -All
}

Describe 'Completion' {
    It 'offers accounts, locked ones too, quoted where they need it' {
        Complete 'Unlock-PasspackVault -Account ' | Should -Be 'me@example.com', "'o''neil'"
        Complete 'Get-PasspackEntry -Account m' | Should -Be 'me@example.com'
    }

    It 'offers entry names; with wildcards escaped where they would act' {
        Complete 'Get-PasspackEntry gi' | Sort-Object | Should -Be "'git ``[old``]'", 'github'
        Complete "Get-PasspackEntry -LiteralName 'git" | Sort-Object | Should -Be "'git [old]'", 'github'
        (Get-PasspackEntry 'git `[old`]').Name | Should -Be 'git [old]'
    }

    It 'offers tags' {
        Complete 'Get-PasspackEntry -Tag ' | Sort-Object | Should -Be "'``[x``]'", "'it''s'", "'Two Words'", 'Servers'
        Complete 'Set-PasspackEntry -AddTag s' | Should -Be 'Servers'
        Complete 'New-PasspackEntry x -Tag [' | Should -Be "'[x]'"
        Complete 'Get-PasspackTag T' | Should -Be "'Two Words'"
        Complete 'Export-PasspackEntry -Tag t' | Should -Be "'Two Words'"
    }

    It 'offers formats' {
        Complete 'Import-PasspackEntry x -Format ' | Should -Be 'ClassicCsv', 'ClassicTab', 'Csv', 'Json'
        Complete 'Export-PasspackEntry x -ColumnOrder Name, us' | Should -Be 'UserId'
        Complete 'New-PasspackPassword -CharacterSet d' | Should -Be 'Digit'
        Complete 'Unprotect-PasspackText x -KeySize ' | Should -Be '256', '192', '128'
    }

    It 'is silent when locked' {
        Lock-PasspackVault -All
        $before = $Error.Count
        (TabExpansion2 'Get-PasspackEntry gi' 20).CompletionMatches.CompletionText | Should -Not -Contain 'github'
        (TabExpansion2 'Set-PasspackEntry -AddTag ' 26).CompletionMatches.CompletionText | Should -Not -Contain 'Servers'
        $Error.Count | Should -Be $before
    }
}
