#requires -Version 7.4
<#
.SYNOPSIS
Syncs one account unattended: what Register-PasspackSyncTask makes a scheduler run.
.DESCRIPTION
Unlocks with Unlock-PasspackVault -Unattended, syncs, locks. Ends with an exit code of its own for each class of failure (about_Passpack_Automation), and adds a line to
runs/sync.jsonl in the data folder. Two runs of one account never overlap: the second ends at once. Silent when all is well; else one line on the error stream.
.PARAMETER Account
The User ID.
.PARAMETER DataFolder
The folder of the local accounts, as PASSPACK_HOME.
.PARAMETER KeyFile
A key file that unlocks the account, in place of the key in the data folder.
.PARAMETER LogBytes
The size from which on the log is set aside for a new one. The last four of those are kept.
.EXAMPLE
pwsh -NoProfile -NonInteractive -File Sync-PasspackTask.ps1 -Account anna@example.com -ExcludeTags
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Account,
    [string] $DataFolder,
    [switch] $ExcludeTags,
    [switch] $ExcludeFavorites,
    [string] $ConflictPolicy,
    [int] $TimeoutSec,
    [string] $KeyFile,
    [long] $LogBytes = 1MB
)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Stable: schedulers and scripts act on them. Each error id has one; what is in none of them is a defect, and ends with 1.
$ExitCodes = [ordered]@{
    Locked      = 2, 'UnattendedRefused', 'VaultLocked', 'PackingKeyMismatch'
    Unreachable = 3, 'ServerUnreachable', 'RateLimited'
    Refused     = 4, 'ServerRefused', 'DeviceRevoked', 'PasswordRejected', 'SecondFactorRequired', 'SecondFactorRejected', 'InvitationInvalid', 'NotPermitted', 'NotForKeyFile', 'AccountDisabled', 'AccountLockedOut', 'NotConnected', 'InsecureTransport', 'QuotaExceeded',
        'AccountRemovalPending', 'SignatureInvalid', 'VaultClosed'
    Conflict    = 5, 'SyncConflict'
    Misaligned  = 6, 'PackMisaligned', 'PackTooNew', 'KeyFileTooNew', 'PackingKeyChangedOnline', 'KeysReplacedOnline', 'VaultKeyMissing'
    Damaged     = 7, 'VaultDamaged', 'RecordDamaged', 'BackupDamaged', 'KeyFileDamaged', 'RecordTooLarge'
    Busy        = 8, 'SyncInProgress', 'SyncContention', 'VaultInUse', 'TaskRunning'
    Tampered    = 9, 'ServerTampered', 'ServerRolledBack', 'CertificateMismatch'
    Disk        = 10, 'DiskFull', 'ReadOnly', 'PathNotFound', 'PathNotAccessible'
    Setup       = 11, 'AccountNotFound', 'AccountAmbiguous', 'InvalidArgument'
    # A sync does not meet them.
    Unexpected  = 1, 'AccountExists', 'KeyTooWeak', 'ChangesNotSynced', 'EntryNotFound', 'DeviceNotFound', 'NameAmbiguous', 'NoTotp', 'SecretRequired', 'SecretTooLong', 'ImportRowInvalid', 'FormatNotRecognized', 'FileExists',
        'FormatAmbiguous', 'SourceKeyRequired', 'SourceKeyMismatch', 'SourceDamaged', 'SourceTooCostly', 'SourceNotSupported', 'ExportNotWhole', 'TextDamaged', 'SchedulerFailed', 'SyncTaskNotFound', 'AttachmentExists', 'AttachmentNotFound',
        'AttachmentMissing', 'ServerAccountNotFound', 'ResetCodeInvalid', 'ReferenceInvalid', 'ReferenceNotFound', 'ReferenceAmbiguous', 'FieldMissing', 'VaultNotFound', 'ProgramNotStarted', 'ValueTooLong', 'TemplateInvalid',
        'ProgramExitedWithNonZeroCode', 'CommandInProgress', 'RotationPending', 'RotationConflict', 'RotationFailed', 'HealthFindings', 'BreachListDamaged',
        'LastOwner', 'ContactNotVerified', 'ContactKeysChanged', 'MemberNotFound', 'VaultAmbiguous', 'EntryAmbiguous', 'Unexpected'
}
# Their messages may name entries, and entry names are secrets of the vault.
$AboutEntries = 'SyncConflict', 'RecordDamaged', 'RecordTooLarge', 'EntryNotFound', 'AttachmentExists', 'AttachmentNotFound', 'AttachmentMissing', 'NoTotp', 'ReferenceInvalid', 'ReferenceNotFound',
    'ReferenceAmbiguous', 'FieldMissing', 'VaultNotFound', 'TemplateInvalid', 'VaultAmbiguous', 'EntryAmbiguous', 'RotationPending', 'RotationConflict', 'RotationFailed', 'Unexpected'
