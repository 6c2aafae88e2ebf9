#requires -Version 7.4
<#
.SYNOPSIS
Syncs one account unattended, for a scheduler. Ends with 0 when all is done, 2 when conflicts want a person, 3 when the server could not be reached, 1 otherwise.
.PARAMETER PackingKeyFile
A file with the Packing Key on its first line, readable by this user only.
.PARAMETER Account
The User ID; not needed with one local account.
.PARAMETER Module
The module, when it is not installed where PowerShell finds it.
.EXAMPLE
pwsh -NoProfile -NonInteractive -File samples/scheduled-sync.ps1 -PackingKeyFile ~/.passpack-key
#>
param(
    [Parameter(Mandatory)] [string]$PackingKeyFile,
    [string]$Account,
    [switch]$ExcludeTags,
    [string]$Module = 'Passpack'
)

$ErrorActionPreference = 'Stop'
$which = @{}
if ($Account) { $which.Account = $Account }
try {
    if (-not $IsWindows -and (Get-Item -Force $PackingKeyFile).UnixMode -notmatch '^-r[w-]-------$') {
        throw "$PackingKeyFile can be read by others. Run: chmod 600 $PackingKeyFile"
    }
    Import-Module $Module
    Unlock-PasspackVault @which -PackingKey (Get-Content -First 1 $PackingKeyFile)
    $result = Sync-PasspackVault @which -ExcludeTags:$ExcludeTags
    Lock-PasspackVault @which
    # One line for the scheduler's log: counts, no names.
    $counts = $result.Changes | Group-Object Action | ForEach-Object { "$($_.Count) $($_.Name)" }
    "$(Get-Date -Format o) synced: $($counts ? $counts -join ', ' : 'nothing to do')"
    exit ($result.Changes.Action -contains 'Conflict' ? 2 : 0)
}
catch {
    $id = ($_.FullyQualifiedErrorId -split ',')[0]
    "$(Get-Date -Format o) ${id}: $($_.Exception.Message)"
    exit ($id -eq 'ServerUnreachable' ? 3 : 1)
}
