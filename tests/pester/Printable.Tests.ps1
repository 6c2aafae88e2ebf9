# What somebody else chose (names, tags, User IDs, headers of backups, devices) reaches the terminal only as text: nothing in it acts there, in no view, error,
# warning, question, progress line or completion. Properties keep the data as it is.
BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    Import-Module $ModulePath
    $types = @((Get-Command -Module Passpack).OutputType.Name -match '^Passpack\.PowerShell\.') +
        'Passpack.PowerShell.SyncChange' + 'Passpack.PowerShell.ExtraField' | Sort-Object -Unique
}

BeforeAll {
    . $PSScriptRoot/Open.ps1

    # Colours, a bell, a backspace, a return to the line's begin, marks of direction, a separator of lines, the one-character CSI; and an emoji that stays.
    $acts = "`e[31m", "`a", "`b", "`r", "`u{202e}", "`u{2066}", "`u{2028}", "`u{9b}2J", "`u{200f}"
    $evil = "a$($acts -join 'b')😀z"
    $password = ConvertTo-SecureString 'Six lamps, 4 doors!' -AsPlainText

    # What of a text acts on a terminal. Line ends are the views' own.
    function Get-Acting([Parameter(ValueFromPipeline)] [string] $Text) {
        process { [regex]::Matches(($Text -replace '\r?\n', ' '), '[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]') | ForEach-Object { '{0:x}' -f [int] [char] $_.Value } }
    }

    # Everything that a script says and emits, in each view that its objects have, as a terminal would get it.
    function Get-Shown([scriptblock] $Script) {
        $rendering = $PSStyle.OutputRendering
        # Of PowerShell itself come colours otherwise.
        $PSStyle.OutputRendering = 'PlainText'
        try {
            $all = try { @(& $Script *>&1) } catch { @($_) }
            $errors = @($all | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
            $objects = @($all | Where-Object { $_ -isnot [Management.Automation.ErrorRecord] })
            foreach ($object in $objects) {
                $object | Out-String -Width 400
                $object | Format-Table | Out-String -Width 400
                $object | Format-List | Out-String -Width 400
                $object | Format-Wide | Out-String -Width 400
            }
            # DetailedView lists the properties of the target, and those are data.
            foreach ($view in 'ConciseView', 'NormalView', 'CategoryView') {
                $ErrorView = $view
                $errors | Out-String -Width 400
            }
            $errors | ForEach-Object { "$_"; $_.Exception.Message; "$($_.CategoryInfo)" }
        } finally {
            $PSStyle.OutputRendering = $rendering
        }
    }
}

AfterAll {
    Close-Test
}

Describe 'The type <_>' -ForEach $types {
    It 'has no view with a text that comes to the terminal as it is' {
        $type = $_ -as [type]
        $items = (Get-FormatData $_ -PowerShellVersion $PSVersionTable.PSVersion).FormatViewDefinition.Control | ForEach-Object { $_.Rows.Columns; $_.Entries.Items } |
            ForEach-Object DisplayEntry
        $items | Should -Not -BeNullOrEmpty
        foreach ($item in $items | Where-Object ValueType -EQ Property) {
            # An exported entry's properties are PowerShell's own.
            $of = $type ? $type.GetProperty($item.Value).PropertyType : @{ Favorite = [bool]; Id = [guid] }[$item.Value]
            $of | Should -Not -BeNullOrEmpty -Because $item.Value
            $of.IsValueType -or ($of.IsGenericType -and $of.GetGenericArguments()[0].IsValueType) | Should -BeTrue -Because $item.Value
        }
        # Pieces of script that show text do it by View, or show numbers, marks and enumerations only.
        $texts = 'Name', 'UserId', 'Url', 'Email', 'Account', 'Server', 'Path', 'Reason', 'Description', 'Problem', 'Tags', 'Fields', 'Notices', 'Backups', 'Quarantined', 'Content', 'Log'
        foreach ($item in $items | Where-Object ValueType -EQ ScriptBlock) {
            $bare = $item.Value -replace '\[Passpack\.PowerShell\.View\]::\w+\((?>[^()]+|\((?<d>)|\)(?<-d>))*(?(d)(?!))\)'
            $bare = $bare -replace 'if \([^)]*\)'
            $bare | Should -Not -Match "\`$_\.'?($($texts -join '|'))\b"
        }
    }

    It 'has a view for Format-Wide' {
        (Get-FormatData $_ -PowerShellVersion $PSVersionTable.PSVersion).FormatViewDefinition.Control.Where({ $_ -is [Management.Automation.WideControl] }) | Should -HaveCount 1
    }
}

Describe 'An offline account full of escape sequences' {
    BeforeAll {
        $null = Enter-NewMachine
        $account = (New-PasspackLocalAccount -UserId $evil -PackingKey $PackingKey).Account
        $entry = New-PasspackEntry $evil -UserId $evil -Url $evil -Email $evil -Tag $evil -Notes $evil -ExtraField @{ $evil = 'x' }
        Set-PasspackEntry -Id $entry.Id -Email other
        Set-PasspackEntry -Id $entry.Id -Email $evil
        $trashed = New-PasspackEntry "trashed $evil"
        Remove-PasspackEntry -Id $trashed.Id
        $backup = Backup-PasspackVault "$TestDrive/evil.pkps"
        [IO.File]::WriteAllText("$TestDrive/in.json", (ConvertTo-Json @(@{ 'Entry Name' = $evil; 'Tags' = "[`"$evil" }, @{ 'Entry Name' = "new $evil" })))
    }

    It 'keeps the data in its properties' {
        $account | Should -BeExactly $evil
        $read = Get-PasspackEntry -Id $entry.Id
        $read.Name, $read.UserId, $read.Url, $read.Email, $read.Tags[0], $read.Account, $read.GetNotes(), $read.GetExtraFields()[0].Name | ForEach-Object { $_ | Should -BeExactly $evil }
        (Get-PasspackTag).Name | Should -BeExactly $evil
        (Get-PasspackBackup -Path $backup.Path).Account | Should -BeExactly $evil
        (Export-PasspackEntry).'Entry Name' | Should -Contain $evil
    }

    It 'shows none of them: <_>' -ForEach @(
        { Get-PasspackEntry }, { Get-PasspackEntry -Trashed }, { (Get-PasspackEntry).GetExtraFields() }, { Get-PasspackEntryHistory -Id $entry.Id }, { Get-PasspackTag }
        { Get-PasspackLocalAccount }, { Get-PasspackBackup -Path $backup.Path }, { Export-PasspackEntry }, { Test-PasspackVault -Verbose }
        { Import-PasspackEntry "$TestDrive/in.json" -WhatIf -Verbose }, { Import-PasspackEntry "$TestDrive/in.json" -Verbose -ErrorAction Continue }
        # Errors of entries, accounts and files that are not there.
        { Get-PasspackEntry -LiteralName "none $evil" }, { Get-PasspackEntry -Account "none $evil" }, { Unlock-PasspackVault -Account "none $evil" -PackingKey x }
        { Get-PasspackEntry "[$evil" }, { Import-PasspackEntry "$TestDrive/none $evil.csv" }, { Get-PasspackTag -Name "none $evil" }, { Get-PasspackBackup -Path "$TestDrive/$evil" }
        { $trashed | Set-PasspackEntry -Url x }, { $entry | Restore-PasspackEntry }, { $entry | Restore-PasspackEntry -Version 4711 }, { $entry | Set-PasspackEntry -Favorite:$evil }
        { New-PasspackEntry x -Account "none $evil" }, { Sync-PasspackVault }, { Get-PasspackDevice }, { Get-PasspackEvent }, { Unlock-PasspackVault -PackingKey 'not this one' }
        { New-PasspackLocalAccount -UserId $evil -PackingKey $PackingKey }, { Backup-PasspackVault "$TestDrive/evil.pkps" }, { Restore-PasspackVault $backup.Path -PackingKey wrong -Confirm:$false }
        # What is done, told with -Verbose; and what would be.
        { $entry | Set-PasspackEntry -Url "x$evil" -AddTag $evil -PassThru -Verbose }, { $entry | Remove-PasspackEntry -Verbose; $entry | Restore-PasspackEntry -Verbose }
        { Lock-PasspackVault -Verbose; Unlock-PasspackVault -PackingKey $PackingKey -Verbose }, { Enable-PasspackUnattendedUnlock -PackingKey $PackingKey -Verbose; Disable-PasspackUnattendedUnlock -Verbose }
    ) {
        $shown = Get-Shown $_
        $shown | Get-Acting | Should -BeNullOrEmpty
    }

    It 'asks no question and plans nothing with them: <_>' -ForEach @(
        '$entry | Set-PasspackEntry -AddTag $evil -RemoveTag $evil', '$entry | Remove-PasspackEntry', '$trashed | Remove-PasspackEntry -Permanent', '$trashed | Restore-PasspackEntry'
        'New-PasspackEntry $evil -Tag $evil', 'Remove-PasspackLocalAccount -Force', 'Reset-PasspackLocalAccount -Emergency', 'Restore-PasspackVault $backup.Path -PackingKey $PackingKey'
        'Set-PasspackPackingKey -PackingKey $PackingKey -NewPackingKey $PackingKey', 'Enable-PasspackUnattendedUnlock -PackingKey $PackingKey', 'Set-PasspackLocalAccount -LockAfterMinutes 5'
    ) {
        # What -WhatIf says goes to the host alone: a transcript has it.
        $transcript = "$TestDrive/$([guid]::NewGuid()).txt"
        $null = Start-Transcript $transcript
        try { & ([scriptblock]::Create("$_ -WhatIf")) | Out-Null } finally { $null = Stop-Transcript }
        $said = @(Get-Content $transcript | Where-Object { $_ -like 'What if:*' })
        $said | Should -Not -BeNullOrEmpty
        (Get-Content $transcript -Raw) | Get-Acting | Should -BeNullOrEmpty
    }

    It 'shows none of them while something takes its time' {
        $file = "$TestDrive/gnp`u{202e}gpj.pkps"
        $records = & {
            $shell = [powershell]::Create()
            try {
                $null = $shell.AddScript({
                    param($Module, $PackingKey, $Folder, $Backup)
                    Import-Module $Module
                    $env:PASSPACK_HOME = $Folder
                    Backup-PasspackVault $Backup -Force
                }).AddArgument($ModulePath).AddArgument($PackingKey).AddArgument($env:PASSPACK_HOME).AddArgument($file)
                $null = $shell.Invoke()
                $shell.Streams.Progress | Where-Object Activity -Like 'Writing*'
            } finally { $shell.Dispose() }
        }
        $records | Should -Not -BeNullOrEmpty
        $records | ForEach-Object { "$($_.Activity) $($_.StatusDescription) $($_.CurrentOperation)" } | Get-Acting | Should -BeNullOrEmpty
    }

    It 'offers them by completion as escapes that mean the same: <_>' -ForEach 'Get-PasspackEntry -LiteralName ', 'New-PasspackEntry x -Tag ', 'Get-PasspackEntry -Account ', 'New-PasspackEntry x -ExtraField ' {
        $offered = @((TabExpansion2 $_ $_.Length).CompletionMatches)
        $offered.CompletionText + $offered.ListItemText + $offered.ToolTip | Get-Acting | Should -BeNullOrEmpty
        $means = @($offered.CompletionText | ForEach-Object { & ([scriptblock]::Create($_ -match '^[@''"]' ? $_ : "'$_'")) })
        ($means[0] -is [hashtable] ? @($means.Keys) : $means) | Should -Contain $evil
    }
}

Describe 'An online account full of escape sequences' {
    BeforeAll {
        $server = Start-TestServer
        $credential = [pscredential]::new("me$([char] 0x202e)`e[31m@example.com", $password)
        $here = Enter-NewMachine
        $null = New-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
        $id = (New-PasspackEntry $evil -Url base -Tag $evil).Id
        $null = Sync-PasspackVault
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $server.Url -Credential $credential -PackingKey $PackingKey
        $null = Sync-PasspackVault
        Set-PasspackEntry -Id $id -Url there
        $null = Sync-PasspackVault
        $env:PASSPACK_HOME = $here
        Set-PasspackEntry -Id $id -Url here
        $planned = Sync-PasspackVault -WhatIf
        $result = Sync-PasspackVault -ConflictPolicy KeepBoth
    }

    AfterAll {
        Lock-PasspackVault -All
        Stop-TestServer $server
    }

    It 'shows none of them: <_>' -ForEach @(
        { $planned; $planned.Changes }, { $result; $result.Changes }, { Get-PasspackSyncHistory }, { Sync-PasspackVault -Verbose }, { Sync-PasspackVault -Resolve @{ "no $evil" = 'Local' } }
        { Get-PasspackEntry -Online }, { Get-PasspackTag -Online }, { Get-PasspackEntryHistory -Id $id -Online }, { Get-PasspackDevice }, { Get-PasspackEvent }, { Get-PasspackDevice "none $evil" }
        { Get-PasspackLocalAccount -Online }, { Set-PasspackEntry -Id $id -AddTag "t$evil" -Online -PassThru -Verbose }, { Remove-PasspackDevice -Name "none $evil" -Confirm:$false }
    ) {
        $shown = Get-Shown $_
        $shown | Should -Not -BeNullOrEmpty
        $shown | Get-Acting | Should -BeNullOrEmpty
    }
}
