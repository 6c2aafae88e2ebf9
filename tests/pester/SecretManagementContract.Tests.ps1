# The contract of SecretManagement's extensions: the cases of its own tests, against a stand-in of its types. SecretManagement.Tests.ps1 runs them with the real module.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    Import-Module "$PSScriptRoot/SecretManagement.StandIn.psm1"
    $null = New-TestAccount
    $secure = ConvertTo-SecureString 'kept' -AsPlainText
    $credential = [pscredential]::new('user', $secure)
}

AfterAll {
    Close-Test
}

Describe 'The extension of SecretManagement' {
    It 'takes, gives, tells of and removes a <Type>' -ForEach @(
        @{ Type = 'ByteArray'; Secret = { , [Text.Encoding]::UTF8.GetBytes('kept') }; Read = { [Text.Encoding]::UTF8.GetString($args[0]) } }
        @{ Type = 'String'; Secret = { 'kept' }; As = 'SecureString'; Read = { $args[0] | Show-Secret } }
        @{ Type = 'SecureString'; Secret = { $secure }; Read = { $args[0] | Show-Secret } }
        @{ Type = 'PSCredential'; Secret = { $credential }; Read = { $args[0].UserName | Should -Be 'user'; $args[0].Password | Show-Secret } }
        @{ Type = 'Hashtable'; Secret = { @{ Blob = [byte[]] (1, 2); String = 'kept'; Secure = $secure; Credential = $credential } }; Read = {
                , $args[0].Blob | Should -BeOfType byte[]
                $args[0].Secure | Should -BeOfType securestring
                $args[0].Blob -join ' ' | Should -Be '1 2'
                $args[0].Secure | Show-Secret | Should -Be 'kept'
                $args[0].Credential.UserName, ($args[0].Credential.Password | Show-Secret) | Should -Be 'user', 'kept'
                $args[0].String
            } }
    ) {
        $name = "contract $Type"
        $secret = & $Secret
        # Twice: the second takes the first one's place.
        foreach ($time in 1, 2) {
            Invoke-Extension Set-Secret @{ Name = $name; Secret = $secret; Metadata = @{} }
            # SecretManagement takes the first object that comes out.
            $kept = @(Invoke-Extension Get-Secret @{ Name = $name })
            $kept | Should -HaveCount 1
            $kept[0].GetType() | Should -Be ($As ? [securestring] : $secret.GetType())
            & $Read $kept[0] | Should -Be 'kept'
        }
        $told = @(Invoke-Extension Get-SecretInfo @{ Filter = $name })
        $told | Should -HaveCount 1
        $told.Name, "$($told.Type)", $told.VaultName | Should -Be $name, ($As ?? $Type), 'stand-in'
        Invoke-Extension Remove-Secret @{ Name = $name } 3>$null
        Invoke-Extension Get-Secret @{ Name = $name } | Should -BeNullOrEmpty
        Invoke-Extension Get-SecretInfo @{ Filter = $name } | Should -BeNullOrEmpty
    }

    It 'gives what a reference stands for' {
        $entry = New-PasspackEntry 'by reference' -Password p -ExtraField @{ Name = 'blob'; Type = 'binary'; Data = '/wD+' }
        Invoke-Extension Get-Secret @{ Name = 'passpack:///by%20reference' } | Show-Secret | Should -Be 'p'
        (Invoke-Extension Get-Secret @{ Name = "passpack:///$($entry.Id)/blob" }) -join ' ' | Should -Be '255 0 254'
        $ErrorActionPreference = 'Continue'
        "$(Invoke-Extension Get-Secret @{ Name = 'passpack:///by%20reference/none' } 2>&1)" | Should -BeLike '*no field or attachment*'
    }

    It 'keeps fields of bytes and credentials beside a login' {
        $null = New-PasspackEntry login -UserId u -Password p -ExtraField @{ pin = '1' }
        Invoke-Extension Set-Secret @{ Name = 'login/blob'; Secret = [byte[]] (1, 2); Metadata = $null }
        Invoke-Extension Set-Secret @{ Name = 'login/root'; Secret = $credential; Metadata = $null }
        (Invoke-Extension Get-Secret @{ Name = 'login/blob' }) -join ' ' | Should -Be '1 2'
        (Invoke-Extension Get-Secret @{ Name = 'login/root' }).UserName | Should -Be 'user'
        Invoke-Extension Set-Secret @{ Name = 'login/blob'; Secret = 'a text'; Metadata = $null }
        Invoke-Extension Get-Secret @{ Name = 'login/blob' } | Show-Secret | Should -Be 'a text'
        (Get-PasspackEntry login).GetExtraFields().Name | Should -Be 'pin', 'blob', 'root'
        (Get-PasspackEntry login).GetExtraFields().Type | Should -Be 'text', 'hidden', 'credential'
        "$((Invoke-Extension Get-SecretInfo @{ Filter = 'login' }).Type)" | Should -Be 'PSCredential'
    }

    It 'refuses <Kind> by name, and changes nothing' -ForEach @(
        @{ Kind = 'a number in a hashtable'; Name = 'refused'; Secret = @{ count = 4711; a = 'b' }; Says = "The member 'count' of 'refused' is a Int32" }
        @{ Kind = 'null in a hashtable'; Name = 'refused'; Secret = @{ none = $null }; Says = "The member 'none' of 'refused' is a null" }
        @{ Kind = 'a name that is no text'; Name = 'refused'; Secret = @{ 5 = 'x' }; Says = "The name of a member of 'refused' is a Int32" }
        @{ Kind = 'a number'; Name = 'refused'; Secret = 4711; Says = "'refused' is a Int32" }
        @{ Kind = 'a member of any name in a table'; Name = 'refused'; Secret = @{ Keys = 5; Count = 'x' }; Says = "The member 'Keys' of 'refused'" }
        @{ Kind = 'no bytes'; Name = 'refused'; Secret = [byte[]]::new(0); Says = 'is empty' }
        @{ Kind = 'a table in the place of a login'; Name = 'a login'; Secret = @{ a = 'b' }; Says = "'a login' is a PSCredential" }
        @{ Kind = 'a text in the place of a table'; Name = 'a table'; Secret = 'text'; Says = "'a table' is a Hashtable" }
        @{ Kind = 'bytes as notes'; Name = 'a login/Notes'; Secret = [byte[]] (1, 2); Says = 'keeps a text' }
    ) {
        if (-not (Get-PasspackEntry 'a login' -ErrorAction Ignore)) {
            $null = New-PasspackEntry 'a login' -UserId u -Password p
            Invoke-Extension Set-Secret @{ Name = 'a table'; Secret = @{ a = 'b' }; Metadata = $null }
        }
        $before = (Get-PasspackEntry 'a *').Modified
        $ErrorActionPreference = 'Continue'
        $failed = @(Invoke-Extension Set-Secret @{ Name = $Name; Secret = $Secret; Metadata = $null } 2>&1)
        $failed.FullyQualifiedErrorId | Should -BeLike 'SecretTypeNotKept*'
        "$failed" | Should -BeLike "*$Says*"
        "$failed" | Should -Not -Match 4711
        Get-PasspackEntry refused* | Should -BeNullOrEmpty
        (Get-PasspackEntry 'a *').Modified | Should -Be $before
    }
}
