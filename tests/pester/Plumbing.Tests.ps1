# What every cmdlet has from its base class, tried on cmdlets made for it.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    Import-Module $TestCmdletsPath
}

Describe 'Output' {
    It 'streams from the pipeline thread, across awaits' {
        1, 2 | Test-Stream | Should -Be 'begin', 1, 2, 'end'
    }

    It 'carries verbose messages and progress' {
        1 | Test-Stream -Verbose 4>&1 | Out-String | Should -Match 'verbose 1'
        Test-Report -Verbose 4>&1 | Should -HaveCount 100
    }

    It 'stops early without waiting for the rest' {
        1..1000 | Test-Stream | Select-Object -First 2 | Should -Be 'begin', 1
    }

    It 'reaches another module''s cmdlet that blocks on its own await' {
        1, 2 | Test-Stream | Test-Blocking | Should -Be 'begin', 1, 2, 'end'
    }

    It 'passes from one of these cmdlets to the next' {
        1, 2 | Test-Stream | Where-Object { $_ -is [int] } | Test-Stream | Should -Be 'begin', 1, 2, 'end'
    }
}

Describe 'Errors' {
    It 'of one item do not stop the others, and keep id, category and target' {
        $result = 1, -2, 3 | Test-Stream -ErrorVariable failed -ErrorAction SilentlyContinue
        $result | Should -Be 'begin', 1, 3, 'end'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'EntryNotFound,*'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failed[0].TargetObject | Should -Be -2
    }

    It 'that leave the cmdlet are terminating' {
        $failed = { Test-Terminating } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -BeLike 'VaultLocked,*'
        $failed.CategoryInfo.Category | Should -Be 'PermissionDenied'
        $failed.TargetObject | Should -Be 'a path'
        $failed.Exception.Message | Should -Be 'The vault is locked. Unlock-PasspackVault opens it.'
    }

    It 'of one item terminate under -ErrorAction Stop, and the work still ends well' {
        { -1, 2 | Test-Stream -ErrorAction Stop } | Should -Throw 'There is no entry -1.'
    }
}

Describe 'Stopping' {
    It 'cancels what waits, lets it clean up, and disposes' {
        $powershell = [powershell]::Create()
        $null = $powershell.AddScript('Import-Module $args[0]; Import-Module $args[1]; Test-Wait').AddArgument($ModulePath).AddArgument($TestCmdletsPath)
        $output = [Management.Automation.PSDataCollection[psobject]]::new()
        $running = $powershell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
        $patience = [Diagnostics.Stopwatch]::StartNew()
        while ($output.Count -eq 0 -and $patience.Elapsed.TotalSeconds -lt 60) { Start-Sleep -Milliseconds 10 }
        $powershell.Stop()
        $running.IsCompleted | Should -BeTrue
        $powershell.InvocationStateInfo.State | Should -Be 'Stopped'
        [Passpack.TestCmdlets.TestWaitCommand]::Ended | Should -Be 'cleaned up;disposed;'
        $powershell.Dispose()
    }
}

Describe 'Secrets' {
    It 'come as SecureString, as string, and wrapped' {
        Test-Secret -Password 'päss word' | Should -Be 'päss word'
        Test-Secret -Password (ConvertTo-SecureString 'päss word' -AsPlainText) | Should -Be 'päss word'
        Test-Secret -Password ([psobject] 'päss word') | Should -Be 'päss word'
        Test-Secret -Password '' | Should -Be ''
        Test-Secret | Should -Be 'none'
    }

    It 'bind from the columns of a CSV' {
        "Password`none`n007" | ConvertFrom-Csv | Test-Secret | Should -Be 'one', '007'
    }

    It 'are refused, with the reason and without the value, as <Kind>' -ForEach @(
        @{ Kind = 'nothing'; Value = $null; Reason = 'is $null: was the variable set' }
        @{ Kind = 'a number'; Value = 4711; Reason = 'is a number' }
        @{ Kind = 'several strings'; Value = 'hidden4711', 'hidden4711'; Reason = 'is of type Object[[][]]' }
        @{ Kind = 'strings'; Value = [string[]] ('hidden4711', 'hidden4711'); Reason = 'is of type String[[][]]' }
        @{ Kind = 'a hashtable'; Value = @{ hidden4711 = 1 }; Reason = 'is of type Hashtable' }
        @{ Kind = 'a credential'; Value = [pscredential]::new('hidden4711', [securestring]::new()); Reason = 'is a PSCredential' }
        @{ Kind = 'far too much'; Value = 'hidden4711' * 10000; Reason = 'has more than 65536 characters' }
    ) {
        $failed = { Test-Secret -Password $Value } | Should -Throw -PassThru
        $failed.Exception.Message | Should -BeLike "*$Reason*"
        $failed | Format-List * -Force | Out-String | Should -Not -Match 'hidden4711'
    }
}
