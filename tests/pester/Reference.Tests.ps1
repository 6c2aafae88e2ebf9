# References: resolved to what they name and to nothing else, made of entries, tested in files for CI, completed.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $db = New-PasspackEntry 'My DB' -UserId anna -Password hunter2-4711 -Url https://db -Notes "one`ntwo" -ExtraField @(
        @{ Name = 'pin'; Type = 'hidden'; Data = '0815-pin' }, @{ Name = 'code'; Type = 'totp'; Data = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }
        @{ Name = 'blob'; Type = 'binary'; Data = 'AAEC' }, @{ Name = 'both'; Data = 'a text' }, @{ Name = 'notes'; Data = 'not the notes' })
    $null = $db | Add-PasspackAttachment -Name both -Content ([Text.Encoding]::UTF8.GetBytes('a file'))
    $null = $db | Add-PasspackAttachment -Name raw.bin -Content ([byte[]] (255, 0, 254))
    $null = New-PasspackEntry twin -Password one
    $null = New-PasspackEntry TWIN -Password two

    function Complete([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
}

AfterAll {
    Close-Test
}

Describe 'Resolve-PasspackReference' {
    It 'gives a SecureString, a text or bytes of <Reference>' -ForEach @(
        @{ Reference = 'passpack:///My%20DB'; Text = 'hunter2-4711' }
        @{ Reference = 'passpack:///my%20db/Password'; Text = 'hunter2-4711' }
        @{ Reference = 'passpack:///My%20DB/username'; Text = 'anna' }
        @{ Reference = 'passpack:///My%20DB/notes'; Text = "one`ntwo" }
        @{ Reference = 'passpack:///My%20DB/field:notes'; Text = 'not the notes' }
        @{ Reference = 'passpack:///My%20DB/PIN'; Text = '0815-pin' }
        @{ Reference = 'passpack:///My%20DB/file:both'; Text = 'a file' }
        @{ Reference = 'passpack:///My%20DB/pin?account=me@example.com'; Text = '0815-pin' }
    ) {
        $secure = Resolve-PasspackReference $Reference
        $secure | Should -BeOfType securestring
        $secure | Show-Secret | Should -BeExactly $Text
        Resolve-PasspackReference $Reference -AsPlainText | Should -BeExactly $Text
        $bytes = Resolve-PasspackReference $Reference -AsBytes
        , $bytes | Should -BeOfType byte[]
        [Text.Encoding]::UTF8.GetString($bytes) | Should -BeExactly $Text
    }

    It 'gives the code of now' {
        $before = (Get-PasspackTotp 'My DB').Code
        Resolve-PasspackReference passpack:///My%20DB/totp -AsPlainText | Should -BeIn $before, (Get-PasspackTotp 'My DB').Code
    }

    It 'gives the bytes of files and of binary fields' {
        (Resolve-PasspackReference passpack:///My%20DB/raw.bin -AsBytes) -join ' ' | Should -Be '255 0 254'
        (Resolve-PasspackReference passpack:///My%20DB/blob -AsBytes) -join ' ' | Should -Be '0 1 2'
        Get-ErrorId { Resolve-PasspackReference passpack:///My%20DB/raw.bin } | Should -Be 'InvalidArgument'
    }

    It 'takes many by pipeline, and goes on after one that fails' {
        $texts = "passpack:///$($db.Id)/pin", 'passpack:///nothing', 'nonsense', 'passpack:///My%20DB/username' |
            Resolve-PasspackReference -AsPlainText -ErrorVariable failed -ErrorAction SilentlyContinue
        $texts | Should -Be '0815-pin', 'anna'
        $failed.FullyQualifiedErrorId -replace ',.*' | Should -Be 'ReferenceNotFound', 'ReferenceInvalid'
    }

    It '<Reference> is <Id>' -ForEach @(
        @{ Reference = 'passpack:///twin'; Id = 'ReferenceAmbiguous'; Says = '*id of the one*' }
        @{ Reference = 'passpack:///My%20DB/both'; Id = 'ReferenceAmbiguous'; Says = '*field: or file:*' }
        @{ Reference = 'passpack:///My%20DB/nothing'; Id = 'FieldMissing'; Says = "*'pin'*" }
        @{ Reference = 'passpack:///My%20DB/email'; Id = 'FieldMissing'; Says = '*no email address*' }
        @{ Reference = 'passpack:///none'; Id = 'ReferenceNotFound'; Says = '*Get-PasspackEntry*' }
        @{ Reference = 'passpack://Ops/DB'; Id = 'VaultNotFound'; Says = '*three slashes*' }
        @{ Reference = 'passpack:///DB/pin?account=otto'; Id = 'AccountNotFound'; Says = '*otto*' }
        @{ Reference = 'passpack:///My DB'; Id = 'ReferenceInvalid'; Says = '*at character 15*%20*' }
    ) {
        $said = { Resolve-PasspackReference $Reference } | Should -Throw -ErrorId "$Id,*" -PassThru
        "$said" | Should -BeLike $Says
        "$said" | Should -Not -Match 'hunter2|0815'
    }

    It 'lists the ids of entries that share a name' {
        $said = { Resolve-PasspackReference passpack:///twin } | Should -Throw -PassThru
        foreach ($twin in Get-PasspackEntry twin) { "$said" | Should -Match $twin.Id }
    }

    It 'shows no text that may be a secret given by mistake' {
        $said = { Resolve-PasspackReference 'hunter2-4711' } | Should -Throw -PassThru
        "$said $($said | Format-List * -Force | Out-String)" -replace '(?m)^.*(InvocationInfo|ScriptStackTrace|PositionMessage|\+ |line:).*$' | Should -Not -Match "no reference.*hunter2-4711"
        "$said" | Should -Not -Match 'hunter2'
    }

    It 'opens no other entry, and tells no value' {
        $all = Resolve-PasspackReference passpack:///My%20DB -Verbose -Debug *>&1
        $told = @($all | Where-Object { $_ -isnot [securestring] }) | Out-String
        $told | Should -Match 'account me@example.com'
        $told | Should -Not -Match 'hunter2'
    }
}

Describe 'ConvertTo-PasspackReference' {
    It 'makes references that resolve' {
        Get-PasspackEntry 'My DB' | ConvertTo-PasspackReference | Should -BeExactly 'passpack:///My%20DB'
        $made = Get-PasspackEntry 'My DB' | ConvertTo-PasspackReference -Field file:both
        $made | Should -BeExactly 'passpack:///My%20DB/file:both'
        $made | Resolve-PasspackReference -AsPlainText | Should -Be 'a file'
    }

    It 'takes the id where the name would not do, or with -UseId' {
        $twin = @(Get-PasspackEntry twin)[0]
        $twin | ConvertTo-PasspackReference -Field password | Should -Be "passpack:///$($twin.Id)/password"
        $db | ConvertTo-PasspackReference -UseId | Should -Be "passpack:///$($db.Id)"
        $guid = New-PasspackEntry "$([guid]::NewGuid())" -Password x
        $guid | ConvertTo-PasspackReference | Should -Be "passpack:///$($guid.Id)"
    }

    It 'refuses a field that is not there, and an entry in the trash' {
        Get-ErrorId { $db | ConvertTo-PasspackReference -Field none } | Should -Be 'FieldMissing'
        Get-ErrorId { $db | ConvertTo-PasspackReference -Field both } | Should -Be 'ReferenceAmbiguous'
        $gone = New-PasspackEntry gone -Password x
        $gone | Remove-PasspackEntry
        Get-ErrorId { $gone | ConvertTo-PasspackReference } | Should -Be 'EntryNotFound'
        Get-ErrorId { ConvertTo-PasspackReference } | Should -Be 'InvalidArgument'
    }
}

Describe 'Test-PasspackReference' {
    BeforeAll {
        Set-Content "$TestDrive/good.env" "A=passpack:///My%20DB/pin`n# none here`nB='passpack:///$($db.Id)'"
        Set-Content "$TestDrive/bad.yml" "a: 1`nkey: `"passpack:///none/pin`" # passpack:///My%20DB/nothing`nx: {{ passpack:///a%zz }}"
    }

    It 'tells of one, or of several' {
        Test-PasspackReference passpack:///My%20DB | Should -BeTrue
        Test-PasspackReference passpack:///My%20DB, passpack:///none | Should -BeFalse
        Test-PasspackReference nonsense | Should -BeFalse
        (Test-PasspackReference nonsense -Detailed).Reference | Should -BeNullOrEmpty
    }

    It 'finds those in files, and says where each fault is' {
        Test-PasspackReference -Path $TestDrive/good.env | Should -BeTrue
        Test-PasspackReference -Path $TestDrive/good.env -Detailed | Should -BeNullOrEmpty
        Test-PasspackReference -Path "$TestDrive/*.env", "$TestDrive/bad.yml" | Should -BeFalse
        $findings = Test-PasspackReference -LiteralPath $TestDrive/bad.yml -Detailed
        $findings.ErrorId | Should -Be 'ReferenceNotFound', 'FieldMissing', 'ReferenceInvalid'
        $findings.Line | Should -Be 2, 2, 3
        $findings.Column | Should -Be 7, 31, 7
        $findings.Path | Select-Object -Unique | Should -Be (Get-Item $TestDrive/bad.yml).FullName
        $findings[1].Reference | Should -Be 'passpack:///My%20DB/nothing'
    }

    It 'takes files by pipeline, and answers once' {
        Get-Item $TestDrive/good.env, $TestDrive/bad.yml | Test-PasspackReference | Should -Be $false
        @(Get-ChildItem $TestDrive -File -Filter *.env | Test-PasspackReference) | Should -Be @($true)
    }

    It 'is an error for a file that is not there' {
        Get-ErrorId { Test-PasspackReference -LiteralPath $TestDrive/none } | Should -Be 'PathNotFound'
        Get-ErrorId { Test-PasspackReference } | Should -Be 'InvalidArgument'
    }

    It 'emits and tells no value' {
        $told = Test-PasspackReference -Path $TestDrive/*.env, $TestDrive/bad.yml -Verbose -Debug -Detailed *>&1 | Out-String -Width 500
        $told | Should -Match 'different'
        $told | Should -Not -Match 'hunter2|0815'
    }

    It 'shows findings within 80 columns' {
        $lines = Test-PasspackReference -Path $TestDrive/bad.yml -Detailed | Out-String -Width 80
        $lines -split '\r?\n' | ForEach-Object { ($_ -replace '\x1b\[[0-9;]*m').TrimEnd().Length | Should -BeLessOrEqual 80 }
        $lines | Should -Match 'bad\.yml\s+2\s+7'
    }
}

Describe 'Completion of references' {
    It 'offers entries, then the fields of the one' {
        Complete 'Resolve-PasspackReference passpack:///My' | Should -Be "'passpack:///My%20DB'"
        Complete "Resolve-PasspackReference 'passpack:///My%20" | Should -Be "'passpack:///My%20DB'"
        Complete 'Test-PasspackReference passpack:///My%20DB/p' | Should -Be "'passpack:///My%20DB/password'", "'passpack:///My%20DB/pin'"
        Complete 'Resolve-PasspackReference passpack:///My%20DB/' | Should -Contain "'passpack:///My%20DB/file:both'"
        Complete 'Resolve-PasspackReference passpack:///My%20DB/' | Should -Contain "'passpack:///My%20DB/field:notes'"
        Complete 'Resolve-PasspackReference pass' | Should -Contain 'passpack:///twin'
    }

    It 'offers fields to make a reference of' {
        Complete 'ConvertTo-PasspackReference -Field p' | Should -Be 'password', 'pin'
    }
}

Describe 'With several accounts' {
    BeforeAll {
        $null = New-PasspackLocalAccount -UserId other@example.com -PackingKey $PackingKey
        $null = New-PasspackEntry only -Password of-other -Account other@example.com
    }

    It 'a reference, or -Account, says which' {
        Get-ErrorId { Resolve-PasspackReference passpack:///only } | Should -Be 'AccountAmbiguous'
        Resolve-PasspackReference passpack:///only -AsPlainText -Account other@example.com | Should -Be 'of-other'
        Resolve-PasspackReference 'passpack:///only?account=other@example.com', 'passpack:///My%20DB?account=me@example.com' -AsPlainText | Should -Be 'of-other', 'hunter2-4711'
    }

    It 'a reference that is made names its account' {
        Get-PasspackEntry only -Account other@example.com | ConvertTo-PasspackReference | Should -Be 'passpack:///only?account=other@example.com'
    }

    It 'a locked one is an error' {
        Lock-PasspackVault -Account other@example.com
        Get-ErrorId { Resolve-PasspackReference 'passpack:///only?account=other@example.com' } | Should -Be 'VaultLocked'
        Get-ErrorId { Test-PasspackReference 'passpack:///only?account=other@example.com' } | Should -Be 'VaultLocked'
    }
}
