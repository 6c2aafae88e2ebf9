# One-time codes: those that a second computation gives, of whichever entries were named, and no seed shown by anything but -Qr.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $null = New-TestAccount
    $seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' # The bytes 12345678901234567890.
    $null = New-PasspackEntry VPN -UserId anna -ExtraField @{ Name = 'code'; Type = 'TOTP'; Data = 'gezd gnbv gy3t qojq-gezdgnbvgy3tqojq==' }
    $null = New-PasspackEntry Mail -ExtraField @(
        @{ Name = 'phone'; Type = 'totp'; Data = "otpauth://totp/Example:anna?secret=$seed&issuer=Example&digits=8&period=60" }
        [pscustomobject]@{ Name = 'key'; Type = 'totp'; Data = ConvertTo-SecureString $seed -AsPlainText }
        @{ Name = 'pin'; Type = 'hidden'; Data = '0815' })
    $null = New-PasspackEntry Games -ExtraField @{ Name = 'steam'; Type = 'totp'; Data = 'steam://63BEDWCQZKTQWPESARIERL5DTTQFCJTK' }
    $null = New-PasspackEntry Plain -Password p
    $null = New-PasspackEntry 'rack[1]*' -ExtraField @{ Name = 'code'; Type = 'totp'; Data = $seed }

    # RFC 6238 anew, with the platform's HMAC.
    function Get-Code([DateTimeOffset] $ValidUntil, [int] $Period, [int] $Digits) {
        $step = [BitConverter]::GetBytes([long] ($ValidUntil.ToUnixTimeSeconds() / $Period) - 1)
        [array]::Reverse($step)
        $hash = [Security.Cryptography.HMACSHA1]::HashData([Text.Encoding]::ASCII.GetBytes('12345678901234567890'), $step)
        $offset = $hash[19] -band 15
        $number = [long] ($hash[$offset] -band 127) * 16777216 + [long] $hash[$offset + 1] * 65536 + [long] $hash[$offset + 2] * 256 + $hash[$offset + 3]
        ($number % [long] [math]::Pow(10, $Digits)).ToString("D$Digits")
    }
}

AfterAll {
    Close-Test
}

Describe 'Get-PasspackTotp' {
    It 'gives the code of now, and how long it holds' {
        $code = Get-PasspackTotp VPN
        $code | Should -HaveCount 1
        $code.Name, $code.Field, $code.Account, $code.Id | Should -Be 'VPN', 'code', 'me@example.com', (Get-PasspackEntry VPN).Id
        $code.Code | Should -Be (Get-Code $code.ValidUntil 30 6)
        $code.SecondsLeft | Should -BeGreaterThan 0
        $code.SecondsLeft | Should -BeLessOrEqual 30
    }

    It 'gives each code of an entry, or those of -Field' {
        $codes = Get-PasspackTotp Mail
        $codes.Field | Should -Be 'phone', 'key'
        $codes[0].Code, $codes[1].Code | Should -Be (Get-Code $codes[0].ValidUntil 60 8), (Get-Code $codes[1].ValidUntil 30 6)
        $codes[0].Issuer | Should -Be 'Example'
        (Get-PasspackTotp Mail -Field KEY).Field | Should -Be 'key'
        (Get-PasspackTotp Mail -Field p*).Field | Should -Be 'phone'
    }

    It 'gives five letters of Steam' {
        (Get-PasspackTotp Games).Code | Should -MatchExactly '^[23456789BCDFGHJKMNPQRTVWXY]{5}$'
    }

    It 'takes wildcards, ids, entries and copies of entries' {
        (Get-PasspackTotp *).Name | Sort-Object -Unique | Should -Be 'Games', 'Mail', 'rack[1]*', 'VPN'
        (Get-PasspackTotp V*, VPN).Name | Should -Be 'VPN'
        (Get-PasspackTotp 'rack`[1`]`*').Name | Should -Be 'rack[1]*'
        $entry = Get-PasspackEntry VPN
        (Get-PasspackTotp -Id $entry.Id).Name, ($entry | Get-PasspackTotp).Name, ($entry | Select-Object Id | Get-PasspackTotp).Name | Should -Be 'VPN', 'VPN', 'VPN'
        Get-PasspackEntry | Where-Object HasTotp | Get-PasspackTotp -ErrorAction Stop | Should -HaveCount 5
        Get-PasspackTotp none* | Should -BeNullOrEmpty
    }

    It 'is an error for <Kind>' -ForEach @(
        @{ Kind = 'an entry without codes'; Do = { Get-PasspackTotp Plain }; Id = 'NoTotp'; Says = 'Set-PasspackEntry' }
        @{ Kind = 'a field that is not there'; Do = { Get-PasspackTotp Mail -Field none }; Id = 'NoTotp'; Says = 'phone, key' }
        @{ Kind = 'no entry'; Do = { Get-PasspackTotp none }; Id = 'EntryNotFound'; Says = 'none' }
        @{ Kind = 'nothing'; Do = { Get-PasspackTotp }; Id = 'InvalidArgument'; Says = 'Get-PasspackTotp VPN' }
        @{ Kind = 'a name and an id'; Do = { Get-PasspackTotp VPN -Id ([guid]::NewGuid()) }; Id = 'InvalidArgument'; Says = 'one of them' }
    ) {
        Get-ErrorId $Do | Should -Be $Id
        $said = try { & $Do } catch { "$_" }
        $said | Should -BeLike "*$Says*"
    }

    It 'goes on after an entry without codes' {
        $codes = 'Plain', 'VPN' | ForEach-Object { Get-PasspackEntry $_ } | Get-PasspackTotp -ErrorAction SilentlyContinue -ErrorVariable failed
        $codes.Name | Should -Be 'VPN'
        $failed.FullyQualifiedErrorId | Should -BeLike 'NoTotp,*'
    }

    It 'shows a QR code with -Qr alone' {
        $text = Get-PasspackTotp VPN -Qr
        $text | Should -BeOfType string
        $lines = $text -replace '\x1b\[[0-9;]*m' -split "`n"
        $lines[0] | Should -Be 'VPN: code'
        $lines[1..($lines.Count - 1)] | Should -Match '^[█▀▄ ]+$'
        $lines[1].Length | Should -BeLessOrEqual 60
        $lines.Count | Should -BeGreaterThan 15
    }

    It 'tells no seed, and no code but in its output' {
        $all = Get-PasspackTotp VPN -Verbose -Debug *>&1
        $code = @($all | Where-Object { $_ -is [Passpack.PowerShell.TotpCode] })
        $told = @($all | Where-Object { $_ -isnot [Passpack.PowerShell.TotpCode] }) | Out-String
        $told | Should -Match 'account me@example.com'
        $told | Should -Not -Match $code.Code
        "$($all | Out-String) $($code | ConvertTo-Json) $($code | Format-List * | Out-String)" | Should -Not -Match $seed
        "$code" | Should -Not -Match $code.Code
    }

    It 'completes names and fields' {
        (TabExpansion2 'Get-PasspackTotp VP').CompletionMatches.CompletionText | Should -Be 'VPN'
        (TabExpansion2 'Get-PasspackTotp Mail -Field ph').CompletionMatches.CompletionText | Should -Be 'phone'
    }
}
