# What the tests share: the built module, a data folder for each test, a server of their own. Dot-source it in BeforeAll.
$ErrorActionPreference = 'Stop'
# PowerShell's own telemetry, sent half a minute after a start, must not be taken for the module's requests.
$env:POWERSHELL_TELEMETRY_OPTOUT = '1'
$root = Split-Path (Split-Path $PSScriptRoot)

# The xunit runner names what it built; started by hand, the tests take what `dotnet build -c Release` leaves.
$ModuleFolder = $env:PASSPACK_TEST_MODULE ? $env:PASSPACK_TEST_MODULE : (Join-Path $root 'out/Passpack')
$ModulePath = Join-Path $ModuleFolder 'Passpack.psd1'
$ServerPath = $env:PASSPACK_TEST_SERVER ? $env:PASSPACK_TEST_SERVER :
    (Join-Path $root 'src/Passpack.Server/bin/Release/net10.0/Passpack.Server.dll')
$ConflictingModulePath = $env:PASSPACK_TEST_CONFLICTING_MODULE ? $env:PASSPACK_TEST_CONFLICTING_MODULE :
    (Join-Path $root 'tests/Passpack.ConflictingModule/bin/Release/net8.0/Passpack.ConflictingModule.dll')
$TestCmdletsPath = $env:PASSPACK_TEST_CMDLETS ? $env:PASSPACK_TEST_CMDLETS :
    (Join-Path $root 'tests/Passpack.TestCmdlets/bin/Release/net8.0/Passpack.TestCmdlets.dll')
$LegacyVaultsPath = $env:PASSPACK_TEST_LEGACYVAULTS ? $env:PASSPACK_TEST_LEGACYVAULTS :
    (Join-Path $root 'tests/Passpack.LegacyVaults/bin/Release/net10.0/Passpack.LegacyVaults.dll')
$TransferSamplesPath = $env:PASSPACK_TEST_TRANSFERSAMPLES ? $env:PASSPACK_TEST_TRANSFERSAMPLES :
    (Join-Path $root 'tests/Passpack.TransferSamples/bin/Release/net10.0/Passpack.TransferSamples.dll')
if (-not (Test-Path $ModulePath)) { throw "No module at $ModulePath. Run first: dotnet build -c Release" }

