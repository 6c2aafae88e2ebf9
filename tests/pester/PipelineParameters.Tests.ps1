# Every parameter of every cmdlet that takes pipeline input, found by Get-Command: each kind of value is kept, or an error of this module for its
# row, which names the field and holds nothing else of the row.
BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    Import-Module $ModulePath
    $doubles = [Collections.Generic.List[hashtable]]::new()
    $parameters = foreach ($command in Get-Command -Module Passpack -CommandType Cmdlet) {
        foreach ($parameter in $command.Parameters.Values) {
            $ways = $parameter.Attributes.Where({ $_ -is [Parameter] -and -not $_.DontShow })
            # What is bound by value has a name for its parameter set alone.
            if ($ways.ValueFromPipelineByPropertyName -contains $true -and $ways.ValueFromPipeline -notcontains $true) { @{ Command = $command.Name; Parameter = $parameter.Name; ByName = $true } }
            # PowerShell takes the first name that the row has.
            if ($ways.ValueFromPipelineByPropertyName -contains $true -and $parameter.Aliases) {
                $names = @($parameter.Name) + $parameter.Aliases
                for ($i = 0; $i -lt $names.Count; $i++) { for ($j = $i + 1; $j -lt $names.Count; $j++) { $doubles.Add(@{ Command = $command.Name; Parameter = $parameter.Name; First = $names[$i]; Second = $names[$j] }) } }
            }
            if ($ways.ValueFromPipeline -contains $true) { @{ Command = $command.Name; Parameter = $parameter.Name; ByName = $false } }
        }
    }
}

BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $shown = New-PasspackEntry shown -UserId old

    # Kept: the text that a field of texts has afterwards; without it, only an error will do.
    $kinds = [ordered]@{
        null         = @{ Value = $null }
        empty        = @{ Value = ''; Kept = '' }
        text         = @{ Value = 'a text'; Kept = 'a text' }
        array        = @{ Value = @(1, 'two', (Get-Date)) }
        'no element' = @{ Value = @() }
        number       = @{ Value = 5; Kept = '5' }
        fraction     = @{ Value = 1.5 }
        DateTime     = @{ Value = [datetime]'2024-01-02' }
        hashtable    = @{ Value = @{ a = @(1) } }
        object       = @{ Value = [pscustomobject]@{ a = [pscustomobject]@{ b = 1 } } }
        SecureString = @{ Value = ConvertTo-SecureString s -AsPlainText }
        PSCredential = @{ Value = [pscredential]::new('u', (ConvertTo-SecureString s -AsPlainText)) }
        deserialized = @{ Value = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($shown)) }
        selected     = @{ Value = $shown | Select-Object Id, Url }
    }

    # How a value that was taken is seen afterwards. A new parameter has to say it here.
    $read = @{
        Name = { $_.Name }; NewName = { $_.Name }; UserId = { $_.UserId }; Url = { $_.Url }; Email = { $_.Email }
        Notes = { $_.GetNotes() }; SharedNotes = { $_.GetSharedNotes() }; Tag = { $_.Tags -join ',' }
        Password = { $_.GetPassword() | Show-Secret }; Favorite = { "$($_.Favorite)" }; ExtraField = { $_.GetExtraFields().Name -join ',' }
        Type = { $_.Type }; Expires = { $_.Expires ? $_.Expires.ToString('yyyy-MM-dd') : '' }
        Text = { Unprotect-PasspackText -Text $_ -Key k }; Key = { "$($_.Rating -gt 0)" }
    }
    # What fields of other types keep of the kinds.
    $keptOther = @{
        'Password SecureString' = 's'; 'Key SecureString' = 'True'; 'Key text' = 'True'; 'Key empty' = 'False'; 'ExtraField empty' = ''; 'ExtraField no element' = ''
        'Tag no element' = ''; 'Favorite empty' = 'False'; 'Type empty' = 'login'; 'Expires empty' = ''; 'Expires DateTime' = '2024-01-02'
    }

    # What the command line has to give besides: whatever is mandatory there.
    function Get-Beside($Command, $Parameter) {
        $beside = @{}
        foreach ($other in (Get-Command $Command).Parameters.Values) {
            if ($other.Name -eq $Parameter -or -not $other.Attributes.Where({ $_ -is [Parameter] -and $_.Mandatory -and $_.ParameterSetName -eq '__AllParameterSets' })) { continue }
            $beside[$other.Name] = switch ($other.ParameterType) {
                ([securestring]) { ConvertTo-SecureString k -AsPlainText }
                ([pscredential]) { [pscredential]::new('u', (ConvertTo-SecureString k -AsPlainText)) }
                ([scriptblock]) { { throw 'no value of these may come so far' } }
                ([guid]) { [guid]::NewGuid() }
                ([string]) { $other.Name -eq 'DestinationPath' ? "$TestDrive" : (Join-Path $TestDrive ([guid]::NewGuid())) }
                default { throw "$Command -$($other.Name) is new to this test." }
            }
        }
        if ($Command -match 'LocalAccount|Vault') {
            # They would be asked for.
            if ((Get-Command $Command).Parameters.ContainsKey('PackingKey')) { $beside.PackingKey = 'another key, of which no account is' }
            $credential = (Get-Command $Command).Parameters['Credential']
            # Not beside the pipeline's own parameters if it belongs to another set than they do.
            if ($credential -and $credential.ParameterSets.Keys.Where({ $_ -in '__AllParameterSets', (Get-Command $Command).DefaultParameterSet })) { $beside.Credential = [pscredential]::new('u', (ConvertTo-SecureString k -AsPlainText)) }
        }
        # Else it refuses to begin.
        if ($Command -eq 'Merge-PasspackEntry') { $beside.Online = $true }
        if ($Command -eq 'Add-PasspackAttachment') {
            if ($Parameter -ne 'InputObject') { $beside.Id = $entry.Id }
            if ($Parameter -ne 'LiteralPath') { $beside.Path = New-Item (Join-Path $TestDrive "$(New-Guid).txt") -Value content }
        }
        if ((Get-Command $Command).Parameters.ContainsKey('Confirm')) { $beside.Confirm = $false }
        if ((Get-Command $Command).Parameters.ContainsKey('PassThru')) { $beside.PassThru = $true }
        $beside
    }
}

