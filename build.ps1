#!/usr/bin/env pwsh
<#
.SYNOPSIS
    A thin door to dotnet. Build lays out the module in out/Passpack; Test runs every test, with -Quick those that a developer runs between edits; Pack makes out/Passpack.VERSION.nupkg for the PowerShell Gallery.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Pack')]
    [string] $Task = 'Build',
    [switch] $Quick
)
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' { dotnet build -c Release }
        'Test' { dotnet test -c Release @($Quick ? '--filter', 'Pace!=Slow|Pace=Quick' : @()) }
        'Pack' { dotnet pack src/Passpack.PowerShell }
    }
} finally {
    Pop-Location
}
