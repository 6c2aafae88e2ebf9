#requires -Version 7.4
<#
.SYNOPSIS
The main job through the cmdlets: a server, an account, two machines, an import, syncs, an emergency.
.DESCRIPTION
Does what samples/QuickStart does, with the Passpack module. Two machines are two data folders ($env:PASSPACK_HOME).
Build first: dotnet build -c Release
.PARAMETER Csv
A file in Passpack's modern CSV layout, to import.
.PARAMETER Folder
Where everything goes.
.EXAMPLE
pwsh samples/quickstart.ps1
#>
[Diagnostics.CodeAnalysis.SuppressMessage('PSAvoidUsingConvertToSecureStringWithPlainText', '', Justification = 'Made up here.')]
param(
    [string]$Csv = "$PSScriptRoot/entries.csv",
    [string]$Folder = (Join-Path ([IO.Path]::GetTempPath()) "passpack-quickstart-$PID")
)

$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
$null = New-Item -ItemType Directory -Force $Folder
Import-Module "$root/out/Passpack/Passpack.psd1" -Force

function Write-Step([string]$Text) { "`n$Text`n$('-' * $Text.Length)" }
function Use-Machine([string]$Name) { $env:PASSPACK_HOME = Join-Path $Folder "home-$Name" }

Write-Step 'A server of our own'
$log = Join-Path $Folder 'server.log'
$server = Start-Process dotnet -PassThru -RedirectStandardOutput $log -ArgumentList @(
    "`"$root/src/Passpack.Server/bin/Release/net10.0/Passpack.Server.dll`"", '--urls', 'http://127.0.0.1:0', '--data', "`"$Folder/server`"")
$before = $env:PASSPACK_HOME
try {
    while (-not ($address = Select-String -Path $log -Pattern 'http://127\.0\.0\.1:\d+' | ForEach-Object { $_.Matches[0].Value })) {
        if ($server.HasExited) { throw "The server did not start: $(Get-Content -Raw $log)" }
        Start-Sleep -Milliseconds 100
    }
    "It listens on $address, and can read nothing of what it keeps."

    # A person is asked for these; here they are made up.
    $account = @{
        Server     = $address
        Credential = [pscredential]::new('anna@example.com', (ConvertTo-SecureString 'the password of this demonstration' -AsPlainText))
        PackingKey = 'a packing key is a whole sentence, and never leaves the machine'
    }

    Write-Step 'One account, two machines'
    Use-Machine a
    New-PasspackAccount @account | Out-Host
    Use-Machine b
    Connect-PasspackAccount @account | Out-Host

    Write-Step "Import of $Csv on machine A"
    Use-Machine a
    Import-PasspackEntry -Path $Csv | Group-Object Action -NoElement | Out-Host
    Sync-PasspackVault | Out-Host
    Use-Machine b
    Sync-PasspackVault | Out-Host

    Write-Step 'Both machines work, online as well'
    # Every change is of an entry of its own, whose name occurs once; a file with fewer entries gets fewer changes.
    Use-Machine a
    $queue = [Collections.Generic.Queue[object]]::new(@(Get-PasspackEntry | Group-Object Name -CaseSensitive | Where-Object Count -EQ 1 | ForEach-Object { $_.Group[0] }))
    $changes = [Collections.Generic.List[object]]::new()
    function Step-Change([string]$Change, [scriptblock]$Do) {
        if ($queue.Count -eq 0) { return }
        $entry = $queue.Dequeue()
        $changes.Add([pscustomobject]@{ name = $entry.Name; change = $Change })
        "`"$($entry.Name)`": $Change"
        & $Do $entry.Id
    }
    Step-Change 'notes edited on machine A' { param($id) Set-PasspackEntry -Id $id -Notes 'edited on machine A' }
    Use-Machine b
    Step-Change 'email edited on machine B' { param($id) Set-PasspackEntry -Id $id -Email 'edited-on-b@example.com' }
    Step-Change 'deleted online from machine B: gone from both machines' { param($id) Remove-PasspackEntry -Id $id -Online -Confirm:$false }
    Use-Machine a
    Step-Change 'tag and favorite set online from machine A' { param($id) Set-PasspackEntry -Id $id -AddTag 'Shared' -Favorite:$true -Online }
    if ($queue.Count -gt 0) {
        $entry = $queue.Dequeue()
        "`"$($entry.Name)`": deleted only on machine A, so it comes back"
        Remove-PasspackEntry -Id $entry.Id
    }
    Use-Machine b
    $null = New-PasspackEntry -Name 'Added on machine B' -UserId 'anna' -Password 'made up'
    $changes.Add([pscustomobject]@{ name = 'Added on machine B'; change = 'new on machine B' })

    Write-Step 'Syncs: machine A; machine B, its tags excluded; machine A once more'
    Use-Machine a
    Sync-PasspackVault | Select-Object -ExpandProperty Changes | Out-Host
    Use-Machine b
    Sync-PasspackVault -ExcludeTags | Select-Object -ExpandProperty Changes | Out-Host
    Use-Machine a
    Sync-PasspackVault | Select-Object -ExpandProperty Changes | Out-Host

    Write-Step 'Machine B forgets its Packing Key: the emergency way out'
    Use-Machine b
    Lock-PasspackVault
    try { Unlock-PasspackVault -PackingKey 'not the Packing Key' } catch { "$($_.FullyQualifiedErrorId.Split(',')[0]): $($_.Exception.Message)" }
    Reset-PasspackLocalAccount -Emergency -Confirm:$false | Out-Host
    Connect-PasspackAccount @account | Out-Host
    Sync-PasspackVault | Out-Host

    Write-Step 'What each machine holds now'
    Export-PasspackEntry -Path "$Folder/machine-b.csv" -Force
    Use-Machine a
    Export-PasspackEntry -Path "$Folder/machine-a.csv" -Force
    Export-PasspackEntry -Path "$Folder/machine-a.json" -Force
    ConvertTo-Json @($changes) | Set-Content -Encoding utf8NoBOM "$Folder/changes.json"
    "$Folder/changes.json: what was changed on purpose, by name"
    "The exports hold passwords in plain text. All of this demonstration lies in one folder: Remove-Item -Recurse '$Folder'"
}
finally {
    Lock-PasspackVault -All
    $env:PASSPACK_HOME = $before
    Stop-Process -InputObject $server -ErrorAction Ignore
}
