# A local account as a vault of Microsoft.PowerShell.SecretManagement, driven by that module itself.
BeforeDiscovery {
    $missing = -not (Get-Module Microsoft.PowerShell.SecretManagement -ListAvailable)
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    if (-not (Get-Module Microsoft.PowerShell.SecretManagement -ListAvailable)) { return }
    # It keeps its list of vaults below HOME (on Windows in the user's profile, where an own name must do), and reads that once a process.
    $oldHome = $env:HOME
    $env:HOME = "$TestDrive/home"
    Import-Module $ModulePath, Microsoft.PowerShell.SecretManagement
    $vault = "Passpack-$([guid]::NewGuid())"
    $null = New-TestAccount
    $secureKey = ConvertTo-SecureString $PackingKey -AsPlainText
    Register-SecretVault -Name $vault -ModuleName $ModuleFolder
    foreach ($command in 'Get-Secret', 'Get-SecretInfo', 'Set-Secret', 'Set-SecretInfo', 'Remove-Secret') { $PSDefaultParameterValues["${command}:Vault"] = $vault }

    $null = New-PasspackEntry VPN -UserId anna -Password one -Url https://vpn.example.com -Email a@example.com -Tag Network, Home -Favorite -Notes 'in the rack' -ExtraField @{ pin = '0815' }
    $null = New-PasspackEntry Wifi -Password two
    $null = New-PasspackEntry 'Web server' -UserId deploy -Password three -ExtraField @{ port = '22' }
    $null = New-PasspackEntry 'web SERVER' -UserId root -Password four
    $null = New-PasspackEntry 'Emails/WS' -UserId ws -Password five -ExtraField @{ 'a/b' = 'six' }
    $null = New-PasspackEntry 'rack[1]*' -Password seven
    $null = New-PasspackEntry 'Door code' -Notes 'turn left'
    $null = New-PasspackEntry Manual -Password eight -Notes ('n' * 65537) # More than a SecureString holds.

    function Read-Errors([scriptblock] $Script) {
        $null = & $Script 2>&1 | Tee-Object -Variable told
        @($told | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object { ($_.FullyQualifiedErrorId -split ',')[0] })
    }
}

AfterAll {
    if (Get-Module Microsoft.PowerShell.SecretManagement) {
        Unregister-SecretVault -Name $vault
        Lock-PasspackVault -All
        $env:HOME = $oldHome
    }
}

Describe 'Get-Secret of SecretManagement' -Tag 'needs Microsoft.PowerShell.SecretManagement' -Skip:$missing {
    It 'gives a PSCredential where there is a User ID' {
        $credential = Get-Secret VPN
        $credential | Should -BeOfType pscredential
        $credential.UserName, $credential.GetNetworkCredential().Password | Should -Be 'anna', 'one'
    }

    It 'gives a SecureString where there is none, and text with -AsPlainText' {
        Get-Secret wifi | Should -BeOfType securestring
        Get-Secret Wifi -AsPlainText | Should -Be 'two'
    }

    It 'reads <name>' -ForEach @(
        @{ name = 'VPN/pin'; text = '0815' }, @{ name = 'vpn/PIN'; text = '0815' }, @{ name = 'VPN/Notes'; text = 'in the rack' }
        @{ name = 'VPN/Password'; text = 'one' }, @{ name = 'Emails/WS/Password'; text = 'five' }, @{ name = 'rack[1]*'; text = 'seven' }
        @{ name = 'rack[1]*/password'; text = 'seven' }, @{ name = 'Door code/Notes'; text = 'turn left' }, @{ name = 'Manual/Notes'; text = 'n' * 65537 }
    ) {
        Get-Secret $name -AsPlainText | Should -Be $text
    }

    It 'finds an entry without its vault being named, a field too' {
        $PSDefaultParameterValues.Remove('Get-Secret:Vault')
        try {
            Get-Secret VPN/pin -AsPlainText | Should -Be '0815'
            (Get-Secret VPN).UserName | Should -Be 'anna'
        } finally {
            $PSDefaultParameterValues['Get-Secret:Vault'] = $vault
        }
    }

    It 'says which entries share a name, and takes each by its own' {
        $failed = Get-Secret 'Web server' -ErrorAction SilentlyContinue -ErrorVariable told
        $failed | Should -BeNullOrEmpty
        $told[0].FullyQualifiedErrorId | Should -Match '^SecretAmbiguous,'
        $ids = (Get-PasspackEntry -LiteralName 'Web server').Id
        foreach ($id in $ids) { "$($told[0])" | Should -Match $id }
        "$($told[0])" | Should -BeLike "*)' for deploy; 'web SERVER (*)' for root."
        $ids.ForEach{ (Get-Secret "Web server ($_)").UserName } | Sort-Object | Should -Be 'deploy', 'root'
        $ids.ForEach{ Get-Secret "Web server ($_)/port" -AsPlainText -ErrorAction Ignore } | Should -Be '22'
        Read-Errors { Get-Secret "VPN ($($ids[0]))" -ErrorAction Continue } | Should -Be 'GetSecretNotFound'
    }

    It 'is an error for <_>' -ForEach 'nothing', 'VPN/nothing', 'VPN/', '/', 'nothing/pin', 'Wifi/Notes' {
        $name = $_
        Read-Errors { Get-Secret $name -ErrorAction Continue } | Should -Be 'GetSecretNotFound'
    }

    It 'is an error for an entry without User ID and Password' {
        Read-Errors { Get-Secret 'Door code' -ErrorAction Continue } | Should -Be 'SecretMissing', 'GetSecretNotFound'
    }
}