AfterAll {
    Close-Test
}

Describe '<Command> -<Parameter> (by name: <ByName>)' -ForEach $parameters {
    BeforeEach {
        $entry = New-PasspackEntry one -UserId old -Password old -Notes old -Tag old
    }

    It 'keeps each kind of value, or tells of its row alone what is wrong with it' {
        $beside = Get-Beside $Command $Parameter
        foreach ($kind in $kinds.Keys) {
            $value = $kinds[$kind].Value
            $because = "of the kind '$kind'"
            if ($ByName) {
                # Secrets beside it, and what makes the row whole.
                $row = [ordered]@{ Password = 'hunter6'; Notes = 'hunter6'; Other = 'hunter6' }
                if ($Command -eq 'New-PasspackEntry') { $row.Name = 'new' }
                if ($Command -like '*-PasspackEntry*' -and $Command -notmatch 'New|Import') { $row.Id = $entry.Id }
                $row[$Parameter] = $value
                $piped = [pscustomobject]$row
            }
            else {
                $piped = $value
            }
            if (-not $ByName) { $shown | Restore-PasspackEntry -ErrorAction Ignore | Out-Null }
            $before = (Get-PasspackEntry -Id $entry.Id).Modified
            $out = @(, $piped | & $Command @beside -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue)
            $mine = @($failed | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
            if ($mine) {
                foreach ($e in $mine) {
                    $e.FullyQualifiedErrorId | Should -Not -Match '^(Parameter|InputObject|CannotConvert|Mandatory|Missing|Ambiguous)' -Because "$because, $Command must tell it by itself: $e"
                    "$e $($e.CategoryInfo) $($e.TargetObject) $($e.Exception)" | Should -Not -Match hunter6 -Because $because
                    if ($e.TargetObject) { [object]::ReferenceEquals($e.TargetObject.psobject.BaseObject, $piped.psobject.BaseObject) | Should -BeFalse -Because $because }
                }
                if ($ByName -and ($read.ContainsKey($Parameter) -or $Parameter -eq 'Id') -and $mine[0].FullyQualifiedErrorId -like 'InvalidArgument,*') { "$($mine[0])" | Should -Match "(-|property )$Parameter\b" -Because $because }
                (Get-PasspackEntry -Id $entry.Id).Modified | Should -Be $before -Because $because
                continue
            }
            if ($null -eq $value -and $ByName -and $read.ContainsKey($Parameter)) { continue } # Not given.
            # A copy of an entry stands for its id.
            if (-not $ByName -and $kind -in 'deserialized', 'selected' -and (Get-Command $Command).Parameters.ContainsKey('Id')) { continue }
            $read.ContainsKey($Parameter) | Should -BeTrue -Because "$because, -$Parameter of $Command ended in silence"
            $expected = $keptOther.ContainsKey("$Parameter $kind") ? $keptOther["$Parameter $kind"] :
                $Parameter -eq 'ExtraField' -and $kind -in 'hashtable', 'object', 'selected' ? 'no data of other types' : $kinds[$kind].Kept
            $expected | Should -Not -Be $null -Because "$because, -$Parameter of $Command must refuse it"
            $out | Should -HaveCount 1 -Because $because
            $out[0] | ForEach-Object $read[$Parameter] | Should -BeExactly $expected -Because "$because, -$Parameter of $Command"
        }
        Get-PasspackLocalAccount | Should -HaveCount 1
    }
}

Describe '<Command> of a row with a property <Parameter>' -ForEach $parameters.Where({ $_.ByName }) {
    BeforeAll {
        Add-Type -ErrorAction Stop @'
public static class BinderExceptions {
    public static int Count;
    static BinderExceptions() => System.AppDomain.CurrentDomain.FirstChanceException += (sender, e) => {
        if (e.Exception is System.Management.Automation.ParameterBindingException or System.Management.Automation.PSInvalidCastException) Count++;
    };
}
'@
    }

    It 'binds it without an exception, which would cost more than the work' {
        $entry = New-PasspackEntry bound
        $row = @{ $Parameter = 'x' }
        if ($Command -eq 'New-PasspackEntry') { $row.Name = 'new' }
        if ($Command -match '-Passpack(Entry|Totp|Attachment|Rotation)' -and $Command -notmatch 'New|Import|Add|Resume|Undo') { $row.Id = "$($entry.Id)" }
        $beside = Get-Beside $Command $Parameter
        if ($Command -eq 'Remove-PasspackDevice') { $beside.Name = 'none' }
        # The type initializer begins to count; without it, nothing would.
        { [int] 'x' } | Should -Throw
        $before = [BinderExceptions]::Count
        { [pscustomobject]@{ Weekday = 'x' } | Export-PasspackEntry -ErrorAction Stop } | Should -Throw
        [BinderExceptions]::Count | Should -BeGreaterThan $before -Because 'a row that no parameter takes shows that they are counted'
        $before = [BinderExceptions]::Count
        [pscustomobject] $row | & $Command @beside -ErrorAction SilentlyContinue -WarningAction SilentlyContinue | Out-Null
        [BinderExceptions]::Count | Should -Be $before
        if ($Command -match 'LocalAccount|Vault') { $null = Get-PasspackLocalAccount }
    }
}

Describe '<Command> of a row with <First> and <Second>' -ForEach $doubles {
    It 'keeps the one, and tells of the other once' {
        $entry = New-PasspackEntry doubled -UserId old
        $beside = Get-Beside $Command $Parameter
        $rows = foreach ($kept in 'one', '') {
            # The second comes first in the row: its place does not count.
            $row = [ordered]@{ $Second = $Parameter -eq 'ExtraField' ? @{ two = '2' } : 'two'; $First = $Parameter -eq 'ExtraField' -and $kept ? @{ one = '1' } : $kept }
            if ($Command -eq 'New-PasspackEntry' -and $Parameter -ne 'Name') { $row.Name = 'new' }
            if ($Command -eq 'Set-PasspackEntry') { $row.Id = $entry.Id }
            [pscustomobject] $row
        }
        $out = @($rows[0], $rows[0] | & $Command @beside -WarningVariable warned -WarningAction SilentlyContinue -ErrorVariable failed -ErrorAction SilentlyContinue)
        $warned | Should -HaveCount 1
        "$warned" | Should -BeLike "*'$First' and '$Second'*'$First' counts, so nothing of '$Second' is kept."
        if ($read.ContainsKey($Parameter)) { $out[0] | ForEach-Object $read[$Parameter] | Should -BeExactly 'one' }
        # An empty one counts, too, and is told of.
        $rows[1] | & $Command @beside -WarningVariable warned -WarningAction SilentlyContinue -ErrorAction SilentlyContinue | Out-Null
        if ($Parameter -notin 'Name', 'NewName', 'Path', 'LiteralPath') { $warned | Should -HaveCount 1 }
        # Two that say the same lose nothing.
        $rows[0].$Second = $rows[0].$First
        $rows[0] | & $Command @beside -WarningVariable warned -WarningAction SilentlyContinue -ErrorAction SilentlyContinue | Out-Null
        $warned | Should -HaveCount 0
    }
}
