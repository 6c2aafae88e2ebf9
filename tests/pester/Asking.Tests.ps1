# New secrets that a person types: twice, hidden. The screen is the test's own; PowerShell and the cmdlets are the real ones.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    Import-Module $TestCmdletsPath

    # Runs a script before a screen at which these answers are typed; returns what was shown, what it gave, and the id of its error.
    function Invoke-Answering([string] $Script, [string[]] $Answers) {
        $screen = [Passpack.TestCmdlets.AnsweringHost]::new($Answers)
        $state = [initialsessionstate]::CreateDefault2()
        $state.ImportPSModule($ModulePath)
        $runspace = [runspacefactory]::CreateRunspace($screen, $state)
        $shell = [powershell]::Create($runspace)
        try {
            $runspace.Open()
            $given = try { $shell.AddScript("`$ErrorActionPreference = 'Stop'; $Script").Invoke() } catch { $failed = $_.Exception.InnerException.ErrorRecord }
            [pscustomobject]@{ Shown = $screen.Shown; Left = $screen.Left; Given = $given; ErrorId = "$($failed.FullyQualifiedErrorId)" -replace ',.*'; Message = "$($failed.Exception.Message)" }
        } finally {
            $shell.Dispose()
            $runspace.Dispose()
        }
    }

    $credential = "[pscredential]::new('asked@x', (ConvertTo-SecureString 'the password 4711' -AsPlainText))"
}

AfterAll {
    Close-Test
}

Describe 'A secret that is $null' {
    It 'asks whether the variable was set where it was typed, and speaks of Import-Csv for a row alone' {
        $null = Enter-NewMachine
        foreach ($script in { New-PasspackLocalAccount -UserId a@b -PackingKey $notSet }, { Unlock-PasspackVault -PackingKey $notSet }, { New-PasspackEntry x -Password $notSet }) {
            $told = { & $script } | Should -Throw -PassThru
            "$told" | Should -BeLike '-Pa* is $null: was the variable set?*'
            "$told" | Should -Not -Match 'Import-Csv'
            $told.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        }
        [pscustomobject]@{ Name = 'x'; Password = $null } | New-PasspackEntry -ErrorVariable failed -ErrorAction SilentlyContinue
        "$failed" | Should -Match 'Import-Csv'
    }
}

Describe 'A new Packing Key' {
    BeforeEach {
        $null = Enter-NewMachine
    }

    It 'is asked for twice, and the screen says that nobody can recover it' {
        $told = Invoke-Answering 'New-PasspackLocalAccount -UserId asked@x' $PackingKey, $PackingKey
        $told.ErrorId, $told.Left | Should -Be '', 0
        $told.Shown | Should -BeLike '*Nobody can recover*new Packing Key: *new Packing Key once more: *'
        $told.Shown | Should -Not -BeLike "*$PackingKey*"
        Lock-PasspackVault
        Unlock-PasspackVault -PackingKey $PackingKey
    }

    It 'that is typed in two ways makes nothing' {
        $told = Invoke-Answering 'New-PasspackLocalAccount -UserId asked@x' $PackingKey, "$PackingKey "
        $told.ErrorId | Should -Be 'InvalidArgument'
        $told.Message | Should -BeLike '*not the same*'
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }

    It 'of an online account is asked for so, too; that of an offline account that goes online once' {
        $told = Invoke-Answering "New-PasspackAccount -Server $($server.Url) -Credential ($credential)" $PackingKey, $PackingKey
        $told.ErrorId, $told.Left | Should -Be '', 0
        $null = New-PasspackLocalAccount -UserId offline@x -PackingKey $PackingKey
        $told = Invoke-Answering "New-PasspackAccount -Server $($server.Url) -Credential ($($credential.Replace('asked@x', 'offline@x')))" $PackingKey
        $told.ErrorId, $told.Left | Should -Be '', 0
        (Get-PasspackLocalAccount -Account offline@x).Server | Should -Be ([uri] $server.Url)
    }

    It 'in the place of another is asked for so' {
        $null = New-PasspackLocalAccount -UserId changed@x -PackingKey $PackingKey
        $told = Invoke-Answering "Set-PasspackPackingKey -Account changed@x -PackingKey '$PackingKey'" 'another sentence of 5 words', 'another sentence of 6 words'
        $told.ErrorId | Should -Be 'InvalidArgument'
        $told = Invoke-Answering "Set-PasspackPackingKey -Account changed@x -PackingKey '$PackingKey'" 'another sentence of 5 words', 'another sentence of 5 words'
        $told.ErrorId, $told.Left | Should -Be '', 0
        Lock-PasspackVault
        Unlock-PasspackVault -PackingKey 'another sentence of 5 words'
    }

    It 'is an error with an id where nobody can be asked' {
        $id = Invoke-Fresh "Import-Module `$ModulePath; try { New-PasspackLocalAccount -UserId asked@x } catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }"
        $id[0] | Should -BeLike 'SecretRequired,*'
        $id[1] | Should -BeLike '*-PackingKey*'
        # A job has no screen at all.
        Start-ThreadJob { param($module) Import-Module $module; try { New-PasspackLocalAccount -UserId asked@x } catch { $_.FullyQualifiedErrorId } } -ArgumentList $ModulePath |
            Receive-Job -Wait -AutoRemoveJob | Should -BeLike 'SecretRequired,*'
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }
}

Describe 'A new Password' {
    It 'is asked for twice' {
        $null = Enter-NewMachine
        $old = [pscredential]::new('password@x', (ConvertTo-SecureString 'the password 4711' -AsPlainText))
        $null = New-PasspackAccount -Server $server.Url -Credential $old -PackingKey $PackingKey
        $told = Invoke-Answering "Set-PasspackPassword -Credential ($($credential.Replace('asked@x', 'password@x')))" 'the new password 12', 'the new password 12'
        $told.ErrorId, $told.Left | Should -Be '', 0
        $told.Shown | Should -BeLike '*new Password: *new Password once more: *'
        $null = Enter-NewMachine
        $new = [pscredential]::new('password@x', (ConvertTo-SecureString 'the new password 12' -AsPlainText))
        (Connect-PasspackAccount -Server $server.Url -Credential $new -PackingKey $PackingKey).Unlocked | Should -BeTrue
    }
}