Describe 'Get-SecretInfo of SecretManagement' -Tag 'needs Microsoft.PowerShell.SecretManagement' -Skip:$missing {
    It 'lists every entry once, under a name that Get-Secret takes' {
        $all = Get-SecretInfo
        $all | Should -HaveCount 8
        $all.Name -like 'web server (*' | Should -HaveCount 2
        $all | Where-Object Name -NE 'Door code' | ForEach-Object { Get-Secret $_.Name } | Should -HaveCount 7
    }

    It 'says of what type each is, before it is opened' {
        (Get-SecretInfo VPN).Type, (Get-SecretInfo Wifi).Type, (Get-SecretInfo VPN/pin).Type | Should -Be 'PSCredential', 'SecureString', 'SecureString'
    }

    It 'takes wildcards, and names that hold them' {
        (Get-SecretInfo 'V*').Name | Should -Be 'VPN'
        (Get-SecretInfo 'rack[1]*').Name | Should -Be 'rack[1]*'
        (Get-SecretInfo 'nothing*') | Should -BeNullOrEmpty
        (Get-SecretInfo 'VPN/nothing') | Should -BeNullOrEmpty
        (Get-SecretInfo 'web s*').Count | Should -Be 2
    }

    It 'takes a name that would be a broken pattern' {
        $half = New-PasspackEntry 'half[' -Password eight
        (Get-SecretInfo 'half[').Name | Should -Be 'half['
        $half | Remove-PasspackEntry
        Get-PasspackEntry -Deleted -Id $half.Id | Remove-PasspackEntry -Permanent -Confirm:$false
        Read-Errors { Get-SecretInfo 'half[' -ErrorAction Continue } | Should -Be 'InvalidArgument'
    }

    It 'has tags and URL in the metadata, and no secret' {
        $metadata = (Get-SecretInfo VPN).Metadata
        $metadata['Url'], $metadata['UserId'], $metadata['Email'] | Should -Be 'https://vpn.example.com', 'anna', 'a@example.com'
        $metadata['Tags'] | Sort-Object | Should -Be 'Home', 'Network'
        $metadata['Favorite'] | Should -BeTrue
        $metadata['Id'] | Should -Be (Get-PasspackEntry VPN).Id
        $metadata | ConvertTo-Json -Depth 9 | Should -Not -Match '0815|in the rack'
    }
}

