# A server with a certificate that nobody vouches for, pinned with -CertificateFingerprint: in this process, in later ones, and in a task.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $script = Join-Path $ModuleFolder 'Sync-PasspackTask.ps1'

    # Returns the file and the fingerprint.
    function New-Certificate {
        $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve+NamedCurves]::nistP256)
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=passpack.example', $key, 'SHA256')
        $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(1))
        $file = "$TestDrive/$([guid]::NewGuid()).pfx"
        [IO.File]::WriteAllBytes($file, $certificate.Export('Pfx'))
        [pscustomobject]@{ File = $file; Fingerprint = $certificate.GetCertHashString('SHA256') }
    }

    function Invoke-Task([string] $Folder) {
        $said = & $ShellProgram @ShellStart -NoProfile -NonInteractive -File $script "-Account:anna@example.com" "-DataFolder:$Folder" 2>&1 | Out-String
        [pscustomobject]@{ ExitCode = $LASTEXITCODE; Said = $said -replace '\s+', ' ' }
    }

    $first = New-Certificate
    $second = New-Certificate
    $server = Start-TestServer -Certificate $first.File
    $at = @{ Server = $server.Url; PackingKey = $PackingKey; Credential = [pscredential]::new('anna@example.com', (ConvertTo-SecureString 'the password 4711' -AsPlainText)) }
    $machine = Enter-NewMachine
}

AfterAll {
    Close-Test
}

Describe 'A pinned certificate' {
    It 'that is malformed, or of an address that shows none, is refused' {
        Get-ErrorId { New-PasspackAccount @at -CertificateFingerprint '12:34' } | Should -Be 'InvalidArgument'
        Get-ErrorId { Connect-PasspackAccount @at -CertificateFingerprint 'g' } | Should -Be 'InvalidArgument'
        $http = $at.Clone()
        $http.Server = 'http://127.0.0.1:9/'
        Get-ErrorId { New-PasspackAccount @http -CertificateFingerprint $first.Fingerprint } | Should -Be 'InvalidArgument'
        Get-ErrorId { Connect-PasspackAccount @http -CertificateFingerprint $first.Fingerprint } | Should -Be 'InvalidArgument'
    }

    It 'is what makes a self-signed one good, and no other is' {
        Get-ErrorId { New-PasspackAccount @at } | Should -Be 'ServerUnreachable'
        Get-ErrorId { New-PasspackAccount @at -CertificateFingerprint $second.Fingerprint } | Should -Be 'CertificateMismatch'
        Get-PasspackLocalAccount | Should -BeNullOrEmpty
        $colons = $first.Fingerprint.ToLowerInvariant() -replace '..(?!$)', '$0:'
        (New-PasspackAccount @at -CertificateFingerprint $colons -WarningVariable warned).CertificateFingerprint | Should -Be $first.Fingerprint
        $warned | Should -BeNullOrEmpty
        $null = New-PasspackEntry one
        (Sync-PasspackVault).Pushed | Should -Be 1
        (Get-PasspackLocalAccount -Online).Reachable | Should -BeTrue
    }

    It 'holds in another process, and in a task' {
        Invoke-Fresh "Import-Module `$ModulePath; Unlock-PasspackVault -PackingKey '$PackingKey'; (Sync-PasspackVault).Requests; Get-PasspackDevice | ForEach-Object Current" |
            Should -Be 1, 'True'
        Enable-PasspackUnattendedUnlock -PackingKey $PackingKey
        (Invoke-Task $machine).ExitCode | Should -Be 0
    }

    It 'that the server does not show any more ends every request, until the new one is set' {
        Stop-TestServer $server
        $server = Start-TestServer -Data $server.Data -Port ([uri] $server.Url).Port -Certificate $second.File
        try {
            foreach ($use in { Sync-PasspackVault }, { Get-PasspackEntry -Online }, { Get-PasspackDevice }, { Connect-PasspackAccount @at }, { Set-PasspackLocalAccount -Server $at.Server },
                { Set-PasspackPassword -Credential $at.Credential -NewPassword 'another password 4711' }, { Remove-PasspackAccount -Credential $at.Credential -PackingKey $PackingKey -Confirm:$false }) {
                Get-ErrorId $use | Should -Be 'CertificateMismatch' -Because "$use"
            }
            (Get-PasspackLocalAccount -Online -ErrorAction Ignore).Reachable | Should -BeFalse
            $run = Invoke-Task $machine
            $run.ExitCode | Should -Be 9
            $run.Said | Should -Match 'CertificateMismatch'
            Set-PasspackLocalAccount -CertificateFingerprint $second.Fingerprint
            (Get-PasspackLocalAccount).CertificateFingerprint | Should -Be $second.Fingerprint
            (Sync-PasspackVault).Requests | Should -Be 1
            (Invoke-Task $machine).ExitCode | Should -Be 0
        } finally {
            Stop-TestServer $server
        }
    }
}
