# A key that a user logs in with by SSH: the entry's password is the private key (OpenSSH's form, without a passphrase), its User ID the user, its URL
# ssh://HOST:PORT. Dot-source it, because the blocks call these functions:
#
#   . ./SshKey.ps1
#   $blocks = Get-SshKeyBlock
#   Get-PasspackEntry 'deploy key' | Invoke-PasspackRotation @blocks -NewPassword (Get-FreshSshKey)
#
# The new public key is put beside the old one; Revoke-OldSshKey takes the old one away afterwards. $sshOption: more of ssh's own
# options, such as UserKnownHostsFile=FILE.
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'A block gets both passwords, whichever it needs.')]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'PowerShell itself reads the preference.')]
param()

# Makes a key, in memory where the system has a folder there.
function Get-FreshSshKey {
    $folder = New-Item -ItemType Directory (Join-Path ($env:XDG_RUNTIME_DIR ? $env:XDG_RUNTIME_DIR : (Test-Path /dev/shm) ? '/dev/shm' : [IO.Path]::GetTempPath()) ([guid]::NewGuid()))
    try {
        chmod 700 $folder
        ssh-keygen -q -t ed25519 -N '' -C '' -f "$folder/key"
        Get-Content -LiteralPath "$folder/key" -Raw
    } finally { Remove-Item -LiteralPath $folder -Recurse -Force }
}

# Does something with an agent of its own that has a key, which so lies in no file.
function Use-SshKey([securestring] $Key, [scriptblock] $Script) {
    $agent = ssh-agent -s | Out-String
    $before = $env:SSH_AUTH_SOCK
    $env:SSH_AUTH_SOCK = [regex]::Match($agent, 'SSH_AUTH_SOCK=([^;]+)').Groups[1].Value
    try {
        (ConvertFrom-SecureString $Key -AsPlainText).TrimEnd() + "`n" | ssh-add -q -
        & $Script
    } finally {
        $env:SSH_AUTH_SOCK = $before
        Stop-Process -Id ([regex]::Match($agent, 'SSH_AGENT_PID=(\d+)').Groups[1].Value)
    }
}

# The public half of a key.
function Get-SshPublicKey([securestring] $Key) { Use-SshKey $Key { ((ssh-add -L) -split ' ')[0..1] -join ' ' } }

# Runs a command at the entry's address, logged in with a key.
function Invoke-SshCommand($Entry, [securestring] $Key, [string] $Command) {
    $address = [uri] $Entry.Url
    $options = @('BatchMode=yes', 'IdentityFile=none', 'PreferredAuthentications=publickey') + $sshOption | Where-Object { $_ } | ForEach-Object { '-o'; $_ }
    Use-SshKey $Key { ssh @options -p ($address.Port -gt 0 ? $address.Port : 22) "$($Entry.UserId)@$($address.Host)" $Command }
}

# What Invoke-, Resume- and Undo-PasspackRotation take.
function Get-SshKeyBlock {
    @{
        Change = {
            param($Entry, $Old, $New)
            $line = Get-SshPublicKey $New
            Invoke-SshCommand $Entry $Old "grep -qF '$line' .ssh/authorized_keys || echo '$line' >> .ssh/authorized_keys"
        }
        Verify = {
            param($Entry, $Password)
            $PSNativeCommandUseErrorActionPreference = $false
            $null = Invoke-SshCommand $Entry $Password true 2>$null
            $LASTEXITCODE -eq 0
        }
        Undo = {
            param($Entry, $Old, $New)
            $line = Get-SshPublicKey $New
            Invoke-SshCommand $Entry $Old "grep -vF '$line' .ssh/authorized_keys > .ssh/kept; cat .ssh/kept > .ssh/authorized_keys; rm .ssh/kept"
        }
    }
}

# Takes the key before away, which is in the entry's history: when the rotation is committed.
function Revoke-OldSshKey($Entry) {
    $line = Get-SshPublicKey ($Entry | Get-PasspackEntryHistory | Select-Object -First 1).GetPassword()
    Invoke-SshCommand $Entry $Entry.GetPassword() "grep -vF '$line' .ssh/authorized_keys > .ssh/kept; cat .ssh/kept > .ssh/authorized_keys; rm .ssh/kept"
}
