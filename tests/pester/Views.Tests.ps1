# What the screen shows of each type: at most 80 columns, nothing cut that matters, nothing secret (Secrets.Tests.ps1).
BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    Import-Module $ModulePath
    # Whatever a cmdlet emits, and what lies in its properties; the view of an exported entry goes by a name alone.
    $types = @((Get-Command -Module Passpack).OutputType.Name -match '^Passpack\.PowerShell\.') +
        'Passpack.PowerShell.SyncChange' + 'Passpack.PowerShell.ExtraField' | Sort-Object -Unique
}

BeforeAll {
    . $PSScriptRoot/Open.ps1

    function Get-View([string] $Type, [type] $Control) {
        (Get-FormatData $Type -PowerShellVersion $PSVersionTable.PSVersion).FormatViewDefinition.Control.Where({ $_ -is $Control })[0]
    }

    function Get-Line([Parameter(ValueFromPipeline)] $InputObject, [int] $Width = 100) {
        end { ($input | Out-String -Width $Width) -split '\r?\n' | Where-Object { $_.Trim() } }
    }
}

AfterAll {
    Close-Test
}

Describe 'The type <_>' -ForEach $types {
    It 'has a table of at most 80 columns, with room for its last one' {
        $table = Get-View $_ ([Management.Automation.TableControl])
        $table | Should -Not -BeNullOrEmpty
        # A column without a width of its own takes what is left.
        ($table.Headers | ForEach-Object { $_.Width ? $_.Width : 10 } | Measure-Object -Sum).Sum + $table.Headers.Count - 1 | Should -BeLessOrEqual 80
    }

    It 'has a list that shows at least what the table does' {
        $list = Get-View $_ ([Management.Automation.ListControl])
        $list | Should -Not -BeNullOrEmpty
        $columns = (Get-View $_ ([Management.Automation.TableControl])).Rows.Columns.Count
        $list.Entries.Items.Count | Should -BeGreaterOrEqual $columns
    }
}

Describe 'Tables of long values' {
    BeforeAll {
        $null = New-TestAccount
        $long = 'x' * 120
        $null = New-PasspackEntry "entry $long" -UserId "user $long" -Url "https://$long" -Email "mail $long" -Tag "tag $long", other -Favorite -ExtraField @{ "field $long" = 'x' }
        $null = Get-PasspackEntry | Set-PasspackEntry -Notes $long
        [IO.File]::WriteAllText("$TestDrive/in.csv", "`"Entry Name`",`"URL`",`"User ID`",`"Password`",`"Notes`",`"Shared Notes`",`"Tags`",`"Extra Fields`",`"Email`"`r`n`"`",`"`",`"`",`"`",`"`",`"`",`"`",`"`",`"`"")
        $samples = @{
            Entry = Get-PasspackEntry
            ExtraField = (Get-PasspackEntry).GetExtraFields()
            ExportedEntry = Export-PasspackEntry
            EntryVersion = Get-PasspackEntry | Get-PasspackEntryHistory
            LocalAccount = Get-PasspackLocalAccount
            Tag = Get-PasspackTag
            ImportResult = Import-PasspackEntry "$TestDrive/in.csv" -ErrorAction SilentlyContinue
        }
        Lock-PasspackVault
        $samples.ResetStep = Reset-PasspackLocalAccount -Emergency -Confirm:$false
    }

    It 'end at column 80, the last heading shown: <_>' -ForEach 'Entry', 'ExtraField', 'ExportedEntry', 'EntryVersion', 'LocalAccount', 'Tag', 'ImportResult', 'ResetStep' {
        $lines = $samples[$_] | Get-Line -Width 80
        $last = (Get-View "Passpack.PowerShell.$_" ([Management.Automation.TableControl])).Headers[-1].Label
        $lines[0] -replace '\x1b\[[0-9;]*m' | Should -Match "$last\s*`$"
        $lines[1] -replace '\x1b\[[0-9;]*m' | Should -Match '^[- ]+$'
        $lines | ForEach-Object { ($_ -replace '\x1b\[[0-9;]*m').TrimEnd().Length | Should -BeLessOrEqual 80 }
    }
}

