#!/usr/bin/env pwsh
<#
.SYNOPSIS
    A thin door to dotnet. Build lays out the module in out/Passpack; Test runs every test; Pack puts the module in out/Passpack-VERSION.zip.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Pack')]
    [string] $Task = 'Build'
)
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

# The same sources give the same bytes on every machine: no paths in the assemblies; names, order and times of the archive fixed.
function New-Package {
    dotnet build -c Release -p:ContinuousIntegrationBuild=true "$PSScriptRoot/src/Passpack.PowerShell"
    $module = "$PSScriptRoot/out/Passpack"
    $path = "$PSScriptRoot/out/Passpack-$((Import-PowerShellDataFile "$module/Passpack.psd1").ModuleVersion).zip"
    Remove-Item $path -ErrorAction Ignore
    $archive = [IO.Compression.ZipFile]::Open($path, 'Create')
    try {
        [string[]] $files = Get-ChildItem $module -Recurse -File |
            ForEach-Object { [IO.Path]::GetRelativePath($module, $_.FullName) -replace '\\', '/' }
        [Array]::Sort($files, [StringComparer]::Ordinal)
        foreach ($file in $files) {
            $entry = $archive.CreateEntry("Passpack/$file", 'Optimal')
            $entry.LastWriteTime = [DateTimeOffset]::new(2000, 1, 1, 0, 0, 0, [timespan]::Zero)
            $entry.ExternalAttributes = 0x81A4 -shl 16 # A plain file, rw-r--r--.
            $target = $entry.Open()
            $target.Write([IO.File]::ReadAllBytes("$module/$file"))
            $target.Dispose()
        }
    } finally {
        $archive.Dispose()
    }
    Get-Item $path
}

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' { dotnet build -c Release }
        'Test' { dotnet test -c Release }
        'Pack' { New-Package }
    }
} finally {
    Pop-Location
}
