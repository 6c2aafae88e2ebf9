# Import-PasspackEntry -SecretVault: secrets of a vault of Microsoft.PowerShell.SecretManagement, whose store is a module made here.
BeforeDiscovery {
    $missing = -not (Get-Module Microsoft.PowerShell.SecretManagement -ListAvailable)
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    if (-not (Get-Module Microsoft.PowerShell.SecretManagement -ListAvailable)) {
        Write-Warning 'Microsoft.PowerShell.SecretManagement is not there: the import of its vaults is not tested.'
        return
    }
    # It keeps its list of vaults below HOME (on Windows in the user's profile, where an own name must do), and reads that once a process.
    $oldHome = $env:HOME
    $env:HOME = "$TestDrive/home"
    $store = Join-Path $TestDrive 'StoreOfTheTest'
    $null = New-Item -ItemType Directory "$store/StoreOfTheTest.Extension"
    New-ModuleManifest "$store/StoreOfTheTest.psd1" -ModuleVersion 1.0.0 -NestedModules './StoreOfTheTest.Extension' -FunctionsToExport @()
    $functions = 'Get-Secret', 'Get-SecretInfo', 'Set-Secret', 'Remove-Secret', 'Test-SecretVault'
    New-ModuleManifest "$store/StoreOfTheTest.Extension/StoreOfTheTest.Extension.psd1" -ModuleVersion 1.0.0 -RootModule StoreOfTheTest.Extension.psm1 -FunctionsToExport $functions
    Set-Content "$store/StoreOfTheTest.Extension/StoreOfTheTest.Extension.psm1" @'
using namespace Microsoft.PowerShell.SecretManagement
$secure = { param($text) ConvertTo-SecureString $text -AsPlainText -Force }
$secrets = [ordered]@{
    text = @{ Type = 'String'; Value = "plain`nsecret"; Metadata = @{ Url = 'https://a.example'; Tags = 'Work,Home'; Purpose = 'a note'; Owner = 'anna'; Favorite = $true } }
    secure = @{ Type = 'SecureString'; Value = & $secure 's3cure'; Metadata = @{ Expires = [datetime]::new(2030, 1, 2, 3, 4, 5, [DateTimeKind]::Utc) } }
    credential = @{ Type = 'PSCredential'; Value = [pscredential]::new('jo', (& $secure 'p w')); Metadata = @{} }
    bytes = @{ Type = 'ByteArray'; Value = [byte[]](0, 1, 255); Metadata = @{} }
    table = @{ Type = 'Hashtable'; Metadata = @{}; Value = @{ open = 'seen'; closed = (& $secure 'hidden'); login = [pscredential]::new('u', (& $secure 'q')); file = [byte[]](9, 8) } }
    broken = @{ Type = 'String'; Value = 'never told'; Metadata = @{} }
}
function Get-Secret { param($Name, $VaultName, $AdditionalParameters)
    if ($Name -eq 'broken') { throw "the store says: $($secrets[$Name].Value)" }
    # A byte array or a hashtable as one object.
    Write-Output $secrets[$Name].Value.psobject.BaseObject -NoEnumerate
}
function Get-SecretInfo { param($Filter, $VaultName, $AdditionalParameters)
    foreach ($name in @($secrets.Keys) -like $Filter) {
        [SecretInformation]::new($name, [SecretType]($secrets[$name].Type), $VaultName, [hashtable]$secrets[$name].Metadata)
    }
}
function Set-Secret { param($Name, $Secret, $VaultName, $AdditionalParameters)
    throw 'This store is only read.'
}
function Remove-Secret { param($Name, $VaultName, $AdditionalParameters)
    throw 'This store is only read.'
}
function Test-SecretVault { param($VaultName, $AdditionalParameters)
    $true
}
'@
    Import-Module $ModulePath, Microsoft.PowerShell.SecretManagement
    $vault = "Store-$([guid]::NewGuid())"
    Register-SecretVault -Name $vault -ModuleName $store
    $null = New-TestAccount
    $results = @(Import-PasspackEntry -SecretVault $vault -ErrorAction SilentlyContinue -ErrorVariable errors -WarningAction SilentlyContinue)
    $exported = @{}
    Export-PasspackEntry -Plain | ForEach-Object { $exported[$_.'Entry Name'] = $_ }
}

AfterAll {
    if (Get-Module Microsoft.PowerShell.SecretManagement) {
        Unregister-SecretVault -Name $vault
        Lock-PasspackVault -All
        $env:HOME = $oldHome
    }
}

Describe 'An import from SecretManagement' -Tag 'needs Microsoft.PowerShell.SecretManagement' -Skip:$missing {
    It 'takes each of the five types' {
        ($results | Where-Object Action -EQ 'Added').Name | Sort-Object | Should -Be 'bytes', 'credential', 'secure', 'table', 'text'
        $exported.text.Password | Should -BeExactly "plain`nsecret"
        $exported.secure.Password | Should -BeExactly 's3cure'
        $exported.credential.'User ID', $exported.credential.Password | Should -Be 'jo', 'p w'
        $exported.bytes.'Extra Fields'.Content | Should -Be ([Convert]::ToBase64String([byte[]](0, 1, 255)))
        $table = $exported.table.'Extra Fields'
        $table.open, $table.closed, $table.'login: user', $table.login, $table.file | Should -Be 'seen', 'hidden', 'u', 'q', ([Convert]::ToBase64String([byte[]](9, 8)))
    }

    It 'takes what the vault says of a secret' {
        $exported.text.URL, $exported.text.Notes, $exported.text.Favorite | Should -Be 'https://a.example', 'a note', $true
        $exported.text.Tags | Should -Be 'Work', 'Home'
        $exported.text.'Extra Fields'.Owner | Should -Be 'anna'
        (Get-PasspackEntry secure).Expires.UtcDateTime | Should -Be ([datetime]::new(2030, 1, 2, 3, 4, 5, [DateTimeKind]::Utc))
    }

    It 'fails what the vault does not give alone, without a word of what the vault said' {
        $failed = $results | Where-Object Action -EQ 'Failed'
        $failed.Name | Should -Be 'broken'
        "$($failed.Reason)$errors" | Should -Not -Match 'never told'
    }

    It 'changes nothing the second time, and -WhatIf nothing at all' {
        $preview = @(Import-PasspackEntry -SecretVault $vault -WhatIf -ErrorAction SilentlyContinue)
        $again = @(Import-PasspackEntry -SecretVault $vault -ErrorAction SilentlyContinue -WarningAction SilentlyContinue)
        @("$($again.Action | Sort-Object { "$_" } -Unique)") | Should -Be 'Failed Unchanged'
        $preview.Action | Should -Be $again.Action
        $again.Format | Sort-Object -Unique | Should -Be 'SecretVault'
    }

    It 'says what to do where there is no such vault' {
        { Import-PasspackEntry -SecretVault nobody } | Should -Throw -ErrorId 'InvalidArgument,*' -ExpectedMessage '*Get-SecretVault*'
    }

    It 'refuses an account of this module' {
        $own = "Own-$([guid]::NewGuid())"
        Register-SecretVault -Name $own -ModuleName $ModuleFolder
        try { { Import-PasspackEntry -SecretVault $own } | Should -Throw -ErrorId 'InvalidArgument,*' -ExpectedMessage '*is an account of this module*' }
        finally { Unregister-SecretVault -Name $own }
    }
}