# This shell again: its program and, where that is dotnet (the tool of .config/dotnet-tools.json), the library that dotnet runs.
$ShellProgram = [Environment]::ProcessPath
$ShellStart = @(if ((Split-Path -LeafBase $ShellProgram) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' })

# Makes the samples of other programs' exports in a folder. Of each the lines that the maker prints, by its name: Path, Format, Key (after a =), KeyFile.
function New-TransferSample([string] $Folder) {
    $before = [Console]::OutputEncoding
    try {
        # The maker prints UTF-8; on Windows a shell reads what its programs print in the console's code page.
        [Console]::OutputEncoding = [Text.UTF8Encoding]::new($false)
        $lines = dotnet $TransferSamplesPath $Folder
        if ($LASTEXITCODE) { throw "TransferSamples ended with $LASTEXITCODE." }
    } finally {
        [Console]::OutputEncoding = $before
    }
    $made = @{}
    foreach ($line in $lines) {
        $file, $format, $key, $keyFile = $line -split "`t"
        $made[$file] = @{ Path = Join-Path $Folder $file; Format = $format; Key = $key; KeyFile = $keyFile ? (Join-Path $Folder $keyFile) : $null }
    }
    $made
}

# Gives the test a data folder that nobody else has; in BeforeEach. Called again, it is another machine.
function Enter-NewMachine {
    $env:PASSPACK_HOME = Join-Path $TestDrive ([guid]::NewGuid())
    $env:PASSPACK_HOME
}

# Starts the real server, by default on a free port over an empty store; with a certificate (a PKCS #12 file) by https. Give what it returns to Stop-TestServer in AfterAll.
function Start-TestServer([string] $Data = (Join-Path $TestDrive ([guid]::NewGuid())), [int] $Port = 0, [string] $Certificate, [string] $Registration = 'open') {
    $log = "$Data.log"
    # Started again over the same store, it must not be taken for the one before.
    Remove-Item $log -ErrorAction Ignore
    $process = Start-Process dotnet -PassThru -RedirectStandardOutput $log -RedirectStandardError "$log.err" -ArgumentList @(
        "`"$ServerPath`"", '--urls', "$($Certificate ? 'https' : 'http')://127.0.0.1:$Port", '--data', "`"$Data`"", '--registration', $Registration, '--registration-difficulty', '1'
        if ($Certificate) { '--Kestrel:Certificates:Default:Path', "`"$Certificate`"" })
    $patience = [Diagnostics.Stopwatch]::StartNew()
    while ($patience.Elapsed.TotalSeconds -lt 300 -and -not $process.HasExited) {
        $line = Select-String -Path $log -Pattern 'listening on:? (https?://127\.0\.0\.1:\d+)' -ErrorAction Ignore | Select-Object -First 1
        if ($line) { return [pscustomobject]@{ Url = $line.Matches[0].Groups[1].Value; Process = $process; Data = $Data; Log = $log } }
        Start-Sleep -Milliseconds 50
    }
    if (-not $process.HasExited) { $process.Kill($true) }
    throw "The server did not start: $(Get-Content $log, "$log.err" -Raw -ErrorAction Ignore)"
}

function Stop-TestServer($Server) {
    if ($Server -and -not $Server.Process.HasExited) {
        $Server.Process.Kill($true)
        $Server.Process.WaitForExit()
    }
}

# A copy of the module that another user can read, wherever this checkout is.
function Copy-ModuleForOthers {
    $copy = Join-Path $TestDrive "module-$([guid]::NewGuid())"
    Copy-Item $ModuleFolder $copy -Recurse
    chmod -R go=rX $copy
    $copy
}

# This shell's program and first arguments, for another user: a copy, where that user cannot start the shell itself.
function Copy-ShellForOthers {
    setpriv --reuid=65534 --regid=65534 --clear-groups test -r (Join-Path $PSHOME pwsh.dll) -a -x $ShellProgram
    if ($LASTEXITCODE -eq 0) { return @($ShellProgram) + $ShellStart }
    $copy = Join-Path $TestDrive "shell-$([guid]::NewGuid())"
    Copy-Item $PSHOME $copy -Recurse
    chmod -R go=rX $copy
    @((Get-Command dotnet -CommandType Application -TotalCount 1).Source, (Join-Path $copy pwsh.dll))
}

# Runs a script in a PowerShell process of its own and returns its output; for tests of the first import, which a process has only once.
function Invoke-Fresh([string] $Script) {
    $prologue = "`$ErrorActionPreference = 'Stop'; `$ModulePath = '$ModulePath'; `$ConflictingModulePath = '$ConflictingModulePath'; `$OwnSqlite = '$PSScriptRoot/OwnSqlite.ps1'`n"
    $output = & $ShellProgram @ShellStart -NoProfile -NonInteractive -Command ($prologue + $Script) 2>&1
    if ($LASTEXITCODE) { throw ($output | Out-String) }
    $output
}

# A test that forgets its own machine must not meet the accounts of whoever runs it. While tests are only being found there is no TestDrive.
if ($TestDrive) { $null = Enter-NewMachine }

# Stands in for crontab(1) with a script in $TestDrive/bin that keeps its table in $TestDrive/table: neither this machine's crontab nor the user's
# own systemd has to do with these tests. Put the folder on the PATH, and back $env:XDG_RUNTIME_DIR afterwards.
function New-Crontab {
    $env:XDG_RUNTIME_DIR = $null
    if ($IsWindows) { return }
    $null = New-Item -ItemType Directory "$TestDrive/bin"
    Set-Content "$TestDrive/bin/crontab" @"
#!/bin/sh
case "`$1" in
-l) [ -f '$TestDrive/table' ] || { echo no crontab for me >&2; exit 1; }; cat '$TestDrive/table';;
-) cat > '$TestDrive/table';;
esac
"@
    chmod 755 "$TestDrive/bin/crontab"
}

# A key as advised, so that nothing warns of it.
$PackingKey = 'correct horse battery staple, 4711 times'

function New-Credential([string] $UserId, [string] $Password = 'the password 4711') {
    [pscredential]::new($UserId, (ConvertTo-SecureString $Password -AsPlainText))
}

# An unlocked offline account on a machine of its own. Each costs a key derivation, so the tests of a Describe share one; Pester empties
# TestDrive after it.
function New-TestAccount([string] $UserId = 'me@example.com') {
    $null = Enter-NewMachine
    New-PasspackLocalAccount -UserId $UserId -PackingKey $PackingKey
}

# Makes a local account of this machine one of an earlier pack version, and locks it.
function Set-PackVersion([string] $Account, [int] $PackVersion) {
    Lock-PasspackVault -Account $Account
    $PackingKey | dotnet $LegacyVaultsPath $env:PASSPACK_HOME $Account $PackVersion
    if ($LASTEXITCODE) { throw "LegacyVaults ended with $LASTEXITCODE." }
}

# The stable id of the error that a script ends with, without the name of the cmdlet that PowerShell adds.
function Get-ErrorId([scriptblock] $Script) {
    try { $null = & $Script } catch { return ($_.FullyQualifiedErrorId -split ',')[0] }
    'no error'
}

# What files hold, also those that SQLite, this process or another one has open: a line each. Shared memory is none of it, and locked on Windows.
function Get-ContentState([string] $Folder, [string[]] $Exclude) {
    $lines = foreach ($file in Get-ChildItem $Folder -Recurse -File -Exclude (@('*-shm') + $Exclude)) {
        $stream = [IO.FileStream]::new($file.FullName, 'Open', 'Read', 'ReadWrite, Delete')
        try { "$($file.FullName) $([Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($stream)))" } finally { $stream.Dispose() }
    }
    $lines -join "`n"
}

# ConvertFrom-SecureString refuses an empty one.
function Show-Secret {
    param([Parameter(ValueFromPipeline)] [securestring] $Secret)
    process { $Secret.Length ? (ConvertFrom-SecureString $Secret -AsPlainText) : '' }
}

# The code that an authenticator app shows for an otpauth:// address, some steps later if need be: RFC 6238.
function Get-OneTimeCode([string] $Uri, [int] $Later) {
    $bits = -join ([regex]::Match($Uri, 'secret=([A-Z2-7]+)').Groups[1].Value.ToCharArray().ForEach{ [Convert]::ToString('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.IndexOf($_), 2).PadLeft(5, '0') })
    $seed = [byte[]] ([regex]::Matches($bits, '.{8}').Value.ForEach{ [Convert]::ToByte($_, 2) })
    $step = [BitConverter]::GetBytes([long] [Math]::Floor([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() / 30) + $Later)
    if ([BitConverter]::IsLittleEndian) { [array]::Reverse($step) }
    $hash = [Security.Cryptography.HMACSHA1]::HashData($seed, $step)
    $at = $hash[-1] -band 15
    $number = ((($hash[$at] -band 127) * 256 + $hash[$at + 1]) * 256 + $hash[$at + 2]) * 256 + $hash[$at + 3]
    '{0:D6}' -f ($number % 1000000)
}
