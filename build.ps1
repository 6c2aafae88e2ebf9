#!/usr/bin/env pwsh
<#
.SYNOPSIS
    A thin door to dotnet. Build lays out the module in out/Passpack; Test runs every test, with -Quick those that a developer runs between edits; Pack makes
    out/Passpack.VERSION.nupkg for the PowerShell Gallery; Install builds the module and puts it where PowerShell finds it by its name.
.PARAMETER Task
    Which of them.
.PARAMETER Quick
    Of Test: the quick selection.
.PARAMETER ModulePath
    Of Install: the folder of modules; by default the user's own, the first of $env:PSModulePath.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Pack', 'Install')]
    [string] $Task = 'Build',
    [switch] $Quick,
    [string] $ModulePath = ($env:PSModulePath -split [IO.Path]::PathSeparator)[0]
)
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$ModulePath = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($ModulePath)

# Complete before it takes the place of what was there: a module that is half copied loads, and then fails.
function Install-Passpack {
    $version = (Import-PowerShellDataFile out/Passpack/Passpack.psd1).ModuleVersion
    $target = Join-Path $ModulePath Passpack $version
    $new = "$target.new"
    $null = New-Item -ItemType Directory -Force (Split-Path $target)
    Remove-Item $new -Recurse -Force -ErrorAction Ignore
    Copy-Item out/Passpack $new -Recurse
    if (Test-Path $target) { Remove-Item $target -Recurse -Force }
    Move-Item $new $target
    Get-Item $target
}

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' { dotnet build -c Release }
        'Test' { dotnet test -c Release @($Quick ? '--filter', 'Pace!=Slow|Pace=Quick' : @()) }
        'Pack' { dotnet pack src/Passpack.PowerShell }
        'Install' {
            dotnet build -c Release src/Passpack.PowerShell | Out-Host
            Install-Passpack
        }
    }
} finally {
    Pop-Location
}
