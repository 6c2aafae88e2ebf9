# A server that takes only who is invited, as its administrator and the invited meet it. Against the real server.
BeforeAll {
    . $PSScriptRoot/Open.ps1
    $server = Start-TestServer -Registration invitation
    $url = $server.Url
    $machine = Enter-NewMachine
    $first = (Get-Content "$($server.Data)/first-invitation.txt" -Raw).Trim()
    $administrator = New-PasspackAccount -Server $url -Credential (New-Credential admin@x) -PackingKey $PackingKey -Invitation $first

    function Register([string] $UserId, [string] $Invitation) {
        $null = Enter-NewMachine
        try {
            $with = $Invitation ? @{ Invitation = $Invitation } : @{}
            New-PasspackAccount -Server $url -Credential (New-Credential $UserId) -PackingKey $PackingKey @with
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
        }
    }
}

AfterAll {
    Close-Test
}

Describe 'New-PasspackAccount -Invitation' {
    It 'is needed, and the log of the server has it not' {
        Get-ErrorId { Register stranger@x } | Should -Be 'ServerRefused'
        Get-ErrorId { Register stranger@x 'aGVsbG8' } | Should -Be 'InvitationInvalid'
        Get-Content $server.Log -Raw | Should -Not -BeLike "*$first*"
        Get-Content $server.Log -Raw | Should -BeLike '*first-invitation.txt*'
    }

    It 'takes the one of the first start, once' {
        $administrator.Account | Should -Be 'admin@x'
        Get-ErrorId { Register stranger@x $first } | Should -Be 'InvitationInvalid'
    }
}

Describe 'New-PasspackServerInvitation' {
    BeforeAll {
        Unlock-PasspackVault -PackingKey $PackingKey
    }

    It 'invites nobody with -WhatIf, for no days, or offline' {
        New-PasspackServerInvitation -WhatIf | Should -BeNullOrEmpty
        Get-ErrorId { New-PasspackServerInvitation -ValidDays 0 } | Should -Be 'ParameterArgumentValidationError'
        try {
            $null = New-TestAccount offline@x
            Get-ErrorId { New-PasspackServerInvitation } | Should -Be 'NotConnected'
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
            Unlock-PasspackVault -PackingKey $PackingKey
        }
    }

    It 'emits what one person registers with, within the days' {
        $invitation = New-PasspackServerInvitation -ValidDays 3
        $invitation.Expires | Should -BeGreaterThan ([DateTimeOffset]::UtcNow.AddDays(2))
        $invitation.Expires | Should -BeLessThan ([DateTimeOffset]::UtcNow.AddDays(4))
        $invitation.Server | Should -Be "$url/"
        $invitation.Account | Should -Be 'admin@x'
        $invitation | Out-String | Should -BeLike "*$($invitation.Invitation)*"
        "$invitation" | Should -Not -BeLike "*$($invitation.Invitation)*"
        try { (Register invited@x $invitation.Invitation).Account | Should -Be 'invited@x' } finally { Unlock-PasspackVault -PackingKey $PackingKey }
        try { Get-ErrorId { Register another@x $invitation.Invitation } | Should -Be 'InvitationInvalid' } finally { Unlock-PasspackVault -PackingKey $PackingKey }
    }

    It 'is for administrators' {
        try {
            $null = Enter-NewMachine
            $null = Connect-PasspackAccount -Server $url -Credential (New-Credential invited@x) -PackingKey $PackingKey
            Get-ErrorId { New-PasspackServerInvitation } | Should -Be 'NotPermitted'
        } finally {
            Lock-PasspackVault -All
            $env:PASSPACK_HOME = $machine
        }
    }
}
