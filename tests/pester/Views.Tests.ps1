# What the screen shows of each type: at most 100 columns, nothing cut that matters, nothing secret (Secrets.Tests.ps1).
BeforeAll {
    . $PSScriptRoot/Common.ps1
    Import-Module $ModulePath
    $null = New-TestAccount
    $long = 'x' * 120
    $null = New-PasspackEntry "entry $long" -UserId "user $long" -Url "https://$long" -Email "mail $long" -Tag "tag $long", other -Favorite
    [IO.File]::WriteAllText("$TestDrive/in.csv", "`"Entry Name`",`"URL`",`"User ID`",`"Password`",`"Notes`",`"Shared Notes`",`"Tags`",`"Extra Fields`",`"Email`"`r`n`"`",`"`",`"`",`"`",`"`",`"`",`"`",`"`",`"`"")
    $samples = @{
        Entry = Get-PasspackEntry
        ExportedEntry = Export-PasspackEntry
        LocalAccount = Get-PasspackLocalAccount
        Tag = Get-PasspackTag
        KeyQuality = Measure-PasspackKey -Key $PackingKey
        ImportResult = Import-PasspackEntry "$TestDrive/in.csv" -ErrorAction SilentlyContinue
    }
    Lock-PasspackVault
    $samples.ResetStep = Reset-PasspackLocalAccount -Emergency -Confirm:$false
}

Describe 'The view of <_>' -ForEach 'Entry', 'ExportedEntry', 'LocalAccount', 'Tag', 'ImportResult', 'KeyQuality', 'ResetStep' {
    It 'is a table of at most 100 columns' {
        $lines = ($samples[$_] | Out-String -Width 100) -replace '\x1b\[[0-9;]*m' -split '\r?\n' | Where-Object { $_.Trim() }
        $lines[1] | Should -Match '^[- ]+$'
        # What has no width of its own takes the rest; the rest must be worth something at 100 columns.
        $lines | ForEach-Object { $_.TrimEnd().Length | Should -BeLessOrEqual 100 }
        $lines[0].Trim() -split '\s{2,}|\s' | Should -Not -BeNullOrEmpty
    }

    It 'is one that the module defines, as a list too' {
        $type = "Passpack.PowerShell.$_"
        $views = Get-FormatData $type -PowerShellVersion $PSVersionTable.PSVersion
        $views.FormatViewDefinition.Control.ForEach({ $_.GetType().Name }) | Should -Contain 'TableControl'
        $table = $views.FormatViewDefinition.Control.Where({ $_ -is [Management.Automation.TableControl] })[0]
        ($table.Headers.Width | Measure-Object -Sum).Sum + $table.Headers.Count - 1 | Should -BeLessOrEqual 100
    }
}