$LogFiles = 5
$mostBytes = $LogBytes

# Readable by its owner only from its first moment on. On Windows the data folder's access list sees to that.
function Open-OwnFile([string] $Path, [IO.FileMode] $Mode, [IO.FileShare] $Share) {
    $options = [IO.FileStreamOptions]@{ Mode = $Mode; Access = 'ReadWrite'; Share = $Share }
    if (-not $IsWindows) { $options.UnixCreateMode = [IO.UnixFileMode] 'UserRead, UserWrite' }
    [IO.FileStream]::new($Path, $options)
}

# Alone: the system lets go of it when the process ends, however that ends. Null: another process has it.
function Lock-OwnFile([string] $Path) {
    try { Open-OwnFile $Path OpenOrCreate None } catch [IO.IOException] {
        if (Test-Path -LiteralPath $Path) { return }
        throw
    }
}

function New-OwnFolder([string] $Path) {
    if ($IsWindows) { $null = [IO.Directory]::CreateDirectory($Path) }
    else { $null = [IO.Directory]::CreateDirectory($Path, [IO.UnixFileMode] 'UserRead, UserWrite, UserExecute') }
    $Path
}

# One line a run: sync.jsonl is the newest file, sync.jsonl.1 the one before it, and so on.
function Write-RunLog($Line) {
    $log = Join-Path $runs sync.jsonl
    $patience = [Diagnostics.Stopwatch]::StartNew()
    while (-not ($turn = Lock-OwnFile "$log.lock")) {
        if ($patience.Elapsed.TotalSeconds -gt 10) { throw "The log $log is in use." }
        Start-Sleep -Milliseconds 50
    }
    try {
        if ([IO.File]::Exists($log) -and [IO.FileInfo]::new($log).Length -ge $mostBytes) {
            for ($i = $LogFiles - 1; $i -gt 0; $i--) {
                $from = $i -eq 1 ? $log : "$log.$($i - 1)"
                if ([IO.File]::Exists($from)) { [IO.File]::Move($from, "$log.$i", $true) }
            }
        }
        $file = Open-OwnFile $log OpenOrCreate Read
        try {
            # A line that a crash cut must not take this one with it.
            if ($file.Length -and $file.Seek(-1, 'End') -ge 0 -and $file.ReadByte() -ne 10) { $file.WriteByte(10) }
            $null = $file.Seek(0, 'End')
            $file.Write([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $Line -Compress) + "`n"))
            $file.Flush($true)
        } finally { $file.Dispose() }
    } finally { $turn.Dispose() }
}

# One line; what a terminal would obey, control and format characters, becomes a space. The module that does so elsewhere may not be there.
function Write-Problem([string] $Text) { [Console]::Error.WriteLine("Passpack: $($Text -replace '[\p{Cc}\p{Cf}\u2028\u2029]', ' ')") }

# What .NET says, which PowerShell wraps in an exception of its own.
function Get-Cause([Exception] $Exception) { $Exception -is [Management.Automation.MethodInvocationException] ? $Exception.InnerException : $Exception }

# The id and the reason of what is wrong with files. Null: it is about something else.
function Get-FileFault([Exception] $Exception) {
    $fault = Get-Cause $Exception
    $id = switch ($fault) {
        { $_ -is [UnauthorizedAccessException] } { 'PathNotAccessible'; break }
        { $_ -is [IO.DirectoryNotFoundException] -or $_ -is [IO.FileNotFoundException] } { 'PathNotFound'; break }
        # ERROR_DISK_FULL, ENOSPC.
        { $_ -is [IO.IOException] } { $_.HResult -in ($IsWindows ? 0x80070070 : 28) ? 'DiskFull' : 'PathNotAccessible' }
    }
    if ($id) { $id, "$($fault.Message) This runs as the user $([Environment]::UserName); the task is one of the user whose data folder it is." }
}

function Get-Class([string] $ErrorId) {
    $class = $ExitCodes.Keys.Where({ $ErrorId -in $ExitCodes[$_] })
    $class ? $class[0] : 'Unexpected'
}

