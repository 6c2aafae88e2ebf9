# Typed Extra Fields: how they are given, what each type takes, and what is shown of them.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $keys = (Get-Content "$root/tests/Passpack.Core.Tests/Vectors/ssh-keys.json" -Raw | ConvertFrom-Json).keys
    $key = $keys | Where-Object kind -EQ ed25519-openssh
    $pem = $key.lines -join "`n"

    function Get-Fault([scriptblock] $Script) { try { $null = & $Script; 'no error' } catch { "$($_.FullyQualifiedErrorId -replace ',.*'): $_" } }
}

AfterAll {
    Close-Test
}

Describe '-ExtraField' {
    It 'takes <Kind>' -ForEach @(
        @{ Kind = 'a hashtable of a field'; Given = { @{ Name = 'a'; Type = 'Hidden'; Data = 'x' } } }
        @{ Kind = 'an object of a field'; Given = { [pscustomobject]@{ name = 'a'; type = ' hidden '; data = 'x' } } }
        @{ Kind = 'a secret'; Given = { @{ Name = 'a'; Type = 'hidden'; Data = (ConvertTo-SecureString x -AsPlainText) } } }
        @{ Kind = 'what GetExtraFields() gives'; Given = { (New-PasspackEntry other -ExtraField @{ Name = 'a'; Type = 'hidden'; Data = 'x' }).GetExtraFields() } }
    ) {
        $field = (New-PasspackEntry one -ExtraField (& $Given)).GetExtraFields()
        $field | Should -HaveCount 1
        $field.Name, $field.Type, $field.GetDataText() | Should -Be 'a', 'hidden', 'x'
    }

    It 'takes several, of both forms' {
        $fields = (New-PasspackEntry many -ExtraField @{ Name = 'a'; Type = 'url'; Data = 'https://x' }, @{ pin = '1' }, @{ Name = 'b'; Data = 'y' }).GetExtraFields()
        $fields.Name | Should -Be 'a', 'pin', 'b'
        $fields.Type | Should -Be 'url', 'text', 'text'
    }

    It 'takes names that only look like those of a field' {
        $fields = (New-PasspackEntry alike -ExtraField ([ordered] @{ Name = 'a'; Type = 'b'; Other = 'c' })).GetExtraFields()
        $fields.Name | Should -Be 'Name', 'Type', 'Other'
        (New-PasspackEntry alone -ExtraField @{ Name = 'a' }).GetExtraFields().Name | Should -Be 'Name'
    }

    It 'keeps the type of a field for which none is said' {
        $entry = New-PasspackEntry kept -ExtraField @{ Name = 'code'; Type = 'totp'; Data = 'JBSWY3DPEHPK3PXP' }
        $entry | Set-PasspackEntry -ExtraField @{ code = 'GEZDGNBVGY3TQOJQ' }
        $entry.GetExtraFields().Type, $entry.GetExtraFields().GetDataText() | Should -Be 'totp', 'otpauth://totp/code?secret=GEZDGNBVGY3TQOJQ'
        Get-Fault { $entry | Set-PasspackEntry -ExtraField @{ code = 'not-a-seed-4711' } } | Should -BeLike "InvalidArgument: *'code' is of type totp*Base32*"
        $entry.GetExtraFields().GetDataText() | Should -BeLike '*GEZDGNBVGY3TQOJQ'
    }

    It 'keeps bytes' {
        $bytes = [byte[]] (0..255)
        $fields = (New-PasspackEntry bytes -ExtraField @{ Name = 'a'; Type = 'binary'; Data = $bytes }, @{ b = $bytes }, @{ Name = 'c'; Type = 'binary'; Data = 'AQI=' }).GetExtraFields()
        $fields.Type | Should -Be 'binary', 'binary', 'binary'
        foreach ($field in $fields[0, 1]) { $field.GetBytes() -join ' ' | Should -Be ($bytes -join ' ') }
        $fields[2].GetBytes() -join ' ' | Should -Be '1 2'
        $most = (New-PasspackEntry most -ExtraField @{ a = [byte[]]::new(256KB) }).GetExtraFields()
        $most.GetBytes().Length | Should -Be 256KB
    }

    It 'keeps a credential' {
        $field = (New-PasspackEntry credential -ExtraField @{ root = [pscredential]::new('admin', (ConvertTo-SecureString 'pa"ss' -AsPlainText)) }).GetExtraFields()
        $field.Type, $field.GetCredential().UserName, $field.GetCredential().GetNetworkCredential().Password | Should -Be 'credential', 'admin', 'pa"ss'
    }

    It 'refuses <Kind>, and shows none of it' -ForEach @(
        @{ Kind = 'a seed that is none'; Field = @{ Name = 'f'; Type = 'totp'; Data = 'secret-4711!' }; Says = 'as totp: its seed is not Base32*' }
        @{ Kind = 'codes by counter'; Field = @{ Name = 'f'; Type = 'totp'; Data = 'otpauth://hotp/secret-4711?secret=JBSWY3DPEHPK3PXP' }; Says = 'as totp: *hotp*' }
        @{ Kind = 'a key that is none'; Field = @{ Name = 'f'; Type = 'sshkey'; Data = 'secret-4711' }; Says = 'as sshkey: *-----BEGIN*' }
        @{ Kind = 'Base64 that is none'; Field = @{ Name = 'f'; Type = 'binary'; Data = 'secret-4711' }; Says = 'as binary: it is not Base64.' }
        @{ Kind = 'too many bytes'; Field = @{ f = [byte[]]::new(256KB + 1) }; Says = 'as binary: *Add-PasspackAttachment.' }
        @{ Kind = 'a number'; Field = @{ Name = 'f'; Type = 'text'; Data = 4711 }; Says = '*put it in quotes*' }
        @{ Kind = 'a type that is none'; Field = @{ Name = 'f'; Type = 5; Data = 'secret-4711' }; Says = '*Type that is a text*' }
    ) {
        $fault = Get-Fault { New-PasspackEntry refused -ExtraField $Field }
        $fault | Should -BeLike "InvalidArgument: -ExtraField *$Says"
        $fault | Should -Not -Match 4711
        Get-PasspackEntry refused* | Should -BeNullOrEmpty
    }
}