Describe 'Times' {
    It 'are told by their distance: <Text>' -ForEach @(
        @{ Text = 'just now'; Past = '00:00:59' }, @{ Text = '1 minute ago'; Past = '00:01:00' }, @{ Text = '59 minutes ago'; Past = '00:59:59' }
        @{ Text = '3 hours ago'; Past = '03:10:00' }, @{ Text = '1 day ago'; Past = '1.23:00:00' }, @{ Text = '29 days ago'; Past = '29.00:00:00' }
        @{ Text = '11 months ago'; Past = '350.00:00:00' }, @{ Text = '2 years ago'; Past = '800.00:00:00' }, @{ Text = 'in 2 days'; Past = '-2.01:00:00' }
    ) {
        $now = [DateTimeOffset]::new(2026, 11, 22, 12, 0, 0, [timespan]::Zero)
        [Passpack.PowerShell.View]::Ago($now - [timespan] $Past, $now) | Should -Be $Text
    }

    It 'are nothing where there is none' {
        [Passpack.PowerShell.View]::Ago($null) + [Passpack.PowerShell.View]::Time($null) | Should -Be ''
    }

    It 'stand in lists as they are, too' {
        $null = New-TestAccount
        $null = New-PasspackEntry one
        Get-PasspackEntry | Format-List | Out-String | Should -Match 'Created\s+: \d{4}-\d\d-\d\d \d\d:\d\d \(just now\)'
    }

    It 'are of one calendar, whatever the culture''s: <_>' -ForEach 'ar-SA', 'th-TH' {
        $null = New-TestAccount
        $backup = Backup-PasspackVault "$TestDrive/$_.pkps"
        $culture = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = $_
            $shown = ($backup | Format-Table | Out-String -Width 200) + ($backup | Format-List | Out-String)
        } finally {
            [cultureinfo]::CurrentCulture = $culture
        }
        [regex]::Matches($shown, '\d{4}-\d\d-\d\d \d\d:\d\d').Value | Should -Be (@($backup.Created.ToLocalTime().ToString('yyyy-MM-dd HH:mm', [cultureinfo]::InvariantCulture)) * 2)
    }
}

Describe 'A conflict' {
    BeforeAll {
        $server = Start-TestServer
        $credential = [pscredential]::new('me@example.com', (ConvertTo-SecureString 'Six lamps, 4 doors!' -AsPlainText))
        $here = Enter-NewMachine
        $null = New-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
        $id = (New-PasspackEntry disputed -Url base).Id
        $null = Sync-PasspackVault
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
        $null = Sync-PasspackVault
        Set-PasspackEntry -Id $id -Url there
        $null = Sync-PasspackVault
        $env:PASSPACK_HOME = $here
        Set-PasspackEntry -Id $id -Url here
        $result = Sync-PasspackVault
        $rendering = $PSStyle.OutputRendering
    }

    AfterEach {
        $PSStyle.OutputRendering = $rendering
    }

    AfterAll {
        Lock-PasspackVault -All
        Stop-TestServer $server
    }

    It 'is offered to -Resolve' {
        $line = 'Sync-PasspackVault -Resolve '
        $offered = (TabExpansion2 $line $line.Length).CompletionMatches
        $offered.CompletionText | Should -Be "@{ '$id' = 'Local' }", "@{ '$id' = 'Online' }", "@{ '$id' = 'Both' }"
        $offered.ListItemText | Should -Be 'Local: disputed', 'Online: disputed', 'Both: disputed'
    }

    It 'is marked, also where there are no colours' {
        $PSStyle.OutputRendering = 'PlainText'
        $result.Changes | Get-Line | Should -Contain ($result.Changes | Get-Line | Where-Object { $_ -match '^! Conflict\s+disputed' })
        ($result | Get-Line)[-1] | Should -Match '^me@example\.com\s+just now\s+! 1 conflict$'
        $result | Format-List | Out-String -Width 200 | Should -Match '! Conflict: disputed'
        ($result.Changes | Out-String) + ($result | Out-String) | Should -Not -Match '\x1b'
    }

    It 'and what went wrong stand first in a history of 80 columns, with time and reason' {
        Stop-TestServer $server
        { Sync-PasspackVault } | Should -Throw
        $lines = Get-PasspackSyncHistory | Get-Line -Width 80
        $lines[0] -replace '\x1b\[[0-9;]*m' | Should -Match '^Account\s+When\s+Result\s*$'
        $lines[2] | Should -Match '^me@example\.com\s+just now\s+! failed: ServerUnreachable'
        $lines -match '! 1 conflict' | Should -HaveCount 1
        $lines | ForEach-Object { ($_ -replace '\x1b\[[0-9;]*m').TrimEnd().Length | Should -BeLessOrEqual 80 }
    }

    It 'has the colour of warnings where the host shows colours' {
        # A terminal of its own: this process may have none.
        $python = Get-Command python3 -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        if ($IsWindows -or -not $python) {
            Set-ItResult -Skipped -Because 'a terminal needs python3 and its pty'
            return
        }
        $script = "$TestDrive/coloured.ps1"
        Set-Content $script @"
            Import-Module '$ModulePath'
            `$env:PASSPACK_HOME = '$here'
            Unlock-PasspackVault -PackingKey '$PackingKey'
            Get-PasspackSyncHistory | Where-Object Conflicts
"@
        $env:TERM = 'xterm-256color'
        $shown = & $python -c 'import pty, sys; pty.spawn(sys.argv[1:])' $ShellProgram @ShellStart -NoProfile -File $script | Out-String
        $shown | Should -Match '\x1b\[33;1m! 1'
    }
}