Describe 'Set-Secret and Remove-Secret of SecretManagement' -Tag 'needs Microsoft.PowerShell.SecretManagement' -Skip:$missing {
    BeforeEach {
        $name = "new $([guid]::NewGuid())"
    }

    It 'keeps a <_>' -ForEach 'String', 'SecureString', 'PSCredential' {
        $secure = ConvertTo-SecureString 'kept' -AsPlainText
        $type = $_
        $secret = switch ($type) { String { 'kept' } SecureString { $secure } PSCredential { [pscredential]::new('user', $secure) } }
        Set-Secret $name $secret
        $entry = Get-PasspackEntry -LiteralName $name
        $entry.GetPassword() | Show-Secret | Should -Be 'kept'
        $entry.UserId | Should -Be ($type -eq 'PSCredential' ? 'user' : '')
        $kept = Get-Secret $name
        ($kept -is [pscredential] ? $kept.Password : $kept) | Show-Secret | Should -Be 'kept'
    }

    It 'changes what is there, in its place' {
        Set-Secret $name ([pscredential]::new('user', (ConvertTo-SecureString 'old' -AsPlainText))) -Metadata @{ Url = 'https://old'; Tags = 'a', 'b'; Email = 'e@example.com' }
        $before = Get-PasspackEntry -LiteralName $name
        Set-Secret $name 'new' -Metadata @{ Url = 'https://new' }
        $after = Get-PasspackEntry -LiteralName $name
        $after.Id | Should -Be $before.Id
        $after.UserId, $after.Url, $after.Email | Should -Be 'user', 'https://new', 'e@example.com'
        $after.Tags | Should -Be $before.Tags
        (Get-Secret $name).GetNetworkCredential().Password | Should -Be 'new'
        (Get-PasspackEntryHistory -Id $after.Id).Count | Should -BeGreaterThan 0
    }

    It 'keeps fields, the others as they were, and takes them away' {
        $null = New-PasspackEntry $name -Password p -ExtraField ([ordered] @{ one = '1'; Two = '2' })
        Set-Secret "$name/two" 'II'
        Set-Secret "$name/three" (ConvertTo-SecureString 'III' -AsPlainText)
        Set-Secret "$name/Notes" (ConvertTo-SecureString 'a note' -AsPlainText)
        $entry = Get-PasspackEntry -LiteralName $name
        $entry.GetExtraFields().Name | Should -Be 'one', 'Two', 'three'
        $entry.GetExtraFields().ForEach{ $_.GetData() | Show-Secret } | Should -Be '1', 'II', 'III'
        $entry.GetNotes() | Should -Be 'a note'
        Remove-Secret "$name/ONE"
        Remove-Secret "$name/Notes"
        $entry.GetExtraFields().Name | Should -Be 'Two', 'three'
        $entry.GetNotes() | Should -BeNullOrEmpty
        Remove-Secret "$name/Two"
        Remove-Secret "$name/three"
        $entry.GetExtraFields() | Should -BeNullOrEmpty
        $entry.GetPassword() | Show-Secret | Should -Be 'p'
    }

    It 'refuses what an entry cannot keep: <_>' -ForEach 'a number in a hashtable', 'an empty hashtable', 'an empty text', 'a hashtable in a field', 'unknown metadata' {
        $case = $_
        $errors = Read-Errors {
            $ErrorActionPreference = 'Continue'
            switch ($case) {
                'a number in a hashtable' { Set-Secret $name @{ a = 5 } }
                'an empty hashtable' { Set-Secret $name @{} }
                'an empty text' { Set-Secret $name '' }
                'a hashtable in a field' { Set-Secret VPN/login @{ a = 'b' } }
                'unknown metadata' { Set-Secret $name text -Metadata @{ Colour = 'red' } }
            }
        }
        $errors | Should -Be ($case -eq 'unknown metadata' ? 'InvalidArgument' : 'SecretTypeNotKept')
        Get-PasspackEntry -LiteralName $name -ErrorAction Ignore | Should -BeNullOrEmpty
        Get-Secret VPN/login -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'keeps bytes, as an entry and as a field' {
        $bytes = [byte[]] (0..255)
        Set-Secret $name $bytes
        , (Get-Secret $name) | Should -BeOfType byte[]
        (Get-Secret $name) -join ' ' | Should -Be ($bytes -join ' ')
        "$((Get-SecretInfo $name).Type)" | Should -Be 'ByteArray'
        Set-Secret $name ([byte[]] (1, 2))
        (Get-Secret $name) -join ' ' | Should -Be '1 2'
        Set-Secret VPN/blob $bytes
        (Get-Secret VPN/blob) -join ' ' | Should -Be ($bytes -join ' ')
        "$((Get-SecretInfo VPN/blob).Type)" | Should -Be 'ByteArray'
        Remove-Secret VPN/blob
    }

    It 'keeps a hashtable, and the type of each member' {
        $secure = ConvertTo-SecureString s -AsPlainText
        Set-Secret $name @{ String = 'text'; Secure = $secure; Credential = [pscredential]::new('u', $secure); Blob = [byte[]] (1, 2, 3) }
        "$((Get-SecretInfo $name).Type)" | Should -Be 'Hashtable'
        $kept = Get-Secret $name
        $kept | Should -BeOfType hashtable
        $kept.Keys | Sort-Object | Should -Be 'Blob', 'Credential', 'Secure', 'String'
        # Without -AsPlainText SecretManagement makes texts SecureStrings itself.
        $kept.String, $kept.Secure, $kept.Credential.Password | Show-Secret | Should -Be 'text', 's', 's'
        $kept.Credential.UserName | Should -Be 'u'
        (Get-Secret $name -AsPlainText).String | Should -BeOfType string
        , $kept.Blob | Should -BeOfType byte[]
        $kept.Blob -join ' ' | Should -Be '1 2 3'
    }

    It 'does not choose between entries of one name' {
        Read-Errors { Set-Secret 'Web server' text -ErrorAction Continue } | Should -Be 'SecretAmbiguous'
        Read-Errors { Remove-Secret 'Web server' -ErrorAction Continue } | Should -Be 'SecretAmbiguous'
        Get-PasspackEntry -LiteralName 'Web server' | Should -HaveCount 2
    }

    It 'leaves what is there with -NoClobber' {
        Get-ErrorId { Set-Secret Wifi other -NoClobber } | Should -Be 'SetSecretCommandAlreadyExistsWithNoClobber'
        Get-Secret Wifi -AsPlainText | Should -Be 'two'
    }

    It 'sets metadata alone, and by null nothing' {
        Set-Secret $name text
        Set-SecretInfo $name -Metadata @{ Tags = 'x', 'y'; Favorite = $true; UserId = 'me' }
        Set-Secret $name text -Metadata @{ Tags = $null; Favorite = $null; UserId = $null }
        Set-Secret "$name, new" text -Metadata @{ Favorite = $null }
        $entry = Get-PasspackEntry -LiteralName $name
        $entry.Tags | Sort-Object | Should -Be 'x', 'y'
        $entry.Favorite, $entry.UserId, (Get-PasspackEntry -LiteralName "$name, new").Favorite | Should -Be $true, 'me', $false
    }

    It 'shows nothing of a name that a terminal obeys' {
        $evil = "gnp`u{202e}gpj`e[31m"
        $null = 1..2 | ForEach-Object { New-PasspackEntry $evil -UserId $evil -Password x }
        $said = @(Get-Secret $evil -ErrorAction Continue 2>&1) + (Set-Secret $evil @{ $evil = 5 } -ErrorAction Continue 2>&1) + (Remove-Secret "absent $evil" -ErrorAction Continue 2>&1)
        Get-PasspackEntry -LiteralName $evil | Select-Object -First 1 | Remove-PasspackEntry
        $said += Remove-Secret $evil 3>&1
        $own = @($said | Where-Object { "$($_.FullyQualifiedErrorId)" -match 'Secret(Ambiguous|TypeNotKept)|EntryNotFound' -or $_ -is [Management.Automation.WarningRecord] })
        $own.Count | Should -BeGreaterOrEqual 3
        $own | ForEach-Object { "$_ $($_.CategoryInfo.TargetName)" } | Should -Not -Match '[\u202e\x1b]'
    }

    It 'puts a removed entry into the trash, and says so' {
        Set-Secret $name text
        $warning = Remove-Secret $name 3>&1
        "$warning" | Should -Match 'trash'
        Get-PasspackEntry -LiteralName $name -ErrorAction Ignore | Should -BeNullOrEmpty
        Get-PasspackEntry -LiteralName $name -Deleted | Restore-PasspackEntry
        Get-Secret $name -AsPlainText | Should -Be 'text'
    }

    It 'is an error for <_>' -ForEach 'nothing', 'VPN/nothing' {
        $absent = $_
        Read-Errors { Remove-Secret $absent -ErrorAction Continue } | Should -Be 'EntryNotFound'
    }
}

Describe 'A vault of SecretManagement' -Tag 'needs Microsoft.PowerShell.SecretManagement' -Skip:$missing {
    AfterEach {
        if (-not (Get-PasspackLocalAccount).Unlocked) { Unlock-PasspackVault -PackingKey $PackingKey }
    }

    It 'is tested by opening it' {
        Test-SecretVault $vault | Should -BeTrue
    }

    It 'says when it is locked how to unlock it, and opens with the Packing Key' {
        Lock-PasspackVault
        Test-SecretVault $vault -ErrorAction Ignore | Should -BeFalse
        $null = Get-Secret VPN -ErrorAction SilentlyContinue -ErrorVariable told
        $told[0].Exception | Should -BeOfType Microsoft.PowerShell.SecretManagement.PasswordRequiredException
        "$($told[0])" | Should -Match "Unlock-SecretVault -Name '$vault'"
        { Set-Secret VPN text } | Should -Throw -ExceptionType Microsoft.PowerShell.SecretManagement.PasswordRequiredException
        Get-SecretInfo -ErrorAction Ignore | Should -BeNullOrEmpty
        Unlock-SecretVault $vault -Password $secureKey
        (Get-Secret VPN).UserName | Should -Be 'anna'
    }

    It 'stays locked with another key' {
        Lock-PasspackVault
        Read-Errors { Unlock-SecretVault $vault -Password (ConvertTo-SecureString 'another packing key' -AsPlainText) -ErrorAction Continue } | Should -Be 'PackingKeyMismatch'
        (Get-PasspackLocalAccount).Unlocked | Should -BeFalse
    }

    It 'is of the account that it was registered with' {
        $null = New-PasspackLocalAccount -UserId second@example.com -PackingKey $PackingKey
        $null = New-PasspackEntry VPN -UserId second -Password p -Account second@example.com
        Get-ErrorId { Get-Secret VPN } | Should -Be 'AccountAmbiguous'
        foreach ($account in 'me@example.com', 'second@example.com', 'nobody@example.com') {
            Register-SecretVault -Name "$vault $account" -ModuleName $ModuleFolder -VaultParameters @{ Account = $account }
        }
        try {
            (Get-Secret VPN -Vault "$vault me@example.com").UserName | Should -Be 'anna'
            (Get-Secret VPN -Vault "$vault second@example.com").UserName | Should -Be 'second'
            Get-ErrorId { Get-Secret VPN -Vault "$vault nobody@example.com" } | Should -Be 'AccountNotFound'
            Set-Secret fresh text -Vault "$vault second@example.com"
            (Get-PasspackEntry fresh -Account second@example.com).Account | Should -Be 'second@example.com'
        } finally {
            Get-SecretVault "$vault *" | Unregister-SecretVault
            Remove-PasspackLocalAccount -Account second@example.com -Force -Confirm:$false
        }
    }

    It 'is refused with a vault parameter that means nothing' {
        Register-SecretVault -Name "$vault typo" -ModuleName $ModuleFolder -VaultParameters @{ Acount = 'me@example.com' }
        try {
            $null = Get-Secret VPN -Vault "$vault typo" -ErrorAction SilentlyContinue -ErrorVariable told
            $told[0].FullyQualifiedErrorId | Should -Match '^InvalidArgument,'
            "$($told[0])" | Should -Match 'Acount'
        } finally {
            Unregister-SecretVault "$vault typo"
        }
    }
}
