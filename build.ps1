#!/usr/bin/env pwsh
<#
.SYNOPSIS
    A thin door to dotnet. Build lays out the module in out/Passpack; Test runs every test, with -Quick those that a developer runs between edits; Pack makes
    out/Passpack.VERSION.nupkg for the PowerShell Gallery; Publish makes the server as one program for linux-x64, which needs no .NET on its machine, in
    out/server (with SQLite's library beside it; it alone asks for .NET's runtime packs); Install builds the module and puts it where PowerShell finds it by its name.
.PARAMETER Task
    Which of them.
.PARAMETER Quick
    Of Test: the quick selection.
.PARAMETER ModulePath
    Of Install: the folder of modules; by default the user's own, the first of $env:PSModulePath.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Pack', 'Publish', 'Install')]
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

# Built apart from everything else: its runtime packs are in no lock file, and what a developer has built stays as it is.
function Publish-Server {
    Remove-Item out/server -Recurse -Force -ErrorAction Ignore
    dotnet publish src/Passpack.Server -c Release -r linux-x64 --self-contained --artifacts-path out/publish -o out/server -p:PublishSingleFile=true `
        -p:DebugType=none -p:RunAnalyzers=false -p:NuGetLockFilePath=obj/publish.lock.json -p:RestoreLockedMode=false | Write-Host
    Move-Item out/server/Passpack.Server out/server/passpack-server
    Remove-Item out/server/*.json, out/server/*.xml
    Copy-Item deploy/passpack-server.service, deploy/nginx.conf, deploy/Caddyfile out/server
    Get-Item out/server/passpack-server
}

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' { dotnet build -c Release }
        'Test' { dotnet test -c Release @($Quick ? '--filter', 'Pace!=Slow|Pace=Quick' : @()) }
        'Pack' { dotnet pack src/Passpack.PowerShell }
        'Publish' { Publish-Server }
        'Install' {
            dotnet build -c Release src/Passpack.PowerShell | Out-Host
            Install-Passpack
        }
    }
} finally {
    Pop-Location
}
