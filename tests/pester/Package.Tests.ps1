# The package for the PowerShell Gallery: made from a copy of the sources, looked into, and installed by the Gallery's own client.
BeforeDiscovery {
    $noClient = -not (Get-Module Microsoft.PowerShell.PSResourceGet -ListAvailable)
}

BeforeAll {
    . $PSScriptRoot/Common.ps1

    # Elsewhere, in another depth, without git and without what was built before.
    function New-Package([string] $Folder) {
        $null = New-Item -ItemType Directory $Folder -Force
        foreach ($item in Get-ChildItem $root -Force -Exclude .git, out, artifacts, bench) { Copy-Tree $item $Folder }
        $log = & dotnet pack (Join-Path $Folder src/Passpack.PowerShell) --disable-build-servers 2>&1
        if ($LASTEXITCODE) { throw ($log | Out-String) }
        Get-Item (Join-Path $Folder out/*.nupkg)
    }

    function Copy-Tree($Item, [string] $Target) {
        if ($Item -isnot [IO.DirectoryInfo]) { return Copy-Item -LiteralPath $Item $Target }
        if ($Item.Name -in 'bin', 'obj') { return }
        $folder = New-Item -ItemType Directory (Join-Path $Target $Item.Name)
        foreach ($child in Get-ChildItem -LiteralPath $Item -Force) { Copy-Tree $child $folder }
    }

    # They ran over the same sources when the module under test was built, and would take longer than the compiler.
    $env:RunAnalyzers = 'false'
    $sources = "$TestDrive/two levels/deeper"
    $package = New-Package $sources
    $unpacked = Join-Path $TestDrive 'Passpack'
    [IO.Compression.ZipFile]::ExtractToDirectory($package, $unpacked)
    $nuspec = ([xml] (Get-Content (Join-Path $unpacked Passpack.nuspec) -Raw)).package.metadata
    $manifest = Test-ModuleManifest (Join-Path $unpacked Passpack.psd1)
}

Describe 'The package' {
    It 'has the same bytes from another folder: this one' {
        if ((Split-Path (Split-Path (Resolve-Path $ModuleFolder)) -Leaf) -ne 'out') { return Set-ItResult -Skipped -Because 'the module under test is not of a Release build' }
        $log = & dotnet pack (Join-Path $root src/Passpack.PowerShell) --no-build --disable-build-servers -o "$TestDrive/here" 2>&1
        if ($LASTEXITCODE) { throw ($log | Out-String) }
        (Get-FileHash (Get-Item "$TestDrive/here/*.nupkg")).Hash | Should -Be (Get-FileHash $package).Hash
    }

    It 'holds the module, the natives of the supported platforms, and nothing else' {
        $files = Get-ChildItem -LiteralPath $unpacked -Recurse -File -Force | ForEach-Object { [IO.Path]::GetRelativePath($unpacked, $_.FullName) -replace '\\', '/' }
        $files | Where-Object { $_ -like 'deps/runtimes/*' } | Sort-Object | Should -Be @(
            foreach ($runtime in 'linux-arm64', 'linux-musl-x64', 'linux-x64') { "deps/runtimes/$runtime/native/libe_sqlite3.so" }
            foreach ($runtime in 'osx-arm64', 'osx-x64') { "deps/runtimes/$runtime/native/libe_sqlite3.dylib" }
            foreach ($runtime in 'win-arm64', 'win-x64') { "deps/runtimes/$runtime/native/e_sqlite3.dll" }
        )
        $module = Get-ChildItem $ModuleFolder -Recurse -File | ForEach-Object { [IO.Path]::GetRelativePath($ModuleFolder, $_.FullName) -replace '\\', '/' }
        $files | Where-Object { $_ -notin $module } | Sort-Object | Should -Be '_rels/.rels', '[Content_Types].xml', 'package/services/metadata/core-properties/nuget.psmdcp', 'Passpack.nuspec'
        $module | Where-Object { $_ -notin $files } | Should -BeNullOrEmpty
    }

    It 'tells nothing of the machine that made it' {
        foreach ($file in Get-ChildItem -LiteralPath $unpacked -Recurse -File -Force) {
            $bytes = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file))
            foreach ($encoding in [Text.Encoding]::UTF8, [Text.Encoding]::Unicode) {
                $bytes.Contains([Text.Encoding]::Latin1.GetString($encoding.GetBytes($sources)), 'Ordinal') | Should -BeFalse -Because $file.Name
            }
        }
    }

    It 'says of itself what the manifest says' {
        $nuspec.id, $nuspec.version, $nuspec.authors, $nuspec.owners, $nuspec.copyright, $nuspec.description |
            Should -Be $manifest.Name, "$($manifest.Version)", $manifest.Author, $manifest.CompanyName, $manifest.Copyright, $manifest.Description
        $nuspec.projectUrl, $nuspec.licenseUrl, $nuspec.releaseNotes | Should -Be "$($manifest.ProjectUri)", "$($manifest.LicenseUri)", $manifest.ReleaseNotes
        $tags = $nuspec.tags -split ' '
        $tags | Should -Contain 'PSModule'
        $tags | Where-Object { $_ -notmatch '^PS(Module|Includes|Cmdlet|Command)' } | Should -Be $manifest.Tags
        $tags -match '^PSCommand_' -replace '^PSCommand_' | Sort-Object | Should -Be ($manifest.ExportedCmdlets.Keys | Sort-Object)
        $nuspec.tags.Length | Should -BeLessOrEqual 4000 -Because 'the Gallery takes no more'
    }

    It 'has a manifest that is complete' {
        "$($manifest.PowerShellVersion)" | Should -Be '7.4'
        $manifest.CompatiblePSEditions | Should -Be 'Core'
        $manifest.Guid | Should -Not -Be ([guid]::Empty)
        foreach ($property in 'Author', 'CompanyName', 'Copyright', 'Description', 'ProjectUri', 'LicenseUri', 'ReleaseNotes', 'Tags') {
            $manifest.$property | Should -Not -BeNullOrEmpty -Because $property
        }
        $manifest.Tags | Should -Contain 'PSEdition_Core'
    }
}

Describe 'Install-PSResource' -Tag 'needs Microsoft.PowerShell.PSResourceGet, and not Windows, where it would install into the profile' -Skip:($noClient -or $IsWindows) {
    It 'installs it from a repository, and it works by its name' {
        $feed = New-Item -ItemType Directory "$TestDrive/feed"
        Copy-Item $package $feed
        $before = $env:HOME, $env:PASSPACK_HOME
        try {
            $env:HOME = New-Item -ItemType Directory "$TestDrive/home"
            $env:PASSPACK_HOME = "$TestDrive/accounts"
            Invoke-Fresh @"
                Register-PSResourceRepository -Name Local -Uri '$feed' -Trusted
                (Find-PSResource Passpack -Repository Local).ProjectUri.Host
                Install-PSResource Passpack -Repository Local -Scope CurrentUser
                `$module = Get-Module Passpack -ListAvailable
                "`$(`$module.ModuleBase)"
                `$null = New-PasspackLocalAccount -UserId me@example.com -PackingKey '$PackingKey'
                `$null = New-PasspackEntry one -Password hidden
                (Get-PasspackEntry one).GetPassword() | ConvertFrom-SecureString -AsPlainText
"@ | Should -Be $manifest.ProjectUri.Host, "$env:HOME/.local/share/powershell/Modules/Passpack/$($manifest.Version)", 'hidden'
        } finally {
            $env:HOME, $env:PASSPACK_HOME = $before
        }
    }
}

Describe 'build.ps1 Install' {
    It 'puts the module where it is found by its name, by SecretManagement and by tasks, too; and again' {
        $modules = "$TestDrive/user's modules"
        $before = $env:PSModulePath, $env:PASSPACK_HOME
        try {
            # Twice: the second takes the place of the first.
            foreach ($n in 1, 2) {
                $log = & $ShellProgram @ShellStart -NoProfile -NonInteractive -File "$sources/build.ps1" Install -ModulePath $modules 2>&1
                if ($LASTEXITCODE) { throw ($log | Out-String) }
            }
            Get-ChildItem "$modules/Passpack" | ForEach-Object Name | Should -Be "$($manifest.Version)"
            $env:PSModulePath = "$modules$([IO.Path]::PathSeparator)$env:PSModulePath"
            $env:PASSPACK_HOME = "$TestDrive/installed"
            $told = Invoke-Fresh @"
                Import-Module Passpack
                (Get-Module Passpack).ModuleBase
                `$null = New-PasspackLocalAccount -UserId me@example.com -PackingKey '$PackingKey'
                (New-PasspackEntry one).Name
                if (Get-Module Microsoft.PowerShell.SecretManagement -ListAvailable) {
                    `$env:HOME = '$($env:PASSPACK_HOME)'
                    Register-SecretVault -Name Installed -ModuleName Passpack
                    (Get-SecretVault Installed).ModulePath
                }
"@
            $told[0, 1] | Should -Be (Get-Item "$modules/Passpack/$($manifest.Version)").FullName, 'one'
            $told | Select-Object -Skip 2 | Where-Object { $_ -notin $told[0], (Split-Path $told[0]) } | Should -BeNullOrEmpty
        } finally {
            $env:PSModulePath, $env:PASSPACK_HOME = $before
        }
    }
}
