# The log of events of an online account. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1 -WithServer
    $null = Enter-NewMachine
    $me = New-Credential events@x
    $null = New-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey -DeviceName first
    $null = New-PasspackEntry 'a name that no log has' -Password 'a secret that no log has'
    $null = Sync-PasspackVault
    $first = $env:PASSPACK_HOME
    $null = Enter-NewMachine
    Get-ErrorId { Connect-PasspackAccount -Server $url -Credential (New-Credential events@x 'a wrong password') -PackingKey $PackingKey } | Should -Be 'PasswordRejected'
    $null = Connect-PasspackAccount -Server $url -Credential $me -PackingKey $PackingKey -DeviceName second
    $env:PASSPACK_HOME = $first
}

AfterAll {
    Close-Test
}

Describe 'Get-PasspackEvent' {
    It 'tells what happened, in order, by which device, and last what is being summed' {
        $events = Get-PasspackEvent
        $chained = $events | Where-Object { $null -ne $_.Number }
        $chained.Type | Should -Be Registered, SignedIn, DeviceAdded
        $chained.Number | Should -Be 1, 2, 3
        $chained.Device | Should -Be first, second, second
        $chained.Actor | Should -Be Owner, Owner, Owner
        $chained.From | Should -Be '127.0.0.1', '127.0.0.1', '127.0.0.1'
        $events.Account | Select-Object -Unique | Should -Be 'events@x'
        $open = $events | Select-Object -Last 2
        $open.Type | Sort-Object | Should -Be Refused, Pushed
        ($open | Where-Object Type -EQ Pushed).Bytes | Should -BeGreaterThan 0
        ($open | Where-Object Type -EQ Pushed).Device | Should -Be 'first'
        $open.Number | Should -Be $null, $null
    }

    It 'tells nothing of what entries hold' {
        $text = Get-PasspackEvent | ConvertTo-Json -Depth 4
        $text | Should -Not -Match 'that no log has|4711'
    }

    It 'takes types, a beginning and a number' {
        (Get-PasspackEvent -Type SignedIn).Number | Should -Be 2
        (Get-PasspackEvent Registered, DeviceAdded).Number | Should -Be 1, 3
        (Get-PasspackEvent -After 2 | Where-Object Number).Number | Should -Be 3
        (Get-PasspackEvent -First 1).Type | Should -Be 'Registered'
        Get-PasspackEvent -After 1000 | Where-Object Number | Should -BeNullOrEmpty
        { Get-PasspackEvent -After -1 } | Should -Throw
        { Get-PasspackEvent -Type Nonsense } | Should -Throw
    }

    It 'completes types, and shows itself as a table and a list' {
        (TabExpansion2 'Get-PasspackEvent -Type Ref' 27).CompletionMatches.CompletionText | Should -Contain 'Refused'
        $table = (Get-PasspackEvent | Out-String -Width 120) -replace '\x1b\[[0-9;]*m'
        $table | Should -Match 'Number\s+Time\s+Type\s+Times\s+Device\s+From'
        (Get-PasspackEvent -First 1 | Format-List | Out-String) | Should -Match 'Device id'
    }

    It 'takes each account that is piped in, and needs one that is online' {
        (Get-PasspackLocalAccount | Get-PasspackEvent -First 1).Type | Should -Be 'Registered'
        $null = New-TestAccount
        Get-ErrorId { Get-PasspackEvent } | Should -Be 'NotConnected'
    }
}