Describe 'A field of type sshkey' {
    It 'shows its fingerprint and public key, and never the private one' {
        $field = (New-PasspackEntry ssh -ExtraField @{ Name = 'key'; Type = 'sshkey'; Data = $pem }).GetExtraFields()
        $field.Fingerprint, $field.PublicKey | Should -Be $key.fingerprint, $key.publicKey
        ($field | Format-Table | Out-String -Width 80) | Should -Match ([regex]::Escape($key.fingerprint))
        $list = $field | Format-List | Out-String -Width 200
        $list | Should -Match ([regex]::Escape($key.publicKey))
        $list, ($field | ConvertTo-Json), ($field | Format-List * | Out-String -Width 4096) | Should -Not -Match ([regex]::Escape($key.lines[3]))
        (Get-PasspackEntry ssh).HasSshKey | Should -BeTrue
    }

    It 'is kept when its public key is not known' {
        $encrypted = $keys | Where-Object kind -EQ rsa-pkcs1-encrypted
        $field = (New-PasspackEntry encrypted -ExtraField @{ Name = 'key'; Type = 'sshkey'; Data = $encrypted.lines -join "`n" }).GetExtraFields()
        $field.Fingerprint, $field.PublicKey | Should -Be $null, $null
        $field | Format-List | Out-String | Should -Not -Match 'Fingerprint'
    }
}

Describe 'Secret types' {
    It 'are in no view, no JSON and no history: <_>' -ForEach 'hidden', 'totp', 'sshkey', 'binary', 'passkey', 'credential' {
        $data = switch ($_) {
            totp { 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP' }
            sshkey { $pem }
            binary { 'c2VjcmV0LTQ3MTE=' }
            credential { '{"userName":"u","password":"secret-4711"}' }
            default { 'secret-4711' }
        }
        $entry = New-PasspackEntry "secret $_" -ExtraField @{ Name = 'f'; Type = $_; Data = $data }
        $entry | Set-PasspackEntry -Url https://changed -ExtraField @{}
        $version = ($entry | Get-PasspackEntryHistory)[-1]
        $version.GetExtraFields().GetDataText() | Should -Be $data
        $shown = foreach ($object in $entry, $version, $version.GetExtraFields()[0]) {
            $object | Format-Table | Out-String -Width 4096
            $object | Format-List * -Force | Out-String -Width 4096
            $object | ConvertTo-Json -Depth 9
        }
        $shown -join "`n" | Should -Match "secret $_"
        $shown -join "`n" | Should -Not -Match ('JBSWY3|4711|c2VjcmV0|' + [regex]::Escape($key.lines[3]))
    }
}
