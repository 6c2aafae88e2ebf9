# What Microsoft.PowerShell.SecretManagement calls, in a runspace of its own; unlocked accounts are the whole process's. docs/secret-management.md says what is
# kept where. A secret's name is, in this order: an Entry Name; 'Entry Name (id)', where several entries have that name; either with '/field' behind it.
using namespace System.Diagnostics.CodeAnalysis
Set-StrictMode -Version 3

# An entry's own fields that are reached like Extra Fields, and the parameter that sets each.
$OwnFields = @{ 'Password' = 'Password'; 'Notes' = 'Notes'; 'Shared Notes' = 'SharedNotes' }
# What an entry without a login is, by its Type: so SecretManagement's types are told before anything is opened.
$KindOfType = @{ 'bytes' = 'ByteArray'; 'hashtable' = 'Hashtable' }
$SettableMetadata = 'Email', 'Favorite', 'Tags', 'Url', 'UserId'

function Get-Secret {
    [CmdletBinding()]
    [SuppressMessage('PSReviewUnusedParameter', '', Justification = 'Seen by the script block.')]
    param([string] $Name, [string] $VaultName, [hashtable] $AdditionalParameters)
    Invoke-Safely $PSCmdlet $VaultName {
        $secret = Find-Secret $Name (Get-AccountParameter $AdditionalParameters)
        if (-not $secret -and $Name -like 'passpack://*') { return Read-Reference $Name (Get-AccountParameter $AdditionalParameters) }
        if (-not $secret) { return } # SecretManagement says so itself, after it has looked into the other vaults.
        if ($secret.Field) { return Read-Field $secret }
        if ($KindOfType[$secret.Entry.Type]) { return Read-Kind $secret.Entry }
        if ($secret.Entry.UserId) { return $secret.Entry.GetCredential() }
        $password = $secret.Entry.GetPassword()
        if ($password.Length -eq 0) { throw Get-Failure SecretMissing ObjectNotFound $Name "The entry '$Name' has neither User ID nor Password. '$Name/Notes' reads its Notes." }
        $password
    }
}

