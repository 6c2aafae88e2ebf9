# KeePass's files in and out, in a real shell: every sample with its key, and a database of this module's own.
BeforeDiscovery {
    $samples = @(
        @{ File = 'kdbx-3.1-aes.kdbx'; Format = 'Kdbx' }, @{ File = 'kdbx-3.1-twofish-plain.kdbx'; Format = 'Kdbx' }
        @{ File = 'kdbx-4.0-aes-argon2d.kdbx'; Format = 'Kdbx' }, @{ File = 'kdbx-4.0-twofish-aeskdf.kdbx'; Format = 'Kdbx' }
        @{ File = 'kdbx-4.1-chacha20-argon2id.kdbx'; Format = 'Kdbx' }, @{ File = 'kdbx-4.1-key-file-alone.kdbx'; Format = 'Kdbx' }
        @{ File = 'keepass.xml'; Format = 'KeePassXml' }
        @{ File = 'keepassxc.csv'; Format = 'KeePassXCCsv' }, @{ File = 'keepassxc-six.csv'; Format = 'KeePassXCCsv' }
    )
}

BeforeAll {
    . $PSScriptRoot/Open.ps1
    $maker = $env:PASSPACK_TEST_SAMPLES ? $env:PASSPACK_TEST_SAMPLES :
        (Join-Path $root 'tests/Passpack.TransferSamples/bin/Release/net10.0/Passpack.TransferSamples.dll')
    $folder = Join-Path $TestDrive samples
    $lines = dotnet $maker $folder
    if ($LASTEXITCODE) { throw "No samples: $lines" }
    $keys = @{}
    foreach ($line in $lines) {
        $file, $null, $key, $keyFile = $line -split "`t"
        # A key file alone: the database has no password. The maker writes the same nothing for an empty one, which this sample has.
        $keys[$file] = @{}
        if ($key) { $keys[$file].SourceKey = ConvertTo-SecureString $key -AsPlainText -Force }
        elseif ($file -eq 'kdbx-3.1-twofish-plain.kdbx') { $keys[$file].SourceKey = [securestring]::new() }
        if ($keyFile) { $keys[$file].SourceKeyFile = Join-Path $folder $keyFile }
    }
    function Get-Expected([string] $File) {
        Get-Content (Join-Path (Split-Path $maker) "Expected/$File.json") -Raw | ConvertFrom-Json
    }
    $kdbxKey = ConvertTo-SecureString 'the key of a database' -AsPlainText -Force
}

AfterAll {
    Close-Test
}

