@{
    RootModule           = 'Passpack.Extension.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '0f8b7a53-6c0e-4f0b-8a57-3f7d0c1b52a4'
    Author               = 'PasspackPS'
    CompanyName          = 'PasspackPS'
    Copyright            = 'Copyright (c) PasspackPS contributors. MIT license.'
    Description          = 'Local Passpack accounts as vaults of Microsoft.PowerShell.SecretManagement. Loaded by it through the module Passpack.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FunctionsToExport    = @('Get-Secret', 'Get-SecretInfo', 'Remove-Secret', 'Set-Secret', 'Set-SecretInfo', 'Test-SecretVault', 'Unlock-SecretVault')
    CmdletsToExport      = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
}
