#!/usr/bin/env pwsh
<#
.SYNOPSIS
    A thin door to dotnet. Build lays out the module in out/Passpack; Test runs every test; Pack makes out/Passpack.VERSION.nupkg for the PowerShell Gallery.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Pack')]
    [string] $Task = 'Build'
)
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' { dotnet build -c Release }
        'Test' { dotnet test -c Release }
        'Pack' { dotnet pack src/Passpack.PowerShell }
    }
} finally {
    Pop-Location
}