function Get-SecretInfo {
    [CmdletBinding()]
    [SuppressMessage('PSReviewUnusedParameter', '', Justification = 'Seen by the script block.')]
    param([string] $Filter, [string] $VaultName, [hashtable] $AdditionalParameters)
    Invoke-Safely $PSCmdlet $VaultName {
        $account = Get-AccountParameter $AdditionalParameters
        # A name may hold characters that are wildcards to others.
        $entries = @(Passpack\Get-PasspackEntry -LiteralName $Filter @account -ErrorAction Ignore)
        if ([WildcardPattern]::ContainsWildcardCharacters($Filter)) {
            $known = [Collections.Generic.HashSet[guid]]::new([guid[]] @($entries | ForEach-Object Id))
            try {
                $entries += @(Passpack\Get-PasspackEntry -Name $Filter @account | Where-Object { -not $known.Contains($_.Id) })
            } catch {
                # The name of an entry need not be a pattern.
                if (-not $entries -or $_.FullyQualifiedErrorId -notlike 'InvalidArgument,*') { throw }
            }
        } elseif (-not $entries) {
            $secret = Find-Secret $Filter $account
            if ($secret -and -not $secret.Field) { return ConvertTo-Information $Filter $secret.Entry $VaultName (Get-Kind $secret.Entry) }
            $value = @()
            if ($secret) { $value = @(Read-Field $secret) }
            if ($value.Count) { ConvertTo-Information $Filter $secret.Entry $VaultName ($value[0] -is [byte[]] ? 'ByteArray' : $value[0] -is [pscredential] ? 'PSCredential' : 'SecureString') }
            return
        }
        # SecretManagement refuses the whole list when two names in it are equal but for case.
        $seen = [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
        $shared = [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
        foreach ($entry in $entries) { if (-not $seen.Add((Get-Folded $entry.Name))) { $null = $shared.Add((Get-Folded $entry.Name)) } }
        foreach ($entry in $entries) {
            $unique = $shared.Contains((Get-Folded $entry.Name)) ? (Get-UniqueName $entry) : $entry.Name
            ConvertTo-Information $unique $entry $VaultName (Get-Kind $entry)
        }
    }
}

function Set-Secret {
    [CmdletBinding()]
    [SuppressMessage('PSReviewUnusedParameter', '', Justification = 'Seen by the script block.')]
    [SuppressMessage('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'SecretManagement asks.')]
    param([string] $Name, [object] $Secret, [string] $VaultName, [hashtable] $AdditionalParameters, [hashtable] $Metadata)
    Invoke-Safely $PSCmdlet $VaultName {
        $account = Get-AccountParameter $AdditionalParameters
        $values = ConvertTo-Value $Name $Secret
        $others = ConvertTo-Parameter $Metadata
        $found = Find-Secret $Name $account
        if (-not $found) {
            $null = Passpack\New-PasspackEntry -Name $Name @values @others @account -ErrorAction Stop
        } elseif (-not $found.Field) {
            Assert-SameKind $Name $found.Entry $values['Type']
            $found.Entry | Passpack\Set-PasspackEntry @values @others -ErrorAction Stop
        } elseif ($others.Count -or $Secret -is [hashtable]) {
            throw Get-Failure SecretTypeNotKept InvalidType $Name ("'$Name' is a field of the entry '$($found.Entry.Name)'. A field keeps a String, a SecureString, " +
                'a PSCredential or a byte[], without metadata.')
        } else {
            Write-Field $found $Secret
        }
    }
}

function Set-SecretInfo {
    [CmdletBinding()]
    [SuppressMessage('PSReviewUnusedParameter', '', Justification = 'Seen by the script block.')]
    [SuppressMessage('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'SecretManagement asks.')]
    param([string] $Name, [hashtable] $Metadata, [string] $VaultName, [hashtable] $AdditionalParameters)
    Invoke-Safely $PSCmdlet $VaultName {
        $values = ConvertTo-Parameter $Metadata
        (Find-OrFail $Name (Get-AccountParameter $AdditionalParameters)).Entry | Passpack\Set-PasspackEntry @values -ErrorAction Stop
    }
}

function Remove-Secret {
    [CmdletBinding()]
    [SuppressMessage('PSReviewUnusedParameter', '', Justification = 'Seen by the script block.')]
    [SuppressMessage('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'SecretManagement asks.')]
    param([string] $Name, [string] $VaultName, [hashtable] $AdditionalParameters)
    Invoke-Safely $PSCmdlet $VaultName {
        $found = Find-OrFail $Name (Get-AccountParameter $AdditionalParameters)
        if ($found.Field) { return Write-Field $found $null }
        $found.Entry | Passpack\Remove-PasspackEntry -Confirm:$false -ErrorAction Stop
        Write-Warning ("The entry '$([Passpack.PowerShell.View]::Text($found.Entry.Name))' is in this machine's trash. Restore-PasspackEntry takes it out, Remove-PasspackEntry -Permanent empties it; " +
            'where it is online as well, the next sync puts it back unless Remove-PasspackEntry -Online deleted it there.')
    }
}

function Test-SecretVault {
    [CmdletBinding()]
    [OutputType([bool])]
    [SuppressMessage('PSReviewUnusedParameter', '', Justification = 'Seen by the script block.')]
    param([string] $VaultName, [hashtable] $AdditionalParameters)
    # One entry is opened: so the account is there, it is unlocked, and its keys fit.
    try {
        $account = Get-AccountParameter $AdditionalParameters
        $null = Passpack\Get-PasspackEntry @account -ErrorAction Stop | Select-Object -First 1
        $true
    } catch {
        $PSCmdlet.WriteError($_)
        $false
    }
}

function Unlock-SecretVault {
    [CmdletBinding()]
    [SuppressMessage('PSReviewUnusedParameter', '', Justification = 'Seen by the script block.')]
    param([securestring] $Password, [string] $VaultName, [hashtable] $AdditionalParameters)
    Invoke-Safely $PSCmdlet $VaultName {
        $account = Get-AccountParameter $AdditionalParameters
        Passpack\Unlock-PasspackVault -PackingKey $Password @account -ErrorAction Stop
    }
}

# A terminating error would be hidden behind one of SecretManagement's that says only that something failed.
function Invoke-Safely([System.Management.Automation.PSCmdlet] $Caller, [string] $Vault, [scriptblock] $Work) {
    try {
        & $Work
    } catch {
        if ($_.FullyQualifiedErrorId -like 'VaultLocked,*') {
            throw [Microsoft.PowerShell.SecretManagement.PasswordRequiredException]::new(
                "$($_.Exception.Message) Unlock-SecretVault -Name '$Vault' does it too: its -Password is the Packing Key.")
        }
        $Caller.WriteError($_)
    }
}

# -Account, where the vault was registered with one.
function Get-AccountParameter([hashtable] $Parameters) {
    $unknown = @($Parameters.Keys | Where-Object { $_ -notin 'Account', 'Verbose' })
    if ($unknown) { throw Get-Failure InvalidArgument InvalidArgument $unknown "Account is the one vault parameter; this vault was registered with $($unknown -join ', ')." }
    $Parameters['Account'] ? @{ Account = [string] $Parameters['Account'] } : @{}
}

# The entry, and the field of it, that a name means; nothing where there is none.
function Find-Secret([string] $Name, [hashtable] $Account) {
    $entry = Find-Entry $Name $Account
    if ($entry) { return @{ Entry = $entry; Field = $null } }
    for ($end = $Name.LastIndexOf('/'); $end -gt 0; $end = $Name.LastIndexOf('/', $end - 1)) {
        $field = $Name.Substring($end + 1)
        $entry = $field ? (Find-Entry $Name.Substring(0, $end) $Account) : $null
        if ($entry) { return @{ Entry = $entry; Field = $field } }
    }
}

function Find-OrFail([string] $Name, [hashtable] $Account) {
    $found = Find-Secret $Name $Account
    if (-not $found) { throw Get-Failure EntryNotFound ObjectNotFound $Name "There is no secret '$Name'. Get-SecretInfo lists the entries." }
    $found
}

function Find-Entry([string] $Name, [hashtable] $Account) {
    $entries = @(Passpack\Get-PasspackEntry -LiteralName $Name @Account -ErrorAction SilentlyContinue -ErrorVariable failed)
    foreach ($failure in $failed) { if ($failure.FullyQualifiedErrorId -notlike 'EntryNotFound,*') { throw $failure } }
    if ($entries.Count -gt 1) {
        throw Get-Failure SecretAmbiguous InvalidArgument $Name ("$($entries.Count) entries are named '$Name'. Name one of them: " +
            "$(@(foreach ($entry in $entries) { "'$(Get-UniqueName $entry)'$($entry.UserId ? " for $($entry.UserId)" : '')$($entry.Url ? " at $($entry.Url)" : '')" }) -join '; ').")
    }
    if ($entries) { return $entries[0] }
    if ($Name -match '^(?<name>.+) \((?<id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\)$') {
        $wanted = Get-Folded $Matches['name']
        Passpack\Get-PasspackEntry -Id $Matches['id'] @Account -ErrorAction Ignore | Where-Object { [string]::Equals((Get-Folded $_.Name), $wanted, 'Ordinal') }
    }
}

function Get-UniqueName($Entry) { "$($Entry.Name) ($($Entry.Id))" }

# As Entry Names are compared.
function Get-Folded([string] $Name) {
    try { $Name.Normalize().ToLowerInvariant() } catch { $Name.ToLowerInvariant() } # Half of a surrogate pair has no other form.
}

function Get-Kind($Entry) { $KindOfType[$Entry.Type] ?? ($Entry.UserId ? 'PSCredential' : 'SecureString') }

function ConvertTo-Information([string] $Name, $Entry, [string] $Vault, [string] $Kind) {
    [Microsoft.PowerShell.SecretManagement.SecretInformation]::new($Name, $Kind, $Vault, @{
        Id = "$($Entry.Id)"; UserId = $Entry.UserId; Url = $Entry.Url; Email = $Entry.Email; Tags = $Entry.Tags; Favorite = $Entry.Favorite
        Created = $Entry.Created.UtcDateTime; Modified = $Entry.Modified.UtcDateTime
    })
}

# What an entry keeps of a secret, as parameters. A hashtable's members are Extra Fields, bytes are the one of that name.
function ConvertTo-Value([string] $Name, $Secret) {
    if ($Secret -is [pscredential]) { return @{ Credential = $Secret } }
    if ($Secret -is [hashtable] -and $Secret.PSBase.Count) { return @{ Type = 'hashtable'; ExtraField = @(foreach ($key in $Secret.PSBase.Keys) { ConvertTo-Member $Name $key $Secret[$key] }) } }
    if ($Secret -is [byte[]] -and $Secret.Length) { return @{ Type = 'bytes'; ExtraField = @{ Name = 'Bytes'; Type = 'binary'; Data = $Secret } } }
    if ($Secret -isnot [securestring] -and $Secret -isnot [string] -and $Secret -isnot [hashtable] -and $Secret -isnot [byte[]]) {
        throw Get-Failure SecretTypeNotKept InvalidType $Name ("'$Name' is a $($null -eq $Secret ? 'null' : $Secret.GetType().Name), and an entry keeps a String, a SecureString, a " +
            'PSCredential, a byte[] or a Hashtable.')
    }
    if (($Secret -is [hashtable] ? $Secret.PSBase.Count : $Secret.Length) -eq 0) {
        throw Get-Failure SecretTypeNotKept InvalidArgument $Name "The secret for '$Name' is empty. Remove-Secret takes one away."
    }
    @{ Password = $Secret }
}

# One member of a hashtable, as an Extra Field whose type says what it was.
function ConvertTo-Member([string] $Name, $Key, $Value) {
    $type = if ($Value -is [string]) { 'text' } elseif ($Value -is [securestring]) { 'hidden' } elseif ($Value -is [pscredential]) { 'credential' } elseif ($Value -is [byte[]]) { 'binary' }
    $fault = if ($Key -isnot [string] -or -not $Key) {
        "The name of a member of '$Name' is $($Key -is [string] ? 'empty' : "a $($Key.GetType().Name)")"
    } elseif (-not $type) {
        "The member '$Key' of '$Name' is a $($null -eq $Value ? 'null' : $Value.GetType().Name)"
    }
    if ($fault) {
        throw Get-Failure SecretTypeNotKept InvalidType $Name "$fault. A Hashtable is kept whose members have names, and are a String, a SecureString, a PSCredential or a byte[] each."
    }
    @{ Name = $Key; Type = $type; Data = $Value }
}

# Neither a login with all that it holds nor a table is lost to a secret of another kind by the same name.
function Assert-SameKind([string] $Name, $Entry, [string] $Type) {
    if ($KindOfType[$Entry.Type] -eq $KindOfType["$Type"]) { return }
    throw Get-Failure SecretTypeNotKept InvalidType $Name ("'$Name' is a $(Get-Kind $Entry), and nothing of another kind takes its place. Remove-Secret '$Name' puts the entry into " +
        'the trash first; then Set-Secret makes a new one.')
}

# The secret of an entry without a login. Bytes are one object.
function Read-Kind($Entry) {
    if ($KindOfType[$Entry.Type] -eq 'Hashtable') {
        $table = @{}
        foreach ($field in $Entry.GetExtraFields()) { $table[$field.Name] = Read-Typed $field ($field.Type -eq 'text') }
        return $table
    }
    $bytes = $Entry.GetExtraFields() | Where-Object Name -EQ Bytes | Select-Object -First 1
    if (-not $bytes) { throw Get-Failure SecretMissing ObjectNotFound $Entry.Name "The entry '$($Entry.Name)' has no field Bytes, where its bytes were." }
    Read-Typed $bytes $false
}

function Read-Typed($Field, [bool] $AsText) {
    switch ($Field.Type) {
        'binary' { $value = $Field.GetBytes() }
        'credential' { $value = $Field.GetCredential() }
        default { $value = $AsText ? $Field.GetDataText() : $Field.GetData() }
    }
    if ($null -eq $value) { throw Get-Failure SecretMissing InvalidData $Field.Name "The data of the field '$($Field.Name)' is no $($Field.Type)." }
    if ($value -is [byte[]]) { , $value } else { $value }
}

function ConvertTo-Parameter([hashtable] $Metadata) {
    $parameters = @{}
    foreach ($key in $Metadata ? $Metadata.Keys : @()) {
        if ($key -notin $SettableMetadata) {
            throw Get-Failure InvalidArgument InvalidArgument $key "The metadata '$key' cannot be set. An entry takes $($SettableMetadata -join ', ')."
        }
        # Null says nothing, so it changes nothing.
        if ($null -eq $Metadata[$key]) { continue }
        $parameters[$key -eq 'Tags' ? 'Tag' : $key] = $Metadata[$key]
    }
    $parameters
}

function Read-Field([hashtable] $Secret) {
    $extra = @($Secret.Entry.GetExtraFields() | Where-Object Name -eq $Secret.Field)
    if ($extra) { return Read-Typed $extra[0] $false }
    $text = switch ($Secret.Field) {
        'Password' { $Secret.Entry.GetPassword() }
        'Notes' { ConvertTo-SecureText $Secret.Entry.GetNotes() }
        'Shared Notes' { ConvertTo-SecureText $Secret.Entry.GetSharedNotes() }
    }
    if ($text -and $text.Length) { $text } # What is empty is not there.
}

function Read-Reference([string] $Reference, [hashtable] $Account) {
    $bytes = Passpack\Resolve-PasspackReference $Reference -AsBytes @Account -ErrorAction Stop
    try {
        $text = [Text.UTF8Encoding]::new($false, $true).GetString($bytes)
        ConvertTo-SecureText $text
    } catch [Text.DecoderFallbackException] {
        , $bytes
    }
}

# Null takes the field away.
function Write-Field([hashtable] $Secret, $Value) {
    $fields = @($Secret.Entry.GetExtraFields())
    $others = @($fields | Where-Object Name -ne $Secret.Field)
    $isNew = $others.Count -eq $fields.Count
    if ($isNew -and $OwnFields.ContainsKey($Secret.Field)) {
        if ($Value -is [byte[]] -or $Value -is [pscredential]) {
            throw Get-Failure SecretTypeNotKept InvalidType $Secret.Field "'$($Secret.Field)' of the entry '$($Secret.Entry.Name)' keeps a text."
        }
        $values = @{ $OwnFields[$Secret.Field] = $Value -is [securestring] -and $Secret.Field -ne 'Password' ? (ConvertFrom-SecureString $Value -AsPlainText) : ($Value ?? '') }
    } elseif ($null -eq $Value) {
        if ($isNew) {
            throw Get-Failure EntryNotFound ObjectNotFound $Secret.Field "The entry '$($Secret.Entry.Name)' has no field '$($Secret.Field)'."
        }
        $values = @{ ExtraField = $others }
    } elseif ($isNew) {
        $values = @{ ExtraField = $fields + @{ $Secret.Field = $Value } }
    } else {
        # In its place, under its own name.
        $values = @{ ExtraField = @($fields | ForEach-Object { $_.Name -eq $Secret.Field ? (ConvertTo-Changed $_ $Value) : $_ }) }
    }
    $Secret.Entry | Passpack\Set-PasspackEntry @values -ErrorAction Stop
}

# A text in the place of bytes or of a credential has no type of its own to keep.
function ConvertTo-Changed($Field, $Value) {
    if ($Field.Type -in 'binary', 'credential' -and ($Value -is [string] -or $Value -is [securestring])) { return @{ Name = $Field.Name; Type = 'hidden'; Data = $Value } }
    @{ $Field.Name = $Value }
}

function ConvertTo-SecureText([string] $Text) {
    if ($Text.Length -gt 65536) { return $Text } # A SecureString holds no more.
    $secure = [securestring]::new()
    foreach ($character in $Text.GetEnumerator()) { $secure.AppendChar($character) }
    $secure
}

function Get-Failure([string] $Id, [System.Management.Automation.ErrorCategory] $Category, $Target, [string] $Message) {
    # Names are chosen by whoever made the entry: nothing in them may reach a terminal that it obeys.
    $failure = [System.Management.Automation.ErrorRecord]::new([InvalidOperationException]::new([Passpack.PowerShell.View]::Text($Message)), $Id, $Category, $Target)
    $failure.CategoryInfo.TargetName = [Passpack.PowerShell.View]::Text($failure.CategoryInfo.TargetName)
    $failure
}