Describe 'Import-PasspackEntry of KeePass''s files' {
    It 'imports <File> as expected, its format told by the content' -ForEach $samples {
        $null = Enter-NewMachine
        $null = New-TestAccount
        $own = $keys[$File]
        $expected = @(Get-Expected $File)
        $results = @(Import-PasspackEntry (Join-Path $folder $File) @own -WarningAction Ignore)
        $results.Format | Select-Object -Unique | Should -Be $Format
        $results.Name | Should -Be $expected.name
        ($results | Where-Object Action -EQ Failed).Count | Should -Be ($expected | Where-Object error).Count
        $present = $expected | Where-Object { -not $_.error -and $_.state -ne 'Trashed' }
        (Get-PasspackEntry).Count | Should -Be @($present).Count
        (Get-PasspackEntry -Deleted).Count | Should -Be @($expected | Where-Object state -EQ Trashed).Count
        foreach ($one in $present | Where-Object password | Select-Object -First 5) {
            (Get-PasspackEntry -Name $one.name | Select-Object -First 1).GetPasswordText() | Should -BeExactly $one.password
        }
    }

    It 'imports nothing without the key, with another, and of a file that is cut off, and says what to do' {
        $null = New-TestAccount
        $file = Join-Path $folder 'kdbx-4.0-aes-argon2d.kdbx'
        { Import-PasspackEntry $file -ErrorAction Stop } | Should -Throw -ErrorId 'SourceKeyRequired*' -ExpectedMessage '*-SourceKey*'
        { Import-PasspackEntry $file -SourceKey $kdbxKey -ErrorAction Stop } | Should -Throw -ErrorId 'SourceKeyMismatch*' -ExpectedMessage '*YubiKey*'
        $bytes = [IO.File]::ReadAllBytes($file)
        [IO.File]::WriteAllBytes("$TestDrive/cut.kdbx", $bytes[0..($bytes.Length - 50)])
        $own = $keys['kdbx-4.0-aes-argon2d.kdbx']
        { Import-PasspackEntry $TestDrive/cut.kdbx @own -ErrorAction Stop } | Should -Throw -ErrorId 'SourceDamaged*' -ExpectedMessage '*cut.kdbx*'
        Get-PasspackEntry | Should -BeNullOrEmpty
    }

    It 'keeps earlier versions as history, and what KeePass deleted in the trash' {
        $null = Enter-NewMachine
        $null = New-TestAccount
        $own = $keys['kdbx-3.1-aes.kdbx']
        $null = Import-PasspackEntry (Join-Path $folder 'kdbx-3.1-aes.kdbx') @own -WarningAction Ignore
        $versions = Get-PasspackEntry Everything | Get-PasspackEntryHistory
        $versions.ForEach('GetPasswordText') | Should -Contain 'first'
        (Get-PasspackEntry -Deleted).Name | Should -Be 'deleted', 'deleted with its group'
    }
}

Describe 'Export-PasspackEntry -Format Kdbx' {
    BeforeAll {
        $null = Enter-NewMachine
        $null = New-TestAccount
        $null = New-PasspackEntry one -UserId u -Password 'p<1>"ü' -Url https://x -Notes "a`r`nb" -Tag 'a/b', 'c d' -ExtraField @{ port = '22' } -Favorite -Expires 2031-02-03T04:05:06Z
        $null = New-PasspackEntry two -Email e@x
    }

    It 'asks for its key, and a key has no use in a format in the clear' {
        { Export-PasspackEntry $TestDrive/none.kdbx } | Should -Throw -ErrorId 'InvalidArgument*' -ExpectedMessage '*-TargetKey*'
        { Export-PasspackEntry $TestDrive/none.csv -TargetKey $kdbxKey } | Should -Throw -ErrorId 'InvalidArgument*'
        "$TestDrive/none.*" | Should -Not -Exist
    }

    It 'writes a database that imports back the same, and that shows nothing in the clear' {
        $file = Export-PasspackEntry $TestDrive/out.kdbx -TargetKey $kdbxKey -Strict
        $file.FullName | Should -Be (Join-Path $TestDrive out.kdbx)
        [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file)) | Should -Not -Match 'https://x'
        $before = Export-PasspackEntry | Sort-Object 'Entry Name' | Select-Object * -ExcludeProperty Id, Created, Modified | ConvertTo-Json
        $null = Enter-NewMachine
        $null = New-TestAccount
        (Import-PasspackEntry $file -SourceKey $kdbxKey).Action | Should -Be Added, Added
        Export-PasspackEntry | Sort-Object 'Entry Name' | Select-Object * -ExcludeProperty Id, Created, Modified | ConvertTo-Json | Should -BeExactly $before
    }

    It 'tells what KeePass has no place for, and writes nothing under -Strict' {
        $null = New-PasspackEntry card -Type card
        $null = Export-PasspackEntry $TestDrive/told.kdbx -TargetKey $kdbxKey -WarningVariable told -WarningAction SilentlyContinue
        "$told" | Should -Match 'Types of entries.*1 entry'
        { Export-PasspackEntry $TestDrive/strict.kdbx -TargetKey $kdbxKey -Strict } | Should -Throw -ErrorId 'ExportNotWhole*'
        "$TestDrive/strict.kdbx" | Should -Not -Exist
    }
}