$started = [DateTimeOffset]::UtcNow
$run = [ordered]@{ account = $Account.Trim(); start = $started.ToString('o') }
$lock = $runs = $errorId = $message = $reason = $null
$counts = [ordered]@{}
try {
    Import-Module (Join-Path $PSScriptRoot Passpack.psd1)
    if ($DataFolder) { $env:PASSPACK_HOME = $DataFolder }
    $local = Get-PasspackLocalAccount -ErrorAction SilentlyContinue | Where-Object Account -EQ $run.account
    if (-not $local) {
        if ($DataFolder -and (Test-Path -LiteralPath $DataFolder)) { $runs = New-OwnFolder (Join-Path $DataFolder runs) }
        Unlock-PasspackVault -Account $Account -Unattended # Says what is wrong.
    }
    # Beside the vaults: accounts/NAME/vault/vault.db.
    $folder = Split-Path (Split-Path $local.Path)
    $runs = New-OwnFolder (Join-Path (Split-Path (Split-Path $folder)) runs)
    $lock = Lock-OwnFile (Join-Path $runs "$(Split-Path $folder -Leaf).lock")
    if (-not $lock) {
        $errorId = 'TaskRunning'
        $message = 'Another run of this account is not over yet.'
    } else {
        # A run writes down that it has begun, and wipes that out at its end.
        $before = [IO.StreamReader]::new($lock, [Text.Encoding]::UTF8, $false, 128, $true).ReadToEnd()
        if ($before) { Write-RunLog ([ordered]@{ account = $run.account; start = $before; end = $started.ToString('o'); result = 'Interrupted' }) }
        $lock.SetLength(0)
        $lock.Write([Text.Encoding]::UTF8.GetBytes($run.start))
        $lock.Flush()
        $how = @{ Account = $Account; ExcludeTags = $ExcludeTags; ExcludeFavorites = $ExcludeFavorites }
        if ($ConflictPolicy) { $how.ConflictPolicy = $ConflictPolicy }
        if ($TimeoutSec) { $how.TimeoutSec = $TimeoutSec }
        $with = $KeyFile ? @{ KeyFile = $KeyFile } : @{}
        Unlock-PasspackVault -Account $Account -Unattended @with
        try { $result = Sync-PasspackVault @how } finally { Lock-PasspackVault -Account $Account }
        foreach ($count in 'Pushed', 'Pulled', 'Merged', 'Conflicts', 'Restored', 'Deleted', 'TagsPulled', 'FavoritesPulled', 'Damaged') {
            $counts[$count.Substring(0, 1).ToLowerInvariant() + $count.Substring(1)] = $result.$count
        }
        if ($result.Damaged) {
            $errorId = 'RecordDamaged'
            $message = "$($result.Damaged) record(s) could not be synced; all others were."
        } elseif ($result.RemovalDue) {
            $errorId = 'AccountRemovalPending'
            $message = "The sync is complete. The online account is removed on $($result.RemovalDue.ToString('u')), as was asked for with its Password; Restore-PasspackAccount cancels that."
        }
    }
} catch {
    $errorId = ($_.FullyQualifiedErrorId -split ',')[0]
    # What binding says of a value that does not fit is about the task's own arguments.
    if ($errorId -like 'ParameterArgument*' -or $errorId -in 'CannotConvertArgumentNoMessage', 'CannotConvertArgument') { $errorId = 'InvalidArgument' }
    if (-not $ExitCodes.Values.Where({ $errorId -in $_ })) { $errorId, $reason = Get-FileFault $_.Exception }
    if (-not $errorId) { $errorId = 'Unexpected' }
    $message = $reason ? $reason : $errorId -eq 'Unexpected' ? $_.Exception.GetType().Name : $errorId -in $AboutEntries ? $null : $_.Exception.Message
}

$class = $errorId ? (Get-Class $errorId) : $null
$exitCode = $class ? $ExitCodes[$class][0] : 0
$ended = [DateTimeOffset]::UtcNow
$run.end = $ended.ToString('o')
$run.duration = [Math]::Round(($ended - $started).TotalSeconds, 3)
$run.result = $class ? $class : ($counts.Values | Measure-Object -Sum).Sum ? 'Synced' : 'NothingToDo'
$run.exitCode = $exitCode
if ($errorId) { $run.errorId = $errorId }
if ($message) { $run.message = $message }
if ($counts.Count) { $run.counts = $counts }
try {
    if ($runs) { Write-RunLog $run }
    if ($lock) { $lock.SetLength(0) }
} catch {
    Write-Problem "the run log could not be written: $((Get-Cause $_.Exception).Message)"
    if (-not $exitCode) { $exitCode = $ExitCodes.Disk[0] }
} finally {
    if ($lock) { $lock.Dispose() }
}
if ($errorId) { Write-Problem "the sync of $($run.account) ended with $exitCode ($errorId). $($message ? $message : 'Get-PasspackSyncHistory and Sync-PasspackVault -WhatIf say more.')" }
exit $exitCode
