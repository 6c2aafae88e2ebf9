# The module on disk: how it loads, loads again, and lives beside others. Each in a fresh process, because only the first import is a first import.
BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Passpack.psd1' {
    It 'is a valid manifest that exports cmdlets alone' {
        $manifest = Test-ModuleManifest $ModulePath
        $manifest.Name | Should -Be 'Passpack'
        $manifest.ExportedCmdlets.Count | Should -BeGreaterThan 0
        $manifest.ExportedFunctions.Count + $manifest.ExportedAliases.Count + $manifest.ExportedVariables.Count | Should -Be 0
    }
}

Describe 'Import-Module' {
    It 'loads dependencies, natives included, in a context of their own' {
        Invoke-Fresh 'Import-Module $ModulePath; & $OwnSqlite' | Should -Match '^Passpack 10\.0\.\d+\.\d+ 3\.'
    }

    It 'leaves nothing but itself where other modules look' {
        Invoke-Fresh @'
            Import-Module $ModulePath
            [void] [Reflection.Assembly]::Load('Passpack.Core')
            [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name -match 'Passpack|Sqlite|SQLitePCL|BouncyCastle|CsvHelper|Polly|QRCoder'
'@ | Should -Be 'Passpack.PowerShell'
    }

    It 'comes again with -Force, and after Remove-Module' {
        Invoke-Fresh @'
            Import-Module $ModulePath
            Import-Module $ModulePath -Force
            Remove-Module Passpack
            if (Get-Module Passpack) { throw 'still there' }
            Import-Module $ModulePath
            (Get-Module Passpack).Count
            & $OwnSqlite
'@ | Should -HaveCount 2
    }

    It 'works in Start-Job' {
        Invoke-Fresh @'
            Import-Module $ModulePath
            Start-Job { Import-Module $using:ModulePath; & $using:OwnSqlite } | Receive-Job -Wait -AutoRemoveJob
'@ | Should -Match '^Passpack 10\.'
    }

    It 'works in ForEach-Object -Parallel, first imports at once included' {
        $answers = Invoke-Fresh @'
            1..12 | ForEach-Object -ThrottleLimit 6 -Parallel {
                Import-Module $using:ModulePath
                & $using:OwnSqlite
            }
'@
        $answers | Should -HaveCount 12
        $answers | Sort-Object -Unique | Should -HaveCount 1
    }

    It 'lives beside a module that brought another SQLite, whoever comes <_>' -ForEach 'first', 'second' {
        $own = '; Import-Module $ModulePath; & $OwnSqlite'
        $neighbours = '; Import-Module $ConflictingModulePath; (Get-ConflictingSqlite) -join " "'
        $answers = Invoke-Fresh (($_ -eq 'first') ? $own + $neighbours : $neighbours + $own + $neighbours)
        $answers[-1] | Should -Match '^8\.0\.'
        $answers -match '^Passpack 10\.' | Should -HaveCount 1
    }

    It 'of a second copy shares what the first one loaded' {
        $copy = Join-Path $TestDrive 'Passpack'
        Copy-Item $ModuleFolder $copy -Recurse
        Invoke-Fresh @"
            Import-Module `$ModulePath
            Import-Module '$copy/Passpack.psd1'
            @([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { `$_.GetName().Name -eq 'Passpack.PowerShell' }).Count
            & `$OwnSqlite
"@ | Select-Object -First 1 | Should -Be 1
    }
}
