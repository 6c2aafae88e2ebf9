# The session that the examples of docs/en-US are run in. Dot-source it after Common.ps1, in BeforeAll.
#
# An account anna@example.com, unlocked, with the entries of samples/entries.csv, in sync with a server that stands in for the address
# https://passpack.example.com; the current location holds entries.csv. Get-Credential and Read-Host answer by themselves. An example that
# needs more says so in its page, in a comment before its code: <!-- setup: Use-OtherMachine { Get-PasspackEntry Bank | ... } -->.
$ServerAddress = 'https://passpack.example.com'
$AccountPassword = 'Six lamps, 4 doors!'

function Read-Host([string] $Prompt, [switch] $AsSecureString) {
    $answer = $Prompt -match 'Packing Key$' ? $PackingKey : 'an answer, 4711'
    $AsSecureString ? (ConvertTo-SecureString $answer -AsPlainText) : $answer
}

function Get-Credential([string] $UserName) {
    [pscredential]::new($UserName, (ConvertTo-SecureString $AccountPassword -AsPlainText))
}

# Runs a script on a second machine of the same account, synced.
function Use-OtherMachine([scriptblock] $Script) {
    $here = $env:PASSPACK_HOME
    try {
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $script:Session.Url -Credential (Get-Credential anna@example.com) -PackingKey $PackingKey
        $null = Sync-PasspackVault
        $null = & $Script
    } finally {
        Lock-PasspackVault
        $env:PASSPACK_HOME = $here
    }
}

# Another account of the server, registered by an invitation of the administrator's.
function Add-ServerAccount([string] $UserId) {
    $here = $env:PASSPACK_HOME
    $invitation = (New-PasspackServerInvitation).Invitation
    try {
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $script:Session.Url -Credential (Get-Credential $UserId) -PackingKey $PackingKey -Invitation $invitation
        Lock-PasspackVault
    } finally {
        $env:PASSPACK_HOME = $here
    }
}

# Makes the machine and the server whose copies the examples run on. The servers come and go at one address: of a port below those that systems hand
# out by themselves, so that nobody else takes it meanwhile.
function Initialize-Session {
    $taken = [Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners().Port
    $port = 20000..29999 | Where-Object { $_ -notin $taken } | Get-Random
    $server = Start-TestServer "$TestDrive/template-server" $port -Registration invitation
    $script:Session = @{ Url = $server.Url; Server = $null; ServerState = $null; MachineState = $null; Count = 0 }
    $env:PASSPACK_HOME = "$TestDrive/template-home"
    try {
        # With it, the account is an administrator's.
        $invitation = Get-Content "$($server.Data)/first-invitation.txt" -Raw
        $null = New-PasspackAccount -Server $server.Url -Credential (Get-Credential anna@example.com) -PackingKey $PackingKey -Invitation $invitation
        $null = Import-PasspackEntry (Join-Path $root samples/entries.csv)
        $null = Sync-PasspackVault
        Get-PasspackEntry | ForEach-Object { [pscustomobject]@{ Id = $_.Id; Tags = $_.Tags } } | Set-PasspackEntry -Online
        $null = Sync-PasspackVault
        Lock-PasspackVault
    } finally {
        Stop-TestServer $server
    }
}

# What an example may have changed on the machine, and on the server.
function Get-MachineState {
    $folder = $script:Session.Folder
    if ($env:PASSPACK_HOME -ne "$folder/home" -or -not (Get-PasspackLocalAccount -ErrorAction Ignore).Unlocked) { return 'gone' }
    Get-ContentState $folder
}

function Get-ServerState {
    $server = $script:Session.Server
    if (-not $server -or $server.Process.HasExited) { return 'gone' }
    Get-ContentState $server.Data
}

# A session as new: what the last example only looked at stays, the machine and the server each for itself.
function Enter-Session {
    $session = $script:Session
    $isServerNew = (Get-ServerState) -eq $session.ServerState
    if ($isServerNew -and (Get-MachineState) -eq $session.MachineState) { return }
    Lock-PasspackVault -All
    Set-Location $root
    if (-not $isServerNew) {
        Stop-TestServer $session.Server
        $data = "$TestDrive/server-$((++$session.Count))"
        Copy-Item "$TestDrive/template-server" $data -Recurse
        $session.Server = Start-TestServer $data ([uri] $session.Url).Port
        $session.ServerState = Get-ServerState
    }
    $session.Folder = "$TestDrive/session-$((++$session.Count))"
    $null = New-Item -ItemType Directory $session.Folder, "$($session.Folder)/work"
    Copy-Item "$TestDrive/template-home" "$($session.Folder)/home" -Recurse
    Copy-Item (Join-Path $root samples/entries.csv) "$($session.Folder)/work"
    $env:PASSPACK_HOME = "$($session.Folder)/home"
    Set-Location "$($session.Folder)/work"
    Unlock-PasspackVault -PackingKey $PackingKey
    $session.MachineState = Get-MachineState
}

function Exit-Session {
    Lock-PasspackVault -All
    Set-Location $root
    Stop-TestServer $script:Session.Server
    $script:Session.Server = $null
}

# The examples of a page.
function Get-PageExample([string] $Path) {
    $pattern = '(?ms)^### (?<Title>[^-\n][^\n]*)\n\n(?:<!-- setup:(?<Setup>.*?)-->\n\n)?```powershell\n(?<Code>.*?)^```$'
    foreach ($match in [regex]::Matches((Get-Content $Path -Raw), $pattern)) {
        @{ Page = Split-Path $Path -LeafBase; Title = $match.Groups['Title'].Value; Setup = $match.Groups['Setup'].Value; Code = $match.Groups['Code'].Value }
    }
}

# Of a topic, whose examples stand between its paragraphs: those that say what they need, if only $null.
function Get-TopicExample([string] $Path) {
    $number = 0
    foreach ($match in [regex]::Matches((Get-Content $Path -Raw), '(?ms)^<!-- setup:(?<Setup>.*?)-->\n\n```powershell\n(?<Code>.*?)^```$')) {
        @{ Page = Split-Path $Path -LeafBase; Title = "number $((++$number))"; Setup = $match.Groups['Setup'].Value; Code = $match.Groups['Code'].Value }
    }
}

# Stands in for a program of an administrator's: a script of sh, on the PATH.
function Use-Program([string] $Name, [string] $Script) {
    $bin = (New-Item -ItemType Directory (Join-Path $PWD "bin-$([guid]::NewGuid())")).FullName
    Set-Content "$bin/$Name" "#!/bin/sh`n$Script"
    chmod 755 "$bin/$Name"
    $env:PATH = "$bin$([IO.Path]::PathSeparator)$env:PATH"
}

function Invoke-PageExample([string] $Setup, [string] $Code) {
    Enter-Session
    $null = . ([scriptblock]::Create($Setup))
    . ([scriptblock]::Create($Code.Replace($ServerAddress, $script:Session.Url)))
}
