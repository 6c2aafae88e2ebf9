#requires -Version 7.4
<#
.SYNOPSIS
The main job: a server, an account, two machines, an import, syncs, an emergency. Every command is shown before its output.
.DESCRIPTION
`dotnet run -c Release --project samples/QuickStart -- [CSV] [FOLDER]` builds what this script needs and runs it. After a build it also runs by itself.
Two machines are two data folders: $env:PASSPACK_HOME names the one in use.
.PARAMETER Csv
A file in Passpack's modern CSV layout, to import.
.PARAMETER Folder
The folder for the server, both machines and the exports. Without it, a new folder of the user's own among the temporary files.
.PARAMETER Configuration
The build to run.
.EXAMPLE
pwsh samples/quickstart.ps1
#>
[Diagnostics.CodeAnalysis.SuppressMessage('PSAvoidUsingConvertToSecureStringWithPlainText', '', Justification = 'Made up here.')]
[Diagnostics.CodeAnalysis.SuppressMessage('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'The analyzer sees each command alone.')]
[CmdletBinding()]
param(
    [string]$Csv = "$PSScriptRoot/entries.csv",
    [string]$Folder,
    [ValidateSet('Debug', 'Release')]
    [string]$Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
$Csv = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Csv)
# Before anything is set up.
if (-not (Test-Path -LiteralPath $Csv -PathType Leaf)) { throw "There is no file $Csv. Nothing was set up." }
if ("$(Get-Content -LiteralPath $Csv -TotalCount 1)" -notmatch 'Entry ?Name') {
    throw "$Csv is not in Passpack's modern CSV layout: its first line has no column `"Entry Name`". Nothing was set up."
}
$Folder = $Folder ? $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Folder) : [IO.Directory]::CreateTempSubdirectory('passpack-quickstart-').FullName
$null = [IO.Directory]::CreateDirectory($Folder)

# A file that the output goes to wants no colours.
if ([Console]::IsOutputRedirected) { $PSStyle.OutputRendering = 'PlainText' }

function Show-Text([string]$Text) { Write-Host $Text }
function Show-Chapter([string]$Title) { Write-Host "`n$Title`n$('-' * $Title.Length)" }

# Shows a command and runs it. Called with a dot, so that the command's variables stay.
function Show-AndRun([scriptblock]$Command) {
    Write-Host "PS> $("$Command".Trim())"
    . $Command | Out-Host
}

$before = $env:PASSPACK_HOME
$server = $null
$log = [IO.Path]::GetTempFileName()
try {
    Show-Chapter "PowerShell $($PSVersionTable.PSVersion)"
    $module = Join-Path $root ($Configuration -eq 'Release' ? 'out/Passpack' : "out/$Configuration/Passpack") 'Passpack.psd1'
    . Show-AndRun { Import-Module $module -Force }

    Show-Chapter 'A server of our own'
    $server = Start-Process ($env:DOTNET_HOST_PATH ? $env:DOTNET_HOST_PATH : 'dotnet') -PassThru -RedirectStandardOutput $log -ArgumentList @(
        "`"$root/src/Passpack.Server/bin/$Configuration/net10.0/Passpack.Server.dll`"", '--urls', 'http://127.0.0.1:0', '--data', "`"$Folder/server`"")
    while (-not ($address = Select-String -LiteralPath $log -Pattern 'http://127\.0\.0\.1:\d+' | ForEach-Object { $_.Matches[0].Value } | Select-Object -First 1)) {
        if ($server.HasExited) { throw "The server did not start: $(Get-Content -Raw -LiteralPath $log)" }
        Start-Sleep -Milliseconds 100
    }
    Show-Text "It listens on $address, keeps sealed records in $Folder/server, and can read none of them."

    # A person would be asked: Get-Credential, Read-Host -AsSecureString.
    Show-Chapter 'One account, two machines'
    . Show-AndRun { $me = [pscredential]::new('anna@example.com', (ConvertTo-SecureString 'the password of this demonstration' -AsPlainText)) }
    . Show-AndRun { $key = ConvertTo-SecureString 'a packing key is a whole sentence, and never leaves the machine' -AsPlainText }
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-a" }
    . Show-AndRun { New-PasspackAccount -Server $address -Credential $me -PackingKey $key }
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-b" }
    . Show-AndRun { Connect-PasspackAccount -Server $address -Credential $me -PackingKey $key }

    Show-Chapter "Import of $Csv on machine A"
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-a" }
    . Show-AndRun { $imported = Import-PasspackEntry -LiteralPath $Csv -ErrorAction SilentlyContinue }
    . Show-AndRun { $imported | Group-Object Action -NoElement }
    if ($imported.Action -eq 'Failed') {
        . Show-AndRun { $imported | Where-Object Action -EQ Failed | Format-List Row, Reason }
    }
    . Show-AndRun { Sync-PasspackVault }
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-b" }
    . Show-AndRun { Sync-PasspackVault }

    Show-Chapter 'Both machines work, online as well'
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-a" }
    # Every change is of an entry of its own, whose name occurs once; a file with fewer entries gets fewer changes.
    $entries = @(Get-PasspackEntry)
    $times = [Collections.Generic.Dictionary[string, int]]::new()
    foreach ($entry in $entries) { $times[$entry.Name]++ }
    $waiting = [Collections.Generic.Queue[object]]::new($entries.Where({ $times[$_.Name] -eq 1 }))
    $changes = [Collections.Generic.List[object]]::new()
    function Show-Change([string]$Name, [string]$Change, [switch]$Unlisted) {
        Write-Host "`"$([Passpack.PowerShell.View]::Text($Name))`": $Change"
        if (-not $Unlisted) { $changes.Add([pscustomobject]@{ name = $Name; change = $Change }) }
    }

    if ($waiting.TryDequeue([ref]$entry)) {
        Show-Change $entry.Name 'notes edited on machine A'
        . Show-AndRun { Set-PasspackEntry -Id $entry.Id -Notes 'edited on machine A' }
    }
    if ($waiting.TryDequeue([ref]$entry)) {
        Show-Change $entry.Name 'email edited on machine B'
        . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-b" }
        . Show-AndRun { Set-PasspackEntry -Id $entry.Id -Email 'edited-on-b@example.com' }
    }
    if ($waiting.TryDequeue([ref]$entry)) {
        Show-Change $entry.Name "notes edited on both machines: the newer edit, machine B's, wins"
        . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-a" }
        . Show-AndRun { Set-PasspackEntry -Id $entry.Id -Notes 'edited on machine A, a moment earlier' }
        . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-b" }
        . Show-AndRun { Set-PasspackEntry -Id $entry.Id -Notes 'edited on machine B, a moment later' }
    }
    if ($waiting.TryDequeue([ref]$entry)) {
        Show-Change $entry.Name 'deleted online from machine B: gone from both machines'
        . Show-AndRun { Remove-PasspackEntry -Id $entry.Id -Online -Confirm:$false }
    }
    if ($waiting.TryDequeue([ref]$entry)) {
        Show-Change $entry.Name 'tag and favorite set online from machine A'
        . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-a" }
        . Show-AndRun { Set-PasspackEntry -Id $entry.Id -AddTag Shared -Favorite -Online }
    }
    if ($waiting.TryDequeue([ref]$entry)) {
        Show-Change $entry.Name 'deleted only on machine A, so it comes back' -Unlisted
        . Show-AndRun { Remove-PasspackEntry -Id $entry.Id }
    }
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-b" }
    if ($waiting.TryDequeue([ref]$entry)) {
        Show-Change $entry.Name "tag and favorite of machine B's own, which stay there" -Unlisted
        . Show-AndRun { Set-PasspackEntry -Id $entry.Id -AddTag 'Only on B' -Favorite }
    }
    Show-Change 'Added on machine B' 'new on machine B'
    . Show-AndRun { New-PasspackEntry 'Added on machine B' -UserId anna -Password (ConvertTo-SecureString 'made up' -AsPlainText) }

    Show-Chapter 'Syncs: machine A; machine B, its tags excluded; machine A once more'
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-a" }
    . Show-AndRun { (Sync-PasspackVault).Changes }
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-b" }
    . Show-AndRun { (Sync-PasspackVault -ExcludeTags).Changes }
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-a" }
    . Show-AndRun { (Sync-PasspackVault).Changes }

    Show-Chapter 'Machine B forgets its Packing Key: the emergency way out'
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-b" }
    . Show-AndRun { Lock-PasspackVault }
    . Show-AndRun { try { Unlock-PasspackVault -PackingKey 'not the Packing Key' } catch { "$($_.FullyQualifiedErrorId.Split(',')[0]): $_" } }
    . Show-AndRun { Reset-PasspackLocalAccount -Emergency -Confirm:$false }
    . Show-AndRun { Connect-PasspackAccount -Server $address -Credential $me -PackingKey $key }
    . Show-AndRun { Sync-PasspackVault }

    Show-Chapter 'What each machine holds now'
    . Show-AndRun { Export-PasspackEntry -Path "$Folder/machine-b.csv" -Force }
    . Show-AndRun { $env:PASSPACK_HOME = "$Folder/home-a" }
    . Show-AndRun { Export-PasspackEntry -Path "$Folder/machine-a.csv" -Force }
    . Show-AndRun { Export-PasspackEntry -Path "$Folder/machine-a.json" -Force }
    # An array also where there was one change.
    [IO.File]::WriteAllText("$Folder/changes.json", (ConvertTo-Json @($changes)))
    Show-Text "$Folder/changes.json: what was changed on purpose, by name"
}
finally {
    Lock-PasspackVault -All
    $env:PASSPACK_HOME = $before
    if ($server -and -not $server.HasExited) {
        $server.Kill()
        $server.WaitForExit()
    }
    Remove-Item -LiteralPath $log -ErrorAction Ignore
    Show-Text "`nEverything lies in $Folder, the exports with every password in clear text. Remove it when you have looked at it."
}
