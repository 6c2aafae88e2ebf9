# KeePass's files in and out, in a real shell. ImportSources.Tests.ps1 imports every sample.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $folder = Join-Path ([IO.Path]::GetTempPath()) "passpack-keepass-$([guid]::NewGuid())" # Pester empties TestDrive after each Describe.
    # After a =, which tells an empty key from none.
    $made = @{}
    foreach ($sample in (New-TransferSample $folder).GetEnumerator()) { $made[$sample.Key] = $sample.Value.Key ? $sample.Value.Key.Substring(1) : '' }
    $kdbxKey = ConvertTo-SecureString 'the key of a database' -AsPlainText -Force
}

AfterAll {
    Close-Test
    Remove-Item $folder -Recurse
}

Describe 'Import-PasspackEntry of KeePass''s files' {
    It 'imports nothing without the key, with another, and of a file that is cut off, and says what to do' {
        $null = New-TestAccount
        $file = Join-Path $folder 'kdbx-4.0-aes-argon2d.kdbx'
        { Import-PasspackEntry $file -ErrorAction Stop } | Should -Throw -ErrorId 'SourceKeyRequired*' -ExpectedMessage '*-SourceKey*'
        { Import-PasspackEntry $file -SourceKey $kdbxKey -ErrorAction Stop } | Should -Throw -ErrorId 'SourceKeyMismatch*' -ExpectedMessage '*YubiKey*'
        $bytes = [IO.File]::ReadAllBytes($file)
        [IO.File]::WriteAllBytes("$TestDrive/cut.kdbx", $bytes[0..($bytes.Length - 50)])
        $own = ConvertTo-SecureString $made['kdbx-4.0-aes-argon2d.kdbx'] -AsPlainText
        { Import-PasspackEntry $TestDrive/cut.kdbx -SourceKey $own -ErrorAction Stop } | Should -Throw -ErrorId 'SourceDamaged*' -ExpectedMessage '*cut.kdbx*'
        Get-PasspackEntry | Should -BeNullOrEmpty
    }

    It 'keeps earlier versions as history, files as attachments, and what KeePass deleted in the trash' {
        $null = Enter-NewMachine
        $null = New-TestAccount
        $own = ConvertTo-SecureString $made['kdbx-3.1-aes.kdbx'] -AsPlainText
        $null = Import-PasspackEntry (Join-Path $folder 'kdbx-3.1-aes.kdbx') -SourceKey $own -WarningAction Ignore
        (Get-PasspackEntry Everything | Get-PasspackAttachment).Name | Should -BeExactly 'file.txt'
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
