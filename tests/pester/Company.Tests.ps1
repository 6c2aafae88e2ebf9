# The module in company: other modules with other versions of what it needs, jobs, parallel pipelines, hosts that nobody sits at, constrained language.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $account = New-TestAccount
    1..20 | ForEach-Object { [pscustomobject] @{ Name = "entry $_"; UserId = "user$_"; Password = "password $_" } } | New-PasspackEntry | Out-Null

    # The whole way of a secret: keys derived by BouncyCastle, kept in SQLite, out again.
    $wholeWay = @"
        Import-Module `$ModulePath
        `$env:PASSPACK_HOME = Join-Path '$TestDrive' ([guid]::NewGuid())
        `$null = New-PasspackLocalAccount -UserId me@example.com -PackingKey '$PackingKey'
        `$null = New-PasspackEntry one -Password hidden
        Lock-PasspackVault
        Unlock-PasspackVault -PackingKey '$PackingKey'
        (Get-PasspackEntry one).GetPassword() | ConvertFrom-SecureString -AsPlainText

"@
    $theirs = 'Import-Module $ConflictingModulePath; (Get-ConflictingSqlite) + (Get-ConflictingBouncyCastle) -join " "' + "`n"
}

AfterAll {
    Close-Test
}

Describe 'Beside a module with another SQLite and another BouncyCastle' {
    It 'both work, ours <_>' -ForEach 'first', 'last', 'in between' {
        $order = $_
        $answers = Invoke-Fresh $(switch ($order) { 'first' { $wholeWay + $theirs } 'last' { $theirs + $wholeWay } 'in between' { $theirs + $wholeWay + $theirs } })
        $answers -eq 'hidden' | Should -HaveCount 1
        $others = @($answers -ne 'hidden')
        $others | Should -HaveCount ($order -eq 'in between' ? 2 : 1)
        $others | ForEach-Object { $_ | Should -Match '^8\.0\.\S+ 3\.\S+ 2\.4\.0\.\d+ 77D65762$' }
    }

    It 'each has its own BouncyCastle' {
        Invoke-Fresh ($theirs + $wholeWay + @'
            [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'BouncyCastle.Cryptography' } |
                ForEach-Object { "$(([version] (Get-Item $_.Location).VersionInfo.FileVersion).ToString(2)) $([Runtime.Loader.AssemblyLoadContext]::GetLoadContext($_).Name)" } | Sort-Object
'@) | Select-Object -Last 2 | Should -Be '2.4 Default', '2.7 Passpack'
    }
}

Describe 'An unlocked account' {
    It 'is shared with ForEach-Object -Parallel, reading and writing' {
        $read = 1..20 | ForEach-Object -ThrottleLimit 8 -Parallel {
            Import-Module $using:ModulePath
            $null = New-PasspackEntry "from parallel $_" -Password x
            (Get-PasspackEntry "entry $_").GetPassword() | ConvertFrom-SecureString -AsPlainText
        }
        $read | Sort-Object | Should -Be (1..20 | ForEach-Object { "password $_" } | Sort-Object)
        Get-PasspackEntry 'from parallel *' | Should -HaveCount 20
    }

    It 'is shared with Start-ThreadJob' -Tag 'needs Start-ThreadJob' -Skip:(-not (Get-Command Start-ThreadJob -ErrorAction Ignore)) {
        1..4 | ForEach-Object { Start-ThreadJob { Import-Module $using:ModulePath; (Get-PasspackEntry "entry $using:_").UserId } } | Receive-Job -Wait -AutoRemoveJob |
            Sort-Object | Should -Be 'user1', 'user2', 'user3', 'user4'
    }

    It 'that one runspace locks is locked for all, and the other way round' {
        $codes = 1 | ForEach-Object -Parallel {
            Import-Module $using:ModulePath
            Lock-PasspackVault
        }
        $codes | Should -BeNullOrEmpty
        Get-ErrorId { Get-PasspackEntry 'entry 1' } | Should -Be 'VaultLocked'
        1 | ForEach-Object -Parallel { Import-Module $using:ModulePath; Unlock-PasspackVault -PackingKey $using:PackingKey }
        (Get-PasspackEntry 'entry 1').UserId | Should -Be 'user1'
    }

    It 'is locked in another process: an error in Start-Job, which can unlock it for itself' {
        $answers = Start-Job {
            Import-Module $using:ModulePath
            try { Get-PasspackEntry } catch { ($_.FullyQualifiedErrorId -split ',')[0] }
            Unlock-PasspackVault -PackingKey $using:PackingKey
            (Get-PasspackEntry 'entry 2').UserId
        } | Receive-Job -Wait -AutoRemoveJob
        $answers | Should -Be 'VaultLocked', 'user2'
    }

    It 'gives a job its entries, not their secrets' {
        $entry = Get-PasspackEntry 'entry 3'
        Start-Job { $entry = $using:entry; $entry.UserId; $entry.PSObject.Methods.Name -contains 'GetPassword' } | Receive-Job -Wait -AutoRemoveJob | Should -Be 'user3', $false
    }
}

Describe 'With nobody there to ask' {
    BeforeDiscovery {
        $module = $env:PASSPACK_TEST_MODULE ? $env:PASSPACK_TEST_MODULE : "$PSScriptRoot/../../out/Passpack"
        $demanding = (Import-Module $module -PassThru).ExportedCmdlets.Values | Where-Object {
            -not ($_.ParameterSets | Where-Object { -not ($_.Parameters | Where-Object IsMandatory) })
        } | ForEach-Object Name | Sort-Object
    }

    BeforeAll {
        $shell = [powershell]::Create()
        $null = $shell.AddCommand('Import-Module').AddParameter('Name', $ModulePath).Invoke()
    }

    AfterAll {
        $shell.Dispose()
    }

    It '<_> without what it needs is an error, in a host without a user interface' -ForEach $demanding {
        $name = $_
        $shell.Commands.Clear()
        $failed = { $shell.AddCommand($name).Invoke() } | Should -Throw -PassThru
        $failed.Exception.InnerException | Should -BeOfType Management.Automation.ParameterBindingException
    }

    It 'pwsh -NonInteractive asks for no key, password or confirmation, and nothing happens' {
        Invoke-Fresh @'
            Import-Module $ModulePath
            $credential = [pscredential]::new('me@example.com', (ConvertTo-SecureString password -AsPlainText))
            foreach ($question in { Unlock-PasspackVault }, { New-PasspackLocalAccount -UserId other@example.com }, { Get-PasspackEntry },
                { Connect-PasspackAccount -Server http://127.0.0.1:9 -Credential $credential }, { Reset-PasspackLocalAccount -Emergency }) {
                try { $null = & $question; "$question asked nothing" } catch { ($_.FullyQualifiedErrorId -split ',')[0] }
            }
            @(Get-PasspackLocalAccount).Account
'@ | Should -Be 'MissingMandatoryParameter', 'SecretRequired', 'VaultLocked', 'MissingMandatoryParameter', 'InvalidOperation', 'me@example.com'
    }
}

Describe 'In constrained language' {
    It 'does its work: imported <_>' -ForEach 'before', 'after' {
        $import = 'Import-Module $ModulePath'
        $constrain = '$ExecutionContext.SessionState.LanguageMode = "ConstrainedLanguage"'
        $first, $second = $_ -eq 'before' ? $import, $constrain : $constrain, $import
        Invoke-Fresh @"
            $first
            $second
            Unlock-PasspackVault -PackingKey '$PackingKey'
            `$null = New-PasspackEntry constrained-$_ -UserId me -Password hidden -ExtraField @{ pin = '0815' } -Tag a, b
            Get-PasspackEntry constrained-$_ | Set-PasspackEntry -AddTag c
            (Get-PasspackEntry constrained-$_).Tags.Count
            # Methods of other types than PowerShell's own are not for constrained scripts; what is exported is.
            try { (Get-PasspackEntry constrained-$_).GetPassword() } catch { `$_.FullyQualifiedErrorId }
            (Get-PasspackEntry constrained-$_ | Export-PasspackEntry).Password
            (Get-PasspackEntry constrained-$_ | Export-PasspackEntry | ConvertTo-Json) -match '0815'
"@ | Should -Be 3, 'MethodInvocationNotSupportedInConstrainedLanguage', 'hidden', $true
    }
}
