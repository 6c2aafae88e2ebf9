# The online account: registered, and other machines connected to it. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
}

AfterAll {
    Close-Test
}

Describe 'New-PasspackAccount' {
    BeforeAll {
        $null = Enter-NewMachine
        $made = New-PasspackAccount -Server $url -Credential (New-Credential new@x) -PackingKey $PackingKey
    }

    It 'registers, sets up this machine, and leaves the account unlocked' {
        $made.Account | Should -Be 'new@x'
        $made.Server | Should -Be ([uri] $url)
        $made.Unlocked | Should -BeTrue
        $made.Alignment | Should -Be 'Aligned'
        $made.Checkpoint | Should -Match '^1:[0-9A-Fa-f]{64}$'
        (New-PasspackEntry one).Account | Should -Be 'new@x'
    }

    It 'is shown with its server, of which the table has host and port' {
        $authority = [regex]::Escape(([uri] $url).Authority)
        $lines = ($made | Format-Table | Out-String -Width 120) -replace '\x1b\[[0-9;]*m' -split '\r?\n' | Where-Object { $_.Trim() }
        $lines[0] | Should -Match 'Server\s*$'
        $lines[2] | Should -Match "^new@x .* $authority\s*$"
        ($made | Format-List | Out-String) -replace '\x1b\[[0-9;]*m' | Should -Match "(?m)^Server +: $([regex]::Escape("$([uri] $url)"))\s*$"
    }

    It 'refuses, and leaves everything as it was: <Kind>' -ForEach @(
        @{ Kind = 'a User ID that is taken here'; User = 'new@x'; Key = 'correct horse battery staple, 4711 times'; Id = 'AccountExists' }
        @{ Kind = 'a key of 7 characters'; User = 'y'; Key = '1234567'; Id = 'KeyTooWeak' }
        @{ Kind = 'a key that is the password'; User = 'y'; Key = 'the password 4711'; Id = 'KeyTooWeak' }
        @{ Kind = 'a key with a rating below 50'; User = 'y'; Key = 'passwords'; Id = 'KeyTooWeak' }
    ) {
        Get-ErrorId { New-PasspackAccount -Server $url -Credential (New-Credential $User) -PackingKey $Key } | Should -Be $Id
        (Get-PasspackLocalAccount).Account | Should -Be 'new@x'
    }

    It 'refuses an empty Password, and takes a weak key only with -AllowWeakKey, with warnings' {
        $null = Enter-NewMachine
        $empty = [pscredential]::new('weak@x', [securestring]::new())
        Get-ErrorId { New-PasspackAccount -Server $url -Credential $empty -PackingKey $PackingKey } | Should -Be 'InvalidArgument'
        Get-ErrorId { New-PasspackAccount -Server $url -Credential ([pscredential]::Empty) -PackingKey $PackingKey } | Should -Be 'InvalidArgument'
        (New-PasspackAccount -Server $url -Credential (New-Credential weak@x 'x') -PackingKey 'passwords' -AllowWeakKey -WarningVariable warned 3>$null).Account |
            Should -Be 'weak@x'
        "$warned" | Should -Match 'The Packing Key has a rating of'
        "$warned" | Should -Match 'The Password has a rating of'
    }

    It 'refuses an address with a user name, a query or a fragment, and shows none of them' -ForEach @('http://anna:hunter6@127.0.0.1:1', 'https://x.example.com/?hunter6', 'https://x.example.com/#hunter6') {
        $failed = { New-PasspackAccount -Server $_ -Credential (New-Credential z) -PackingKey $PackingKey } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId | Should -Match '^InvalidArgument'
        "$($failed | Format-List * -Force | Out-String) $($failed.TargetObject)" -replace [regex]::Escape($failed.InvocationInfo.Line) | Should -Not -Match 'hunter6'
    }

    It 'sends nothing for this machine through a proxy that the environment names' {
        $proxy = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $proxy.Start()
        try {
            $address = "http://127.0.0.1:$($proxy.LocalEndpoint.Port)"
            Invoke-Fresh @"
                'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY' | ForEach-Object { [Environment]::SetEnvironmentVariable(`$_, '$address') }
                `$env:PASSPACK_HOME = '$TestDrive/proxied'
                Import-Module `$ModulePath
                `$credential = [pscredential]::new('proxied@x', (ConvertTo-SecureString 'the password 4711' -AsPlainText))
                `$null = New-PasspackAccount -Server '$url' -Credential `$credential -PackingKey '$PackingKey' 3>`$null
                (Sync-PasspackVault).Account
"@ | Should -Be 'proxied@x'
            $proxy.Pending() | Should -BeFalse
        } finally {
            $proxy.Stop()
        }
    }

    It 'refuses a User ID that is taken online, however it is spelled' {
        $null = Enter-NewMachine
        Get-ErrorId { New-PasspackAccount -Server $url -Credential (New-Credential ' NEW@x') -PackingKey $PackingKey } | Should -Be 'AccountExists'
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }

    It 'takes an offline account online, with its entries and keys' {
        $null = New-TestAccount offline@x
        $null = New-PasspackEntry mine -Password p
        Get-ErrorId { New-PasspackAccount -Server $url -Credential (New-Credential offline@x) -PackingKey 'quite another key than before' } |
            Should -Be 'PackingKeyMismatch'
        (New-PasspackAccount -Server $url -Credential (New-Credential offline@x) -PackingKey $PackingKey).PendingChanges | Should -Be 1
        (Sync-PasspackVault).Pushed | Should -Be 1
        (Get-PasspackEntry mine).GetPassword() | Show-Secret | Should -Be 'p'
    }

    It 'with -WhatIf registers nothing' {
        $null = Enter-NewMachine
        New-PasspackAccount -Server $url -Credential (New-Credential planned@x) -PackingKey $PackingKey -WhatIf | Should -BeNullOrEmpty
        Get-ErrorId { New-PasspackAccount -Server $url -Credential (New-Credential planned@x) -PackingKey short -WhatIf } | Should -Be 'KeyTooWeak'
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
        Get-ErrorId { Connect-PasspackAccount -Server $url -Credential (New-Credential planned@x) -PackingKey $PackingKey } | Should -Be 'PasswordRejected'
    }

    It 'warns of a weak key' {
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $url -Credential (New-Credential warned@x) -PackingKey 'one two three' -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 2
        "$warnings" | Should -Match 'rating'
    }

    It 'warns, where it is set and nowhere else, of a server that is reached by plain HTTP' {
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $url -Credential (New-Credential open@x) -PackingKey $PackingKey -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -Match 'plain HTTP: fine for trying it out.*-CertificateFingerprint'
        $null = Sync-PasspackVault -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        $null = Enter-NewMachine
        $null = Connect-PasspackAccount -Server $url -Credential (New-Credential open@x) -PackingKey $PackingKey -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -HaveCount 1
        Set-PasspackLocalAccount -Server $url -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -HaveCount 1
        Set-PasspackLocalAccount -LockAfterMinutes 20 -WarningVariable warned
        $warned | Should -BeNullOrEmpty
    }

    It 'never asks where nobody can answer' {
        Get-ErrorId { New-PasspackAccount -Server $url -Credential (New-Credential z) } | Should -Be 'SecretRequired'
        Get-ErrorId { New-PasspackAccount -Server $url -PackingKey $PackingKey } | Should -Be 'MissingMandatoryParameter'
        Get-ErrorId { New-PasspackAccount -Server $url -Credential z -PackingKey $PackingKey } | Should -BeLike 'ParameterArgumentTransformationError'
    }
}

Describe 'Connect-PasspackAccount' {
    BeforeAll {
        $null = Enter-NewMachine
        $null = New-PasspackAccount -Server $url -Credential (New-Credential two@x) -PackingKey $PackingKey
        $null = New-PasspackEntry one -Password p -Tag t
        $checkpoint = (Sync-PasspackVault).Checkpoint
        $first = $env:PASSPACK_HOME
    }

    BeforeEach {
        $null = Enter-NewMachine
    }

    It 'sets up another machine, which a sync fills' {
        $connected = Connect-PasspackAccount -Server $url -Credential (New-Credential two@x) -PackingKey $PackingKey
        $connected.Unlocked, $connected.Entries | Should -Be $true, 0
        (Sync-PasspackVault).Pulled | Should -Be 1
        (Get-PasspackEntry one).GetPassword() | Show-Secret | Should -Be 'p'
        (Get-PasspackEntry one).Tags | Should -HaveCount 0
        (Get-PasspackLocalAccount).Checkpoint | Should -Be $checkpoint
    }

    It 'renews the link of a local account, and keeps what is in it' {
        $env:PASSPACK_HOME = $first
        (Connect-PasspackAccount -Server $url -Credential (New-Credential two@x) -PackingKey $PackingKey).Entries | Should -Be 1
        (Get-PasspackEntry one).Tags | Should -Be 't'
        (Sync-PasspackVault).Changes | Should -HaveCount 0
    }

    It 'demands a checkpoint that the server has' {
        Connect-PasspackAccount -Server $url -Credential (New-Credential two@x) -PackingKey $PackingKey -Checkpoint $checkpoint | Should -HaveCount 1
        $null = Enter-NewMachine
        Get-ErrorId {
            Connect-PasspackAccount -Server $url -Credential (New-Credential two@x) -PackingKey $PackingKey -Checkpoint "2:$('ab' * 32)"
        } | Should -BeIn 'ServerRolledBack', 'ServerTampered'
    }

    It 'answers a wrong password and an unknown user alike' {
        foreach ($credential in (New-Credential two@x wrong), (New-Credential nobody@x)) {
            $failed = { Connect-PasspackAccount -Server $url -Credential $credential -PackingKey $PackingKey } | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'PasswordRejected,*'
            $failed.CategoryInfo.Category | Should -Be 'AuthenticationError'
        }
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }

    It 'answers another Packing Key, and writes nothing' {
        Get-ErrorId { Connect-PasspackAccount -Server $url -Credential (New-Credential two@x) -PackingKey 'some other key, long enough' } |
            Should -Be 'PackingKeyMismatch'
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }

    It 'answers <Kind> with <Id>' -ForEach @(
        @{ Kind = 'a server that is down'; Address = 'http://127.0.0.1:1'; Id = 'ServerUnreachable' }
        @{ Kind = 'plain HTTP to another machine'; Address = 'http://192.0.2.1/'; Id = 'InsecureTransport' }
        @{ Kind = 'what is no address'; Address = 'passpack'; Id = 'InvalidArgument' }
        @{ Kind = 'a path'; Address = 'file:///etc/passwd'; Id = 'InvalidArgument' }
    ) {
        Get-ErrorId { Connect-PasspackAccount -Server $Address -Credential (New-Credential two@x) -PackingKey $PackingKey } | Should -Be $Id
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }

    It 'with -WhatIf connects nothing' {
        Connect-PasspackAccount -Server $url -Credential (New-Credential two@x) -PackingKey $PackingKey -WhatIf | Should -BeNullOrEmpty
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
    }
}
