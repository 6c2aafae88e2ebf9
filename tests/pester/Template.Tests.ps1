# Templates: filled whole or not at all, read back by what they are written for.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $password = "it's `"a`" \ <b> & `$x `n é"
    $null = New-PasspackEntry DB -UserId anna -Password $password
    $null = Get-PasspackEntry DB | Add-PasspackAttachment -Name ca.pem -Content ([Text.Encoding]::UTF8.GetBytes("pem`n"))
}

AfterAll {
    Close-Test
}

Describe 'Expand-PasspackTemplate' {
    It 'writes a file that only its owner can read, once' {
        [IO.File]::WriteAllText("$TestDrive/t.json", "{`r`n  `"user`": {{ passpack:///DB/username | json }}, `"password`": {{passpack:///DB|json}}`r`n}")
        $file = Expand-PasspackTemplate "$TestDrive/t.json" -DestinationPath "$TestDrive/out.json"
        $file.FullName | Should -Be (Get-Item "$TestDrive/out.json").FullName
        $text = [IO.File]::ReadAllText("$TestDrive/out.json")
        $text | Should -Match "`r`n"
        ($text | ConvertFrom-Json).password | Should -BeExactly $password
        if (-not $IsWindows) { [string] $file.UnixFileMode | Should -Be 'UserWrite, UserRead' }
        Get-ErrorId { Expand-PasspackTemplate "$TestDrive/t.json" -DestinationPath "$TestDrive/out.json" } | Should -Be 'FileExists'
        Expand-PasspackTemplate "$TestDrive/t.json" -DestinationPath "$TestDrive/out.json" -Force | Should -Not -BeNullOrEmpty
    }

    It 'writes what <Filter> reads as the value' -ForEach @(
        @{ Filter = 'powershell'; Read = { Invoke-Expression $args[0] } }
        @{ Filter = 'json'; Read = { ConvertFrom-Json $args[0] } }
        @{ Filter = 'xml'; Read = { ([xml] "<a b=`"$($args[0])`"/>").a.b } }
        @{ Filter = 'sh'; Read = { $args[0] | ForEach-Object { sh -c "printf '%s.' $_" } | Join-String -Separator "`n" | ForEach-Object { $_.Substring(0, $_.Length - 1) } }; NeedsSh = $true }
    ) {
        if ($NeedsSh -and $IsWindows) {
            Set-ItResult -Skipped -Because 'there is no sh'
            return
        }
        $text = Expand-PasspackTemplate -Template "{{ passpack:///DB | $Filter }}" -AsPlainText
        & $Read $text | Should -BeExactly $password
    }

    It 'gives a SecureString, or a text' {
        $secure = Expand-PasspackTemplate -Template 'a {{ passpack:///DB/username }} {{{{ b }} {{ passpack:///DB/ca.pem }}'
        $secure | Should -BeOfType securestring
        $secure | Show-Secret | Should -BeExactly "a anna {{ b }} pem`n"
    }

    It 'takes files by pipeline' {
        Set-Content "$TestDrive/a.txt" '1 {{ passpack:///DB/username }}' -NoNewline
        Set-Content "$TestDrive/b.txt" '2' -NoNewline
        Get-Item "$TestDrive/?.txt" | Expand-PasspackTemplate -AsPlainText | Should -Be '1 anna', '2'
        Expand-PasspackTemplate "$TestDrive/?.txt" -AsPlainText | Should -Be '1 anna', '2'
        Get-ErrorId { Get-Item "$TestDrive/?.txt" | Expand-PasspackTemplate -DestinationPath "$TestDrive/both" } | Should -Be 'InvalidArgument'
    }

    It 'writes nothing if one reference does not resolve, and tells where each is' {
        Set-Content "$TestDrive/bad.txt" "{{ passpack:///DB }}`n{{ passpack:///none }}`n  {{ passpack:///DB/none }}"
        $last = { Expand-PasspackTemplate "$TestDrive/bad.txt" -DestinationPath "$TestDrive/never" -ErrorVariable script:failed -ErrorAction SilentlyContinue } | Should -Throw -PassThru
        "$($script:failed[0])" | Should -Match 'bad\.txt, line 2, column 1: passpack:///none'
        "$last" | Should -Match 'bad\.txt, line 3, column 3: passpack:///DB/none'
        $last.FullyQualifiedErrorId | Should -BeLike 'FieldMissing,*'
        "$TestDrive/never" | Should -Not -Exist
        Get-ErrorId { Expand-PasspackTemplate -Template '{{ nothing }}' } | Should -Be 'TemplateInvalid'
    }

    It 'resolves and writes nothing under -WhatIf' {
        Expand-PasspackTemplate -Template '{{ passpack:///none }}' -DestinationPath "$TestDrive/never" -WhatIf | Should -BeNullOrEmpty
        "$TestDrive/never" | Should -Not -Exist
    }

    It 'tells no value' {
        $told = Expand-PasspackTemplate "$TestDrive/t.json" -DestinationPath "$TestDrive/told.json" -Verbose -Debug *>&1 | Out-String
        $told | Should -Match 'told\.json'
        $told | Should -Not -Match 'it''s'
    }
}
