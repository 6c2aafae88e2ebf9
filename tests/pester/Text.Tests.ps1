# Single texts of any pack version, keys and passwords.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $vectors = Get-Content (Join-Path $root 'tests/Passpack.Core.Tests/Vectors/passpack-formats.json') -Raw | ConvertFrom-Json
}

Describe 'Unprotect-PasspackText' {
    It 'opens a text of pack version <_>' -ForEach 2, 3, 5, 6 {
        $vector = $vectors.envelopes | Where-Object id -EQ "app-v$_"
        Unprotect-PasspackText -Text $vector.encoded -Key $vector.password | Should -BeExactly $vector.expectedPlaintext
        "`n  $($vector.encoded)`n" | Unprotect-PasspackText -Key (ConvertTo-SecureString $vector.password -AsPlainText) | Should -BeExactly $vector.expectedPlaintext
    }

    It 'keeps the spaces and line ends that the text holds' {
        $vector = $vectors.envelopes | Where-Object id -EQ 'v5-spaces'
        Unprotect-PasspackText -Text $vector.encoded -Key $vector.password | Should -BeExactly '  padded value  '
    }

    It 'opens a text of 2008 with a key of <_> bits' -ForEach 256, 192, 128 {
        $vector = $vectors.hphAes | Where-Object bits -EQ $_ | Select-Object -First 1
        Unprotect-PasspackText -Text $vector.encoded -Key $vector.key -KeySize $_ | Should -BeExactly $vector.plaintext
    }

    It 'opens what was encrypted to an RSA key, with the text of that key' {
        $vector = $vectors.rsa[1]
        Unprotect-PasspackText -Text $vector.messages[0].ciphertext -Key $vector.privateKey | Should -BeExactly $vector.messages[0].plaintext
    }

    It 'answers each text by itself, and shows neither key nor text' {
        $vector = $vectors.envelopes | Where-Object id -EQ 'app-v6'
        $texts = $vector.encoded, '', 'no packed text', ($vector.encoded -replace '6#', '8#'), ($vector.encoded -replace '.{3}$'), $vector.encoded
        $opened = $texts | Unprotect-PasspackText -Key $vector.password -ErrorVariable failed -ErrorAction SilentlyContinue
        $opened | Should -Be 'Hello, World!', 'Hello, World!'
        $failed.FullyQualifiedErrorId -replace ',.*' | Should -Be 'TextDamaged', 'TextDamaged', 'PackTooNew', 'TextDamaged'
        Unprotect-PasspackText -Text $vector.encoded -Key 'another key' -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'PackingKeyMismatch,*'
        $failed[0] | Out-String | Should -Not -Match 'another key|Hello'
    }
}

Describe 'Protect-PasspackText' {
    It 'seals in pack version 7, or 6 for Passpack''s own service' {
        $text = " two`r`nlines, e$([char] 0x301) "
        $sealed = $text | Protect-PasspackText -Key $PackingKey
        $sealed | Should -Match '^7#text#\d\d\.8\.1#'
        # This process makes keys of little cost (RememberedKeys); what users get, another shows.
        Invoke-Fresh 'Import-Module $ModulePath; Protect-PasspackText -Text x -Key k -WarningAction Ignore' | Should -Match '^7#text#17\.8\.1#'
        $sealed | Unprotect-PasspackText -Key $PackingKey | Should -BeExactly $text
        $old = Protect-PasspackText -Text $text -Key $PackingKey -PackVersion 6
        $old | Should -Match '^6#101003#[\w+/]{43}=#[\w+/]{43}=#[\w+/]+={0,2}$'
        $old | Unprotect-PasspackText -Key $PackingKey | Should -BeExactly $text
        '' | Protect-PasspackText -Key $PackingKey -PackVersion 6 | Unprotect-PasspackText -Key $PackingKey | Should -BeExactly ''
        { Protect-PasspackText -Text x -Key y -PackVersion 5 } | Should -Throw
    }

    It 'refuses a text that would come back changed, and seals the next' {
        $sealed = "half $([char] 0xD800)", 'whole' | Protect-PasspackText -Key $PackingKey -ErrorVariable failed -ErrorAction SilentlyContinue
        $sealed | Unprotect-PasspackText -Key $PackingKey | Should -BeExactly 'whole'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
    }
}

Describe 'Measure-PasspackKey' {
    It 'rates a key as Passpack does' {
        $strong = Measure-PasspackKey -Key 'Chocolate ice cream is better than vanilla'
        $strong.Rating, $strong.ServesAsPackingKey, $strong.ServesAsBackupKey | Should -Be 144, $true, $true
        $weak = 'a', (ConvertTo-SecureString 'password' -AsPlainText) | Measure-PasspackKey
        $weak.ServesAsPackingKey + $weak.ServesAsBackupKey | Should -Be $false, $false, $false, $false
        $strong | ConvertTo-Json | Should -Not -Match 'Chocolate'
    }
}

Describe 'New-PasspackPassword' {
    It 'gives a SecureString, or with -AsPlainText a string' {
        $secret = New-PasspackPassword
        $secret | Should -BeOfType securestring
        $secret.Length | Should -Be 20
        $text = New-PasspackPassword -Length 12 -AsPlainText
        $text | Should -BeOfType string
        $text.Length | Should -Be 12
        New-PasspackPassword -AsPlainText | Should -Not -Be (New-PasspackPassword -AsPlainText)
    }

    It 'takes characters of every set that is asked for' {
        1..50 | ForEach-Object {
            $password = New-PasspackPassword -Length 4 -AsPlainText
            $password | Should -MatchExactly '[a-z]'
            $password | Should -MatchExactly '[A-Z]'
            $password | Should -Match '\d'
            $password | Should -MatchExactly '[^a-zA-Z0-9]'
            New-PasspackPassword -Length 8 -CharacterSet Digit -AsPlainText | Should -Match '^\d{8}$'
        }
    }

    It 'takes words, and states the entropy' {
        $password = New-PasspackPassword -Words 6 -AsPlainText
        $password -split '-' | Should -HaveCount 6
        $message = New-PasspackPassword -Words 6 -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        "$message" | Should -Match '63\.0 bits of entropy: 6 words out of 1444'
        "$(New-PasspackPassword -Length 8 -CharacterSet Lower -Verbose 4>&1)" | Should -Match '37\.6 bits of entropy: 8 characters out of 26'
        (Measure-PasspackKey -Key (New-PasspackPassword -Words 6)).ServesAsPackingKey | Should -BeTrue
    }

    It 'makes the password of an entry' {
        $null = New-TestAccount
        (New-PasspackEntry site -Password (New-PasspackPassword)).GetPassword().Length | Should -Be 20
        Lock-PasspackVault -All
    }
}
